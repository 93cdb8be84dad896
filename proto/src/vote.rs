//! The messages of consensus: what peers sign about one duty, and how it travels.
//!
//! Four statements are signed with identity keys. All of them name the cluster (lock hash), the
//! duty and the round, so a vote of one duty is worth nothing in another. What travels beside a
//! statement (a value's bytes, a certificate, a justification) proves itself: by its hash or by
//! signatures of its own.
//!
//! | message | says | carries besides |
//! |---|---|---|
//! | PROPOSE | the leader of this round proposes this value | the value, why it may be proposed |
//! | PREPARE | I would sign this value in this round | the leader's signature under it |
//! | COMMIT | my record holds this value; here are my partial signatures | its quorum, as above |
//! | ROUND-CHANGE | I have left all earlier rounds, and voted so in them | its quorum, values |
//! | PULL, VALUE | send me the bytes of this hash; here they are | |
//!
//! Never here: what makes a message valid in its place. That is the crate `consensus`.

mod preimage;
mod read;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    DutyId, IdentitySignature, PeerIndex, PeerSet, Root, Round, SignatureBytes, Signed, Statement,
    ValidatorPosition,
};

pub use preimage::{BadPreimage, Ballot, MAX_PREIMAGE};
pub use read::{Decoded, MAX_BODY, MAX_PARTIALS, WireError};
pub(crate) use read::{MAX_AGGREGATES_BODY, MAX_CONTRIBUTION_BODY, MAX_HEAD_BODY};

/// The encoded bytes of a value, at most [`MAX_BODY`]. Shared, not copied, between messages.
pub type Body = Arc<[u8]>;

/// What a vote is about: one duty of one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The hash of the cluster's lock.
    pub lock: Root,
    /// The duty that is agreed on.
    pub duty: DutyId,
}

/// PROPOSE: the leader of `round` proposes the value with this hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propose {
    /// The duty.
    pub scope: Scope,
    /// The round, 1 or later.
    pub round: Round,
    /// The hash of the value.
    pub value: Root,
}

/// PREPARE: the signer would sign this value, and says so only once in this round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepare {
    /// The duty.
    pub scope: Scope,
    /// The round.
    pub round: Round,
    /// The hash of the value.
    pub value: Root,
}

/// COMMIT: the signer's record holds this value durably, and these are its partial signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The duty.
    pub scope: Scope,
    /// The round of the PREPARE quorum that made the signer commit.
    pub round: Round,
    /// The hash of the value.
    pub value: Root,
    /// The sequence number of the signer's record, by which peers notice a rolled-back record.
    pub sequence: u64,
    /// One partial signature for each validator the signer's vault agreed to sign for, at most
    /// [`MAX_PARTIALS`]. Consensus does not look inside.
    pub partials: Vec<Partial>,
}

/// A validator and a peer's partial signature for it. Nothing says yet that it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// The validator.
    pub validator: ValidatorPosition,
    /// The partial signature.
    pub signature: SignatureBytes,
}

/// ROUND-CHANGE: the signer enters `round`, will PREPARE in no earlier round any more, and has
/// PREPAREd in the earlier rounds exactly what `votes` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundChange {
    /// The duty.
    pub scope: Scope,
    /// The round that the signer enters, 1 or later.
    pub round: Round,
    /// The hash the signer PREPAREd, for every earlier round in which it did. A round below
    /// `round` that is absent means "none".
    pub votes: BTreeMap<Round, Root>,
    /// The PREPARE quorum that binds the signer, the first that it has seen; of a round below
    /// `round`.
    pub prepared: Option<Prepared>,
}

/// The claim that a quorum PREPAREd a value in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    /// The round of the quorum.
    pub round: Round,
    /// The hash of the value.
    pub value: Root,
}

/// The PREPARE signatures that prove a [`Prepared`], by signer. Not yet verified, and not said to
/// be a quorum; a signer occurs once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signatures(pub BTreeMap<PeerIndex, IdentitySignature>);

impl Signatures {
    /// Whose signatures these are.
    pub fn signers(&self) -> PeerSet {
        self.0.keys().copied().collect()
    }
}

/// A PROPOSE as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What the leader signed.
    pub signed: Signed<Propose>,
    /// The value's bytes.
    pub body: Body,
    /// Answers of a quorum for the round; empty in the first round of a block duty.
    pub justification: Vec<Answer>,
}

/// A PREPARE as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// What the peer signed.
    pub signed: Signed<Prepare>,
    /// The signature of the round's leader under its PROPOSE of this value, so that two peers that
    /// were shown two values can convict it. None in round 0, and from peers of older programs.
    pub proposal: Option<IdentitySignature>,
}

/// A COMMIT as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committal {
    /// What the peer signed.
    pub signed: Signed<Commit>,
    /// The PREPARE quorum of its round and value.
    pub certificate: Signatures,
    /// As in [`Vote`]; also none if the peer has not seen the proposal.
    pub proposal: Option<Box<IdentitySignature>>,
}

/// A ROUND-CHANGE without the bytes of values: its form inside a justification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the peer signed.
    pub signed: Signed<RoundChange>,
    /// The proof of `prepared`; empty if there is none.
    pub certificate: Signatures,
}

/// One peer's part of a justification: what it voted for in every earlier round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// In round 1 a PREPARE of round 0 says everything a ROUND-CHANGE would.
    Prepare(Signed<Prepare>),
    /// A ROUND-CHANGE to the round of the proposal.
    Change(Change),
}

impl Answer {
    /// The peer whose answer this is (claimed, until verified).
    pub fn signer(&self) -> PeerIndex {
        match self {
            Self::Prepare(signed) => signed.signer,
            Self::Change(change) => change.signed.signer,
        }
    }
}

/// Everything that peers send each other about one duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// PROPOSE.
    Propose(Proposal),
    /// PREPARE.
    Prepare(Vote),
    /// COMMIT.
    Commit(Committal),
    /// ROUND-CHANGE, and the bytes of the head votes it names (blocks are pulled).
    RoundChange {
        /// The statement and its certificate.
        change: Change,
        /// The bytes of values named in `votes` or `prepared`, at most one for each round.
        bodies: Vec<Body>,
    },
    /// The sender wants the bytes of the value with this hash.
    Pull {
        /// The duty.
        scope: Scope,
        /// The hash.
        value: Root,
    },
    /// The bytes of a value that the receiver pulled.
    Value {
        /// The duty.
        scope: Scope,
        /// The bytes.
        body: Body,
    },
}

impl Message {
    /// What the message is about.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Propose(proposal) => proposal.signed.statement.scope,
            Self::Prepare(vote) => vote.signed.statement.scope,
            Self::Commit(committal) => committal.signed.statement.scope,
            Self::RoundChange { change, .. } => change.signed.statement.scope,
            Self::Pull { scope, .. } | Self::Value { scope, .. } => *scope,
        }
    }

    /// Who signed the message's statement (claimed, until verified); none if nothing is signed.
    pub fn signer(&self) -> Option<PeerIndex> {
        match self {
            Self::Propose(proposal) => Some(proposal.signed.signer),
            Self::Prepare(vote) => Some(vote.signed.signer),
            Self::Commit(committal) => Some(committal.signed.signer),
            Self::RoundChange { change, .. } => Some(change.signed.signer),
            Self::Pull { .. } | Self::Value { .. } => None,
        }
    }
}

impl Scope {
    /// The lock hash, the slot and the kind: 41 bytes.
    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.lock.as_bytes());
        write(&self.duty.slot.0.to_le_bytes());
        write(&[self.duty.kind.code()]);
    }
}

impl Statement for Propose {
    const PURPOSE: &'static str = "gantry/propose/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.scope.feed(write);
        write(&[self.round.number()]);
        write(self.value.as_bytes());
    }
}

impl Statement for Prepare {
    const PURPOSE: &'static str = "gantry/prepare/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.scope.feed(write);
        write(&[self.round.number()]);
        write(self.value.as_bytes());
    }
}

impl Statement for Commit {
    const PURPOSE: &'static str = "gantry/commit/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.scope.feed(write);
        write(&[self.round.number()]);
        write(self.value.as_bytes());
        write(&self.sequence.to_le_bytes());
        write(&(self.partials.len() as u64).to_le_bytes());
        for partial in &self.partials {
            write(&partial.validator.0.to_le_bytes());
            write(partial.signature.as_bytes());
        }
    }
}

impl Statement for RoundChange {
    const PURPOSE: &'static str = "gantry/round-change/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        self.scope.feed(write);
        write(&[self.round.number()]);
        write(&(self.votes.len() as u64).to_le_bytes());
        for (round, value) in &self.votes {
            write(&[round.number()]);
            write(value.as_bytes());
        }
        write(&[u8::from(self.prepared.is_some())]);
        if let Some(prepared) = &self.prepared {
            write(&[prepared.round.number()]);
            write(prepared.value.as_bytes());
        }
    }
}
