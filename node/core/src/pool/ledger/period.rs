//! A time between two final blocks, with its facts and what there is at its end.

use proto::Root;
use serde::{Deserialize, Serialize};

use super::account::{Amount, Asset, Held};
use super::entries;
use super::fact::Fact;
use super::holdings::{Arrivals, Holdings};
use crate::pool::view::Block;

/// A final block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Root,
    /// Its time, Unix seconds.
    pub time: u64,
}

impl From<Block> for Mark {
    fn from(block: Block) -> Self {
        Self {
            number: block.number,
            hash: block.hash,
            time: block.time,
        }
    }
}

/// Whether the blocks of a period were read for what no contract logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocks {
    /// There was nothing to be found in them.
    Unneeded,
    /// All of them.
    Read,
    /// They were too many, or the node does not have them: what they would explain is unexplained.
    Unread,
}

/// A period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The last block before it; none of one that only says what there was when the ledger began.
    pub after: Option<Mark>,
    /// Its last block.
    pub to: Mark,
    /// Where ether and RPL arrive.
    pub arrivals: Arrivals,
    /// What the chain shows of it, in the order of the chain.
    pub facts: Vec<Fact>,
    /// What there is at its end.
    pub holdings: Holdings,
    /// Whether its blocks were read.
    pub blocks: Blocks,
}

impl Period {
    /// By how much more than what the logs explain has come to an address of ours or into the
    /// megapool: nothing but blocks can show that. None if there is no need to read them.
    pub fn lacks_blocks(&self, before: &Holdings) -> Option<Amount> {
        let (_, left) = entries::explained(before, self);
        let pots = [Held::Withdrawal, Held::RplWithdrawal, Held::Megapool];
        let more = pots.into_iter().filter_map(|held| {
            let sum = left.get(&(held, Asset::Ether))?;
            sum.above()
        });
        more.reduce(Amount::plus)
    }

    /// Whether nothing has happened in it since `before`.
    pub fn is_quiet(&self, before: &Holdings) -> bool {
        self.after.is_some() && self.facts.is_empty() && self.holdings == *before
    }
}
