//! The closed list of what a share may sign. There is no "sign these 32 bytes": every signing root
//! is computed here, from the object and under the domain of its kind.
//!
//! Never here: whether it is safe to sign.

use proto::eth::{
    AttestationData, BeaconBlockHeader, ChainSpec, DepositMessage, DomainType, ForkVersion,
    signing_root,
};
use proto::{Epoch, Root, Slot};

/// Something a share may sign, with its signing root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signable {
    signing_root: Root,
    pub(super) subject: Subject,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Vote {
        data: AttestationData,
        epoch_of_slot: Epoch,
    },
    Block(Slot),
    /// The reveal for a proposal in this slot.
    Randao(Slot),
    Deposit(DepositMessage),
}

impl Signable {
    /// An attestation, under the domain of its target's epoch.
    pub fn attestation(spec: &ChainSpec, data: &AttestationData) -> Self {
        let domain = spec.domain(DomainType::BeaconAttester, data.target.epoch);
        Self {
            signing_root: signing_root(data, domain),
            subject: Subject::Vote {
                data: *data,
                epoch_of_slot: spec.epoch_of(data.slot),
            },
        }
    }

    /// A block, by its header, under the domain of its slot's epoch.
    pub fn block(spec: &ChainSpec, header: &BeaconBlockHeader) -> Self {
        let domain = spec.domain(DomainType::BeaconProposer, spec.epoch_of(header.slot));
        Self {
            signing_root: signing_root(header, domain),
            subject: Subject::Block(header.slot),
        }
    }

    /// The RANDAO reveal for a proposal in `slot`: a signature of its epoch. It may be signed in
    /// the slot before.
    pub fn randao(spec: &ChainSpec, slot: Slot) -> Self {
        let epoch = spec.epoch_of(slot);
        Self {
            signing_root: signing_root(&epoch, spec.domain(DomainType::Randao, epoch)),
            subject: Subject::Randao(slot),
        }
    }

    /// A deposit message, valid on the chain with this genesis version for ever.
    pub fn deposit(genesis_fork_version: ForkVersion, message: &DepositMessage) -> Self {
        Self {
            signing_root: message.signing_root(genesis_fork_version),
            subject: Subject::Deposit(*message),
        }
    }

    /// The 32 bytes that the key signs.
    pub fn signing_root(&self) -> Root {
        self.signing_root
    }
}
