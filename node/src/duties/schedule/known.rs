//! What the beacon node says of our validators, in the core's words.

use proto::eth::{CommitteeIndex, ValidatorIndex};
use proto::{PublicKey, Slot};

use super::Position;

/// What the chain knows of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its index in the beacon state.
    pub index: ValidatorIndex,
    /// Whether it has duties: active, exiting or slashed ones that are not exited yet.
    pub active: bool,
}

/// Where and when one validator attests, in the beacon node's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttesterDuty {
    /// The validator's key.
    pub pubkey: PublicKey,
    /// Its index.
    pub validator_index: ValidatorIndex,
    /// Its slot.
    pub slot: Slot,
    /// Its committee in that slot.
    pub committee_index: CommitteeIndex,
    /// How many committees that slot has.
    pub committees_at_slot: u64,
}

/// Who proposes in a slot, in the beacon node's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposerDuty {
    /// The proposer's key.
    pub pubkey: PublicKey,
    /// Its index.
    pub validator_index: ValidatorIndex,
    /// Its slot.
    pub slot: Slot,
}

/// An attestation one of our validators owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attester {
    /// Whose attestation.
    pub validator: Position,
    /// The beacon node's words on it.
    pub duty: AttesterDuty,
}
