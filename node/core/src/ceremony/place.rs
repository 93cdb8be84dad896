//! One operator's place at the ceremony, and what goes from there into the lock.
//!
//! Never here: where anything lies on a disk.

use std::collections::BTreeMap;

use dkg::bls::{Commitments, PublicPoint};
use dkg::ceremony::Outcome;
use proto::ceremony::{Purpose, Terms};
use proto::definition::SignedDefinition;
use proto::lock::{BadLock, Contents, Lock, UnsignedLock, Validator};
use proto::{ClusterSize, Identity, IdentitySignature, PeerIndex, PublicKey, Root, ShareIndex};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Who this peer is, and what all have agreed on.
#[derive(Clone)]
pub struct Place {
    /// What all operators have signed.
    pub definition: SignedDefinition,
    /// This peer's identity key.
    pub identity: Identity,
    /// This peer.
    pub me: PeerIndex,
}

/// What a ceremony made, apart from what the definition says: the content of a lock. Its JSON is
/// what lies on the disk while the ceremony is unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Hash of the transcript.
    pub transcript_hash: Root,
    /// The validators' keys.
    pub validators: Vec<Validator>,
    /// The seal key's public polynomial.
    pub seal_commitment: Vec<PublicKey>,
    /// That of the seal key for pre-signed exits, if the definition asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_seal_commitment: Option<Vec<PublicKey>>,
}

/// The salt of every operator's master secret, the same for all and known before the ceremony, so
/// that a passphrase is asked for at the start. It differs from cluster to cluster: the definition
/// holds a random nonce.
pub fn keystore_salt(definition: Root) -> Root {
    let hash =
        Sha256::new_with_prefix(b"gantry/keystore-salt/1").chain_update(definition.as_bytes());
    Root::from(<[u8; 32]>::from(hash.finalize()))
}

/// The public key of a peer's share of the key that has this public polynomial; none if that is
/// none.
pub fn share_key(commitment: &[PublicKey], peer: PeerIndex) -> Option<PublicKey> {
    let points = commitment.iter().map(PublicPoint::from_bytes);
    let points = points.collect::<Result<Vec<_>, _>>().ok()?;
    let share = Commitments::new(points)?.share_key(ShareIndex::from(peer))?;
    Some(share.to_bytes())
}

/// What the ceremony of `definition` is about.
pub fn terms(definition: &SignedDefinition) -> Terms {
    let terms = definition.terms();
    Terms {
        definition: definition.hash(),
        roster: terms.roster().clone(),
        // A definition with more is refused.
        validators: u16::try_from(terms.validators).unwrap_or(u16::MAX),
        purpose: match terms.version.has_exit_key() {
            true => Purpose::NewClusterWithExitKey,
            false => Purpose::NewCluster,
        },
    }
}

impl Made {
    /// The public part of what the ceremony made.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let validators = outcome.validators.iter().map(|keys| Validator {
            public_key: keys.public_key,
            share_public_keys: keys.share_public_keys.clone(),
        });
        Self {
            transcript_hash: outcome.transcript,
            validators: validators.collect(),
            seal_commitment: outcome.seal.commitment.clone(),
            exit_seal_commitment: outcome.exit_seal.as_ref().map(|key| key.commitment.clone()),
        }
    }

    /// The public keys of the shares of `peer`: of every validator, and of the seal keys.
    pub fn shares_of(&self, peer: PeerIndex) -> impl Iterator<Item = PublicKey> {
        let validators = self.validators.iter();
        let own = validators
            .filter_map(move |validator| validator.share_public_keys.get(peer.position()).copied());
        let exit = self.exit_seal_commitment.as_ref();
        own.chain(share_key(&self.seal_commitment, peer))
            .chain(exit.and_then(|commitment| share_key(commitment, peer)))
    }
}

impl Place {
    /// How many operators there are.
    pub fn size(&self) -> ClusterSize {
        self.definition.terms().size()
    }

    /// The lock of these keys, which nobody has signed.
    ///
    /// # Errors
    /// If they are not as many as the definition says.
    pub fn unsigned(&self, made: Made) -> Result<UnsignedLock, BadLock> {
        UnsignedLock::new(Contents {
            definition: self.definition.clone(),
            validators: made.validators,
            seal_commitment: made.seal_commitment,
            exit_seal_commitment: made.exit_seal_commitment,
            transcript_hash: made.transcript_hash,
            keystore_salt: keystore_salt(self.definition.hash()),
        })
    }

    /// The lock of these keys with everybody's signatures, in the order of the definition.
    ///
    /// # Errors
    /// If a signature is not valid.
    pub fn signed(&self, made: Made, signatures: &[IdentitySignature]) -> Result<Lock, BadLock> {
        let peers = self.size().all();
        let signatures: BTreeMap<_, _> = peers.zip(signatures.iter().copied()).collect();
        self.unsigned(made)?.with_signatures(signatures)
    }
}

#[cfg(test)]
mod tests;
