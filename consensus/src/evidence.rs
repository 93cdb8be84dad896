//! Two signed statements that no correct peer makes together. Anybody with the roster can check
//! them, so they are kept against their signer. Never here: who is punished, and how.

use proto::vote::{Commit, Prepare, Propose, RoundChange};
use proto::{PeerIndex, Roster, Signed, Statement};

/// A contradiction between two statements of one peer about one duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Two proposals for one round.
    Proposes(Signed<Propose>, Signed<Propose>),
    /// Two votes in one round.
    Prepares(Signed<Prepare>, Signed<Prepare>),
    /// A vote, and the claim on leaving the round to have voted otherwise, or not at all.
    Denial(Signed<Prepare>, Signed<RoundChange>),
    /// Two ROUND-CHANGEs that differ on a vote, or two different ones to one round.
    RoundChanges(Signed<RoundChange>, Signed<RoundChange>),
    /// Commitments to two values.
    Commits(Signed<Commit>, Signed<Commit>),
}

impl Evidence {
    /// The peer that signed both statements.
    pub fn culprit(&self) -> PeerIndex {
        match self {
            Self::Proposes(first, _) => first.signer,
            Self::Prepares(first, _) => first.signer,
            Self::Denial(vote, _) => vote.signer,
            Self::RoundChanges(first, _) => first.signer,
            Self::Commits(first, _) => first.signer,
        }
    }

    /// Whether one peer of `roster` really signed both statements, they are about one duty, and
    /// they contradict each other.
    pub fn holds(&self, roster: &Roster) -> bool {
        match self {
            Self::Proposes(a, b) => both(roster, a, b) && proposes(&a.statement, &b.statement),
            Self::Prepares(a, b) => both(roster, a, b) && prepares(&a.statement, &b.statement),
            Self::Denial(a, b) => both(roster, a, b) && denial(&a.statement, &b.statement),
            Self::RoundChanges(a, b) => both(roster, a, b) && changes(&a.statement, &b.statement),
            Self::Commits(a, b) => both(roster, a, b) && commits(&a.statement, &b.statement),
        }
    }
}

/// Whether one peer signed both.
fn both<A: Statement, B: Statement>(roster: &Roster, a: &Signed<A>, b: &Signed<B>) -> bool {
    let key = roster.key(a.signer);
    a.signer == b.signer
        && key.has_signed(&a.statement, &a.signature)
        && key.has_signed(&b.statement, &b.signature)
}

/// Whether these are two proposals for one round.
pub(crate) fn proposes(a: &Propose, b: &Propose) -> bool {
    a.scope == b.scope && a.round == b.round && a.value != b.value
}

/// Whether these are two votes in one round.
pub(crate) fn prepares(a: &Prepare, b: &Prepare) -> bool {
    a.scope == b.scope && a.round == b.round && a.value != b.value
}

/// Whether who voted `vote` does not say so in `change`.
pub(crate) fn denial(vote: &Prepare, change: &RoundChange) -> bool {
    vote.scope == change.scope
        && vote.round < change.round
        && change.votes.get(&vote.round) != Some(&vote.value)
}

/// Whether these differ on a round that both have left, or are two different ones to one round.
pub(crate) fn changes(a: &RoundChange, b: &RoundChange) -> bool {
    let left = a.round.min(b.round);
    a.scope == b.scope
        && (a.votes.range(..left).ne(b.votes.range(..left)) || (a.round == b.round && a != b))
}

/// Whether these are commitments to two values.
pub(crate) fn commits(a: &Commit, b: &Commit) -> bool {
    a.scope == b.scope && a.value != b.value
}
