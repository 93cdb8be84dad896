//! Who attests and proposes when, as a beacon node answers (Beacon API, `validator/duties`).
//!
//! Of each answer only what a duty needs is kept; other members of the JSON are passed over.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::aggregate::MAX_COMMITTEE;
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
    /// How many members that committee has, if the node says it in a way that can be read: only
    /// aggregation needs it.
    #[serde(default, deserialize_with = "number_or_nothing")]
    pub committee_length: Option<u64>,
    /// The validator's place among them, if the node says that.
    #[serde(default, deserialize_with = "number_or_nothing")]
    pub validator_committee_index: Option<u64>,
}

/// A validator's place in its committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// How many members the committee has: 1 to [`MAX_COMMITTEE`].
    pub committee_length: u64,
    /// Its place among them, below that.
    pub position: u64,
}

impl AttesterDuty {
    /// Its place in its committee; none if the node does not say it, or says what cannot be.
    pub fn seat(&self) -> Option<Seat> {
        let (committee_length, position) =
            (self.committee_length?, self.validator_committee_index?);
        let fits = position < committee_length && committee_length <= MAX_COMMITTEE as u64;
        fits.then_some(Seat {
            committee_length,
            position,
        })
    }
}

/// Who proposes in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ProposerDuty {
    /// The proposer's key.
    pub pubkey: PublicKey,
    pub validator_index: ValidatorIndex,
    pub slot: Slot,
}

/// Who attests in one committee of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Committee {
    pub index: CommitteeIndex,
    pub slot: Slot,
    /// In the order of their bits; at most `MAX_VALIDATORS_PER_COMMITTEE`.
    pub validators: Vec<ValidatorIndex>,
}

/// A number in quotes or without; anything else says nothing.
fn number_or_nothing<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}
