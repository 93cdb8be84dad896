//! The entries that follow from a period, and what nothing explains.
//!
//! First what was logged with its amount; then, for each account of which something was logged
//! without an amount, what the chain has more or less than that.

use std::collections::BTreeMap;

use super::account::{
    Account, Amount, Asset, Balances, Entry, Held, Move, Outside, Reason, Sum, post,
};
use super::fact::{Fact, What};
use super::holdings::Holdings;
use super::period::Period;

/// What the chain has more than all moves come to, by account; nothing that is nothing.
pub type Left = BTreeMap<(Held, Asset), Sum>;

/// All entries of a period: the last one says what is unexplained, if something is.
pub fn of(before: &Holdings, period: &Period) -> Vec<Entry> {
    let (mut entries, left) = explained(before, period);
    let unexplained = left.iter().filter_map(|((held, asset), sum)| {
        let (held, outside) = (Account::from(*held), Outside::Unexplained.into());
        let more = sum.above().map(|it| Move::of(*asset, it, (outside, held)));
        more.or_else(|| Some(Move::of(*asset, sum.below()?, (held, outside))))
    });
    let moves: Vec<Move> = unexplained.collect();
    if !moves.is_empty() {
        entries.push(at_end(period, Reason::Unexplained, moves));
    }
    entries
}

/// The entries that facts explain, and what is left.
pub fn explained(before: &Holdings, period: &Period) -> (Vec<Entry>, Left) {
    let mut writing = Writing {
        period,
        balances: Balances::new(),
        entries: Vec::new(),
    };
    for (held, asset, sum) in before.all() {
        writing.balances.insert((held.into(), asset), sum);
    }
    match period.after {
        None => writing.open(),
        Some(_) => {
            for place in 0..period.facts.len() {
                writing.logged(place);
            }
            writing.capital();
            writing.rewards();
            writing.others();
        }
    }
    let left = writing.left();
    (writing.entries, left)
}

fn at_end(period: &Period, reason: Reason, moves: Vec<Move>) -> Entry {
    Entry {
        block: period.to.number,
        time: period.to.time,
        reason,
        transaction: None,
        moves,
    }
}

struct Writing<'a> {
    period: &'a Period,
    balances: Balances,
    entries: Vec<Entry>,
}

impl Writing<'_> {
    fn enter(&mut self, entry: Entry) {
        post(&mut self.balances, &entry);
        self.entries.push(entry);
    }

    /// An entry at the end of the period of one move.
    fn end(&mut self, reason: Reason, moved: Move) {
        self.enter(at_end(self.period, reason, vec![moved]));
    }

    /// By how much the chain has more than the ledger.
    fn more(&self, held: Held, asset: Asset) -> Sum {
        let here = self.balances.get(&(held.into(), asset)).copied();
        let there = self.period.holdings.of(held, asset);
        there.less(here.unwrap_or_default())
    }

    fn left(&self) -> Left {
        let mut places: Vec<(Held, Asset)> = Vec::new();
        places.extend(
            self.period
                .holdings
                .all()
                .map(|(held, asset, _)| (held, asset)),
        );
        places.extend(
            self.balances
                .keys()
                .filter_map(|(account, asset)| match account {
                    Account::Held(held) => Some((*held, *asset)),
                    Account::Outside(_) => None,
                }),
        );
        let left = places.into_iter().map(|(held, asset)| {
            let more = self.more(held, asset);
            ((held, asset), more)
        });
        left.filter(|(_, more)| *more != Sum::ZERO).collect()
    }

    fn has(&self, is: impl Fn(&What) -> bool) -> bool {
        self.period.facts.iter().any(|fact| is(&fact.what))
    }

    /// What there was when the ledger began, or began anew; and who had paid in before.
    fn open(&mut self) {
        let mut moves = Vec::new();
        for ((account, asset), sum) in &self.balances {
            moves.extend(
                sum.above()
                    .map(|it| Move::of(*asset, it, (*account, before()))),
            );
            moves.extend(
                sum.below()
                    .map(|it| Move::of(*asset, it, (before(), *account))),
            );
        }
        for fact in &self.period.facts {
            if let What::Moved(Reason::PaidIn, moved) = &fact.what {
                let to = before();
                moves.push(Move { to, ..*moved });
            }
        }
        for (held, asset, sum) in self.period.holdings.all() {
            let held = Account::from(held);
            moves.extend(sum.above().map(|it| Move::of(asset, it, (before(), held))));
            moves.extend(sum.below().map(|it| Move::of(asset, it, (held, before()))));
        }
        self.enter(at_end(self.period, Reason::Opening, moves));
    }

    /// What was logged with its amount.
    fn logged(&mut self, place: usize) {
        let fact = &self.period.facts[place];
        let found = moved(&self.period.facts, place);
        let Some((reason, moves)) = found else { return };
        let moves: Vec<Move> = moves
            .into_iter()
            .filter(|it| it.amount != Amount::ZERO)
            .collect();
        if moves.is_empty() {
            return;
        }
        self.enter(Entry {
            block: fact.block,
            time: self.period.to.time,
            reason,
            transaction: fact.transaction,
            moves,
        });
    }

    /// Bonds that were made, that became credit, and that came back.
    fn capital(&mut self) {
        let was_bonded = self.has(|it| matches!(it, What::Deposited { .. }));
        let was_credited = self.has(|it| matches!(it, What::Credited));
        let has_ended = self.has(|it| matches!(it, What::Dissolved | What::Exited { .. }));
        let mut from_ether = Amount::ZERO;
        if was_bonded && let Some(used) = self.more(Held::NodeEther, Asset::Ether).below() {
            from_ether = used;
            self.end(
                Reason::Bonded,
                Move::ether(used, Held::NodeEther, Held::Bond),
            );
        }
        let credit = self.more(Held::Credit, Asset::Ether);
        if was_bonded && let Some(used) = credit.below() {
            self.end(Reason::Bonded, Move::ether(used, Held::Credit, Held::Bond));
        }
        if was_credited && let Some(back) = credit.above() {
            self.end(
                Reason::Credited,
                Move::ether(back, Held::Bond, Held::Credit),
            );
        }
        if was_bonded && has_ended {
            self.own_bond(from_ether);
        }
        if has_ended && let Some(back) = self.more(Held::Refund, Asset::Ether).above() {
            self.end(
                Reason::BondBack,
                Move::ether(back, Held::Bond, Held::Refund),
            );
        }
        let bond = self.more(Held::Bond, Asset::Ether);
        if was_bonded && let Some(own) = bond.above() {
            self.end(
                Reason::Bonded,
                Move::ether(own, Outside::NodeAccount, Held::Bond),
            );
        }
        if has_ended && let Some(lost) = bond.below() {
            self.end(
                Reason::BondBack,
                Move::ether(lost, Held::Bond, Outside::Lost),
            );
        }
    }

    /// What the node account has put in of its own, where a bond also ended in the same time.
    fn own_bond(&mut self, from_ether: Amount) {
        let ether = self.period.facts.iter().filter_map(|fact| {
            if let What::Deposited { ether } = &fact.what {
                return *ether;
            }
            None
        });
        let ether = ether.reduce(Amount::plus).unwrap_or_default();
        let own = Sum::from(ether).less(from_ether.into());
        if let Some(own) = own.above() {
            self.end(
                Reason::Bonded,
                Move::ether(own, Outside::NodeAccount, Held::Bond),
            );
        }
    }

    /// Tips, which only the blocks show that they were.
    fn rewards(&mut self) {
        for held in [Held::Megapool, Held::Withdrawal, Held::RplWithdrawal] {
            let pays = self.has(|it| matches!(it, What::Proposed { to } if *to == held));
            if pays && let Some(tips) = self.more(held, Asset::Ether).above() {
                self.end(Reason::Tips, Move::ether(tips, Outside::Tips, held));
            }
        }
    }

    /// What waits for a receiver, or waits no more.
    fn others(&mut self) {
        let waits = self.more(Held::Outstanding, Asset::Ether);
        let was_claimed = self.has(|it| matches!(it, What::Intervals));
        if was_claimed && let Some(more) = waits.above() {
            let moved = Move::ether(more, Outside::Intervals, Held::Outstanding);
            self.end(Reason::Outstanding, moved);
        }
    }
}

fn before() -> Account {
    Outside::Before.into()
}

/// What a fact with an amount moves.
fn moved(facts: &[Fact], place: usize) -> Option<(Reason, Vec<Move>)> {
    Some(match &facts[place].what {
        What::Moved(reason, moved) => (*reason, vec![*moved]),
        What::DebtPaid { amount } => {
            let moved = Move::ether(*amount, payer(facts, place), Held::Debt);
            (Reason::DebtPaid, vec![moved])
        }
        What::Distributed { node, others } => {
            let node = Move::ether(*node, Held::Megapool, Held::Refund);
            let others = Move::ether(*others, Held::Megapool, Outside::Others);
            (Reason::Distributed, vec![node, others])
        }
        What::Claimed { amount } => {
            let moved = Move::ether(*amount, Held::Refund, Held::Withdrawal);
            (Reason::Claimed, vec![moved])
        }
        What::Exited { balance } => {
            let moved = Move::ether(*balance, Held::Megapool, Outside::Others);
            (Reason::BondBack, vec![moved])
        }
        What::Deposited { .. }
        | What::Credited
        | What::Dissolved
        | What::Intervals
        | What::Proposed { .. } => return None,
    })
}

/// Of what a debt was paid, by what the same transaction logged after it: a claim pays it out of
/// the refund, a distribution out of what was earned, and an exit first out of the bond.
fn payer(facts: &[Fact], place: usize) -> Account {
    let of = facts[place].transaction;
    let is_of = |fact: &&Fact| of.is_some() && fact.transaction == of;
    let is_payment =
        |fact: &Fact| matches!(fact.what, What::DebtPaid { .. } | What::Distributed { .. });
    let is_first = !facts[..place].iter().filter(is_of).any(is_payment);
    let later: Vec<&Fact> = facts[place + 1..].iter().filter(is_of).collect();
    let has_ended = later
        .iter()
        .any(|fact| matches!(fact.what, What::Exited { .. }));
    if has_ended && is_first {
        return Held::Bond.into();
    }
    let source = |fact: &&Fact| {
        if matches!(fact.what, What::Distributed { .. }) {
            Some(Held::Megapool)
        } else {
            matches!(fact.what, What::Claimed { .. }).then_some(Held::Refund)
        }
    };
    let found = later.iter().find_map(source);
    found.map_or(Outside::Helper.into(), Account::from)
}
