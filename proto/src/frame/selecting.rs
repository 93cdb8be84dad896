//! The frame of selection proofs, which decide who aggregates. Since version 6 for attesters, since
//! version 7 for members of the sync committee.

use super::{BadFrame, wire};
use crate::definition::MAX_VALIDATORS;
use crate::vote::Partial;
use crate::{SignatureBytes, Slot, Subcommittee, ValidatorPosition, WireVersion};

/// Who may be chosen to aggregate, in which slot: what is signed for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Electorate {
    /// The slot of their duty.
    pub slot: Slot,
    /// The members of this subcommittee of the sync committee; of none: the attesters.
    pub subcommittee: Option<Subcommittee>,
}

/// The sender's partial selection proofs for those of the cluster that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionShares {
    /// Of whom they are.
    pub of: Electorate,
    /// The validators and the partial signatures, at most as many as a lock has validators.
    pub partials: Vec<Partial>,
}

impl Electorate {
    /// The version that their selection came with.
    pub const fn since(self) -> WireVersion {
        match self.subcommittee {
            None => WireVersion::V6,
            Some(_) => WireVersion::V7,
        }
    }
}

impl SelectionShares {
    pub(super) fn to_wire(&self) -> wire::SelectionShares {
        let partials = self.partials.iter();
        wire::SelectionShares {
            slot: self.of.slot.0,
            subcommittee: self.of.subcommittee.map(u32::from),
            validators: partials.clone().map(|of| of.validator.0).collect(),
            partials: partials.flat_map(|of| *of.signature.as_bytes()).collect(),
        }
    }

    pub(super) fn of_wire(shares: &wire::SelectionShares) -> Result<Self, BadFrame> {
        let count = shares.validators.len();
        if count > MAX_VALIDATORS {
            return Err(BadFrame::TooManyValidators(count));
        }
        if shares.partials.len() != 96 * count {
            return Err(BadFrame::PartialsLength {
                validators: count,
                bytes: shares.partials.len(),
            });
        }
        let partials = shares.validators.iter().zip(shares.partials.chunks(96));
        let partials = partials.map(|(validator, bytes)| {
            let signature = SignatureBytes::try_from(bytes);
            Ok(Partial {
                validator: ValidatorPosition(*validator),
                signature: signature.map_err(|_| BadFrame::SignatureLength(bytes.len()))?,
            })
        });
        let subcommittee = shares.subcommittee.map(|index| {
            let known = Subcommittee::new(index.into());
            known.ok_or(BadFrame::NoSubcommittee(index))
        });
        Ok(Self {
            of: Electorate {
                slot: Slot(shares.slot),
                subcommittee: subcommittee.transpose()?,
            },
            partials: partials.collect::<Result<_, BadFrame>>()?,
        })
    }
}
