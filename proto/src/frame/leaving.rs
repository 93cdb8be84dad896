//! The frames of exits: what operators say, and partial signatures. Since version 3.

use super::{BadFrame, wire};
use crate::exit::Says;
use crate::vote::Partial;
use crate::{Epoch, IdentitySignature, SignatureBytes, ValidatorPosition, WireVersion};

/// The most words of one frame: whoever has more to pass on sends several.
pub const MAX_EXIT_WORDS: usize = 64;

/// An operator's word about an exit, on its way: of whom and about what is not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentExitWord {
    /// Position in the definition of the operator whose word it is, who need not be the sender.
    pub operator: u32,
    /// Which validator it is about.
    pub validator: ValidatorPosition,
    /// As in [`ExitWord`](crate::exit::ExitWord).
    pub said_at: u64,
    /// What is said.
    pub says: Says,
    /// The operator's signature of the [`ExitWord`](crate::exit::ExitWord).
    pub signature: IdentitySignature,
}

/// The sender's partial signature of an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitShare {
    /// The exit's epoch.
    pub epoch: Epoch,
    /// The validator that leaves, and the partial signature.
    pub partial: Partial,
}

impl SentExitWord {
    fn to_wire(self) -> wire::ExitWord {
        let (approval, opens_until) = match self.says {
            Says::Approved { epoch, until } => {
                let epoch = epoch.0;
                (Some(wire::ExitApproval { epoch, until }), None)
            }
            Says::Opens { until } => (None, Some(until)),
            Says::Withdrawn => (None, None),
        };
        wire::ExitWord {
            operator: self.operator,
            validator: self.validator.0,
            said_at: self.said_at,
            approval,
            signature: self.signature.0.to_vec(),
            opens_until,
        }
    }

    fn of_wire(word: &wire::ExitWord) -> Result<Self, BadFrame> {
        let signature = <[u8; 64]>::try_from(word.signature.as_slice())
            .map_err(|_| BadFrame::IdentitySignatureLength(word.signature.len()))?;
        let says = match (word.approval, word.opens_until) {
            (Some(approval), _) => Says::Approved {
                epoch: Epoch(approval.epoch),
                until: approval.until,
            },
            (None, Some(until)) => Says::Opens { until },
            (None, None) => Says::Withdrawn,
        };
        Ok(Self {
            operator: word.operator,
            validator: ValidatorPosition(word.validator),
            said_at: word.said_at,
            says,
            signature: IdentitySignature(signature),
        })
    }
}

/// The version that these words came with.
pub(super) fn since(words: &[SentExitWord]) -> WireVersion {
    let opens = |word: &SentExitWord| matches!(word.says, Says::Opens { .. });
    match words.iter().any(opens) {
        true => WireVersion::V10,
        false => WireVersion::V3,
    }
}

pub(super) fn words_to_wire(words: &[SentExitWord]) -> wire::ExitWords {
    wire::ExitWords {
        words: words.iter().map(|word| word.to_wire()).collect(),
    }
}

pub(super) fn words_of_wire(words: &wire::ExitWords) -> Result<Vec<SentExitWord>, BadFrame> {
    let words = &words.words;
    if words.len() > MAX_EXIT_WORDS {
        return Err(BadFrame::TooManyWords(words.len()));
    }
    words.iter().map(SentExitWord::of_wire).collect()
}

impl ExitShare {
    pub(super) fn to_wire(self) -> wire::ExitShare {
        wire::ExitShare {
            epoch: self.epoch.0,
            validator: self.partial.validator.0,
            signature: self.partial.signature.as_bytes().to_vec(),
        }
    }

    pub(super) fn of_wire(share: &wire::ExitShare) -> Result<Self, BadFrame> {
        let signature = SignatureBytes::try_from(share.signature.as_slice())
            .map_err(|_| BadFrame::SignatureLength(share.signature.len()))?;
        let partial = Partial {
            validator: ValidatorPosition(share.validator),
            signature,
        };
        Ok(Self {
            epoch: Epoch(share.epoch),
            partial,
        })
    }
}
