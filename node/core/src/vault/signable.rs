//! The closed list of what a share may sign. There is no "sign these 32 bytes": every signing root
//! is computed here, from the object and under the domain of its kind.
//!
//! Never here: whether it is safe to sign.

use std::time::Duration;

use proto::eth::{
    AttestationData, BeaconBlockHeader, ChainSpec, DepositMessage, DomainType, ForkVersion,
    ValidatorIndex, VoluntaryExit, signing_root,
};
use proto::{Epoch, PublicKey, Root, Slot, Timestamp, ValidatorPosition};

use super::ApprovedExit;
use crate::pool::agreement::{BuilderPolicy, RegisteredPayee};
use crate::pool::consent::Consent;
use crate::record::Joined;

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
    /// A deposit at Rocket Pool, to which this peer has consented.
    Joining(DepositMessage, Joined),
    /// The exit of the validator with this group key.
    Exit {
        validator: PublicKey,
        /// The first slot of the exit's epoch.
        from: Slot,
    },
    /// The builder registration of the validator with this group key.
    Registration {
        validator: PublicKey,
        /// The slot of its time.
        at: Slot,
    },
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

    /// The deposit messages at Rocket Pool to which this peer has consented, each with its
    /// validator.
    pub fn joining(consent: &Consent) -> Vec<(ValidatorPosition, Self)> {
        let signable = |(validator, message): &(ValidatorPosition, DepositMessage)| {
            let it = Self {
                signing_root: message.signing_root(consent.version()),
                subject: Subject::Joining(*message, consent.joined()),
            };
            (*validator, it)
        };
        consent.messages().iter().map(signable).collect()
    }

    /// A voluntary exit that t operators have approved, of the validator that has `index`: under
    /// Capella's domain for ever (EIP-7044).
    pub fn exit(spec: &ChainSpec, index: ValidatorIndex, exit: &ApprovedExit) -> Self {
        let message = VoluntaryExit {
            epoch: exit.epoch(),
            validator_index: index,
        };
        Self {
            signing_root: signing_root(&message, spec.voluntary_exit_domain()),
            subject: Subject::Exit {
                validator: exit.validator(),
                from: spec.first_slot(exit.epoch()),
            },
        }
    }

    /// The registration with builders of the validator with this group key, as all operators have
    /// agreed on it; whom its blocks pay, others know.
    pub fn registration(
        spec: &ChainSpec,
        policy: &BuilderPolicy,
        (validator, payee): (PublicKey, RegisteredPayee),
    ) -> Self {
        let message = policy.registration(validator, payee);
        let time = Timestamp::from_unix(Duration::from_secs(message.timestamp));
        Self {
            signing_root: message.signing_root(spec.genesis().genesis_fork_version),
            subject: Subject::Registration {
                validator,
                at: spec.slot_at(time).unwrap_or(Slot(0)),
            },
        }
    }

    /// The 32 bytes that the key signs.
    pub fn signing_root(&self) -> Root {
        self.signing_root
    }
}
