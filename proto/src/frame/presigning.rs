//! The frames of exits that are signed in advance. Since version 10.

use super::{BadFrame, wire};
use crate::definition::MAX_VALIDATORS;
use crate::eth::ValidatorIndex;
use crate::exit::SealedText;
use crate::{ClusterSize, Epoch, IdentitySignature, PublicKey, Root, ValidatorPosition};

/// The most sealed partial signatures of one frame: whoever has more sends several.
pub const MAX_SEALED_EXITS: usize = 32;

/// A sealed partial signature of an exit on its way: of whom and about what is not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentSealedExit {
    /// Position in the definition of the operator whose peer has sealed it, who need not be the
    /// sender.
    pub sealer: u32,
    /// The validator.
    pub validator: ValidatorPosition,
    /// As in [`ExitPart`](crate::exit::ExitPart).
    pub index: ValidatorIndex,
    /// As in [`ExitPart`](crate::exit::ExitPart).
    pub epoch: Epoch,
    /// The sealed signature.
    pub text: SealedText,
    /// The sealer's signature of the [`SealedExit`](crate::exit::SealedExit).
    pub signature: IdentitySignature,
}

/// Whose sealed partial signatures of one validator's exit somebody lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LackedExit {
    /// The validator.
    pub validator: ValidatorPosition,
    /// Bit 0 is the first operator of the definition.
    pub sealers: u32,
}

/// One peer's parts of the keys to the sealed partial signatures of one exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitOpening {
    /// The validator.
    pub validator: ValidatorPosition,
    /// At most one of each operator.
    pub parts: Vec<OpeningPart>,
}

/// A peer's part of the key to one sealed partial signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningPart {
    /// Position in the definition of the operator whose peer has sealed it.
    pub sealer: u32,
    /// The hash of what that is ([`SealedText::hash`]).
    pub of: Root,
    /// A point of G1, if it is one.
    pub share: PublicKey,
}

impl SentSealedExit {
    fn to_wire(self) -> wire::SealedExit {
        wire::SealedExit {
            sealer: self.sealer,
            validator: self.validator.0,
            index: self.index.0,
            epoch: self.epoch.0,
            text: self.text.0.to_vec(),
            signature: self.signature.0.to_vec(),
        }
    }

    fn of_wire(exit: &wire::SealedExit) -> Result<Self, BadFrame> {
        let text = <[u8; SealedText::LENGTH]>::try_from(exit.text.as_slice())
            .map_err(|_| BadFrame::SealedLength(exit.text.len()))?;
        let signature = <[u8; 64]>::try_from(exit.signature.as_slice())
            .map_err(|_| BadFrame::IdentitySignatureLength(exit.signature.len()))?;
        Ok(Self {
            sealer: exit.sealer,
            validator: ValidatorPosition(exit.validator),
            index: ValidatorIndex(exit.index),
            epoch: Epoch(exit.epoch),
            text: SealedText(text),
            signature: IdentitySignature(signature),
        })
    }
}

pub(super) fn to_wire(exits: &[SentSealedExit]) -> wire::SealedExits {
    wire::SealedExits {
        exits: exits.iter().map(|exit| exit.to_wire()).collect(),
    }
}

pub(super) fn of_wire(exits: &wire::SealedExits) -> Result<Vec<SentSealedExit>, BadFrame> {
    let exits = &exits.exits;
    if exits.len() > MAX_SEALED_EXITS {
        return Err(BadFrame::TooManySealed(exits.len()));
    }
    exits.iter().map(SentSealedExit::of_wire).collect()
}

pub(super) fn lacked_to_wire(lacked: &[LackedExit]) -> wire::SealedExitsWanted {
    let lacked = lacked.iter().map(|one| wire::LackedExit {
        validator: one.validator.0,
        sealers: one.sealers,
    });
    wire::SealedExitsWanted {
        lacked: lacked.collect(),
    }
}

pub(super) fn lacked_of_wire(
    wanted: &wire::SealedExitsWanted,
) -> Result<Vec<LackedExit>, BadFrame> {
    let lacked = &wanted.lacked;
    if lacked.len() > MAX_VALIDATORS {
        return Err(BadFrame::TooManyValidators(lacked.len()));
    }
    let lacked = lacked.iter().map(|one| LackedExit {
        validator: ValidatorPosition(one.validator),
        sealers: one.sealers,
    });
    Ok(lacked.collect())
}

impl ExitOpening {
    pub(super) fn to_wire(&self) -> wire::ExitOpening {
        let parts = self.parts.iter().map(|part| wire::OpeningPart {
            sealer: part.sealer,
            share: part.share.as_bytes().to_vec(),
            of: part.of.as_bytes().to_vec(),
        });
        wire::ExitOpening {
            validator: self.validator.0,
            parts: parts.collect(),
        }
    }

    pub(super) fn of_wire(opening: &wire::ExitOpening) -> Result<Self, BadFrame> {
        if opening.parts.len() > ClusterSize::MAX {
            return Err(BadFrame::TooManyParts(opening.parts.len()));
        }
        let part = |part: &wire::OpeningPart| {
            let share = PublicKey::try_from(part.share.as_slice());
            let of = Root::try_from(part.of.as_slice());
            Ok(OpeningPart {
                sealer: part.sealer,
                of: of.map_err(|_| BadFrame::HashLength(part.of.len()))?,
                share: share.map_err(|_| BadFrame::PartOfKeyLength(part.share.len()))?,
            })
        };
        let parts: Result<_, BadFrame> = opening.parts.iter().map(part).collect();
        Ok(Self {
            validator: ValidatorPosition(opening.validator),
            parts: parts?,
        })
    }
}
