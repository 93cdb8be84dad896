//! Who cheated in a ceremony: evidence that an outsider can check without trusting anybody.
//!
//! [`Evidence`] is a list of statements with their authors' identity signatures, together with the
//! terms (definition hash, identity keys, number of validators). [`verify`] reads nothing else.
//! One of these lists convicts:
//!
//! | statements | culprit |
//! |---|---|
//! | two different openings of one attempt | their signer |
//! | an opening with a one-time key of small order | its signer |
//! | two different bundles of one session | their signer |
//! | a bundle that breaks a public rule | its signer |
//! | an opening, a bundle, a complaint | the dealer, or the complainer if the share is good |
//! | an opening and an ack of an earlier attempt that it denies | their signer |
//! | a confirm and all n bundles it names | its signer: a share is not sound, or the proof is bad |
//!
//! A machine that follows the protocol never makes such a list, also not when it crashes and comes
//! back: its openings depend on seed and attempt only, its bundles on seed and session; every
//! acknowledgement is durable before it is given, and so is, before it is said, that an attempt is
//! opened, from which on no earlier one is acknowledged anew. Silence is no evidence; it can only
//! be named.
//!
//! A share is *not sound* if it is zero, or its public key is that of another share or of a group.
//! Who deals last can choose its own sums so. The bundles alone do not convict it: a dealer can
//! choose commitments, though not shares that fit them, by which another's sum vanishes. That
//! other then complains and never confirms; so its confirm is what convicts.
//!
//! Checks are batched with weights hashed from all that is checked; to find a bad list that
//! passes takes 2^128 tries.

mod file;

use std::fmt;

use proto::ceremony::{Ack, Bundle, Complaint, Confirm, Opening, Spoken, Terms, hash_of};
use proto::identity::BadSignature;
use proto::{PeerIndex, Root, Signed, Statement, Verified};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::bls::Commitments;
use crate::sharing::check::{check_public, check_shares};
use crate::sharing::deal::{Channel, Opener, is_sound_key};
use crate::sharing::settle::{ProofTest, PublicKeys, check_proof, transcript_of};

use file::EvidenceFile;

pub use crate::sharing::Rule;

/// The seed of batch weights where nothing secret is at hand: all inputs are hashed with it.
const PUBLIC_SEED: [u8; 32] = [0; 32];

/// Who broke which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    /// The peer at fault.
    pub culprit: PeerIndex,
    /// What it did.
    pub rule: Rule,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.culprit, self.rule)
    }
}

/// Evidence that convicts nobody. Whoever brought it forward is wrong, but not proven to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfounded {
    /// A signature in it is forged.
    #[error("the evidence is worth nothing: {0}")]
    Signature(#[from] BadSignature),
    /// A statement is about another definition, or the statements do not belong together.
    #[error("the evidence is worth nothing: its statements do not belong together")]
    Unrelated,
    /// The bundles sum up to no keys, which says nothing about a single peer.
    #[error(
        "the evidence shows no peer's fault: the bundles in it make no keys, whoever wanted that"
    )]
    NoKeys,
    /// The statements belong together and break no rule.
    #[error("the evidence shows no fault: the statements in it are good")]
    NoFault,
}

/// Signed statements that are said to convict somebody, and the terms they were made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EvidenceFile", into = "EvidenceFile")]
pub struct Evidence {
    /// What the ceremony was about. Compare its definition hash with your own.
    pub terms: Terms,
    /// The statements, in the order of the table in the module doc.
    pub statements: Vec<Spoken>,
}

/// Whom the evidence convicts of what. Needs nothing but the evidence.
///
/// # Errors
/// If it convicts nobody.
pub fn verify(evidence: &Evidence) -> Result<Verdict, Unfounded> {
    let court = Court {
        terms: &evidence.terms,
        hash: evidence.terms.hash(),
    };
    match evidence.statements.as_slice() {
        [Spoken::Opening(one)] => court.weak_opening(one),
        [Spoken::Opening(one), Spoken::Opening(other)] => court.two_openings(one, other),
        [Spoken::Opening(opening), Spoken::Ack(ack)] => court.broken_promise(opening, ack),
        [Spoken::Bundle(one)] => court.bad_bundle(one),
        [Spoken::Bundle(one), Spoken::Bundle(other)] => court.two_bundles(one, other),
        [
            Spoken::Opening(opening),
            Spoken::Bundle(bundle),
            Spoken::Complaint(complaint),
        ] => court.complaint(opening, bundle, complaint),
        [Spoken::Confirm(confirm), bundles @ ..] => court.bad_confirm(confirm, bundles),
        _ => Err(Unfounded::Unrelated),
    }
}

/// The terms that everything is held against.
struct Court<'a> {
    terms: &'a Terms,
    hash: Root,
}

impl Court<'_> {
    fn hear<T: Statement + Clone>(
        &self,
        signed: &Signed<T>,
        terms: Root,
    ) -> Result<Verified<T>, Unfounded> {
        if terms != self.hash {
            return Err(Unfounded::Unrelated);
        }
        Ok(signed.clone().verify(&self.terms.roster)?)
    }

    fn weak_opening(&self, opening: &Signed<Opening>) -> Result<Verdict, Unfounded> {
        let opening = self.hear(opening, opening.statement.context.terms)?;
        if has_sound_keys(&opening) {
            Err(Unfounded::NoFault)
        } else {
            convict(opening.signer, Rule::WeakKey)
        }
    }

    fn two_openings(
        &self,
        one: &Signed<Opening>,
        other: &Signed<Opening>,
    ) -> Result<Verdict, Unfounded> {
        let one = self.hear(one, one.statement.context.terms)?;
        let other = self.hear(other, other.statement.context.terms)?;
        let same_place =
            one.signer == other.signer && one.statement.context == other.statement.context;
        match (same_place, one.statement == other.statement) {
            (false, _) => Err(Unfounded::Unrelated),
            (true, true) => Err(Unfounded::NoFault),
            (true, false) => convict(one.signer, Rule::TwoOpenings),
        }
    }

    fn broken_promise(
        &self,
        opening: &Signed<Opening>,
        ack: &Signed<Ack>,
    ) -> Result<Verdict, Unfounded> {
        let opening = self.hear(opening, opening.statement.context.terms)?;
        let ack = self.hear(ack, ack.statement.context.terms)?;
        if opening.signer != ack.signer {
            Err(Unfounded::Unrelated)
        } else if denies(&opening.statement, ack.statement.context.attempt) {
            convict(opening.signer, Rule::BrokenPromise)
        } else {
            Err(Unfounded::NoFault)
        }
    }

    fn bad_bundle(&self, bundle: &Signed<Bundle>) -> Result<Verdict, Unfounded> {
        let bundle = self.hear(bundle, bundle.statement.context.terms)?;
        match check_public(self.terms, bundle.signer, &bundle.statement, &PUBLIC_SEED) {
            Ok(_) => Err(Unfounded::NoFault),
            Err(rule) => convict(bundle.signer, rule),
        }
    }

    fn two_bundles(
        &self,
        one: &Signed<Bundle>,
        other: &Signed<Bundle>,
    ) -> Result<Verdict, Unfounded> {
        let one = self.hear(one, one.statement.context.terms)?;
        let other = self.hear(other, other.statement.context.terms)?;
        let same_place =
            one.signer == other.signer && one.statement.session() == other.statement.session();
        match (same_place, one.statement == other.statement) {
            (false, _) => Err(Unfounded::Unrelated),
            (true, true) => Err(Unfounded::NoFault),
            (true, false) => convict(one.signer, Rule::TwoBundles),
        }
    }

    fn complaint(
        &self,
        opening: &Signed<Opening>,
        bundle: &Signed<Bundle>,
        complaint: &Signed<Complaint>,
    ) -> Result<Verdict, Unfounded> {
        let opening = self.hear(opening, opening.statement.context.terms)?;
        let bundle = self.hear(bundle, bundle.statement.context.terms)?;
        let complaint = self.hear(complaint, complaint.statement.context.terms)?;
        let (receiver, dealer) = (complaint.signer, bundle.signer);
        let said = &complaint.statement;
        let related = opening.signer == receiver
            && said.dealer == dealer
            && receiver != dealer
            && said.context == bundle.statement.context
            && said.bundle == hash_of(&bundle.statement)
            && bundle.statement.openings[receiver.position()] == hash_of(&opening.statement);
        if !related {
            return Err(Unfounded::Unrelated);
        }
        let secret = StaticSecret::from(said.secret);
        if PublicKey::from(&secret).to_bytes() != opening.statement.keys[dealer.position()] {
            return convict(receiver, Rule::FalseComplaint);
        }
        let commitments = check_public(self.terms, dealer, &bundle.statement, &PUBLIC_SEED);
        let opener = Opener {
            channel: Channel {
                session: bundle.statement.session(),
                dealer,
                receiver,
            },
            secret,
        };
        let checked = commitments.and_then(|commitments| {
            check_shares(&bundle.statement, &opener, commitments, &PUBLIC_SEED)
        });
        match checked {
            Ok(_) => convict(receiver, Rule::FalseComplaint),
            Err(rule) => convict(dealer, rule),
        }
    }

    fn bad_confirm(
        &self,
        confirm: &Signed<Confirm>,
        bundles: &[Spoken],
    ) -> Result<Verdict, Unfounded> {
        let confirm = self.hear(confirm, confirm.statement.context.terms)?;
        let size = self.terms.roster.size();
        let (mut hashes, mut dealt) = (Vec::new(), Vec::<Vec<Commitments>>::new());
        let mut openings = None;
        for (dealer, spoken) in size.all().zip(bundles) {
            let Spoken::Bundle(bundle) = spoken else {
                return Err(Unfounded::Unrelated);
            };
            let bundle = self.hear(bundle, bundle.statement.context.terms)?;
            let said = &bundle.statement;
            let session = openings.get_or_insert_with(|| said.openings.clone());
            if bundle.signer != dealer
                || said.context != confirm.statement.context
                || said.openings != *session
            {
                return Err(Unfounded::Unrelated);
            }
            hashes.push(hash_of(said));
            match check_public(self.terms, dealer, said, &PUBLIC_SEED) {
                Ok(commitments) => dealt.push(commitments),
                Err(rule) => return convict(dealer, rule),
            }
        }
        let Some(openings) = openings else {
            return Err(Unfounded::Unrelated);
        };
        if bundles.len() != size.peers() || hashes != confirm.statement.bundles {
            return Err(Unfounded::Unrelated);
        }
        let dealers: Vec<&[Commitments]> = dealt.iter().map(Vec::as_slice).collect();
        let public = PublicKeys::sum(size, &dealers).ok_or(Unfounded::NoKeys)?;
        if public.unsound.contains(confirm.signer) {
            return convict(confirm.signer, Rule::UnsoundShares);
        }
        let transcript = transcript_of(confirm.statement.context, &openings, &hashes);
        let partials = &confirm.statement.partials;
        let test = ProofTest::new(&PUBLIC_SEED, transcript, partials, self.terms.keys());
        let keys = &public.shares[confirm.signer.position()];
        match check_proof(keys, partials, &test) {
            Some(_) => Err(Unfounded::NoFault),
            None => convict(confirm.signer, Rule::BadProof),
        }
    }
}

fn convict(culprit: PeerIndex, rule: Rule) -> Result<Verdict, Unfounded> {
    Ok(Verdict { culprit, rule })
}

/// Whether the signer of `opening` promised by it never to acknowledge `attempt`.
pub(crate) fn denies(opening: &Opening, attempt: u32) -> bool {
    attempt < opening.context.attempt && !opening.acked.contains(&attempt)
}

/// Whether the one-time keys for all dealers but the signer itself give secrets.
pub(crate) fn has_sound_keys(opening: &Signed<Opening>) -> bool {
    let keys = opening.statement.keys.iter().enumerate();
    keys.filter(|(dealer, _)| *dealer != opening.signer.position())
        .all(|(_, key)| is_sound_key(key))
}
