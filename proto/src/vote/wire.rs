//! How the messages of consensus become bytes. Signers, the sender's own name and the lock hash are
//! known from the session and do not travel. Never here: reading, which is `read`.

use prost::Message as _;

use super::{Answer, Change, Commit, Committal, Message, Prepare, Proposal, Signatures, Vote};
use crate::{IdentitySignature, Signed};

/// The generated structs of `schema/vote.proto`.
#[allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated; the schema documents it"
)]
pub(super) mod schema {
    include!(concat!(env!("OUT_DIR"), "/gantry.vote.rs"));
}

impl Message {
    /// The message as bytes. The signer's name does not travel: the session knows it.
    pub fn encode(&self) -> Vec<u8> {
        use schema::vote::Content;
        let (content, body) = match self {
            Self::Propose(proposal) => (
                Content::Propose(propose(proposal).encode_to_vec()),
                Some(&proposal.body),
            ),
            Self::Prepare(vote) => (Content::Prepare(shown(vote).encode_to_vec()), None),
            Self::Commit(committal) => (Content::Commit(commit(committal).encode_to_vec()), None),
            Self::RoundChange { change, bodies } => {
                let mut message = round_change(change);
                message.bodies = bodies.iter().map(|body| body.to_vec()).collect();
                (Content::RoundChange(message.encode_to_vec()), None)
            }
            Self::Pull { value, .. } => (Content::Pull(value.as_bytes().to_vec()), None),
            Self::Value { body, .. } => (Content::Value(Vec::new()), Some(body)),
        };
        let duty = self.scope().duty;
        let vote = schema::Vote {
            slot: duty.slot.0,
            kind: duty.kind.code().into(),
            content: Some(content),
            body: body.map(|body| body.to_vec()).unwrap_or_default(),
        };
        vote.encode_to_vec()
    }
}

fn propose(proposal: &Proposal) -> schema::Propose {
    schema::Propose {
        round: proposal.signed.statement.round.number().into(),
        value: proposal.signed.statement.value.as_bytes().to_vec(),
        signature: proposal.signed.signature.0.to_vec(),
        justification: proposal.justification.iter().map(answer).collect(),
    }
}

fn answer(answer: &Answer) -> schema::Answer {
    use schema::answer::Content;
    schema::Answer {
        signer: answer.signer().number(),
        content: Some(match answer {
            Answer::Prepare(signed) => Content::Prepare(prepare(signed)),
            Answer::Change(change) => Content::RoundChange(round_change(change)),
        }),
    }
}

fn shown(vote: &Vote) -> schema::Prepare {
    schema::Prepare {
        propose_signature: optional(vote.proposal),
        ..prepare(&vote.signed)
    }
}

fn prepare(signed: &Signed<Prepare>) -> schema::Prepare {
    schema::Prepare {
        round: signed.statement.round.number().into(),
        value: signed.statement.value.as_bytes().to_vec(),
        signature: signed.signature.0.to_vec(),
        propose_signature: Vec::new(),
    }
}

fn optional(signature: Option<IdentitySignature>) -> Vec<u8> {
    signature.map(|one| one.0.to_vec()).unwrap_or_default()
}

fn commit(committal: &Committal) -> schema::Commit {
    let Commit {
        round,
        value,
        sequence,
        partials,
        ..
    } = &committal.signed.statement;
    let (certificate_signers, certificate_signatures) = signatures(&committal.certificate);
    schema::Commit {
        round: round.number().into(),
        value: value.as_bytes().to_vec(),
        sequence: *sequence,
        validators: partials.iter().map(|partial| partial.validator.0).collect(),
        partials: partials
            .iter()
            .flat_map(|partial| *partial.signature.as_bytes())
            .collect(),
        certificate_signers,
        certificate_signatures,
        signature: committal.signed.signature.0.to_vec(),
        propose_signature: optional(committal.proposal.as_deref().copied()),
    }
}

fn round_change(change: &Change) -> schema::RoundChange {
    let statement = &change.signed.statement;
    let (certificate_signers, certificate_signatures) = signatures(&change.certificate);
    let prepared = statement.prepared;
    schema::RoundChange {
        round: statement.round.number().into(),
        vote_rounds: statement
            .votes
            .keys()
            .map(|round| round.number().into())
            .collect(),
        vote_values: statement
            .votes
            .values()
            .flat_map(|value| *value.as_bytes())
            .collect(),
        prepared_round: prepared.map(|prepared| prepared.round.number().into()),
        prepared_value: prepared
            .map(|prepared| prepared.value.as_bytes().to_vec())
            .unwrap_or_default(),
        certificate_signers,
        certificate_signatures,
        signature: change.signed.signature.0.to_vec(),
        bodies: Vec::new(),
    }
}

/// The signers as bits, and their signatures in ascending order.
fn signatures(certificate: &Signatures) -> (u32, Vec<u8>) {
    let bytes = certificate.0.values().flat_map(|one| one.0).collect();
    (certificate.signers().bits().into(), bytes)
}
