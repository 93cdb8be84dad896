//! How much of a peer's words is checked at all. Signatures are what checking costs, and a liar can
//! sign without end: so of each kind and round two different statements of a peer are verified, the
//! first and the one that contradicts it. Whatever else comes is dropped unread.
//!
//! No correct peer is cut short: it makes one statement of a kind in a round, and after a restart
//! none in place of those it has forgotten, but a COMMIT to the same value. What it repeats to a
//! peer that comes back is known there and not counted. Only what came on a peer's own session is
//! counted against it; what it passes on of others is counted as its own doing, so nobody can use
//! up what is heard of another.
//!
//! So one peer can cause at most these verifications in one duty: two for each PREPARE and round,
//! two more for each round in which it shows what the leader proposed, 2 (1 + n) for its COMMIT and
//! for each ROUND-CHANGE, and 2 + n (1 + n) for each round that it leads.

use std::collections::BTreeMap;

use proto::{PeerIndex, Round};

/// How many different statements of one kind and round are verified.
const HEARD: u8 = 2;

/// What a statement is, as far as its cost goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StatementKind {
    Propose,
    Prepare,
    /// Counted in round 0, whatever round it names: there is one in a duty.
    Commit,
    RoundChange,
    /// The leader's signature that a vote or commitment shows.
    Shown,
    /// The values that came with ROUND-CHANGEs.
    Bodies,
}

/// How often each peer has been heard on what.
#[derive(Debug, Default)]
pub(crate) struct StatementQuota(BTreeMap<(PeerIndex, StatementKind, Round), u8>);

impl StatementQuota {
    /// Counts a statement that is not known yet; false if it is not to be checked any more.
    pub(crate) fn admits(&mut self, peer: PeerIndex, kind: StatementKind, round: Round) -> bool {
        let heard = self.0.entry((peer, kind, round)).or_default();
        let admitted = *heard < HEARD;
        *heard = heard.saturating_add(1);
        admitted
    }
}
