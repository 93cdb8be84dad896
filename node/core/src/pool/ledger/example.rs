//! An example for tests and measurements: periods made by hand, and a year of them.

use proto::{Address, Root};

use super::account::{Account, Amount, Asset, Held, Move, Outside, Reason, Sum};
use super::fact::{Fact, What};
use super::holdings::{Arrivals, Holdings};
use super::period::{Blocks, Mark, Period};

/// The withdrawal Safe of the example.
pub const SAFE: [u8; 20] = [0xbb; 20];
/// Gwei in a thousandth of an ether.
const MILLI: u64 = 1_000_000;
/// Blocks of an epoch.
const EPOCH: u64 = 32;

/// So many thousandths of an ether.
pub fn milli(amount: u64) -> Amount {
    Amount::of_gwei(amount * MILLI)
}

/// Where ether and RPL arrive.
pub fn arrivals() -> Arrivals {
    Arrivals {
        withdrawal: SAFE.into(),
        rpl_withdrawal: SAFE.into(),
    }
}

/// The block with this number.
pub fn mark(number: u64) -> Mark {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    Mark {
        number,
        hash: hash.into(),
        time: 1_780_000_000 + number * 12,
    }
}

/// The transaction with this number.
pub fn transaction(number: u64) -> Root {
    let mut hash = [0x77; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    hash.into()
}

/// What there is, as accounts of ether in thousandths.
pub fn holdings(all: &[(Held, i64)]) -> Holdings {
    let mut holdings = Holdings::default();
    for (held, amount) in all {
        let wei = i128::from(*amount) * i128::from(MILLI) * 1_000_000_000;
        holdings.put(*held, Asset::Ether, Sum(wei));
    }
    holdings
}

/// A fact of a transaction.
pub fn fact(block: u64, number: u64, what: What) -> Fact {
    Fact {
        block,
        transaction: Some(transaction(number)),
        what,
    }
}

/// That so many thousandths of an ether moved.
pub fn moved(
    reason: Reason,
    amount: u64,
    (from, to): (impl Into<Account>, impl Into<Account>),
) -> What {
    What::Moved(reason, Move::ether(milli(amount), from, to))
}

/// The beginning of a ledger.
pub fn opening(number: u64, holdings: Holdings) -> Period {
    Period {
        after: None,
        to: mark(number),
        arrivals: arrivals(),
        facts: Vec::new(),
        holdings,
        blocks: Blocks::Unneeded,
    }
}

/// A period up to the block with this number.
pub fn period((after, to): (u64, u64), facts: Vec<Fact>, holdings: Holdings) -> Period {
    Period {
        after: Some(mark(after)),
        to: mark(to),
        arrivals: arrivals(),
        facts,
        holdings,
        blocks: Blocks::Unneeded,
    }
}

/// A year of a node with so many validators, epoch by epoch: each is paid out every nine days, what
/// came is distributed every day and claimed every week, and somebody sends a little once a day. Of
/// eight epochs in which nothing happens one has a line.
pub fn year(validators: u64) -> Vec<Period> {
    let mut all = vec![opening(EPOCH, holdings(&[(Held::Bond, 4_000_000)]))];
    let mut there = Running::default();
    let (mut last, mut quiet) = (EPOCH, 0);
    // Of the validators in each epoch, so that 2025 epochs pay all of them.
    for epoch in 2..=82_125_u64 {
        let to = epoch * EPOCH;
        let due = validators * epoch / 2_025 - validators * (epoch - 1) / 2_025;
        let mut facts = Vec::new();
        (0..due).for_each(|it| facts.push(there.withdrawn(to - it)));
        if epoch % 225 == 0 {
            facts.push(there.distributed(to));
            facts.push(there.given(to, epoch));
        }
        if epoch % 1_575 == 0 {
            facts.push(there.claimed(to));
        }
        quiet += u64::from(facts.is_empty());
        if facts.is_empty() && !quiet.is_multiple_of(8) {
            continue;
        }
        all.push(period((last, to), facts, there.holdings()));
        last = to;
    }
    all
}

#[derive(Default)]
struct Running {
    megapool: i64,
    refund: i64,
    safe: i64,
}

impl Running {
    fn withdrawn(&mut self, block: u64) -> Fact {
        self.megapool += 17;
        let way = (Outside::BeaconChain, Held::Megapool);
        Fact {
            block,
            transaction: None,
            what: moved(Reason::Withdrawn, 17, way),
        }
    }

    fn distributed(&mut self, block: u64) -> Fact {
        let all = self.megapool;
        let node = all / 6;
        self.megapool = 0;
        self.refund += node;
        let of = |amount: i64| milli(u64::try_from(amount).unwrap_or(0));
        let what = What::Distributed {
            node: of(node),
            others: of(all - node),
        };
        fact(block, block, what)
    }

    fn claimed(&mut self, block: u64) -> Fact {
        let amount = std::mem::take(&mut self.refund);
        self.safe += amount;
        let amount = milli(u64::try_from(amount).unwrap_or(0));
        fact(block, block + 1, What::Claimed { amount })
    }

    fn given(&mut self, block: u64, epoch: u64) -> Fact {
        self.safe += 1;
        let mut giver = [0xee; 20];
        giver[..8].copy_from_slice(&epoch.to_le_bytes());
        let way = (Outside::Giver(Address::from(giver)), Held::Withdrawal);
        fact(block, block + 2, moved(Reason::Gift, 1, way))
    }

    fn holdings(&self) -> Holdings {
        holdings(&[
            (Held::Bond, 4_000_000),
            (Held::Megapool, self.megapool),
            (Held::Refund, self.refund),
            (Held::Withdrawal, self.safe),
        ])
    }
}
