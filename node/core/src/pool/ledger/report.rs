//! Totals, what is unexplained, and each operator's part.
//!
//! What an operator has paid in is what came from the accounts that it has declared. Principal that
//! came back is divided by that; what nobody declared takes its part of it, and is nobody's. What
//! is earned is divided by the agreed shares. Gifts and losses are divided by nobody's rule: they
//! are shown. The shares are those of the agreement that is given; how much an operator has signed
//! does not count.

use std::collections::BTreeMap;

use proto::Address;
use proto::agreement::PoolTerms;
use serde::Serialize;

use super::account::{Account, Amount, Asset, Balances, Entry, Held, Move, Outside, Reason, Sum};
use super::books::Books;
use super::period::Mark;
use super::principal::Principal;
use super::shares::divided;

/// From when on it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// From the beginning of the ledger.
    Ever,
    /// From this block on.
    Block(u64),
    /// From this time on, Unix seconds, as precisely as the ends of periods are.
    Time(u64),
}

impl Since {
    /// Whether an entry is told.
    pub fn has(self, entry: &Entry) -> bool {
        match self {
            Self::Ever => true,
            Self::Block(first) => entry.block >= first,
            Self::Time(first) => entry.time >= first,
        }
    }
}

/// How much went from one sort of account to another, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Why.
    pub reason: Reason,
    /// From where.
    pub from: &'static str,
    /// To where.
    pub to: &'static str,
    /// Of what.
    pub asset: Asset,
    /// How much.
    pub amount: Sum,
    /// How often.
    pub times: u64,
}

/// What is in a held account at the end, by the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct There {
    /// In which.
    pub account: &'static str,
    /// Of what.
    pub asset: Asset,
    /// How much.
    pub amount: Sum,
}

/// An operator's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The operator's name; none of what nobody has declared.
    pub name: Option<String>,
    /// The agreed share of what is earned, in basis points.
    pub share: u32,
    /// What was paid in, ever.
    pub paid_in: Amount,
    /// Of the principal that came back, less what the Safe has paid in again: may be less than
    /// nothing.
    pub principal: Sum,
    /// Of the ether that was earned.
    pub earned: Amount,
    /// Of the RPL that was earned.
    pub earned_rpl: Amount,
    /// What came from its accounts to the Safe itself, without being asked for.
    pub sent: Amount,
    /// What the Safe has paid to its accounts.
    pub received: Amount,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// With which block the ledger begins.
    pub began: Mark,
    /// With which it ends.
    pub to: Mark,
    /// What moved.
    pub totals: Vec<Total>,
    /// What there is.
    pub there: Vec<There>,
    /// What nothing explains, by asset: all of them, nothing where it is nothing.
    pub unexplained: BTreeMap<&'static str, Sum>,
    /// Where that is, if anything is.
    pub unexplained_in: Vec<There>,
    /// How many periods had blocks that could not be read.
    pub unread: u64,
    /// Each operator, in the order of the definition, and what nobody has declared at last.
    pub parts: Vec<Part>,
    /// What was lost: no rule that is agreed on says whose it is.
    pub lost: Amount,
}

/// The accounts' names, as they are shown and written.
pub fn named(account: &Account) -> &'static str {
    match account {
        Account::Held(held) => match held {
            Held::Withdrawal => "withdrawal address",
            Held::RplWithdrawal => "RPL withdrawal address",
            Held::NodeEther => "not bonded",
            Held::Credit => "credit",
            Held::Bond => "bond",
            Held::Megapool => "not distributed",
            Held::Refund => "to be claimed",
            Held::Debt => "debt",
            Held::Unclaimed => "unclaimed",
            Held::Outstanding => "outstanding",
            Held::Staked => "staked",
        },
        Account::Outside(outside) => match outside {
            Outside::Payer(_) => "payer",
            Outside::NodeAccount => "node account",
            Outside::BeaconChain => "beacon chain",
            Outside::Tips => "tips",
            Outside::Others => "others' share",
            Outside::Intervals => "reward intervals",
            Outside::Lost => "lost",
            Outside::Exchange => "rETH exchange",
            Outside::Giver(_) => "giver",
            Outside::Helper => "debt payer",
            Outside::Receiver(_) => "receiver",
            Outside::Before => "before the ledger",
            Outside::Unexplained => "unexplained",
        },
    }
}

/// The address of an account that has one.
pub fn address_of(account: &Account) -> Option<&Address> {
    match account {
        Account::Outside(Outside::Payer(at) | Outside::Giver(at) | Outside::Receiver(at)) => {
            Some(at)
        }
        Account::Held(_)
        | Account::Outside(
            Outside::NodeAccount
            | Outside::BeaconChain
            | Outside::Tips
            | Outside::Others
            | Outside::Intervals
            | Outside::Lost
            | Outside::Exchange
            | Outside::Helper
            | Outside::Before
            | Outside::Unexplained,
        ) => None,
    }
}

impl Report {
    /// Of these books; none if nothing is in them.
    pub fn of(books: &Books, terms: &PoolTerms, since: Since) -> Option<Self> {
        let end = books.end.as_ref()?;
        let told: Vec<&Entry> = books.entries.iter().filter(|it| since.has(it)).collect();
        let moves = || {
            told.iter()
                .flat_map(|it| it.moves.iter().map(|moved| (it.reason, moved)))
        };
        let (unexplained, unexplained_in) = unexplained(moves().map(|(_, moved)| moved));
        let there = end.holdings.all().map(|(held, asset, amount)| There {
            account: named(&held.into()),
            asset,
            amount,
        });
        Some(Self {
            began: books.began?,
            to: end.mark,
            totals: totals(moves()),
            there: there.collect(),
            unexplained,
            unexplained_in,
            unread: books.unread,
            parts: parts(books, &told, (terms, since)),
            lost: sum(&told, Asset::Ether, |it| it.to == Outside::Lost.into()),
        })
    }
}

fn totals<'a>(moves: impl Iterator<Item = (Reason, &'a Move)>) -> Vec<Total> {
    let mut all: BTreeMap<(Reason, &str, &str, Asset), (Sum, u64)> = BTreeMap::new();
    for (reason, moved) in moves {
        let key = (reason, named(&moved.from), named(&moved.to), moved.asset);
        let (amount, times) = all.entry(key).or_default();
        *amount = amount.plus(moved.amount.into());
        *times += 1;
    }
    let total = |((reason, from, to, asset), (amount, times))| Total {
        reason,
        from,
        to,
        asset,
        amount,
        times,
    };
    all.into_iter().map(total).collect()
}

fn unexplained<'a>(
    moves: impl Iterator<Item = &'a Move>,
) -> (BTreeMap<&'static str, Sum>, Vec<There>) {
    let outside = Account::from(Outside::Unexplained);
    let mut by_place = Balances::new();
    for moved in moves.filter(|it| it.from == outside || it.to == outside) {
        for (account, asset, sum) in moved.postings() {
            let so_far = by_place.entry((account, asset)).or_default();
            *so_far = so_far.plus(sum);
        }
    }
    let of = |asset| {
        let sum = by_place.get(&(outside, asset)).copied().unwrap_or_default();
        (asset.unit(), Sum::ZERO.less(sum))
    };
    let all = Asset::ALL.into_iter().map(of).collect();
    let places = by_place
        .iter()
        .filter(|((at, _), sum)| *at != outside && **sum != Sum::ZERO);
    let places = places.map(|((account, asset), amount)| There {
        account: named(account),
        asset: *asset,
        amount: *amount,
    });
    (all, places.collect())
}

/// All of what is moved so.
fn sum(entries: &[&Entry], asset: Asset, is: impl Fn(&Move) -> bool) -> Amount {
    let moves = entries.iter().flat_map(|it| &it.moves);
    let moves = moves.filter(|it| it.asset == asset && is(it));
    moves.map(|it| it.amount).fold(Amount::ZERO, Amount::plus)
}

fn is_earned(moved: &Move) -> bool {
    let is_held = matches!(moved.to, Account::Held(_));
    let is_own = [Held::Refund, Held::Debt]
        .into_iter()
        .any(|it| moved.to == it.into());
    (moved.from == Held::Megapool.into() && is_own)
        || (moved.from == Outside::Intervals.into() && is_held)
}

fn parts(books: &Books, told: &[&Entry], (terms, since): (&PoolTerms, Since)) -> Vec<Part> {
    let ether = Asset::Ether;
    let mut principal = Principal::before(&books.entries, terms);
    let mut before = principal.back.clone();
    for entry in &books.entries {
        principal.take(entry);
        if !since.has(entry) {
            before.clone_from(&principal.back);
        }
    }
    let back = principal.back.iter().zip(&before);
    let back: Vec<Sum> = back.map(|(now, before)| now.less(*before)).collect();
    let paid = principal.paid;
    let nobody = terms.members.len();
    let shares: Vec<u128> = terms.members.iter().map(|it| it.share.into()).collect();
    let earned = divided(sum(told, ether, is_earned), &shares);
    let earned_rpl = divided(sum(told, Asset::Rpl, is_earned), &shares);
    let mut parts: Vec<Part> = Vec::new();
    for (place, member) in terms.members.iter().enumerate() {
        let own = |account: &Account| {
            let at = address_of(account);
            at.is_some_and(|at| member.funding.contains(at) || member.owner == Some(*at))
        };
        let is_sent =
            |it: &Move| matches!(it.from, Account::Outside(Outside::Giver(_))) && own(&it.from);
        parts.push(Part {
            name: Some(member.name.clone()),
            share: member.share,
            paid_in: paid[place],
            principal: back[place],
            earned: earned[place],
            earned_rpl: earned_rpl[place],
            sent: sum(told, ether, is_sent),
            received: sum(told, ether, |it| {
                matches!(it.to, Account::Outside(Outside::Receiver(_))) && own(&it.to)
            }),
        });
    }
    parts.push(Part {
        name: None,
        share: 0,
        paid_in: paid[nobody],
        principal: back[nobody],
        earned: Amount::ZERO,
        earned_rpl: Amount::ZERO,
        sent: Amount::ZERO,
        received: Amount::ZERO,
    });
    parts
}
