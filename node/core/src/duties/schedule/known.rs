//! What the schedule knows of our validators.

use proto::eth::{AttesterDuty, Seat, ValidatorIndex};
use proto::{Root, SignatureBytes, Subcommittee, ValidatorPosition};

/// What the chain knows of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its index in the beacon state.
    pub index: ValidatorIndex,
    /// Whether it has duties: active, exiting or slashed ones that are not exited yet.
    pub active: bool,
    /// Whether the chain has slashed it: its votes earn nothing, and no block of it is taken.
    pub slashed: bool,
}

/// An attestation one of our validators owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attester {
    /// Whose attestation.
    pub validator: ValidatorPosition,
    /// The beacon node's words on it.
    pub duty: AttesterDuty,
}

/// An attester that was chosen to aggregate its committee's votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregator {
    /// The attester.
    pub attester: Attester,
    /// Its place in its committee.
    pub seat: Seat,
    /// Its signature of the slot, which chose it.
    pub selection_proof: SignatureBytes,
}

/// A validator in the sync committee of an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which of our validators.
    pub validator: ValidatorPosition,
    /// Its index.
    pub index: ValidatorIndex,
    /// Its seats, at least one: the subcommittee of each, and its place in that.
    pub seats: Vec<(Subcommittee, u64)>,
}

/// A member of a subcommittee that was chosen to aggregate its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contributor {
    /// Which of our validators.
    pub validator: ValidatorPosition,
    /// Its index.
    pub index: ValidatorIndex,
    /// Its signature of slot and subcommittee, which chose it.
    pub selection_proof: SignatureBytes,
}

/// What the beacon node is told of an attester to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// The attester.
    pub attester: Attester,
    /// Whether it also aggregates.
    pub is_aggregator: bool,
}

/// Duties as the beacon node has drawn them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn<T> {
    /// The block that they depend on, where the node says it in a way that can be compared.
    pub root: Option<Root>,
    /// The duties.
    pub duties: Vec<T>,
}
