//! Who attests and proposes when, as a beacon node answers (Beacon API, `validator/duties`).
//!
//! Of each answer only what a duty needs is kept; other members of the JSON are passed over.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::Deserialize;

use super::{CommitteeIndex, ValidatorIndex};
use crate::{PublicKey, Slot};

/// Where and when one validator attests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct AttesterDuty {
    /// The validator's key.
    pub pubkey: PublicKey,
    pub validator_index: ValidatorIndex,
    pub slot: Slot,
    /// Its committee in that slot.
    pub committee_index: CommitteeIndex,
    /// How many committees that slot has.
    #[serde(with = "serde_utils::quoted_u64")]
    pub committees_at_slot: u64,
}

/// Who proposes in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ProposerDuty {
    /// The proposer's key.
    pub pubkey: PublicKey,
    pub validator_index: ValidatorIndex,
    pub slot: Slot,
}
