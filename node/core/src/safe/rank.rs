//! Whose turn a step is: any peer can take it, and one after the other does until it is done.
//!
//! The peer that coordinates is the first. The others stand in an order that differs from step to
//! step and that nobody chooses. Each waits for those before it, by its own clock, from when it
//! saw first that the step is due: so a peer that is dead, slow or sends nothing costs its part of
//! the time, and no step waits for anybody for good. Two that act at once pay for gas twice, and
//! nothing happens twice.

use std::collections::BTreeMap;

use alloy_primitives::keccak256;
use proto::{ClusterSize, PeerIndex, Root};

use crate::sending::call::StepId;

/// A peer among those that take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The hash of the cluster's lock.
    pub cluster: Root,
    /// How many there are.
    pub size: ClusterSize,
    /// Which one it is.
    pub me: PeerIndex,
    /// Whether it coordinates.
    pub is_first: bool,
    /// How long each waits for the one before, in seconds.
    pub delay: u64,
}

impl Seat {
    /// How many come before this peer at this step.
    pub fn rank(&self, step: &StepId) -> u64 {
        if self.is_first {
            return 0;
        }
        let mut order: Vec<PeerIndex> = self.size.all().collect();
        order.sort_by_key(|peer| self.draw(step, *peer));
        let before = order.iter().take_while(|peer| **peer != self.me).count();
        // One more: whoever coordinates.
        before as u64 + 1
    }

    fn draw(&self, step: &StepId, peer: PeerIndex) -> [u8; 32] {
        let peer = (peer.position() as u64).to_be_bytes();
        let bytes = [self.cluster.as_bytes(), step.to_string().as_bytes(), &peer].concat();
        keccak256(bytes).0
    }
}

/// Since when steps are due, as this peer saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    seat: Seat,
    since: BTreeMap<StepId, u64>,
}

impl Turns {
    /// Nothing was seen yet.
    pub fn new(seat: Seat) -> Self {
        Self {
            seat,
            since: BTreeMap::new(),
        }
    }

    /// These steps are due at `now`, in Unix seconds, and no others.
    pub fn see<'a>(&mut self, steps: impl IntoIterator<Item = &'a StepId>, now: u64) {
        let since = |step: &StepId| self.since.get(step).copied().unwrap_or(now);
        let seen = steps.into_iter().map(|step| (step.clone(), since(step)));
        self.since = seen.collect();
    }

    /// For how many more seconds this peer leaves the step to others; 0 if it is its turn.
    /// `until` is when it has to be done, in Unix seconds: shortly before that it is everybody's.
    pub fn waits(&self, step: &StepId, until: Option<u64>, now: u64) -> u64 {
        let Seat { delay, .. } = self.seat;
        let since = self.since.get(step).copied().unwrap_or(now);
        let turn = since.saturating_add(self.seat.rank(step).saturating_mul(delay));
        let urgent = until.map(|until| until.saturating_sub(delay.saturating_mul(LATE)));
        urgent
            .map_or(turn, |urgent| turn.min(urgent))
            .saturating_sub(now)
    }
}

/// So many delays before something has to be done everybody does it.
const LATE: u64 = 3;
