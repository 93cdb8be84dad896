//! How many others a queue serves before one of its entries.
//!
//! There are two queues of megapool validators. Of `rate + 1` assignments the last is for the
//! standard queue and the others for the express queue, counted on by an index that never stops;
//! where one is empty the other is served. The minipools that still wait come before all. Source:
//! `RocketDepositPool._assignMegapools`, `_assignDeposits`.

use serde::Serialize;

/// The most entries that are counted through: more than all validators of Rocket Pool.
const MOST_COUNTED: u64 = 1 << 20;

/// One of the two queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// For those who have used a ticket.
    Express,
    /// For everybody.
    Standard,
}

/// The queues at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queues {
    /// Minipools that wait; they come first.
    pub minipools: u64,
    /// Entries of the express queue.
    pub express: u64,
    /// Entries of the standard queue.
    pub standard: u64,
    /// How many express entries are served for one standard one.
    pub express_rate: u64,
    /// How many entries were served so far.
    pub index: u64,
    /// Whether the pool has what the entry at the top needs.
    pub can_assign: bool,
    /// The block in which the entry at the top came there.
    pub top_since_block: u64,
}

impl Queues {
    /// How many assignments come before the entry that has `ahead` others of its queue before it;
    /// none if there are too many to count, or the queue is not so long.
    pub fn before(&self, lane: Lane, ahead: u64) -> Option<u64> {
        let (mut express, mut standard) = (self.express, self.standard);
        let own = match lane {
            Lane::Express => express,
            Lane::Standard => standard,
        };
        let few = |count: u64| count <= MOST_COUNTED;
        if ahead >= own || ![express, standard, self.minipools].into_iter().all(few) {
            return None;
        }
        let cycle = u128::from(self.express_rate) + 1;
        let mut left = ahead;
        let mut served = 0;
        loop {
            let is_express = (u128::from(self.index) + u128::from(served)) % cycle
                != u128::from(self.express_rate);
            let next = match (is_express && express > 0) || standard == 0 {
                true => Lane::Express,
                false => Lane::Standard,
            };
            match next {
                Lane::Express => express = express.checked_sub(1)?,
                Lane::Standard => standard -= 1,
            }
            if next == lane {
                if left == 0 {
                    return Some(self.minipools + served);
                }
                left -= 1;
            }
            served += 1;
        }
    }
}

#[cfg(test)]
mod tests;
