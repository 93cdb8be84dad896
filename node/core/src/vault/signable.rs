//! The closed list of what a share may sign. There is no "sign these 32 bytes": every signing root
//! is computed here, from the object and under the domain of its kind.
//!
//! Never here: whether it is safe to sign.

use std::time::Duration;

use proto::eth::{
    AttestationData, BeaconBlockHeader, ChainSpec, DepositMessage, DomainType, ForkVersion,
    SyncAggregatorSelectionData, ValidatorIndex, VoluntaryExit, signing_root,
};
use proto::{
    DutyId, DutyKind, Epoch, PublicKey, Root, Slot, Subcommittee, Timestamp, ValidatorPosition,
};

use super::ApprovedExit;
use crate::pool::agreement::{BuilderPolicy, RegisteredPayee};
use crate::pool::consent::Consent;
use crate::record::Joined;

/// What some validators are to sign in a duty; others may have to sign something else in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// What.
    pub signable: Signable,
    /// Who, ascending.
    pub validators: Vec<ValidatorPosition>,
}

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
    /// A selection proof of an attester or a member of the sync committee.
    Selection {
        /// The first slot in which it may be signed.
        from: Slot,
    },
    /// A message whose content was agreed on and that cannot be slashed.
    Agreed {
        /// The duty.
        duty: DutyId,
        /// The hash of what was agreed on.
        value: Root,
    },
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

impl Subject {
    /// Whether a validator owes it while it is active, and not only to begin or to end.
    pub(super) const fn is_of_a_duty(&self) -> bool {
        match self {
            Self::Vote { .. }
            | Self::Block(_)
            | Self::Selection { .. }
            | Self::Agreed { .. }
            | Self::Randao(_) => true,
            Self::Deposit(_)
            | Self::Joining(..)
            | Self::Exit { .. }
            | Self::Registration { .. } => false,
        }
    }
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

    /// The selection proof of an attester of `slot`: a signature of the slot, which decides whether
    /// it aggregates. It may be signed from the epoch before the slot's on.
    pub fn selection(spec: &ChainSpec, slot: Slot) -> Self {
        let epoch = spec.epoch_of(slot);
        let before = Epoch(epoch.0.saturating_sub(1));
        Self {
            signing_root: signing_root(&slot, spec.domain(DomainType::SelectionProof, epoch)),
            subject: Subject::Selection {
                from: spec.first_slot(before),
            },
        }
    }

    /// The selection proof of a member of a subcommittee of the sync committee in `slot`: a
    /// signature of both. It may be signed from the epoch before the slot's on.
    pub fn sync_selection(spec: &ChainSpec, slot: Slot, subcommittee: Subcommittee) -> Self {
        let data = SyncAggregatorSelectionData {
            slot,
            subcommittee_index: subcommittee.index(),
        };
        let epoch = spec.epoch_of(slot);
        let domain = spec.domain(DomainType::SyncCommitteeSelectionProof, epoch);
        let before = Epoch(epoch.0.saturating_sub(1));
        Self {
            signing_root: signing_root(&data, domain),
            subject: Subject::Selection {
                from: spec.first_slot(before),
            },
        }
    }

    /// A sync committee message: the root of the head that this vote is for, under the domain of
    /// its slot; `value` is the hash of what was agreed on.
    pub fn sync_message(spec: &ChainSpec, data: &AttestationData, value: Root) -> Self {
        let domain = spec.domain(DomainType::SyncCommittee, spec.epoch_of(data.slot));
        Self {
            signing_root: signing_root(&data.beacon_block_root, domain),
            subject: Subject::Agreed {
                duty: DutyId {
                    slot: data.slot,
                    kind: DutyKind::SyncMessage,
                },
                value,
            },
        }
    }

    /// A contribution beside its selection proof, of this `hash_tree_root`, under the domain of its
    /// slot; `value` is the hash of what was agreed on.
    pub fn contribution(
        spec: &ChainSpec,
        (slot, subcommittee): (Slot, Subcommittee),
        root: Root,
        value: Root,
    ) -> Self {
        let domain = spec.domain(DomainType::ContributionAndProof, spec.epoch_of(slot));
        Self {
            signing_root: signing_root(&root, domain),
            subject: Subject::Agreed {
                duty: DutyId {
                    slot,
                    kind: DutyKind::Contribution(subcommittee),
                },
                value,
            },
        }
    }

    /// An aggregate beside its selection proof, of this `hash_tree_root`, under the domain of the
    /// aggregate's slot; `value` is the hash of what was agreed on in that slot.
    pub fn aggregate(spec: &ChainSpec, slot: Slot, root: Root, value: Root) -> Self {
        let domain = spec.domain(DomainType::AggregateAndProof, spec.epoch_of(slot));
        Self {
            signing_root: signing_root(&root, domain),
            subject: Subject::Agreed {
                duty: DutyId {
                    slot,
                    kind: DutyKind::Aggregate,
                },
                value,
            },
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
