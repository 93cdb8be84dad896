//! Two signed statements that no correct peer makes together. Anybody who has the lock can check
//! them, so they are kept against their signer, in the text form of [`exhibit`].
//!
//! Never here: who is punished, and how.

pub mod exhibit;

use std::fmt;

use proto::identity::BadSignature;
use proto::vote::{Ballot, Commit, Prepare, Propose, RoundChange, Scope};
use proto::{DutyId, PeerIndex, Root, Roster, Round, Signed};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How two statements contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contradiction {
    /// Two proposals for one round.
    TwoProposals,
    /// Two votes in one round.
    TwoVotes,
    /// A vote that its signer denied when it left the round.
    DeniedVote,
    /// Two ROUND-CHANGEs that cannot both be true.
    TwoRoundChanges,
    /// Commitments to two values.
    TwoCommitments,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoProposals => "proposed two values",
            Self::TwoVotes => "voted for two values",
            Self::DeniedVote => "denied its vote",
            Self::TwoRoundChanges => "told two stories of its votes",
            Self::TwoCommitments => "committed to two values",
        })
    }
}

/// Who contradicted itself, in what, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conviction {
    /// The peer that signed both statements.
    pub culprit: PeerIndex,
    /// The duty that both are about.
    pub duty: DutyId,
    /// The round of the statements, or the lower one if they are of two rounds.
    pub round: Round,
    /// How they contradict each other.
    pub contradiction: Contradiction,
}

impl fmt::Display for Conviction {
    /// What was done, without the name of the peer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            duty,
            round,
            contradiction,
            ..
        } = self;
        write!(f, "{contradiction} in round {round} of the {duty}")
    }
}

/// Evidence that convicts nobody. Whoever brought it forward is wrong, but not proven to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfounded {
    /// The cluster has no such peer.
    #[error("{0} is not in this cluster")]
    NoSuchPeer(PeerIndex),
    /// Two peers may say different things.
    #[error("one statement is of {0}, and the other of {1}")]
    TwoPeers(PeerIndex, PeerIndex),
    /// A statement is about another cluster.
    #[error("a statement is about the cluster with the lock hash {0}: give that cluster's lock")]
    OtherCluster(Root),
    /// The statements are about two duties.
    #[error("one statement is about the {0}, and the other about the {1}")]
    TwoDuties(DutyId, DutyId),
    /// A signature is forged.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// A correct peer can say both.
    #[error("the two statements do not contradict each other")]
    NoContradiction,
}

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

    /// How the statements are said to contradict each other.
    pub fn contradiction(&self) -> Contradiction {
        match self {
            Self::Proposes(..) => Contradiction::TwoProposals,
            Self::Prepares(..) => Contradiction::TwoVotes,
            Self::Denial(..) => Contradiction::DeniedVote,
            Self::RoundChanges(..) => Contradiction::TwoRoundChanges,
            Self::Commits(..) => Contradiction::TwoCommitments,
        }
    }

    /// What this shows if it is founded.
    pub fn claim(&self) -> Conviction {
        let (first, second) = self.places();
        Conviction {
            culprit: self.culprit(),
            duty: first.scope.duty,
            round: first.round.min(second.round),
            contradiction: self.contradiction(),
        }
    }

    /// Whom this convicts of what, before anybody who knows the identity keys and the hash of the
    /// cluster's `lock`. Needs nothing else and trusts nobody.
    ///
    /// # Errors
    /// If it convicts nobody: not both statements are signed by one peer of the cluster, or they
    /// are not about one duty of it, or a correct peer can say both.
    pub fn verify(&self, roster: &Roster, lock: Root) -> Result<Conviction, Unfounded> {
        let (first, second) = self.places();
        for place in [first, second] {
            if place.signer.position() >= roster.size().peers() {
                return Err(Unfounded::NoSuchPeer(place.signer));
            }
            if place.scope.lock != lock {
                return Err(Unfounded::OtherCluster(place.scope.lock));
            }
        }
        if first.signer != second.signer {
            return Err(Unfounded::TwoPeers(first.signer, second.signer));
        }
        if first.scope.duty != second.scope.duty {
            let (one, other) = (first.scope.duty, second.scope.duty);
            return Err(Unfounded::TwoDuties(one, other));
        }
        self.check_signatures(roster)?;
        if self.contradicts() {
            Ok(self.claim())
        } else {
            Err(Unfounded::NoContradiction)
        }
    }

    fn check_signatures(&self, roster: &Roster) -> Result<(), BadSignature> {
        match self {
            Self::Proposes(a, b) => a.check(roster).and(b.check(roster)),
            Self::Prepares(a, b) => a.check(roster).and(b.check(roster)),
            Self::Denial(a, b) => a.check(roster).and(b.check(roster)),
            Self::RoundChanges(a, b) => a.check(roster).and(b.check(roster)),
            Self::Commits(a, b) => a.check(roster).and(b.check(roster)),
        }
    }

    fn contradicts(&self) -> bool {
        match self {
            Self::Proposes(a, b) => proposes(&a.statement, &b.statement),
            Self::Prepares(a, b) => prepares(&a.statement, &b.statement),
            Self::Denial(a, b) => denial(&a.statement, &b.statement),
            Self::RoundChanges(a, b) => changes(&a.statement, &b.statement),
            Self::Commits(a, b) => commits(&a.statement, &b.statement),
        }
    }

    /// Who says each of the two, about what.
    fn places(&self) -> (Place, Place) {
        match self {
            Self::Proposes(a, b) => (Place::of(a), Place::of(b)),
            Self::Prepares(a, b) => (Place::of(a), Place::of(b)),
            Self::Denial(a, b) => (Place::of(a), Place::of(b)),
            Self::RoundChanges(a, b) => (Place::of(a), Place::of(b)),
            Self::Commits(a, b) => (Place::of(a), Place::of(b)),
        }
    }
}

/// Who is said to have signed a statement, and what it is about.
#[derive(Clone, Copy)]
struct Place {
    signer: PeerIndex,
    scope: Scope,
    round: Round,
}

impl Place {
    fn of<T: Ballot>(signed: &Signed<T>) -> Self {
        Self {
            signer: signed.signer,
            scope: signed.statement.scope(),
            round: signed.statement.round(),
        }
    }
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
