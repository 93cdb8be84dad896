//! Signature domains: which purpose, which fork, which chain a signature is made for.
//!
//! Source: consensus-specs `phase0/beacon-chain.md` (`compute_domain`, `compute_signing_root`,
//! domain types), `altair/beacon-chain.md`, `capella/beacon-chain.md`, `builder-specs`
//! (application domain).
//!
//! Never here: which fork is due; [`super::ChainSpec`] knows.

use std::fmt;

use ssz_derive::{Decode, Encode};
use tree_hash::TreeHash;
use tree_hash_derive::TreeHash;

use super::{ForkVersion, hash_tree_root};
use crate::Root;
use crate::root::Bytes;

/// The purpose of a signature: the first 4 bytes of its [`Domain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DomainType {
    /// A block, by its proposer.
    BeaconProposer,
    /// An attestation.
    BeaconAttester,
    /// An epoch number, for the RANDAO reveal.
    Randao,
    /// A deposit.
    Deposit,
    /// A voluntary exit.
    VoluntaryExit,
    /// A slot number, which decides who aggregates attestations.
    SelectionProof,
    /// An aggregate attestation with its selection proof.
    AggregateAndProof,
    /// A head root, by a member of the sync committee.
    SyncCommittee,
    /// A slot and subcommittee, which decides who aggregates sync committee messages.
    SyncCommitteeSelectionProof,
    /// A sync committee contribution with its selection proof.
    ContributionAndProof,
    /// The change of BLS withdrawal credentials to an execution address.
    BlsToExecutionChange,
    /// A builder registration, or a builder's bid.
    ApplicationBuilder,
}

impl DomainType {
    /// The type's 4 bytes.
    pub const fn bytes(self) -> [u8; 4] {
        match self {
            Self::BeaconProposer => [0, 0, 0, 0],
            Self::BeaconAttester => [1, 0, 0, 0],
            Self::Randao => [2, 0, 0, 0],
            Self::Deposit => [3, 0, 0, 0],
            Self::VoluntaryExit => [4, 0, 0, 0],
            Self::SelectionProof => [5, 0, 0, 0],
            Self::AggregateAndProof => [6, 0, 0, 0],
            Self::SyncCommittee => [7, 0, 0, 0],
            Self::SyncCommitteeSelectionProof => [8, 0, 0, 0],
            Self::ContributionAndProof => [9, 0, 0, 0],
            Self::BlsToExecutionChange => [10, 0, 0, 0],
            Self::ApplicationBuilder => [0, 0, 0, 1],
        }
    }
}

/// What a signature is bound to besides the signed object: purpose, fork and chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Domain(Bytes<32>);

impl Domain {
    /// `compute_domain`: the domain of `purpose` on the fork `version` of the chain with
    /// `genesis_validators_root`.
    pub fn new(purpose: DomainType, version: ForkVersion, genesis_validators_root: Root) -> Self {
        let fork = hash_tree_root(&ForkData {
            current_version: version,
            genesis_validators_root,
        });
        let mut domain = [0; 32];
        domain[..4].copy_from_slice(&purpose.bytes());
        domain[4..].copy_from_slice(&fork.as_bytes()[..28]);
        Self(domain.into())
    }

    /// The domain of every deposit to the chain with this genesis version: deposits are signed
    /// for no fork and no validators root, so that they are valid before genesis and for ever.
    pub fn deposit(genesis_fork_version: ForkVersion) -> Self {
        Self::new(DomainType::Deposit, genesis_fork_version, Root::ZERO)
    }

    /// The domain of builder registrations and bids on the chain with this genesis version: they
    /// are signed for no fork and no validators root (`DOMAIN_APPLICATION_BUILDER`).
    pub fn builder(genesis_fork_version: ForkVersion) -> Self {
        let purpose = DomainType::ApplicationBuilder;
        Self::new(purpose, genesis_fork_version, Root::ZERO)
    }

    /// The domain's 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// `compute_signing_root`: the 32 bytes that a BLS key signs for `object` under `domain`.
pub fn signing_root(object: &impl TreeHash, domain: Domain) -> Root {
    hash_tree_root(&SigningData {
        object_root: hash_tree_root(object),
        domain: domain.0,
    })
}

/// Which fork of which chain. Its root is cut to 28 bytes in a [`Domain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TreeHash)]
pub struct ForkData {
    /// The fork's version.
    pub current_version: ForkVersion,
    /// The root of the validators at genesis, which names the chain.
    pub genesis_validators_root: Root,
}

/// An object's root beside the domain it is signed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TreeHash)]
pub struct SigningData {
    /// The `hash_tree_root` of the object.
    pub object_root: Root,
    /// The bytes of the [`Domain`].
    pub domain: Bytes<32>,
}
