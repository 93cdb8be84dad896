//! The frames of intents: documents with their signatures, and by what a peer acts. Since version
//! 10.

use super::{BadFrame, wire};
use crate::intent::{Intent, IntentId, SentIntent, SentSignature, StandsOn};
use crate::{ClusterSize, IdentitySignature, Root};

/// The most intents of one frame: the one in force, and one that each operator has signed last.
pub const MAX_INTENTS: usize = ClusterSize::MAX + 1;

fn root(bytes: &[u8]) -> Result<Root, BadFrame> {
    Root::try_from(bytes).map_err(|_| BadFrame::HashLength(bytes.len()))
}

impl SentIntent {
    fn to_wire(&self) -> wire::SentIntent {
        let signatures = self.signatures.iter().map(|it| wire::IntentSignature {
            operator: it.operator,
            signature: it.signature.0.to_vec(),
        });
        wire::SentIntent {
            intent: self.intent.encode(),
            signatures: signatures.collect(),
        }
    }

    fn of_wire(sent: &wire::SentIntent) -> Result<Self, BadFrame> {
        let signatures = &sent.signatures;
        if signatures.len() > ClusterSize::MAX {
            return Err(BadFrame::TooManySignatures(signatures.len()));
        }
        let signatures = signatures.iter().map(|it| {
            let signature = <[u8; 64]>::try_from(it.signature.as_slice())
                .map_err(|_| BadFrame::IdentitySignatureLength(it.signature.len()))?;
            Ok(SentSignature {
                operator: it.operator,
                signature: IdentitySignature(signature),
            })
        });
        Ok(Self {
            intent: Intent::decode(&sent.intent)?,
            signatures: signatures.collect::<Result<_, BadFrame>>()?,
        })
    }
}

pub(super) fn to_wire(intents: &[SentIntent]) -> wire::Intents {
    wire::Intents {
        intents: intents.iter().map(SentIntent::to_wire).collect(),
    }
}

pub(super) fn of_wire(intents: &wire::Intents) -> Result<Vec<SentIntent>, BadFrame> {
    let intents = &intents.intents;
    if intents.len() > MAX_INTENTS {
        return Err(BadFrame::TooManyIntents(intents.len()));
    }
    intents.iter().map(SentIntent::of_wire).collect()
}

impl StandsOn {
    pub(super) fn to_wire(self) -> wire::StandsOn {
        wire::StandsOn {
            agreement: self.agreement.as_bytes().to_vec(),
            intent: self.intent.map(|intent| wire::IntentId {
                number: intent.number,
                hash: intent.hash.as_bytes().to_vec(),
            }),
        }
    }

    pub(super) fn of_wire(stands: &wire::StandsOn) -> Result<Self, BadFrame> {
        let intent = stands.intent.as_ref().map(|intent| {
            let hash = root(&intent.hash)?;
            let number = intent.number;
            Ok::<_, BadFrame>(IntentId { number, hash })
        });
        Ok(Self {
            agreement: root(&stands.agreement)?,
            intent: intent.transpose()?,
        })
    }
}
