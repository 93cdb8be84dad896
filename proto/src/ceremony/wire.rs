//! The wire form of ceremony messages: protobuf with every list as long as the cluster says.
//!
//! Decoding is total: any bytes give a message or a [`WireError`], and allocate no more than a
//! small multiple of their own length. It checks no signature.

use prost::Message as _;
use thiserror::Error;

use super::{
    Ack, Bundle, Complaint, Confirm, Context, Done, Frame, MAX_ATTEMPT, Opening, SealedShares,
    Spoken,
};
use crate::{ClusterSize, IdentitySignature, PeerIndex, Root, Signed};

/// What prost generates from `schema/ceremony.proto`.
#[allow(missing_docs, clippy::all)]
mod schema {
    include!(concat!(env!("OUT_DIR"), "/gantry.ceremony.rs"));
}

use schema::frame::Body;

/// The most statements one accusation carries.
const MAX_ACCUSATION: usize = 3;

/// Bytes that are no ceremony message of this cluster. Whoever sent them is at fault, or runs
/// another version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// Not protobuf of the schema.
    #[error("not a ceremony message: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// A message without a body, or an accusation inside an accusation.
    #[error("a ceremony message without a statement")]
    Empty,
    /// A byte string or list of the wrong length.
    #[error("{0} has the wrong length")]
    Length(&'static str),
    /// A peer that the cluster does not have.
    #[error("it names peer {0}, which this cluster does not have")]
    NoSuchPeer(u32),
}

impl Frame {
    /// The bytes that are sent.
    pub fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Spoken(spoken) => spoken.body(),
            Self::Accusation(statements) => Body::Accusation(schema::Accusation {
                statements: statements.iter().map(Spoken::frame).collect(),
            }),
        };
        schema::Frame { body: Some(body) }.encode_to_vec()
    }

    /// Reads a message of a cluster of `size`. The caller bounds the length of `bytes`.
    ///
    /// # Errors
    /// If the bytes are no such message.
    pub fn decode(size: ClusterSize, bytes: &[u8]) -> Result<Self, WireError> {
        match schema::Frame::decode(bytes)?.body {
            Some(Body::Accusation(accusation)) => {
                let statements = accusation.statements;
                if statements.is_empty() || statements.len() > MAX_ACCUSATION {
                    return Err(WireError::Length("the accusation"));
                }
                let statements = statements.into_iter().map(|f| Spoken::read(size, f));
                statements.collect::<Result<_, _>>().map(Self::Accusation)
            }
            body => Spoken::read(size, schema::Frame { body }).map(Self::Spoken),
        }
    }
}

impl Spoken {
    /// The bytes of this statement alone: a [`Frame`] around it.
    pub fn encode(&self) -> Vec<u8> {
        self.frame().encode_to_vec()
    }

    /// Reads one statement of a cluster of `size`, and not an accusation.
    ///
    /// # Errors
    /// If the bytes are no such statement.
    pub fn decode(size: ClusterSize, bytes: &[u8]) -> Result<Self, WireError> {
        Self::read(size, schema::Frame::decode(bytes)?)
    }

    /// Who is claimed to have signed it.
    pub fn signer(&self) -> PeerIndex {
        match self {
            Self::Opening(s) => s.signer,
            Self::Bundle(s) => s.signer,
            Self::Confirm(s) => s.signer,
            Self::Complaint(s) => s.signer,
            Self::Ack(s) => s.signer,
            Self::Done(s) => s.signer,
        }
    }

    /// The terms and attempt it is about.
    pub fn context(&self) -> Context {
        match self {
            Self::Opening(s) => s.statement.context,
            Self::Bundle(s) => s.statement.context,
            Self::Confirm(s) => s.statement.context,
            Self::Complaint(s) => s.statement.context,
            Self::Ack(s) => s.statement.context,
            Self::Done(s) => s.statement.context,
        }
    }

    fn frame(&self) -> schema::Frame {
        schema::Frame {
            body: Some(self.body()),
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::Opening(s) => Body::Opening(sign_wire(s, write_opening(&s.statement))),
            Self::Bundle(s) => Body::Bundle(sign_wire(s, write_bundle(&s.statement))),
            Self::Confirm(s) => Body::Confirm(sign_wire(s, write_confirm(&s.statement))),
            Self::Complaint(s) => Body::Complaint(sign_wire(s, write_complaint(&s.statement))),
            Self::Ack(s) => Body::Ack(sign_wire(s, write_ack(&s.statement))),
            Self::Done(s) => Body::Done(sign_wire(s, write_done(&s.statement))),
        }
    }

    fn read(size: ClusterSize, frame: schema::Frame) -> Result<Self, WireError> {
        match frame.body.ok_or(WireError::Empty)? {
            Body::Opening(s) => signed(size, s, read_opening).map(Self::Opening),
            Body::Bundle(s) => signed(size, s, read_bundle).map(Self::Bundle),
            Body::Confirm(s) => signed(size, s, read_confirm).map(Self::Confirm),
            Body::Complaint(s) => signed(size, s, read_complaint).map(Self::Complaint),
            Body::Ack(s) => signed(size, s, read_ack).map(Self::Ack),
            Body::Done(s) => signed(size, s, read_done).map(Self::Done),
            Body::Accusation(_) => Err(WireError::Empty),
        }
    }
}

fn sign_wire<T>(signed: &Signed<T>, statement: Vec<u8>) -> schema::Signed {
    schema::Signed {
        signer: u32::try_from(signed.signer.position()).expect("a position is below 13"),
        signature: signed.signature.0.to_vec(),
        statement,
    }
}

fn signed<T>(
    size: ClusterSize,
    wire: schema::Signed,
    read: fn(ClusterSize, &[u8]) -> Result<T, WireError>,
) -> Result<Signed<T>, WireError> {
    Ok(Signed {
        statement: read(size, &wire.statement)?,
        signer: peer(size, wire.signer)?,
        signature: signature(&wire.signature)?,
    })
}

fn peer(size: ClusterSize, number: u32) -> Result<PeerIndex, WireError> {
    let position = usize::try_from(number).ok();
    let peer = position.and_then(|position| size.peer(position));
    peer.ok_or(WireError::NoSuchPeer(number))
}

fn fixed<const N: usize>(bytes: &[u8], what: &'static str) -> Result<[u8; N], WireError> {
    bytes.try_into().map_err(|_| WireError::Length(what))
}

fn root(bytes: &[u8], what: &'static str) -> Result<Root, WireError> {
    fixed(bytes, what).map(Root::from)
}

fn signature(bytes: &[u8]) -> Result<IdentitySignature, WireError> {
    fixed(bytes, "a signature").map(IdentitySignature)
}

fn context(terms: &[u8], attempt: u32) -> Result<Context, WireError> {
    Ok(Context {
        terms: root(terms, "the terms hash")?,
        attempt,
    })
}

/// One item for each peer.
fn each<T, U>(
    size: ClusterSize,
    list: &[T],
    read: impl Fn(&T) -> Result<U, WireError>,
) -> Result<Vec<U>, WireError> {
    if list.len() == size.peers() {
        list.iter().map(read).collect()
    } else {
        Err(WireError::Length("a list of peers"))
    }
}

fn roots(list: &[Root]) -> Vec<Vec<u8>> {
    list.iter().map(|root| root.as_bytes().to_vec()).collect()
}

fn write_opening(opening: &Opening) -> Vec<u8> {
    schema::Opening {
        terms: opening.context.terms.as_bytes().to_vec(),
        attempt: opening.context.attempt,
        acked: opening.acked.clone(),
        keys: opening.keys.iter().map(|key| key.to_vec()).collect(),
    }
    .encode_to_vec()
}

fn read_opening(size: ClusterSize, bytes: &[u8]) -> Result<Opening, WireError> {
    let wire = schema::Opening::decode(bytes)?;
    if wire.acked.len() > MAX_ATTEMPT as usize {
        return Err(WireError::Length("the list of acknowledged attempts"));
    }
    Ok(Opening {
        context: context(&wire.terms, wire.attempt)?,
        acked: wire.acked,
        keys: each(size, &wire.keys, |key| fixed(key, "a one-time key"))?,
    })
}

fn write_bundle(bundle: &Bundle) -> Vec<u8> {
    schema::Bundle {
        terms: bundle.context.terms.as_bytes().to_vec(),
        attempt: bundle.context.attempt,
        openings: roots(&bundle.openings),
        commitments: bundle.commitments.clone(),
        proofs: bundle.proofs.clone(),
        shares: bundle
            .shares
            .iter()
            .map(|sealed| schema::SealedShares {
                key: sealed.key.to_vec(),
                ciphertext: sealed.ciphertext.clone(),
            })
            .collect(),
    }
    .encode_to_vec()
}

fn read_bundle(size: ClusterSize, bytes: &[u8]) -> Result<Bundle, WireError> {
    let wire = schema::Bundle::decode(bytes)?;
    Ok(Bundle {
        context: context(&wire.terms, wire.attempt)?,
        openings: each(size, &wire.openings, |hash| root(hash, "an opening's hash"))?,
        commitments: wire.commitments,
        proofs: wire.proofs,
        shares: each(size, &wire.shares, |sealed| {
            Ok(SealedShares {
                key: fixed(&sealed.key, "a dealer's one-time key")?,
                ciphertext: sealed.ciphertext.clone(),
            })
        })?,
    })
}

fn write_confirm(confirm: &Confirm) -> Vec<u8> {
    schema::Confirm {
        terms: confirm.context.terms.as_bytes().to_vec(),
        attempt: confirm.context.attempt,
        bundles: roots(&confirm.bundles),
        partials: confirm.partials.clone(),
    }
    .encode_to_vec()
}

fn read_confirm(size: ClusterSize, bytes: &[u8]) -> Result<Confirm, WireError> {
    let wire = schema::Confirm::decode(bytes)?;
    Ok(Confirm {
        context: context(&wire.terms, wire.attempt)?,
        bundles: each(size, &wire.bundles, |hash| root(hash, "a bundle's hash"))?,
        partials: wire.partials,
    })
}

fn write_complaint(complaint: &Complaint) -> Vec<u8> {
    schema::Complaint {
        terms: complaint.context.terms.as_bytes().to_vec(),
        attempt: complaint.context.attempt,
        dealer: u32::try_from(complaint.dealer.position()).expect("a position is below 13"),
        bundle: complaint.bundle.as_bytes().to_vec(),
        secret: complaint.secret.to_vec(),
    }
    .encode_to_vec()
}

fn read_complaint(size: ClusterSize, bytes: &[u8]) -> Result<Complaint, WireError> {
    let wire = schema::Complaint::decode(bytes)?;
    Ok(Complaint {
        context: context(&wire.terms, wire.attempt)?,
        dealer: peer(size, wire.dealer)?,
        bundle: root(&wire.bundle, "the bundle's hash")?,
        secret: fixed(&wire.secret, "the revealed secret")?,
    })
}

fn write_ack(ack: &Ack) -> Vec<u8> {
    schema::Ack {
        terms: ack.context.terms.as_bytes().to_vec(),
        attempt: ack.context.attempt,
        transcript: ack.transcript.as_bytes().to_vec(),
        lock: ack.lock.as_bytes().to_vec(),
        lock_signature: ack.lock_signature.0.to_vec(),
    }
    .encode_to_vec()
}

fn read_ack(_: ClusterSize, bytes: &[u8]) -> Result<Ack, WireError> {
    let wire = schema::Ack::decode(bytes)?;
    Ok(Ack {
        context: context(&wire.terms, wire.attempt)?,
        transcript: root(&wire.transcript, "the transcript hash")?,
        lock: root(&wire.lock, "the lock hash")?,
        lock_signature: signature(&wire.lock_signature)?,
    })
}

fn write_done(done: &Done) -> Vec<u8> {
    schema::Done {
        terms: done.context.terms.as_bytes().to_vec(),
        attempt: done.context.attempt,
        transcript: done.transcript.as_bytes().to_vec(),
    }
    .encode_to_vec()
}

fn read_done(_: ClusterSize, bytes: &[u8]) -> Result<Done, WireError> {
    let wire = schema::Done::decode(bytes)?;
    Ok(Done {
        context: context(&wire.terms, wire.attempt)?,
        transcript: root(&wire.transcript, "the transcript hash")?,
    })
}

#[cfg(test)]
mod tests;
