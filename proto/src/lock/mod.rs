//! The cluster lock: what the ceremony made, signed by all. Every running peer holds it.
//!
//! A JSON file, `cluster-lock.json`. In it:
//!
//! | key | is |
//! |---|---|
//! | `version` | that of its definition, 1 or 2 |
//! | `hash` | the lock hash, for people; it must be that of the content |
//! | `definition` | the [definition](crate::definition), with every signature |
//! | `validators` | for each: `public_key` (the group's), `share_public_keys` in operator order |
//! | `seal_commitment` | the t coefficients of the cluster's seal key, in G1, constant term first |
//! | `exit_seal_commitment` | from version 2 on: n - t + 1 of the seal key for pre-signed exits |
//! | `transcript_hash` | of the ceremony |
//! | `keystore_salt` | salt of every operator's master secret for keystore passwords; not secret |
//! | `signatures` | identity signature of each operator over the lock hash, by name |
//!
//! **The lock hash** is [SHA-256 of the content](crate::definition): the purpose `gantry/lock/1`,
//! with the version for its number; definition hash; number of validators, then for each group key
//! and n share keys; t, then t coefficients; from version 2 on n - t + 1, then as many
//! coefficients; transcript hash; keystore salt. It is the context of everything running peers
//! say to each other and of the signing record.
//!
//! Nothing here is secret. Never here: curve arithmetic. That the keys are points and that share
//! keys lie on one polynomial with the group key is checked by `dkg::shared`, where somebody is
//! about to vote or to pay under them.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;

use thiserror::Error;

use crate::definition::{BadDefinition, ContentHash, Kind, SignedDefinition, Version, kind_of};
use crate::{Identity, IdentitySignature, PeerIndex, PublicKey, Root, Statement};

use file::LockFile;

/// A validator's position in the lock, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValidatorPosition(pub u32);

impl ValidatorPosition {
    /// The position as an index of a list in the order of the lock.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ValidatorPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One validator: the key the chain knows and the keys of its shares.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// The group's public key: the validator's on the beacon chain.
    pub public_key: PublicKey,
    /// The public key of each operator's share, in the order of the definition.
    pub share_public_keys: Vec<PublicKey>,
}

/// What a ceremony made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What all had agreed on before.
    pub definition: SignedDefinition,
    /// The validators; their order is that of every list "for each validator".
    pub validators: Vec<Validator>,
    /// The seal key's public polynomial: t coefficients, the first is the seal key itself.
    pub seal_commitment: Vec<PublicKey>,
    /// The public polynomial of the seal key for pre-signed exits: n - t + 1 coefficients. None in
    /// a lock of version 1.
    pub exit_seal_commitment: Option<Vec<PublicKey>>,
    /// Hash of the ceremony's transcript.
    pub transcript_hash: Root,
    /// Salt of the master secrets that keystore passwords are derived from.
    pub keystore_salt: Root,
}

/// Why a lock is refused.
#[derive(Debug, Error)]
pub enum BadLock {
    /// The file is empty, or its end is missing.
    #[error("the lock is empty or cut off ({0}): {CHANGED}")]
    CutOff(#[source] serde_json::Error),
    /// The file is not JSON of the right shape.
    #[error("this is no cluster lock ({0}): {CHANGED}")]
    Json(#[source] serde_json::Error),
    /// The file is a definition.
    #[error(
        "this is a cluster definition and no lock: the lock is what the ceremony makes of it, \
         `gantry dkg`, and is called cluster-lock.json"
    )]
    IsDefinition,
    /// The file is of a later (or no) version.
    #[error("this lock has version {0}, and this gantry reads 1 and 2: update gantry")]
    Version(u64),
    /// It is of another version than the definition in it.
    #[error("the lock has version {0}, and the definition in it another: {CHANGED}")]
    OtherVersion(u64),
    /// The definition inside is refused.
    #[error("the definition inside the lock: {}", inside(.0))]
    Definition(#[from] BadDefinition),
    /// Another number of something than the definition says.
    #[error("the lock has {found} {what}, and its definition asks for {expected}: {CHANGED}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A key occurs twice.
    #[error("the public key {0} occurs twice in the lock: {CHANGED}")]
    SameKey(PublicKey),
    /// The stated hash is not that of the content.
    #[error("the lock states the hash {stated}, and its content has {computed}: {CHANGED}")]
    Hash {
        /// What the file says.
        stated: Root,
        /// What its content gives.
        computed: Root,
    },
    /// A signature is not that of its operator over this content.
    #[error("the signature of {0:?} does not fit the lock's content: {CHANGED}")]
    Signature(String),
    /// A signature under a name that is no operator's.
    #[error("the lock has a signature of {0:?}, who is no operator of this cluster: {CHANGED}")]
    UnknownSigner(String),
    /// A signature is missing.
    #[error("the lock lacks the signature of {0}: {CHANGED}")]
    Unsigned(String),
}

/// What to do with a lock that is not what the ceremony wrote.
const CHANGED: &str = "the file is not as the ceremony wrote it; copy it from your backup or from \
                       any other operator";

/// What is wrong with the definition in a lock: nobody is to sign that one again.
fn inside(error: &BadDefinition) -> String {
    if let BadDefinition::Signature(name) = error {
        format!("the signature of {name:?} does not fit its content: {CHANGED}")
    } else {
        error.to_string()
    }
}

/// The lock as its operators sign it: by its hash. In the ceremony an acknowledgement carries this
/// very signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockHash(pub Root);

impl Statement for LockHash {
    const PURPOSE: &'static str = "gantry/lock/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.0.as_bytes());
    }
}

/// A lock on the way to its signatures: the counts are right, nobody's signature is kept yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedLock {
    contents: Contents,
    hash: Root,
}

impl UnsignedLock {
    /// Checks the counts and that no key occurs twice.
    ///
    /// # Errors
    /// If a count is not the definition's, or a key occurs twice.
    pub fn new(contents: Contents) -> Result<Self, BadLock> {
        let size = contents.definition.terms().size();
        let expected = contents.definition.terms().validators;
        count("validators", contents.validators.len(), expected)?;
        let threshold = size.threshold();
        let commitment = contents.seal_commitment.len();
        count("seal key coefficients", commitment, threshold)?;
        let exit = contents.exit_seal_commitment.as_ref();
        match contents.definition.terms().version.has_exit_key() {
            true => {
                let found = exit.map_or(0, Vec::len);
                count("exit key coefficients", found, size.halting())?;
            }
            false => count("exit keys", usize::from(exit.is_some()), 0)?,
        }
        let mut seen = BTreeSet::new();
        for validator in &contents.validators {
            let shares = &validator.share_public_keys;
            count("share keys for a validator", shares.len(), size.peers())?;
            for key in shares.iter().chain([&validator.public_key]) {
                if !seen.insert(*key) {
                    return Err(BadLock::SameKey(*key));
                }
            }
        }
        let hash = hash_of(&contents);
        Ok(Self { contents, hash })
    }

    /// The lock hash.
    pub fn hash(&self) -> Root {
        self.hash
    }

    /// Signs as the operator who holds `identity`.
    ///
    /// # Errors
    /// If it is no operator's key.
    pub fn sign(&self, identity: &Identity) -> Result<(PeerIndex, IdentitySignature), BadLock> {
        let peer = self.contents.definition.peer_of(&identity.public())?;
        Ok((peer, identity.sign_bare(&LockHash(self.hash))))
    }

    /// Checks one operator's signature.
    ///
    /// # Errors
    /// If `peer` did not sign this lock.
    pub fn check(&self, peer: PeerIndex, signature: &IdentitySignature) -> Result<(), BadLock> {
        let definition = &self.contents.definition;
        let key = definition.terms().roster().key(peer);
        if key.has_signed(&LockHash(self.hash), signature) {
            Ok(())
        } else {
            Err(BadLock::Signature(definition.name_of(peer).to_owned()))
        }
    }

    /// The lock, once everybody's signature is there and valid.
    ///
    /// # Errors
    /// Names whose is missing or wrong.
    pub fn with_signatures(
        self,
        signatures: BTreeMap<PeerIndex, IdentitySignature>,
    ) -> Result<Lock, BadLock> {
        let definition = &self.contents.definition;
        let mut missing = Vec::new();
        for peer in definition.terms().size().all() {
            match signatures.get(&peer) {
                Some(signature) => self.check(peer, signature)?,
                None => missing.push(definition.name_of(peer)),
            }
        }
        if !missing.is_empty() {
            return Err(BadLock::Unsigned(missing.join(", ")));
        }
        Ok(Lock {
            contents: self.contents,
            hash: self.hash,
            signatures,
        })
    }
}

/// A lock that every operator has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    contents: Contents,
    hash: Root,
    signatures: BTreeMap<PeerIndex, IdentitySignature>,
}

impl Lock {
    /// The longest lock file worth reading, in bytes.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Reads and checks a lock file; the caller bounds its length.
    ///
    /// # Errors
    /// If it is malformed, or anything in it is not what every operator signed.
    pub fn from_json(text: &str) -> Result<Self, BadLock> {
        let read = serde_json::from_str::<LockFile>(text);
        let file = read.map_err(|error| match kind_of(text) {
            Kind::Definition => BadLock::IsDefinition,
            Kind::Lock | Kind::Other if error.is_eof() => BadLock::CutOff(error),
            Kind::Lock | Kind::Other => match LockFile::later(text) {
                Some(later) => BadLock::Version(later),
                None => BadLock::Json(error),
            },
        })?;
        file.check()
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&LockFile::of(self))
            .expect("strings, numbers and lists can be written as JSON");
        text.push('\n');
        text
    }

    /// The validators' group keys, in their order.
    pub fn group_keys(&self) -> Vec<PublicKey> {
        self.validators.iter().map(|it| it.public_key).collect()
    }

    /// The lock hash: the cluster's name for machines.
    pub fn hash(&self) -> Root {
        self.hash
    }

    /// The signatures, one of each operator.
    pub fn signatures(&self) -> &BTreeMap<PeerIndex, IdentitySignature> {
        &self.signatures
    }

    /// The public keys of the shares that `peer`, a peer of this cluster, holds, in the order of
    /// the validators.
    pub fn shares_of(&self, peer: PeerIndex) -> impl Iterator<Item = &PublicKey> {
        self.validators
            .iter()
            .map(move |validator| &validator.share_public_keys[peer.position()])
    }
}

impl Deref for Lock {
    type Target = Contents;

    fn deref(&self) -> &Contents {
        &self.contents
    }
}

fn count(what: &'static str, found: usize, expected: usize) -> Result<(), BadLock> {
    if found == expected {
        Ok(())
    } else {
        Err(BadLock::Count {
            what,
            found,
            expected,
        })
    }
}

fn hash_of(contents: &Contents) -> Root {
    let mut hash = ContentHash::new(match contents.definition.terms().version {
        Version::V1 => LockHash::PURPOSE,
        Version::V2 => "gantry/lock/2",
    });
    hash.fixed(contents.definition.hash().as_bytes());
    hash.length(contents.validators.len());
    for validator in &contents.validators {
        hash.fixed(validator.public_key.as_bytes());
        for share in &validator.share_public_keys {
            hash.fixed(share.as_bytes());
        }
    }
    hash.length(contents.seal_commitment.len());
    for coefficient in &contents.seal_commitment {
        hash.fixed(coefficient.as_bytes());
    }
    if let Some(exit) = &contents.exit_seal_commitment {
        hash.length(exit.len());
        for coefficient in exit {
            hash.fixed(coefficient.as_bytes());
        }
    }
    hash.fixed(contents.transcript_hash.as_bytes());
    hash.fixed(contents.keystore_salt.as_bytes());
    hash.finish()
}

#[cfg(test)]
mod tests;
