//! Everything two running peers send each other, inside a session that authenticates both.
//!
//! Decoding is total and bounded: a frame is at most [`MAX_FRAME`] bytes (the network layer cuts
//! longer ones before they are read).
//!
//! Each frame came with a version ([`Frame::since`]) and goes only to peers that speak it. A frame
//! that this program does not know is [`BadFrame::Unknown`], which is nobody's fault. How to add
//! one stands in [`crate::version`].

mod cosigning;
mod intending;
mod joining;
mod leaving;
mod presigning;
mod registering;
mod selecting;

use std::fmt;

use prost::Message as _;
use thiserror::Error;

use crate::definition::MAX_VALIDATORS;
pub use cosigning::{MAX_CALL, MAX_STEP, SafeCall, SafeStep};
pub use intending::MAX_INTENTS;
pub use joining::{
    DepositDemand, DepositRefusal, DepositShares, MAX_DEPOSITS, MAX_RULE, MAX_WORDS,
};
pub use leaving::{ExitShare, MAX_EXIT_WORDS, SentExitWord};
pub use presigning::{ExitOpening, LackedExit, MAX_SEALED_EXITS, OpeningPart, SentSealedExit};
pub use registering::{MAX_REGISTRATIONS, RegistrationShare};
pub use selecting::{Electorate, SelectionShares};

use crate::intent::{BadIntent, SentIntent, StandsOn};
use crate::vote::Partial;
use crate::{DutyId, DutyKind, Root, SignatureBytes, Slot, ValidatorPosition, WireVersion};

/// The longest frame in bytes: a block of 10 MiB (the gossip limit of the consensus spec,
/// `MAX_PAYLOAD_SIZE`) and what surrounds it.
pub const MAX_FRAME: usize = 11 << 20;

/// Bytes of a part of blobs; only the last may be shorter. Half a blob: what waits behind one on
/// the way to the same peer waits 26 ms at 20 Mbit/s, and never behind two, since the next part is
/// asked for when the one before is there.
pub const BLOBS_PART: usize = 64 << 10;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The first frame of a session.
    Greeting(Greeting),
    /// A signed message of consensus, to be decoded by [`crate::vote`].
    Vote(Vec<u8>),
    /// A partial RANDAO reveal.
    Randao(Randao),
    /// Whether the sender's beacon node gives it sight of the chain; it does until this is said.
    Sight {
        /// The sender cannot choose what to propose: skip its turns to lead.
        is_blind: bool,
    },
    /// The sender's beacon node refused these parts: has the receiver's taken them?
    Refused(Parts),
    /// The answer: the sender's beacon node has taken these.
    Taken(Parts),
    /// The sender's beacon node does not know a signed block, and it lacks the blobs to bring it.
    BlobsWanted(BlobsWanted),
    /// A part of these blobs.
    BlobsPart(BlobsPart),
    /// What operators say about exits, at most [`MAX_EXIT_WORDS`].
    ExitWords(Vec<SentExitWord>),
    /// A partial signature of an exit.
    ExitShare(ExitShare),
    /// The agreement on Rocket Pool that the sender has in force, by its hash: the sender takes
    /// blocks that pay as that says.
    Agreement(Root),
    /// A demand for shares of deposits at Rocket Pool.
    DepositDemand(DepositDemand),
    /// Such shares.
    DepositShares(DepositShares),
    /// Why the sender gives none.
    DepositRefusal(DepositRefusal),
    /// Partial signatures of registrations with builders, at most [`MAX_REGISTRATIONS`].
    RegistrationShares(Vec<RegistrationShare>),
    /// Partial selection proofs.
    SelectionShares(SelectionShares),
    /// What the sender's account has signed for the Safe that is the node account.
    SafeStep(SafeStep),
    /// Intents at Rocket Pool that the sender holds, at most [`MAX_INTENTS`].
    Intents(Vec<SentIntent>),
    /// By what the sender acts at Rocket Pool: it takes blocks that pay as that says. To peers that
    /// know it, in place of [`Frame::Agreement`].
    StandsOn(StandsOn),
    /// Partial signatures of exits, sealed; at most [`MAX_SEALED_EXITS`].
    SealedExits(Vec<SentSealedExit>),
    /// Which of them the sender lacks: of each validator once at most.
    SealedExitsWanted(Vec<LackedExit>),
    /// The sender's parts of the keys to those of one exit.
    ExitOpening(ExitOpening),
}

/// A question for one part of the blobs of a block that the cluster has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobsWanted {
    /// The block's slot.
    pub slot: Slot,
    /// The block's root.
    pub block: Root,
    /// Which part of [`BLOBS_PART`] bytes, counted from 0.
    pub part: u32,
}

/// The answer to [`BlobsWanted`].
#[derive(Clone, PartialEq, Eq)]
pub struct BlobsPart {
    /// The question.
    pub of: BlobsWanted,
    /// The part, at most [`BLOBS_PART`] bytes; none if the sender does not have it, or has sent
    /// enough.
    pub bytes: Option<Vec<u8>>,
}

impl fmt::Debug for BlobsPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.as_ref().map(Vec::len);
        write!(f, "BlobsPart {{ of: {:?}, bytes: {bytes:?} }}", self.of)
    }
}

/// What a peer says of itself and of the receiver when a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// The sender votes in no slot at or below this one: its restart mark.
    pub mark: Option<Slot>,
    /// The highest sequence number of the receiver's record that the sender has seen.
    pub sequence_seen: u64,
    /// When the sender's chain began, in Unix seconds: programs of version 1 do not say.
    pub genesis_time: Option<u64>,
}

/// A partial RANDAO reveal for the cluster's proposer of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Randao {
    /// The slot to be proposed in.
    pub slot: Slot,
    /// The validator that proposes in it, and the sender's partial signature for it.
    pub partial: Partial,
}

/// Parts of a duty that has been signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The duty.
    pub duty: DutyId,
    /// Whose parts: positions in the lock, at most as many as a lock has.
    pub validators: Vec<ValidatorPosition>,
}

/// Why bytes are not a frame. The sender is at fault, unless it is [`BadFrame::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadFrame {
    /// Not protobuf of this schema.
    #[error("not a frame of this version: {0}")]
    Undecodable(#[from] prost::DecodeError),
    /// No body.
    #[error("a frame without a body")]
    Empty,
    /// A frame of a later version: to be counted and passed over.
    #[error("a frame of a later version")]
    Unknown,
    /// A signature is not 96 bytes long.
    #[error("a partial signature of {0} bytes instead of 96")]
    SignatureLength(usize),
    /// A subcommittee that the sync committee has not.
    #[error("subcommittee {0} of the sync committee, which has 4")]
    NoSubcommittee(u32),
    /// Partial signatures that are not as many as the validators they are for.
    #[error("{bytes} bytes of partial signatures for {validators} validators, 96 each")]
    PartialsLength {
        /// How many validators.
        validators: usize,
        /// How many bytes.
        bytes: usize,
    },
    /// More validators than a lock has.
    #[error("parts of {0} validators, and a lock has {MAX_VALIDATORS} at most")]
    TooManyValidators(usize),
    /// A block's root is not 32 bytes long, or there is none.
    #[error("the root of a block of {0} bytes instead of 32")]
    RootLength(usize),
    /// A part of blobs is too long.
    #[error("a part of blobs of {0} bytes, of at most {BLOBS_PART}")]
    PartLength(usize),
    /// More words about exits than a frame has.
    #[error("{0} words about exits in a frame, of at most {MAX_EXIT_WORDS}")]
    TooManyWords(usize),
    /// The hash of an agreement is not 32 bytes long.
    #[error("the hash of an agreement that is not 32 bytes long")]
    AgreementLength,
    /// An identity signature is not 64 bytes long.
    #[error("an identity signature of {0} bytes instead of 64")]
    IdentitySignatureLength(usize),
    /// More deposits than a frame has.
    #[error("{0} deposits in a frame, of at most {MAX_DEPOSITS}")]
    TooManyDeposits(usize),
    /// More registrations than a frame has.
    #[error("{0} registrations in a frame, of at most {MAX_REGISTRATIONS}")]
    TooManyRegistrations(usize),
    /// An account's signature is not 65 bytes long.
    #[error("an account's signature of {0} bytes instead of 65")]
    AccountSignature(usize),
    /// What the Safe is to do is no call within the bounds.
    #[error("a call of the Safe that is malformed, or longer than {MAX_CALL} bytes")]
    SafeCall,
    /// A hash is not 32 bytes long.
    #[error("a hash of {0} bytes instead of 32")]
    HashLength(usize),
    /// More intents than a frame has.
    #[error("{0} intents in a frame, of at most {MAX_INTENTS}")]
    TooManyIntents(usize),
    /// More signatures of an intent than a cluster has operators.
    #[error("{0} signatures of one intent, more than a cluster has operators")]
    TooManySignatures(usize),
    /// Bytes that are no intent.
    #[error(transparent)]
    Intent(#[from] BadIntent),
    /// A rule has no name, or one of other letters or too many.
    #[error("the name of a rule is none")]
    RuleName,
    /// A sealed partial signature has another length.
    #[error("a sealed partial signature of {0} bytes instead of 240")]
    SealedLength(usize),
    /// More sealed partial signatures than a frame has.
    #[error("{0} sealed partial signatures in a frame, of at most {MAX_SEALED_EXITS}")]
    TooManySealed(usize),
    /// More parts of keys than a cluster has operators.
    #[error("{0} parts of keys in a frame, of at most 13")]
    TooManyParts(usize),
    /// A part of a key is not 48 bytes long.
    #[error("a part of a key of {0} bytes instead of 48")]
    PartOfKeyLength(usize),
    /// Words are too long.
    #[error("words of {0} bytes, of at most {MAX_WORDS}")]
    WordsLength(usize),
}

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Greeting(greeting) => wire::frame::Body::Greeting(wire::Greeting {
                mark: greeting.mark.map(|slot| slot.0),
                sequence_seen: greeting.sequence_seen,
                genesis_time: greeting.genesis_time,
            }),
            Self::Vote(bytes) => wire::frame::Body::Vote(bytes.clone()),
            Self::Randao(randao) => wire::frame::Body::Randao(wire::Randao {
                slot: randao.slot.0,
                validator: randao.partial.validator.0,
                signature: randao.partial.signature.as_bytes().to_vec(),
            }),
            Self::Sight { is_blind } => wire::frame::Body::Sight(wire::Sight {
                is_blind: *is_blind,
            }),
            Self::Refused(parts) => wire::frame::Body::Refused(parts.to_wire()),
            Self::Taken(parts) => wire::frame::Body::Taken(parts.to_wire()),
            Self::BlobsWanted(wanted) => wire::frame::Body::BlobsWanted(wanted.to_wire()),
            Self::BlobsPart(part) => wire::frame::Body::BlobsPart(wire::BlobsPart {
                of: Some(part.of.to_wire()),
                bytes: part.bytes.clone(),
            }),
            Self::ExitWords(words) => wire::frame::Body::ExitWords(leaving::words_to_wire(words)),
            Self::ExitShare(share) => wire::frame::Body::ExitShare(share.to_wire()),
            Self::Agreement(hash) => wire::frame::Body::Agreement(hash.as_bytes().to_vec()),
            Self::DepositDemand(demand) => wire::frame::Body::DepositDemand(demand.to_wire()),
            Self::DepositShares(shares) => wire::frame::Body::DepositShares(shares.to_wire()),
            Self::DepositRefusal(why) => wire::frame::Body::DepositRefusal(why.to_wire()),
            Self::RegistrationShares(shares) => {
                wire::frame::Body::RegistrationShares(registering::to_wire(shares))
            }
            Self::SelectionShares(shares) => wire::frame::Body::SelectionShares(shares.to_wire()),
            Self::SafeStep(step) => wire::frame::Body::SafeStep(step.to_wire()),
            Self::Intents(intents) => wire::frame::Body::Intents(intending::to_wire(intents)),
            Self::StandsOn(stands) => wire::frame::Body::StandsOn(stands.to_wire()),
            Self::SealedExits(exits) => wire::frame::Body::SealedExits(presigning::to_wire(exits)),
            Self::SealedExitsWanted(lacked) => {
                wire::frame::Body::SealedExitsWanted(presigning::lacked_to_wire(lacked))
            }
            Self::ExitOpening(opening) => wire::frame::Body::ExitOpening(opening.to_wire()),
        };
        wire::Frame { body: Some(body) }.encode_to_vec()
    }

    /// The version that this frame came with: peers that speak less are not sent it.
    pub fn since(&self) -> WireVersion {
        match self {
            Self::Greeting(_) | Self::Vote(_) | Self::Randao(_) => WireVersion::V1,
            Self::Sight { .. }
            | Self::Refused(_)
            | Self::Taken(_)
            | Self::BlobsWanted(_)
            | Self::BlobsPart(_) => WireVersion::V2,
            Self::ExitWords(words) => leaving::since(words),
            Self::ExitShare(_) => WireVersion::V3,
            Self::Agreement(_)
            | Self::DepositDemand(_)
            | Self::DepositShares(_)
            | Self::DepositRefusal(_) => WireVersion::V4,
            Self::RegistrationShares(_) => WireVersion::V5,
            Self::SelectionShares(shares) => shares.of.since(),
            Self::SafeStep(_) => WireVersion::V9,
            Self::Intents(_) | Self::StandsOn(_) => WireVersion::V10,
            Self::SealedExits(_) | Self::SealedExitsWanted(_) | Self::ExitOpening(_) => {
                WireVersion::V10
            }
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// If the bytes are not exactly one frame within the bounds that this program knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadFrame> {
        // What is no body that we know, but well-formed, is one that we do not know.
        let absent = match bytes {
            [] => BadFrame::Empty,
            _ => BadFrame::Unknown,
        };
        match wire::Frame::decode(bytes)?.body.ok_or(absent)? {
            wire::frame::Body::Greeting(greeting) => Ok(Self::Greeting(Greeting {
                mark: greeting.mark.map(Slot),
                sequence_seen: greeting.sequence_seen,
                genesis_time: greeting.genesis_time,
            })),
            wire::frame::Body::Vote(bytes) => Ok(Self::Vote(bytes)),
            wire::frame::Body::Sight(wire::Sight { is_blind }) => Ok(Self::Sight { is_blind }),
            wire::frame::Body::Refused(parts) => Parts::from_wire(parts).map(Self::Refused),
            wire::frame::Body::Taken(parts) => Parts::from_wire(parts).map(Self::Taken),
            wire::frame::Body::BlobsWanted(wanted) => {
                Ok(Self::BlobsWanted(BlobsWanted::of_wire(&wanted)?))
            }
            wire::frame::Body::BlobsPart(part) => BlobsPart::of_wire(part).map(Self::BlobsPart),
            wire::frame::Body::ExitWords(words) => {
                leaving::words_of_wire(&words).map(Self::ExitWords)
            }
            wire::frame::Body::ExitShare(share) => ExitShare::of_wire(&share).map(Self::ExitShare),
            wire::frame::Body::Agreement(hash) => {
                let hash = Root::try_from(hash.as_slice());
                let hash = hash.map_err(|_| BadFrame::AgreementLength);
                hash.map(Self::Agreement)
            }
            wire::frame::Body::DepositDemand(demand) => {
                DepositDemand::of_wire(&demand).map(Self::DepositDemand)
            }
            wire::frame::Body::DepositShares(shares) => {
                DepositShares::of_wire(&shares).map(Self::DepositShares)
            }
            wire::frame::Body::DepositRefusal(why) => {
                DepositRefusal::of_wire(why).map(Self::DepositRefusal)
            }
            wire::frame::Body::RegistrationShares(shares) => {
                registering::of_wire(&shares).map(Self::RegistrationShares)
            }
            wire::frame::Body::SelectionShares(shares) => {
                SelectionShares::of_wire(&shares).map(Self::SelectionShares)
            }
            wire::frame::Body::SafeStep(step) => SafeStep::of_wire(step).map(Self::SafeStep),
            wire::frame::Body::Intents(intents) => intending::of_wire(&intents).map(Self::Intents),
            wire::frame::Body::StandsOn(stands) => StandsOn::of_wire(&stands).map(Self::StandsOn),
            wire::frame::Body::SealedExits(exits) => {
                presigning::of_wire(&exits).map(Self::SealedExits)
            }
            wire::frame::Body::SealedExitsWanted(wanted) => {
                presigning::lacked_of_wire(&wanted).map(Self::SealedExitsWanted)
            }
            wire::frame::Body::ExitOpening(opening) => {
                ExitOpening::of_wire(&opening).map(Self::ExitOpening)
            }
            wire::frame::Body::Randao(randao) => {
                let signature = SignatureBytes::try_from(randao.signature.as_slice())
                    .map_err(|_| BadFrame::SignatureLength(randao.signature.len()))?;
                let partial = Partial {
                    validator: ValidatorPosition(randao.validator),
                    signature,
                };
                Ok(Self::Randao(Randao {
                    slot: Slot(randao.slot),
                    partial,
                }))
            }
        }
    }
}

impl Parts {
    fn to_wire(&self) -> wire::Parts {
        wire::Parts {
            slot: self.duty.slot.0,
            kind: self.duty.kind.code().into(),
            validators: self
                .validators
                .iter()
                .map(|validator| validator.0)
                .collect(),
        }
    }

    fn from_wire(parts: wire::Parts) -> Result<Self, BadFrame> {
        let validators = parts.validators;
        if validators.len() > MAX_VALIDATORS {
            return Err(BadFrame::TooManyValidators(validators.len()));
        }
        let kind = u8::try_from(parts.kind).ok().and_then(DutyKind::from_code);
        let duty = DutyId {
            slot: Slot(parts.slot),
            kind: kind.ok_or(BadFrame::Unknown)?,
        };
        let validators = validators.into_iter().map(ValidatorPosition).collect();
        Ok(Self { duty, validators })
    }
}

impl BlobsWanted {
    fn to_wire(self) -> wire::BlobsWanted {
        wire::BlobsWanted {
            slot: self.slot.0,
            block: self.block.as_bytes().to_vec(),
            part: self.part,
        }
    }

    fn of_wire(wanted: &wire::BlobsWanted) -> Result<Self, BadFrame> {
        let block = Root::try_from(wanted.block.as_slice())
            .map_err(|_| BadFrame::RootLength(wanted.block.len()))?;
        Ok(Self {
            slot: Slot(wanted.slot),
            block,
            part: wanted.part,
        })
    }
}

impl BlobsPart {
    fn of_wire(part: wire::BlobsPart) -> Result<Self, BadFrame> {
        let wire::BlobsPart { of, bytes } = part;
        if let Some(length) = bytes.as_ref().map(Vec::len).filter(|len| *len > BLOBS_PART) {
            return Err(BadFrame::PartLength(length));
        }
        let of = BlobsWanted::of_wire(&of.unwrap_or_default())?;
        Ok(Self { of, bytes })
    }
}

/// The generated messages of `schema/frame.proto`.
mod wire {
    include!(concat!(env!("OUT_DIR"), "/gantry.frame.rs"));
}

#[cfg(test)]
mod tests;
