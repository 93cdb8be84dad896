//! The lock as it stands in a file. Unknown keys are refused; every signature is checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BadLock, Contents, Lock, UnsignedLock, Validator};
use crate::definition::{DefinitionFile, version_of};
use crate::{IdentitySignature, PublicKey, Root};

/// The version this code reads and writes.
const VERSION: u64 = 1;

/// The file, key by key, in the order in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockFile {
    version: u64,
    hash: Root,
    definition: DefinitionFile,
    validators: Vec<Validator>,
    seal_commitment: Vec<PublicKey>,
    transcript_hash: Root,
    keystore_salt: Root,
    signatures: BTreeMap<String, IdentitySignature>,
}

impl LockFile {
    pub fn of(lock: &Lock) -> Self {
        let contents: Contents = (**lock).clone();
        let by_name = lock.signatures().iter().map(|(peer, signature)| {
            let name = contents.definition.name_of(*peer).to_owned();
            (name, *signature)
        });
        Self {
            version: VERSION,
            hash: lock.hash(),
            signatures: by_name.collect(),
            definition: DefinitionFile::of(&contents.definition),
            validators: contents.validators,
            seal_commitment: contents.seal_commitment,
            transcript_hash: contents.transcript_hash,
            keystore_salt: contents.keystore_salt,
        }
    }

    /// The version that a file of a later gantry names.
    pub fn later(text: &str) -> Option<u64> {
        version_of(text).filter(|version| *version > VERSION)
    }

    pub fn check(self) -> Result<Lock, BadLock> {
        if self.version != VERSION {
            return Err(BadLock::Version(self.version));
        }
        let definition = self.definition.check()?.into_signed()?;
        let mut signatures = BTreeMap::new();
        for (name, signature) in self.signatures {
            let peer = definition.peer_named(&name);
            let peer =
                peer.ok_or_else(|| BadLock::UnknownSigner(name.chars().take(64).collect()))?;
            signatures.insert(peer, signature);
        }
        let lock = UnsignedLock::new(Contents {
            definition,
            validators: self.validators,
            seal_commitment: self.seal_commitment,
            transcript_hash: self.transcript_hash,
            keystore_salt: self.keystore_salt,
        })?;
        if lock.hash() != self.hash {
            return Err(BadLock::Hash {
                stated: self.hash,
                computed: lock.hash(),
            });
        }
        lock.with_signatures(signatures)
    }
}
