//! What aggregators sign and post: the votes of one committee, put together, beside the proof that
//! chose them.
//!
//! The spec's containers depend on the preset, because an attestation may cover every committee of
//! a slot. An aggregator covers one, so [`Aggregate`] is the same in both presets; the spec's own
//! form is made of it where it is hashed or posted.
//!
//! Source: consensus-specs `phase0/validator.md` (`is_aggregator`, `AggregateAndProof`),
//! `electra/beacon-chain.md` (`Attestation`), `electra/validator.md` (an aggregate on the network
//! has exactly one committee bit).
//!
//! Never here: whether an aggregate is right, or a signature checked.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ssz::{Decode as _, DecodeError, Encode as _};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitList, BitVector};
use tree_hash_derive::TreeHash;
use typenum::U2048;

use super::operations::Attestation;
use super::{AttestationData, CommitteeIndex, Mainnet, Minimal, Preset, PresetBase};
use super::{ValidatorIndex, hash_tree_root};
use crate::{Root, SignatureBytes};

/// How many members of a committee aggregate on average (`TARGET_AGGREGATORS_PER_COMMITTEE`).
const TARGET_AGGREGATORS_PER_COMMITTEE: u64 = 16;

/// The most members of a committee (`MAX_VALIDATORS_PER_COMMITTEE`).
pub const MAX_COMMITTEE: usize = 2048;

/// The most committees of a slot, in whatever preset (`MAX_COMMITTEES_PER_SLOT` of mainnet).
pub const MAX_COMMITTEES: usize = 64;

/// The votes for one thing by members of one committee, at most 488 bytes of SSZ.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Aggregate {
    pub data: AttestationData,
    /// Whose votes these are.
    pub committee_index: CommitteeIndex,
    /// Their signatures, aggregated.
    pub signature: SignatureBytes,
    /// Whose votes are in it: one bit for each member of the committee, in its order.
    pub aggregation_bits: BitList<U2048>,
}

/// An aggregate as its aggregator signs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct AggregateAndProof<P: Preset> {
    pub aggregator_index: ValidatorIndex,
    pub aggregate: Attestation<P>,
    /// The aggregator's signature of the slot, which chose it.
    pub selection_proof: SignatureBytes,
}

/// The same with the aggregator's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SignedAggregateAndProof<P: Preset> {
    pub message: AggregateAndProof<P>,
    /// The aggregator's signature.
    pub signature: SignatureBytes,
}

/// An aggregate with who posts it, in the form of both presets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAggregate {
    pub aggregator_index: ValidatorIndex,
    pub aggregate: Aggregate,
    pub selection_proof: SignatureBytes,
    /// The aggregator's signature.
    pub signature: SignatureBytes,
}

impl Aggregate {
    /// The most bytes of its SSZ: the fixed part with an offset, and the bits with their end.
    pub const MAX_SSZ: usize = 128 + 8 + 96 + 4 + MAX_COMMITTEE / 8 + 1;

    /// The SSZ of a list of them.
    pub fn list_to_ssz(list: &[Self]) -> Vec<u8> {
        list.to_vec().as_ssz_bytes()
    }

    /// Reads such a list.
    ///
    /// # Errors
    /// If the bytes are none.
    pub fn list_from_ssz(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        Vec::from_ssz_bytes(bytes)
    }

    /// An attestation that covers exactly one committee; none of any other.
    pub fn of<P: Preset>(attestation: &Attestation<P>) -> Option<Self> {
        let bits = attestation.committee_bits.iter().zip(0..);
        let mut covered = bits.filter_map(|(is_covered, at): (bool, u64)| is_covered.then_some(at));
        let (Some(committee), None) = (covered.next(), covered.next()) else {
            return None;
        };
        Some(Self {
            data: attestation.data,
            committee_index: CommitteeIndex(committee),
            signature: attestation.signature,
            aggregation_bits: copied(&attestation.aggregation_bits)?,
        })
    }

    /// Reads the SSZ of an attestation: none if it covers not exactly one committee.
    ///
    /// # Errors
    /// If the bytes are no attestation of this preset.
    pub fn of_ssz<P: Preset>(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        Attestation::<P>::from_ssz_bytes(bytes).map(|attestation| Self::of(&attestation))
    }

    /// The spec's own form; none if the preset has no such committee.
    pub fn in_full<P: Preset>(&self) -> Option<Attestation<P>> {
        let mut committee_bits = BitVector::default();
        let committee = usize::try_from(self.committee_index.0).ok()?;
        committee_bits.set(committee, true).ok()?;
        Some(Attestation {
            aggregation_bits: copied(&self.aggregation_bits)?,
            data: self.data,
            signature: self.signature,
            committee_bits,
        })
    }

    /// What `aggregator` signs: the `hash_tree_root` of the aggregate beside its selection proof.
    /// None if the preset has no such committee.
    pub fn root(
        &self,
        preset: PresetBase,
        aggregator: ValidatorIndex,
        selection_proof: SignatureBytes,
    ) -> Option<Root> {
        match preset {
            PresetBase::Mainnet => self.root_in::<Mainnet>(aggregator, selection_proof),
            PresetBase::Minimal => self.root_in::<Minimal>(aggregator, selection_proof),
        }
    }

    fn root_in<P: Preset>(
        &self,
        aggregator_index: ValidatorIndex,
        selection_proof: SignatureBytes,
    ) -> Option<Root> {
        Some(hash_tree_root(&AggregateAndProof::<P> {
            aggregator_index,
            aggregate: self.in_full()?,
            selection_proof,
        }))
    }
}

impl SignedAggregate {
    /// The spec's own form; none if the preset has no such committee.
    pub fn in_full<P: Preset>(&self) -> Option<SignedAggregateAndProof<P>> {
        Some(SignedAggregateAndProof {
            message: AggregateAndProof {
                aggregator_index: self.aggregator_index,
                aggregate: self.aggregate.in_full()?,
                selection_proof: self.selection_proof,
            },
            signature: self.signature,
        })
    }
}

/// `is_aggregator`: whether the member of a committee of so many that signs its slot like this
/// aggregates the committee's votes.
pub fn is_aggregator(committee_length: u64, selection_proof: &SignatureBytes) -> bool {
    let modulo = (committee_length / TARGET_AGGREGATORS_PER_COMMITTEE).max(1);
    let hash = Sha256::digest(selection_proof.as_bytes());
    let first = hash.first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*first) % modulo == 0
}

/// The same bits in a list of another limit, if they have room there.
fn copied<A: typenum::Unsigned + Clone, B: typenum::Unsigned + Clone>(
    bits: &BitList<A>,
) -> Option<BitList<B>> {
    let mut copy = BitList::with_capacity(bits.len()).ok()?;
    for (at, is_set) in bits.iter().enumerate() {
        copy.set(at, is_set).ok()?;
    }
    Some(copy)
}
