//! What members of the sync committee sign and post: the head root, and of a subcommittee in which
//! they were chosen the messages put together.
//!
//! The spec's contribution depends on the preset by the size of a subcommittee. [`Contribution`] is
//! the same in both presets; the spec's own form is made of it where it is hashed or posted.
//!
//! Source: consensus-specs `altair/validator.md` (sync committee).
//!
//! Never here: whether a contribution is right, or a signature checked.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ssz::{Decode as _, DecodeError, Encode as _};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitList, BitVector};
use tree_hash_derive::TreeHash;
use typenum::{U128, Unsigned as _};

use super::{Mainnet, Minimal, Preset, PresetBase, ValidatorIndex, hash_tree_root};
use crate::{PublicKey, Root, SignatureBytes, Slot, Subcommittee};

/// How many members of a subcommittee aggregate on average
/// (`TARGET_AGGREGATORS_PER_SYNC_SUBCOMMITTEE`).
const TARGET_AGGREGATORS_PER_SYNC_SUBCOMMITTEE: u64 = 16;

/// Where in the sync committee a validator sits, as a beacon node answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SyncDuty {
    pub pubkey: PublicKey,
    pub validator_index: ValidatorIndex,
    /// Its seats among all members: the same validator may have several.
    #[serde(with = "serde_utils::quoted_u64_vec")]
    pub validator_sync_committee_indices: Vec<u64>,
}

/// A member's message: the head that it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct SyncCommitteeMessage {
    pub slot: Slot,
    /// The head's root.
    pub beacon_block_root: Root,
    pub validator_index: ValidatorIndex,
    /// The member's signature of the root.
    pub signature: SignatureBytes,
}

/// What a member signs to be chosen, or not, to aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TreeHash)]
pub struct SyncAggregatorSelectionData {
    pub slot: Slot,
    pub subcommittee_index: u64,
}

/// The messages of one subcommittee for one root, in the form of both presets; at most 165 bytes of
/// SSZ.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Contribution {
    pub slot: Slot,
    pub beacon_block_root: Root,
    pub subcommittee_index: u64,
    /// Their signatures, aggregated.
    pub signature: SignatureBytes,
    /// Whose messages are in it: one bit for each seat of the subcommittee, in its order.
    pub aggregation_bits: BitList<U128>,
}

/// The spec's own form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SyncCommitteeContribution<P: Preset> {
    pub slot: Slot,
    pub beacon_block_root: Root,
    #[serde(with = "serde_utils::quoted_u64")]
    pub subcommittee_index: u64,
    pub aggregation_bits: BitVector<P::SyncSubcommitteeSize>,
    pub signature: SignatureBytes,
}

/// A contribution as its aggregator signs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct ContributionAndProof<P: Preset> {
    pub aggregator_index: ValidatorIndex,
    pub contribution: SyncCommitteeContribution<P>,
    /// The aggregator's signature of slot and subcommittee, which chose it.
    pub selection_proof: SignatureBytes,
}

/// The same with the aggregator's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SignedContributionAndProof<P: Preset> {
    pub message: ContributionAndProof<P>,
    /// The aggregator's signature.
    pub signature: SignatureBytes,
}

/// A contribution with who posts it, in the form of both presets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedContribution {
    pub aggregator_index: ValidatorIndex,
    pub contribution: Contribution,
    pub selection_proof: SignatureBytes,
    /// The aggregator's signature.
    pub signature: SignatureBytes,
}

impl Contribution {
    /// The most bytes of its SSZ: the fixed part with an offset, and the bits with their end.
    pub const MAX_SSZ: usize = 8 + 32 + 8 + 96 + 4 + 128 / 8 + 1;

    /// Its SSZ.
    pub fn to_ssz(&self) -> Vec<u8> {
        self.as_ssz_bytes()
    }

    /// Reads its SSZ.
    ///
    /// # Errors
    /// If the bytes are none.
    pub fn from_ssz(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::from_ssz_bytes(bytes)
    }

    /// Of the spec's own form.
    pub fn of<P: Preset>(contribution: &SyncCommitteeContribution<P>) -> Self {
        let size = P::SyncSubcommitteeSize::USIZE;
        let mut bits = BitList::with_capacity(size).expect("no subcommittee is larger");
        for (at, is_set) in contribution.aggregation_bits.iter().enumerate() {
            bits.set(at, is_set).expect("it has as many bits");
        }
        Self {
            slot: contribution.slot,
            beacon_block_root: contribution.beacon_block_root,
            subcommittee_index: contribution.subcommittee_index,
            signature: contribution.signature,
            aggregation_bits: bits,
        }
    }

    /// Reads the SSZ of the spec's own form.
    ///
    /// # Errors
    /// If the bytes are no contribution of this preset.
    pub fn of_ssz<P: Preset>(bytes: &[u8]) -> Result<Self, DecodeError> {
        SyncCommitteeContribution::<P>::from_ssz_bytes(bytes).map(|full| Self::of(&full))
    }

    /// The spec's own form; none if a subcommittee has another size in this preset.
    pub fn in_full<P: Preset>(&self) -> Option<SyncCommitteeContribution<P>> {
        if self.aggregation_bits.len() != P::SyncSubcommitteeSize::USIZE {
            return None;
        }
        let mut bits = BitVector::default();
        for (at, is_set) in self.aggregation_bits.iter().enumerate() {
            bits.set(at, is_set).ok()?;
        }
        Some(SyncCommitteeContribution {
            slot: self.slot,
            beacon_block_root: self.beacon_block_root,
            subcommittee_index: self.subcommittee_index,
            aggregation_bits: bits,
            signature: self.signature,
        })
    }

    /// What `aggregator` signs: the `hash_tree_root` of the contribution beside its selection
    /// proof. None if a subcommittee has another size in this preset.
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
        Some(hash_tree_root(&ContributionAndProof::<P> {
            aggregator_index,
            contribution: self.in_full()?,
            selection_proof,
        }))
    }
}

impl SignedContribution {
    /// The spec's own form; none if a subcommittee has another size in this preset.
    pub fn in_full<P: Preset>(&self) -> Option<SignedContributionAndProof<P>> {
        Some(SignedContributionAndProof {
            message: ContributionAndProof {
                aggregator_index: self.aggregator_index,
                contribution: self.contribution.in_full()?,
                selection_proof: self.selection_proof,
            },
            signature: self.signature,
        })
    }
}

impl PresetBase {
    /// Seats of a subcommittee: `SYNC_COMMITTEE_SIZE / SYNC_COMMITTEE_SUBNET_COUNT`.
    pub fn subcommittee_size(self) -> u64 {
        match self {
            Self::Mainnet => <Mainnet as Preset>::SyncSubcommitteeSize::U64,
            Self::Minimal => <Minimal as Preset>::SyncSubcommitteeSize::U64,
        }
    }

    /// In which subcommittee a seat of the sync committee is, and its place in that; none if the
    /// committee has no such seat.
    pub fn subcommittee_of(self, seat: u64) -> Option<(Subcommittee, u64)> {
        let size = self.subcommittee_size();
        Some((Subcommittee::new(seat / size)?, seat % size))
    }
}

/// `is_sync_committee_aggregator`: whether the member of a subcommittee that signs slot and
/// subcommittee like this aggregates the subcommittee's messages.
pub fn is_sync_aggregator(preset: PresetBase, selection_proof: &SignatureBytes) -> bool {
    let target = TARGET_AGGREGATORS_PER_SYNC_SUBCOMMITTEE;
    let modulo = (preset.subcommittee_size() / target).max(1);
    let hash = Sha256::digest(selection_proof.as_bytes());
    let first = hash.first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*first) % modulo == 0
}
