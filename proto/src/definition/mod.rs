//! The cluster definition: what the operators agree on before the ceremony, signed by all of them.
//!
//! A JSON file that a person can read. In it:
//!
//! | key | is |
//! |---|---|
//! | `version` | 1 or 2, which makes a second seal key and may leave open whom blocks pay |
//! | `name`, `nonce` | the cluster's name; 32 random bytes that make it unlike any other |
//! | `chain` | name, execution chain id, genesis fork version, validators root, deposit contract |
//! | `threshold` | t = ceil(2n/3); may be left out, may not be another |
//! | `operators` | name, identity key and addresses of each; their order is that of the shares |
//! | `validators` | how many keys the ceremony makes |
//! | `deposit_amounts` | gwei; one deposit signature for each, for every validator |
//! | `withdrawal` | `"later"`, `{"one": address}` or `{"each": [address, …]}` |
//! | `fee_recipient` | the same, `"later"` from version 2 on |
//! | `signatures` | identity signature of each operator, by name |
//!
//! **The definition hash** is SHA-256 of the content, so white space and the order of keys
//! do not matter: the purpose `gantry/definition/` with the version; name; nonce; the chain's five
//! fields as above; t; n, then for each operator name, key, number of addresses, addresses as text;
//! number of validators; number of amounts, amounts; withdrawal as 0, 1 or 2, number of addresses,
//! addresses; fee recipient in the same way. Signatures are over this hash, and are not part of it.
//!
//! A chain that is a public one by any value that tells it must have all of that chain's values:
//! see [`Chain`].
//!
//! Two people compare a definition by its [`Fingerprint`]. What nobody signs today, though old
//! files with it are read, is an [`Unfit`].
//!
//! [`Terms`] keep every rule; a [`Definition`] adds signatures, each of them valid; a
//! [`SignedDefinition`] has all of them. Never here: files, randomness.

mod address;
mod chain;
mod draft;
mod file;
mod fingerprint;
mod fitness;
mod hash;
mod json;
mod terms;

use std::collections::BTreeMap;
use std::ops::Deref;

use thiserror::Error;

pub use address::{BadAddress, BadPeerAddress, Host, PeerAddress, checksummed, parse_address};
pub(crate) use address::{eip55, eip55_list, eip55_maybe};
pub use chain::{Chain, OtherChain};
pub use draft::{
    Draft, FeeRecipient, Gwei, MAX_ADDRESSES, MAX_VALIDATORS, Operator, Version, Withdrawal,
};
pub(crate) use file::{DefinitionFile, version_of};
pub use fingerprint::Fingerprint;
pub use fitness::{Caution, Unfit, keyless};
pub(crate) use hash::ContentHash;
pub(crate) use json::{Kind, kind_of};
pub use terms::{BadTerms, Terms};

use crate::{Identity, IdentityKey, IdentitySignature, PeerIndex, Root, Statement};

/// Why a definition is refused.
#[derive(Debug, Error)]
pub enum BadDefinition {
    /// The file is empty, or its end is missing.
    #[error(
        "the definition is empty or cut off ({0}): get the file once more from whoever sent it, \
         whole, and compare its fingerprint"
    )]
    CutOff(#[source] serde_json::Error),
    /// The file is not JSON of the right shape.
    #[error(
        "this is no cluster definition ({0}): take the file that `gantry cluster new` wrote, or \
         get it once more from whoever sent it"
    )]
    Json(#[source] serde_json::Error),
    /// The file is a lock.
    #[error(
        "this is a cluster lock, which a ceremony has made, and no definition: `gantry lock show` \
         prints it, with the definition in it"
    )]
    IsLock,
    /// The file is of a later (or no) version.
    #[error("this definition has version {0}, and this gantry reads 1 and 2: update gantry")]
    Version(u64),
    /// The file states a threshold that does not follow from n.
    #[error(
        "the definition states a threshold of {stated}, but {peers} operators have \
         {fixed} = ceil(2n/3): with fewer, a minority could sign slashable duties; with more, \
         fewer could be offline. Remove the threshold from the file"
    )]
    Threshold {
        /// What the file says.
        stated: u64,
        /// What follows from n.
        fixed: usize,
        /// n.
        peers: usize,
    },
    /// A rule is broken.
    #[error(transparent)]
    Terms(#[from] BadTerms),
    /// A signature is not that of its operator over this content.
    #[error(
        "the signature of {0:?} does not fit this content: it was changed after {0:?} signed. Take \
         the file as it was signed, or remove this signature and ask {0:?} to sign again"
    )]
    Signature(String),
    /// A signature under a name that is no operator's.
    #[error("there is a signature of {0:?}, who is no operator of this cluster: remove it")]
    UnknownSigner(String),
    /// Somebody wants to sign who is no operator.
    #[error(
        "your identity key {0} is not among the operators: check that you use the right identity \
         file, or ask for your key to be put into the definition"
    )]
    NotAnOperator(Box<IdentityKey>),
    /// Two files to be merged say different things.
    #[error("the definitions differ in content ({0} and {1}): only copies of one can be merged")]
    OtherContent(Root, Root),
    /// Not everybody has signed.
    #[error(
        "not yet signed by {0}: each of them runs `gantry cluster sign` on this file; if all have \
         signed copies of their own, take the merged file"
    )]
    Unsigned(String),
}

/// What the hash of a definition of this version begins with: one of another version, though it
/// says the same, has another hash.
fn purpose(version: Version) -> &'static str {
    match version {
        Version::V1 => Agreed::PURPOSE,
        Version::V2 => "gantry/definition/2",
    }
}

/// What an operator signs: the hash of the content.
struct Agreed(Root);

impl Statement for Agreed {
    const PURPOSE: &'static str = "gantry/definition/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.0.as_bytes());
    }
}

/// Terms and the operators' signatures of them, as far as they are there. Every one is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    terms: Terms,
    hash: Root,
    signatures: BTreeMap<PeerIndex, IdentitySignature>,
}

impl Definition {
    /// The longest definition file worth reading, in bytes.
    pub const MAX_BYTES: usize = 1 << 20;

    /// A definition nobody has signed.
    pub fn unsigned(terms: Terms) -> Self {
        let mut hash = ContentHash::new(purpose(terms.version));
        terms.feed(&mut hash);
        Self {
            terms,
            hash: hash.finish(),
            signatures: BTreeMap::new(),
        }
    }

    /// Reads and checks a definition file; the caller bounds its length.
    ///
    /// # Errors
    /// If it is malformed, breaks a rule, or carries a signature that is not valid.
    pub fn from_json(text: &str) -> Result<Self, BadDefinition> {
        let read = serde_json::from_str::<DefinitionFile>(text);
        let file = read.map_err(|error| match kind_of(text) {
            Kind::Lock => BadDefinition::IsLock,
            Kind::Definition | Kind::Other if error.is_eof() => BadDefinition::CutOff(error),
            Kind::Definition | Kind::Other => match DefinitionFile::later(text) {
                Some(later) => BadDefinition::Version(later),
                None => BadDefinition::Json(error),
            },
        })?;
        file.check()
    }

    /// The file's text, with the signatures.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&DefinitionFile::of(self))
            .expect("strings, numbers and lists can be written as JSON");
        text.push('\n');
        text
    }

    /// The definition hash: what was signed, and the context of the ceremony's messages.
    pub fn hash(&self) -> Root {
        self.hash
    }

    /// The content.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The signatures that are there, all of them valid.
    pub fn signatures(&self) -> &BTreeMap<PeerIndex, IdentitySignature> {
        &self.signatures
    }

    /// The name of the operator of `peer`, which must be a peer of this cluster.
    pub fn name_of(&self, peer: PeerIndex) -> &str {
        &self.terms.operators[peer.position()].name
    }

    /// The peer of the operator called `name`, if there is one.
    pub fn peer_named(&self, name: &str) -> Option<PeerIndex> {
        let position = self.terms.operators.iter().position(|o| o.name == name)?;
        self.terms.size().peer(position)
    }

    /// The names of those who have not signed, in the order of the definition.
    pub fn unsigned_by(&self) -> Vec<&str> {
        let missing = |peer: &PeerIndex| !self.signatures.contains_key(peer);
        let size = self.terms.size();
        size.all()
            .filter(missing)
            .map(|p| self.name_of(p))
            .collect()
    }

    /// Which peer holds `key`.
    ///
    /// # Errors
    /// If it is no operator's key.
    pub fn peer_of(&self, key: &IdentityKey) -> Result<PeerIndex, BadDefinition> {
        let peer = self.terms.roster().find(key);
        peer.ok_or_else(|| BadDefinition::NotAnOperator(Box::new(*key)))
    }

    /// Adds the signature of `identity`; signing again changes nothing.
    ///
    /// # Errors
    /// If it is no operator's key.
    pub fn sign(&mut self, identity: &Identity) -> Result<PeerIndex, BadDefinition> {
        let peer = self.peer_of(&identity.public())?;
        let signature = identity.sign_bare(&Agreed(self.hash));
        self.signatures.insert(peer, signature);
        Ok(peer)
    }

    /// Adds the signatures that another copy has.
    ///
    /// # Errors
    /// If the other says something else.
    pub fn merge(&mut self, other: &Self) -> Result<(), BadDefinition> {
        if self.hash != other.hash {
            return Err(BadDefinition::OtherContent(self.hash, other.hash));
        }
        for (peer, signature) in &other.signatures {
            self.signatures.entry(*peer).or_insert(*signature);
        }
        Ok(())
    }

    /// The definition once everybody has signed.
    ///
    /// # Errors
    /// Names those who have not.
    pub fn into_signed(self) -> Result<SignedDefinition, BadDefinition> {
        let missing = self.unsigned_by();
        if missing.is_empty() {
            Ok(SignedDefinition(self))
        } else {
            Err(BadDefinition::Unsigned(missing.join(", ")))
        }
    }

    /// Adds a signature that was read from a file.
    fn accept(&mut self, name: &str, signature: IdentitySignature) -> Result<(), BadDefinition> {
        let Some(peer) = self.peer_named(name) else {
            return Err(BadDefinition::UnknownSigner(
                name.chars().take(64).collect(),
            ));
        };
        let key = self.terms.roster().key(peer);
        if !key.has_signed(&Agreed(self.hash), &signature) {
            return Err(BadDefinition::Signature(name.to_owned()));
        }
        self.signatures.insert(peer, signature);
        Ok(())
    }
}

/// A definition with the valid signature of every operator. Made by [`Definition::into_signed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDefinition(Definition);

impl Deref for SignedDefinition {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.0
    }
}

#[cfg(test)]
mod tests;
