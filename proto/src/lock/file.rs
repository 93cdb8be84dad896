//! The lock as it stands in a file. Unknown keys are refused; every signature is checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BadLock, Contents, Lock, UnsignedLock, Validator};
use crate::definition::{DefinitionFile, Version, version_of};
use crate::{IdentitySignature, PublicKey, Root};

/// The file, key by key, in the order in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockFile {
    version: u64,
    hash: Root,
    definition: DefinitionFile,
    validators: Vec<Validator>,
    seal_commitment: Vec<PublicKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit_seal_commitment: Option<Vec<PublicKey>>,
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
            version: contents.definition.terms().version.number(),
            hash: lock.hash(),
            signatures: by_name.collect(),
            definition: DefinitionFile::of(&contents.definition),
            validators: contents.validators,
            seal_commitment: contents.seal_commitment,
            exit_seal_commitment: contents.exit_seal_commitment,
            transcript_hash: contents.transcript_hash,
            keystore_salt: contents.keystore_salt,
        }
    }

    /// The version that a file of a later gantry names.
    pub fn later(text: &str) -> Option<u64> {
        version_of(text).filter(|version| *version > Version::NEWEST.number())
    }

    pub fn check(self) -> Result<Lock, BadLock> {
        let version = Version::of(self.version).ok_or(BadLock::Version(self.version))?;
        let definition = self.definition.check()?.into_signed()?;
        if definition.terms().version != version {
            return Err(BadLock::OtherVersion(self.version));
        }
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
            exit_seal_commitment: self.exit_seal_commitment,
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
