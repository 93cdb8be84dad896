//! Whose principal came back: by what each had paid in and not got back at that moment, so that
//! nobody who pays in later has a part of what came back before.
//!
//! What goes back to its payer in the transaction that takes it out is that payer's alone. What the
//! Safe pays in again was principal that had come back, as far as there is some.

use std::collections::BTreeMap;

use proto::agreement::PoolTerms;
use proto::{Address, Root};

use super::account::{Account, Amount, Asset, Entry, Held, Move, Outside, Reason, Sum};
use super::shares::divided;

/// Each operator in the order of the definition, and what nobody has declared at last.
pub(super) struct Principal<'a> {
    terms: &'a PoolTerms,
    /// What was paid in, ever.
    pub(super) paid: Vec<Amount>,
    /// What of it has not come back.
    standing: Vec<Amount>,
    /// What has come back, less what was paid in again.
    pub(super) back: Vec<Sum>,
    /// To whom the Safe has paid how much in each transaction.
    paid_out: BTreeMap<Root, Vec<(Address, Amount)>>,
}

impl<'a> Principal<'a> {
    /// Before the first of these entries.
    pub(super) fn before(entries: &[Entry], terms: &'a PoolTerms) -> Self {
        let all = terms.members.len() + 1;
        let mut paid_out: BTreeMap<Root, Vec<(Address, Amount)>> = BTreeMap::new();
        for entry in entries.iter().filter(|it| it.reason == Reason::PaidOut) {
            for it in &entry.moves {
                if let (Some(of), Account::Outside(Outside::Receiver(to))) =
                    (entry.transaction, it.to)
                {
                    paid_out.entry(of).or_default().push((to, it.amount));
                }
            }
        }
        Self {
            terms,
            paid: vec![Amount::ZERO; all],
            standing: vec![Amount::ZERO; all],
            back: vec![Sum::ZERO; all],
            paid_out,
        }
    }

    /// Takes the next entry in.
    pub(super) fn take(&mut self, entry: &Entry) {
        for it in entry.moves.iter().filter(|it| it.asset == Asset::Ether) {
            if let Some(place) = self.payer(&it.from) {
                self.paid[place] = self.paid[place].plus(it.amount);
                self.standing[place] = self.standing[place].plus(it.amount);
            } else if is_back(it) {
                match self.given_back(entry, it.amount) {
                    Some(place) => self.returns(&[(place, it.amount)]),
                    None => self.came_back(it.amount),
                }
            } else if is_own(&it.from) && it.to == Held::NodeEther.into() {
                self.paid_again(it.amount);
            }
        }
    }

    fn nobody(&self) -> usize {
        self.terms.members.len()
    }

    fn place(&self, at: &Address) -> usize {
        let mut members = self.terms.members.iter();
        let found = members.position(|member| member.funding.contains(at));
        found.unwrap_or(self.nobody())
    }

    /// Whose contribution what comes from there is.
    fn payer(&self, from: &Account) -> Option<usize> {
        if *from == Outside::NodeAccount.into() {
            return Some(self.nobody());
        }
        match from {
            Account::Outside(Outside::Payer(at)) => Some(self.place(at)),
            Account::Held(_) | Account::Outside(_) => None,
        }
    }

    /// Which operator has got exactly this from the Safe in the same transaction.
    fn given_back(&self, entry: &Entry, amount: Amount) -> Option<usize> {
        let paid = self.paid_out.get(&entry.transaction?)?;
        let (to, _) = paid.iter().find(|(_, paid)| *paid == amount)?;
        let is_paid_back = entry.reason == Reason::TakenBack;
        Some(self.place(to)).filter(|place| is_paid_back && *place != self.nobody())
    }

    /// By what stands; what is more than all of that by what was ever paid in.
    fn came_back(&mut self, amount: Amount) {
        let (first, rest) = cut(amount, &self.standing);
        let known = divided(first, &weights(&self.standing));
        let more = divided(rest, &weights(&self.paid));
        self.returns(&all(&known));
        self.returns(&all(&more));
    }

    fn returns(&mut self, to: &[(usize, Amount)]) {
        for (place, amount) in to {
            let left = self.standing[*place].get().saturating_sub(amount.get());
            self.standing[*place] = Amount::of(left).unwrap_or_default();
            self.back[*place] = self.back[*place].plus((*amount).into());
        }
    }

    fn paid_again(&mut self, amount: Amount) {
        let had: Vec<Amount> = self
            .back
            .iter()
            .map(|it| it.above().unwrap_or_default())
            .collect();
        let (first, rest) = cut(amount, &had);
        for (weights, amount) in [(weights(&had), first), (weights(&self.paid), rest)] {
            for (place, part) in all(&divided(amount, &weights)) {
                self.standing[place] = self.standing[place].plus(part);
                self.back[place] = self.back[place].less(part.into());
            }
        }
    }
}

/// As much as there is of it, and the rest.
fn cut(amount: Amount, there: &[Amount]) -> (Amount, Amount) {
    let there = there.iter().copied().fold(Amount::ZERO, Amount::plus);
    let first = amount.min(there);
    let rest = Amount::of(amount.get() - first.get());
    (first, rest.unwrap_or_default())
}

/// Where nobody has anything, all is nobody's: the last one's.
fn weights(amounts: &[Amount]) -> Vec<u128> {
    let mut weights: Vec<u128> = amounts.iter().map(|it| it.get()).collect();
    if let Some(last) = weights.last_mut()
        && amounts.iter().all(|it| *it == Amount::ZERO)
    {
        *last = 1;
    }
    weights
}

fn all(amounts: &[Amount]) -> Vec<(usize, Amount)> {
    amounts.iter().copied().enumerate().collect()
}

fn is_own(account: &Account) -> bool {
    let own = [Held::Withdrawal, Held::RplWithdrawal];
    own.into_iter().any(|held| *account == held.into())
}

/// What keeps the node's principal.
fn is_capital(account: &Account) -> bool {
    let all = [Held::NodeEther, Held::Credit, Held::Bond];
    all.into_iter().any(|held| *account == held.into())
}

fn is_back(moved: &Move) -> bool {
    let to = [Held::Refund.into(), Outside::Exchange.into()];
    is_capital(&moved.from) && (to.contains(&moved.to) || is_own(&moved.to))
}
