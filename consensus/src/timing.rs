//! When rounds end: deadlines that follow from the slot clock, so that peers that lost touch meet
//! again in the same round. Never here: a clock; `now` is an argument everywhere.

use std::time::Duration;

use proto::{Round, Timestamp};

/// The times of one instance.
///
/// Round 0 ends at the later of `start` and the own vote, plus `grace`. Round r >= 1 ends at
/// `start + grace + round * (1 + 2 + 3 + 4 + 4 + ...)` (r terms), whenever it was entered: rounds
/// grow, so that messages of unknown delay fit in at last, and all peers with good clocks agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// When the own value is due, where an instance opens leaderless; else when the first leader
    /// may ask for one.
    pub start: Timestamp,
    /// How long votes may take after that: three round trips to the slowest peer that matters.
    /// Use zero where there is no round 0.
    pub grace: Duration,
    /// The length of round 1: at least six round trips and two answers of a source of values.
    pub round: Duration,
    /// How long the answer to a PULL may take before another peer is asked: two round trips.
    pub pull: Duration,
}

impl Timing {
    /// When round 0 ends for a peer that voted at `own_vote`.
    pub fn end_of_round_zero(&self, own_vote: Option<Timestamp>) -> Timestamp {
        own_vote.map_or(self.start, |vote| vote.max(self.start)) + self.grace
    }

    /// When `round`, which is at least 1, ends.
    pub fn end(&self, round: Round) -> Timestamp {
        self.start + self.grace + self.round * lengths_until(round)
    }

    /// When a leader that could choose between two forced values waits no longer for one more
    /// ROUND-CHANGE: after the first quarter of `round` by the slot clock.
    pub fn leader_waits_until(&self, round: Round) -> Timestamp {
        self.end(round) - self.round * length(round) * 3 / 4
    }

    /// When a peer stops holding a proposal of one of two forced values: in the middle of `round`
    /// by the slot clock.
    pub fn held_until(&self, round: Round) -> Timestamp {
        self.end(round) - self.round * length(round) / 2
    }
}

/// How many times the length of round 1 this round has.
fn length(round: Round) -> u32 {
    u32::from(round.number()).min(4)
}

/// The sum of the lengths of round 1 to `round`.
fn lengths_until(round: Round) -> u32 {
    let r = u32::from(round.number());
    let growing = r.min(4);
    growing * (growing + 1) / 2 + 4 * (r - growing)
}

#[cfg(test)]
mod tests;
