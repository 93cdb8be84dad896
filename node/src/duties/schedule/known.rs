//! What the schedule knows of our validators.

use proto::eth::{AttesterDuty, ValidatorIndex};

use super::Position;

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
    pub validator: Position,
    /// The beacon node's words on it.
    pub duty: AttesterDuty,
}
