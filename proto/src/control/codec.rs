//! The messages as bytes, and back within bounds.

use prost::Message as _;

use super::{
    Answer, Approval, BadMessage, Exit, ExitRequest, Hello, IntentRequest, Intents, MAX_TEXT, Made,
    Opener, Presigned, Proof, ProofStage, Request, Stage, VERSION, Which,
};
use crate::definition::MAX_VALIDATORS;
use crate::eth::ValidatorIndex;
use crate::{ClusterSize, Epoch, Root, Slot, ValidatorPosition};

impl Hello {
    /// The words of this program about this cluster.
    pub fn of(cluster: Root, software: &str) -> Self {
        Self {
            version: VERSION,
            cluster,
            software: software.to_owned(),
        }
    }

    /// The hello as bytes.
    pub fn encode(&self) -> Vec<u8> {
        wire::Hello {
            version: self.version,
            cluster: self.cluster.as_bytes().to_vec(),
            software: self.software.clone(),
        }
        .encode_to_vec()
    }

    /// Reads a hello, of whatever version.
    ///
    /// # Errors
    /// If the bytes are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        let hello = wire::Hello::decode(bytes)?;
        let cluster = Root::try_from(hello.cluster.as_slice());
        let length = hello.cluster.len();
        Ok(Self {
            version: hello.version,
            cluster: cluster.map_err(|_| BadMessage::HashLength(length))?,
            software: bounded(hello.software)?,
        })
    }
}

impl Request {
    /// The request as bytes.
    pub fn encode(&self) -> Vec<u8> {
        use wire::request::Body;
        let body = match *self {
            Self::Intent(ref request) => request.to_wire(),
            Self::Exit(ExitRequest::List) => Body::ListExits(wire::ListExits {}),
            Self::Exit(ExitRequest::Look(which)) => Body::LookAtExit(which.to_wire()),
            Self::Exit(ExitRequest::Approve { validator, term }) => {
                Body::ApproveExit(wire::ApproveExit {
                    validator: Some(validator.to_wire()),
                    term,
                })
            }
            Self::Exit(ExitRequest::Open { validator, term }) => {
                Body::OpenExit(wire::ApproveExit {
                    validator: Some(validator.to_wire()),
                    term,
                })
            }
            Self::Exit(ExitRequest::Presigned) => Body::LookAtPresigned(wire::LookAtPresigned {}),
            Self::Exit(ExitRequest::Withdraw(which)) => Body::WithdrawExit(which.to_wire()),
            Self::Prove(which) => Body::Prove(which.to_wire()),
            Self::LookAtProof => Body::LookAtProof(wire::LookAtProof {}),
        };
        wire::Request { body: Some(body) }.encode_to_vec()
    }

    /// Reads a request.
    ///
    /// # Errors
    /// If the bytes are none of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        use wire::request::Body;
        let body = wire::Request::decode(bytes)?.body;
        Ok(match body.ok_or(BadMessage::Absent("request"))? {
            Body::ListExits(wire::ListExits {}) => Self::Exit(ExitRequest::List),
            Body::LookAtExit(which) => Self::Exit(ExitRequest::Look(Which::of_wire(which)?)),
            Body::ApproveExit(wire::ApproveExit { validator, term }) => {
                Self::Exit(ExitRequest::Approve {
                    validator: Which::of_wire(validator.unwrap_or_default())?,
                    term,
                })
            }
            Body::OpenExit(wire::ApproveExit { validator, term }) => {
                Self::Exit(ExitRequest::Open {
                    validator: Which::of_wire(validator.unwrap_or_default())?,
                    term,
                })
            }
            Body::LookAtPresigned(wire::LookAtPresigned {}) => Self::Exit(ExitRequest::Presigned),
            Body::WithdrawExit(which) => Self::Exit(ExitRequest::Withdraw(Which::of_wire(which)?)),
            Body::Prove(which) => Self::Prove(Which::of_wire(which)?),
            Body::LookAtProof(wire::LookAtProof {}) => Self::LookAtProof,
            Body::ShowIntents(wire::ShowIntents {}) => Self::Intent(IntentRequest::Show),
            Body::ProposeIntent(proposal) => Self::Intent(IntentRequest::of_proposal(proposal)?),
            Body::ApproveIntent(hash) => Self::Intent(IntentRequest::of_approval(&hash)?),
        })
    }
}

impl Which {
    fn to_wire(self) -> wire::Which {
        let by = match self {
            Self::Position(position) => wire::which::By::Position(position.0),
            Self::Index(index) => wire::which::By::Index(index.0),
        };
        wire::Which { by: Some(by) }
    }

    fn of_wire(which: wire::Which) -> Result<Self, BadMessage> {
        Ok(match which.by.ok_or(BadMessage::Absent("validator"))? {
            wire::which::By::Position(position) => Self::Position(ValidatorPosition(position)),
            wire::which::By::Index(index) => Self::Index(ValidatorIndex(index)),
        })
    }
}

impl Answer {
    /// The answer as bytes.
    pub fn encode(&self) -> Vec<u8> {
        use wire::answer::Body;
        let body = match self {
            Self::Refused(why) => Body::Refused(cut(why)),
            Self::Exits(exits) => Body::Exits(wire::Exits {
                exits: exits.iter().map(Exit::to_wire).collect(),
            }),
            Self::Exit(exit) => Body::Exit(exit.to_wire()),
            Self::Proof(proof) => Body::Proof(proof.to_wire()),
            Self::Intents(intents) => Body::Intents(intents.to_wire()),
            Self::Presigned(exits) => Body::Presigned(wire::PresignedExits {
                exits: exits.iter().map(Presigned::to_wire).collect(),
            }),
        };
        wire::Answer { body: Some(body) }.encode_to_vec()
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// If the bytes are none of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadMessage> {
        use wire::answer::Body;
        let body = wire::Answer::decode(bytes)?.body;
        Ok(match body.ok_or(BadMessage::Absent("answer"))? {
            Body::Refused(why) => Self::Refused(bounded(why)?),
            Body::Exits(wire::Exits { exits }) => {
                if exits.len() > MAX_VALIDATORS {
                    return Err(BadMessage::TooMany(exits.len()));
                }
                let exits: Result<_, _> = exits.into_iter().map(Exit::of_wire).collect();
                Self::Exits(exits?)
            }
            Body::Exit(exit) => Self::Exit(Exit::of_wire(exit)?),
            Body::Proof(proof) => Self::Proof(Proof::of_wire(proof)?),
            Body::Intents(intents) => Self::Intents(Box::new(Intents::of_wire(intents)?)),
            Body::Presigned(wire::PresignedExits { exits }) => {
                if exits.len() > MAX_VALIDATORS {
                    return Err(BadMessage::TooMany(exits.len()));
                }
                let exits: Result<_, _> = exits.into_iter().map(Presigned::of_wire).collect();
                Self::Presigned(exits?)
            }
        })
    }
}

impl Proof {
    fn to_wire(&self) -> wire::Proof {
        use wire::proof::Stage;
        let stage = match &self.stage {
            ProofStage::UnderWay => Stage::UnderWay(wire::Nothing {}),
            ProofStage::Made(made) => Stage::Made(wire::Made {
                slot: made.slot.0,
                index: made.index.0,
                state_bytes: made.state_bytes,
                milliseconds: made.milliseconds,
            }),
            ProofStage::Failed(why) => Stage::Failed(cut(why)),
        };
        wire::Proof {
            number: self.number,
            stage: Some(stage),
        }
    }

    fn of_wire(proof: wire::Proof) -> Result<Self, BadMessage> {
        use wire::proof::Stage;
        let stage = match proof.stage.ok_or(BadMessage::Absent("stage"))? {
            Stage::UnderWay(wire::Nothing {}) => ProofStage::UnderWay,
            Stage::Made(made) => ProofStage::Made(Made {
                slot: Slot(made.slot),
                index: ValidatorIndex(made.index),
                state_bytes: made.state_bytes,
                milliseconds: made.milliseconds,
            }),
            Stage::Failed(why) => ProofStage::Failed(bounded(why)?),
        };
        Ok(Self {
            number: proof.number,
            stage,
        })
    }
}

impl Exit {
    fn to_wire(&self) -> wire::Exit {
        let approvals = self.approvals.iter().map(|approval| wire::Approval {
            operator: approval.operator,
            epoch: approval.epoch.0,
            until: approval.until,
        });
        wire::Exit {
            validator: self.validator.0,
            index: self.index.map(|index| index.0),
            epoch: self.epoch.0,
            approvals: approvals.collect(),
            too_old: self.too_old.clone(),
            stage: Some(wire::Stage {
                body: Some(self.stage.to_wire()),
            }),
            presigned: Some(self.presigned.to_wire()),
        }
    }

    fn of_wire(exit: wire::Exit) -> Result<Self, BadMessage> {
        let most = exit.approvals.len().max(exit.too_old.len());
        if most > ClusterSize::MAX {
            return Err(BadMessage::TooMany(most));
        }
        let stage = exit.stage.and_then(|stage| stage.body);
        let approvals = exit.approvals.iter().map(|approval| Approval {
            operator: approval.operator,
            epoch: Epoch(approval.epoch),
            until: approval.until,
        });
        Ok(Self {
            validator: ValidatorPosition(exit.validator),
            index: exit.index.map(ValidatorIndex),
            epoch: Epoch(exit.epoch),
            approvals: approvals.collect(),
            too_old: exit.too_old,
            stage: Stage::of_wire(stage.ok_or(BadMessage::Absent("stage"))?)?,
            presigned: Presigned::of_wire(exit.presigned.unwrap_or_default())?,
        })
    }
}

impl Presigned {
    fn to_wire(&self) -> wire::Presigned {
        let openers = self.openers.iter().map(|opener| wire::Opener {
            operator: opener.operator,
            until: opener.until,
        });
        wire::Presigned {
            validator: self.validator.0,
            epoch: self.epoch.map(|epoch| epoch.0),
            sealers: self.sealers.clone(),
            openers: openers.collect(),
        }
    }

    fn of_wire(presigned: wire::Presigned) -> Result<Self, BadMessage> {
        let most = presigned.sealers.len().max(presigned.openers.len());
        if most > ClusterSize::MAX {
            return Err(BadMessage::TooMany(most));
        }
        let openers = presigned.openers.iter().map(|opener| Opener {
            operator: opener.operator,
            until: opener.until,
        });
        Ok(Self {
            validator: ValidatorPosition(presigned.validator),
            epoch: presigned.epoch.map(Epoch),
            openers: openers.collect(),
            sealers: presigned.sealers,
        })
    }
}

impl Stage {
    fn to_wire(&self) -> wire::stage::Body {
        use wire::stage::Body;
        match self {
            Self::Waiting => Body::Waiting(wire::Nothing {}),
            Self::Asking => Body::Asking(wire::Nothing {}),
            Self::Held(why) => Body::Held(cut(why)),
            Self::Signing(shares) => Body::Signing(*shares),
            Self::Opening(parts) => Body::Opening(*parts),
            Self::Signed => Body::Signed(wire::Nothing {}),
            Self::Accepted => Body::Accepted(wire::Nothing {}),
            Self::Refused(why) => Body::Refused(cut(why)),
            Self::Leaving {
                exit_epoch,
                withdrawable_epoch,
            } => Body::Leaving(wire::Leaving {
                exit_epoch: exit_epoch.0,
                withdrawable_epoch: withdrawable_epoch.0,
            }),
        }
    }

    fn of_wire(body: wire::stage::Body) -> Result<Self, BadMessage> {
        use wire::stage::Body;
        Ok(match body {
            Body::Waiting(wire::Nothing {}) => Self::Waiting,
            Body::Asking(wire::Nothing {}) => Self::Asking,
            Body::Held(why) => Self::Held(bounded(why)?),
            Body::Signing(shares) => Self::Signing(shares),
            Body::Opening(parts) => Self::Opening(parts),
            Body::Signed(wire::Nothing {}) => Self::Signed,
            Body::Accepted(wire::Nothing {}) => Self::Accepted,
            Body::Refused(why) => Self::Refused(bounded(why)?),
            Body::Leaving(leaving) => Self::Leaving {
                exit_epoch: Epoch(leaving.exit_epoch),
                withdrawable_epoch: Epoch(leaving.withdrawable_epoch),
            },
        })
    }
}

fn bounded(text: String) -> Result<String, BadMessage> {
    if text.len() > MAX_TEXT {
        return Err(BadMessage::TextLength(text.len()));
    }
    Ok(text)
}

/// What of a text is sent: other people's words can be of any length.
fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// The generated messages of `schema/control.proto`.
pub(super) mod wire {
    include!(concat!(env!("OUT_DIR"), "/gantry.control.rs"));
}
