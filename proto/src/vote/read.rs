//! How bytes become the messages of consensus. Total: every length is bounded before anything is
//! stored, every number is turned into its type, and no bytes make it panic.
//!
//! Never here: signatures are carried, not checked.

use std::collections::BTreeMap;

use prost::Message as _;
use thiserror::Error;

use super::wire::schema;
use super::{Answer, Body, Change, Commit, Committal, Message, Partial, Prepare, Prepared};
use super::{Proposal, Propose, RoundChange, Scope, Signatures, Vote};
use crate::eth::aggregate::MAX_COMMITTEES;
use crate::eth::block::MAX_BLOCK_BYTES;
use crate::eth::{Aggregate, Contribution};
use crate::frame::MAX_FRAME;
use crate::{
    ClusterSize, DutyId, DutyKind, IdentitySignature, PeerIndex, PeerSet, Root, Round,
    SignatureBytes, Signed, Slot, ValidatorPosition,
};

/// The largest value in bytes: the largest block, and what is written in front of it.
pub const MAX_BODY: usize = MAX_BLOCK_BYTES + (1 << 10);

/// The most partial signatures in one COMMIT: one for each validator of a slot.
pub const MAX_PARTIALS: usize = 4096;

/// The longest body of a head vote in bytes: in SSZ it has 128.
pub(crate) const MAX_HEAD_BODY: usize = 256;

/// The longest body of the aggregates of a slot in bytes: one of every committee, each with its
/// offset in a list, and what is written in front of them.
pub(crate) const MAX_AGGREGATES_BODY: usize = 2 + MAX_COMMITTEES * (4 + Aggregate::MAX_SSZ);

/// The longest body of a contribution in bytes, with what is written in front of it.
pub(crate) const MAX_CONTRIBUTION_BODY: usize = 2 + Contribution::MAX_SSZ;

/// The longest inner message in bytes, COMMIT apart: 13 answers with 16 votes and a certificate.
const MAX_INNER: usize = 64 << 10;

/// The longest COMMIT in bytes: its partials with their positions, and 2 KiB for the rest.
const MAX_COMMIT: usize = MAX_PARTIALS * (96 + 5) + (2 << 10);

/// The longest message is one that carries a value: a frame has room for it and its signature.
const _: () = assert!(MAX_BODY + MAX_INNER + (1 << 10) < MAX_FRAME);

/// A message that is not what a correct peer sends, or ([`WireError::Unknown`]) one that a later
/// version sends.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes are not protobuf of this schema.
    #[error("not a vote message: the peer is broken or runs another version: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// A field that must be there is not.
    #[error("the vote message has no {0}: the peer is broken or runs another version")]
    Missing(&'static str),
    /// A list or byte string has a length that is not allowed.
    #[error("{field} of the vote message has length {length}: the peer is broken or lies")]
    Length {
        /// The field.
        field: &'static str,
        /// Its length in bytes or elements.
        length: usize,
    },
    /// Of a later version: to be counted and passed over, for nobody is at fault.
    #[error("the vote message has {0} of a later version")]
    Unknown(&'static str),
    /// A number is outside its range, or out of order.
    #[error(
        "{field} of the vote message is {value}, outside its range: the peer is broken or lies"
    )]
    Range {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
}

/// What decoding gives.
pub type Decoded = Result<Message, WireError>;

impl Message {
    /// Reads what `sender`, a peer of a cluster of `size` with this lock hash, has sent. The
    /// statement's signer is `sender`; no signature has been checked.
    ///
    /// # Errors
    /// If a correct peer would not send these bytes.
    pub fn decode(lock: Root, size: ClusterSize, sender: PeerIndex, bytes: &[u8]) -> Decoded {
        use schema::vote::Content;
        let vote = schema::Vote::decode(bytes)?;
        let code = u8::try_from(vote.kind).map_err(|_| range("kind", vote.kind))?;
        let kind = DutyKind::from_code(code).ok_or(WireError::Unknown("a duty kind"))?;
        let slot = Slot(vote.slot);
        let duty = DutyId { slot, kind };
        let scope = Scope { lock, duty };
        let reader = Reader { scope, size };
        // What is no content that we know, but takes bytes, is one that we do not know.
        let absent = match vote.encoded_len() == bytes.len() {
            true => WireError::Missing("content"),
            false => WireError::Unknown("content"),
        };
        match vote.content.ok_or(absent)? {
            Content::Propose(inner) => reader.proposal(sender, &inner, &vote.body),
            Content::Prepare(inner) => {
                let message = schema::Prepare::decode(bounded("prepare", &inner, MAX_INNER)?)?;
                let signed = reader.prepare(sender, &message)?;
                let proposal = optional_signature(&message.propose_signature)?;
                Ok(Self::Prepare(Vote { signed, proposal }))
            }
            Content::Commit(inner) => reader.commit(sender, &inner),
            Content::RoundChange(inner) => reader.round_change(sender, &inner),
            Content::Pull(value) => {
                let value = root("pull", &value)?;
                Ok(Self::Pull { scope, value })
            }
            Content::Value(inner) => {
                bounded("value", &inner, 0)?;
                let body = reader.body(&vote.body)?;
                Ok(Self::Value { scope, body })
            }
        }
    }
}

/// Turns generated structs of one duty into types that cannot be wrong.
struct Reader {
    scope: Scope,
    size: ClusterSize,
}

impl Reader {
    fn proposal(&self, sender: PeerIndex, inner: &[u8], bytes: &[u8]) -> Decoded {
        let message = schema::Propose::decode(bounded("propose", inner, MAX_INNER)?)?;
        bounded_count(
            "justification",
            message.justification.len(),
            self.size.peers(),
        )?;
        let statement = Propose {
            scope: self.scope,
            round: led_round(message.round)?,
            value: root("proposed value", &message.value)?,
        };
        let justification = message
            .justification
            .into_iter()
            .map(|answer| self.answer(answer))
            .collect::<Result<_, _>>()?;
        Ok(Message::Propose(Proposal {
            signed: signed(statement, sender, &message.signature)?,
            body: self.body(bytes)?,
            justification,
        }))
    }

    fn body(&self, bytes: &[u8]) -> Result<Body, WireError> {
        let most = self.scope.duty.kind.max_body();
        Ok(bounded("body", bytes, most)?.into())
    }

    fn answer(&self, message: schema::Answer) -> Result<Answer, WireError> {
        use schema::answer::Content;
        let signer = usize::try_from(message.signer)
            .ok()
            .and_then(|position| self.size.peer(position))
            .ok_or_else(|| range("signer", message.signer))?;
        match message.content.ok_or(WireError::Missing("answer"))? {
            Content::Prepare(inner) => self.prepare(signer, &inner).map(Answer::Prepare),
            Content::RoundChange(inner) => {
                bounded_count("bodies of a justification", inner.bodies.len(), 0)?;
                self.change(signer, &inner).map(Answer::Change)
            }
        }
    }

    fn prepare(
        &self,
        signer: PeerIndex,
        message: &schema::Prepare,
    ) -> Result<Signed<Prepare>, WireError> {
        let statement = Prepare {
            scope: self.scope,
            round: any_round(message.round)?,
            value: root("prepared value", &message.value)?,
        };
        signed(statement, signer, &message.signature)
    }

    fn commit(&self, sender: PeerIndex, inner: &[u8]) -> Decoded {
        let message = schema::Commit::decode(bounded("commit", inner, MAX_COMMIT)?)?;
        let count = bounded_count("validators", message.validators.len(), MAX_PARTIALS)?;
        exact("partials", &message.partials, 96 * count)?;
        let partials = message
            .validators
            .iter()
            .zip(message.partials.chunks_exact(96))
            .map(|(validator, bytes)| Partial {
                validator: ValidatorPosition(*validator),
                signature: SignatureBytes::try_from(bytes).expect("chunks of 96 bytes"),
            })
            .collect();
        let statement = Commit {
            scope: self.scope,
            round: any_round(message.round)?,
            value: root("committed value", &message.value)?,
            sequence: message.sequence,
            partials,
        };
        Ok(Message::Commit(Committal {
            signed: signed(statement, sender, &message.signature)?,
            certificate: self
                .certificate(message.certificate_signers, &message.certificate_signatures)?,
            proposal: optional_signature(&message.propose_signature)?.map(Box::new),
        }))
    }

    fn round_change(&self, sender: PeerIndex, inner: &[u8]) -> Decoded {
        let message = schema::RoundChange::decode(bounded("round change", inner, MAX_INNER)?)?;
        let most = usize::from(Round::LAST.number()) + 1;
        bounded_count("bodies", message.bodies.len(), most)?;
        let bodies = message
            .bodies
            .iter()
            .map(|bytes| Ok(bounded("body", bytes, MAX_HEAD_BODY)?.into()))
            .collect::<Result<_, WireError>>()?;
        let change = self.change(sender, &message)?;
        Ok(Message::RoundChange { change, bodies })
    }

    fn change(
        &self,
        signer: PeerIndex,
        message: &schema::RoundChange,
    ) -> Result<Change, WireError> {
        let round = led_round(message.round)?;
        let prepared = message
            .prepared_round
            .map(|number| {
                Ok::<_, WireError>(Prepared {
                    round: earlier_round(number, round)?,
                    value: root("prepared value", &message.prepared_value)?,
                })
            })
            .transpose()?;
        let statement = RoundChange {
            scope: self.scope,
            round,
            votes: votes(message, round)?,
            prepared,
        };
        let certificate =
            self.certificate(message.certificate_signers, &message.certificate_signatures)?;
        Ok(Change {
            signed: signed(statement, signer, &message.signature)?,
            certificate,
        })
    }

    fn certificate(&self, signers: u32, signatures: &[u8]) -> Result<Signatures, WireError> {
        let signers = u16::try_from(signers)
            .ok()
            .and_then(|bits| PeerSet::from_bits(bits, self.size))
            .ok_or_else(|| range("certificate signers", signers))?;
        exact("certificate signatures", signatures, 64 * signers.len())?;
        let signatures = signers.iter().zip(signatures.chunks_exact(64));
        Ok(Signatures(
            signatures
                .map(|(peer, bytes)| Ok((peer, signature(bytes)?)))
                .collect::<Result<_, WireError>>()?,
        ))
    }
}

/// The votes of a ROUND-CHANGE to `round`: of earlier rounds, in ascending order.
fn votes(message: &schema::RoundChange, round: Round) -> Result<BTreeMap<Round, Root>, WireError> {
    exact(
        "vote values",
        &message.vote_values,
        32 * message.vote_rounds.len(),
    )?;
    let mut votes = BTreeMap::new();
    for (number, value) in message
        .vote_rounds
        .iter()
        .zip(message.vote_values.chunks_exact(32))
    {
        let voted = earlier_round(*number, round)?;
        if votes
            .last_key_value()
            .is_some_and(|(last, _)| *last >= voted)
        {
            return Err(range("vote round", *number));
        }
        votes.insert(voted, root("vote value", value)?);
    }
    Ok(votes)
}

fn signed<T>(statement: T, signer: PeerIndex, bytes: &[u8]) -> Result<Signed<T>, WireError> {
    Ok(Signed {
        statement,
        signer,
        signature: signature(bytes)?,
    })
}

fn signature(bytes: &[u8]) -> Result<IdentitySignature, WireError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| length("signature", bytes.len()))?;
    Ok(IdentitySignature(bytes))
}

/// A signature that need not be there.
fn optional_signature(bytes: &[u8]) -> Result<Option<IdentitySignature>, WireError> {
    (!bytes.is_empty()).then(|| signature(bytes)).transpose()
}

fn root(field: &'static str, bytes: &[u8]) -> Result<Root, WireError> {
    Root::try_from(bytes).map_err(|_| length(field, bytes.len()))
}

fn any_round(number: u32) -> Result<Round, WireError> {
    Round::new(number.into()).ok_or_else(|| range("round", number))
}

/// A round that has a leader.
fn led_round(number: u32) -> Result<Round, WireError> {
    any_round(number).and_then(|round| {
        if round >= Round::FIRST {
            Ok(round)
        } else {
            Err(range("round", number))
        }
    })
}

/// A round strictly below `round`.
fn earlier_round(number: u32, round: Round) -> Result<Round, WireError> {
    any_round(number).and_then(|earlier| {
        if earlier < round {
            Ok(earlier)
        } else {
            Err(range("earlier round", number))
        }
    })
}

fn bounded<'a>(field: &'static str, bytes: &'a [u8], most: usize) -> Result<&'a [u8], WireError> {
    bounded_count(field, bytes.len(), most).map(|_| bytes)
}

fn bounded_count(field: &'static str, count: usize, most: usize) -> Result<usize, WireError> {
    if count <= most {
        Ok(count)
    } else {
        Err(length(field, count))
    }
}

fn exact(field: &'static str, bytes: &[u8], expected: usize) -> Result<(), WireError> {
    if bytes.len() == expected {
        Ok(())
    } else {
        Err(length(field, bytes.len()))
    }
}

fn length(field: &'static str, length: usize) -> WireError {
    WireError::Length { field, length }
}

fn range(field: &'static str, value: u32) -> WireError {
    let value = value.into();
    WireError::Range { field, value }
}
