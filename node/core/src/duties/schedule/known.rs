//! What the schedule knows of our validators.

use proto::eth::{AttesterDuty, ValidatorIndex};
use proto::{Root, ValidatorPosition};

/// What the chain knows of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its index in the beacon state.
    pub index: ValidatorIndex,
    /// Whether it has duties: active, exiting or slashed ones that are not exited yet.
    pub active: bool,
}

/// An attestation one of our validators owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attester {
    /// Whose attestation.
    pub validator: ValidatorPosition,
    /// The beacon node's words on it.
    pub duty: AttesterDuty,
}

/// Duties as the beacon node has drawn them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn<T> {
    /// The block that they depend on, where the node says it in a way that can be compared.
    pub root: Option<Root>,
    /// The duties.
    pub duties: Vec<T>,
}
