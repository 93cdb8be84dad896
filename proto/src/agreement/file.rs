//! The agreement as it stands in a file. Unknown keys are refused, lengths are bounded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AccountSignature, AgreementFile, Content, Fixed, Member, Terms, Version, Wishes};
use crate::definition::{Kind, eip55, kind_of, version_of};
use crate::{Address, IdentitySignature, Root};

/// The version of the form that this code reads and writes.
const VERSION: u64 = 1;

/// The longest agreement worth reading, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// The most versions of one agreement.
pub const MAX_VERSIONS: usize = 256;

/// Why a text is no agreement.
#[derive(Debug, Error)]
pub enum BadFile {
    /// The file is empty, or its end is missing.
    #[error(
        "the agreement is empty or cut off ({0}): get the file once more from whoever sent it, \
         whole, and compare its fingerprint"
    )]
    CutOff(#[source] serde_json::Error),
    /// The file is not JSON of the right shape.
    #[error(
        "this is no agreement on Rocket Pool ({0}): take the file that `gantry pool agree new` \
         wrote, or get it once more from whoever sent it"
    )]
    Json(#[source] serde_json::Error),
    /// The file is another one of ours.
    #[error("this is a cluster {0}, and no agreement on Rocket Pool: name the agreement")]
    Other(&'static str),
    /// The file is of a later (or no) version.
    #[error("this agreement has the form {0}, and this gantry reads form 1: update gantry")]
    Form(u64),
    /// There is no version in it, or too many.
    #[error(
        "the agreement has {0} versions, and there are to be 1 to {MAX_VERSIONS}: take the file as \
         it was signed"
    )]
    Count(usize),
    /// The stated hash is not that of the content.
    #[error(
        "version {number} of the agreement states the hash {stated}, and its content has \
         {computed}: somebody has changed it. Take the file as it was signed"
    )]
    Hash {
        /// Of which version.
        number: u64,
        /// What the file says.
        stated: Root,
        /// What its content gives.
        computed: Root,
    },
}

/// The file, key by key, in the order in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    version: u64,
    lock: Root,
    versions: Vec<VersionShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionShape {
    number: u64,
    previous: Option<Root>,
    hash: Root,
    fixed: Fixed,
    #[serde(with = "eip55")]
    withdrawal: Address,
    #[serde(with = "eip55")]
    rpl_withdrawal: Address,
    members: Vec<Member>,
    wishes: Wishes,
    #[serde(default)]
    signatures: BTreeMap<String, IdentitySignature>,
    #[serde(default)]
    node_signature: Option<AccountSignature>,
}

impl AgreementFile {
    /// Reads a file; the caller bounds its length by [`MAX_BYTES`].
    ///
    /// # Errors
    /// If it is malformed, or a hash in it is not that of its content.
    pub fn from_json(text: &str) -> Result<Self, BadFile> {
        let read = serde_json::from_str::<Shape>(text);
        let file = read.map_err(|error| match kind_of(text) {
            Kind::Definition => BadFile::Other("definition"),
            Kind::Lock => BadFile::Other("lock"),
            Kind::Other if error.is_eof() => BadFile::CutOff(error),
            Kind::Other => match version_of(text).filter(|version| *version > VERSION) {
                Some(later) => BadFile::Form(later),
                None => BadFile::Json(error),
            },
        })?;
        if file.version != VERSION {
            return Err(BadFile::Form(file.version));
        }
        if !(1..=MAX_VERSIONS).contains(&file.versions.len()) {
            return Err(BadFile::Count(file.versions.len()));
        }
        let lock = file.lock;
        let versions = file.versions.into_iter().map(|shape| shape.check(lock));
        Ok(Self {
            lock,
            versions: versions.collect::<Result<_, _>>()?,
        })
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let shape = Shape {
            version: VERSION,
            lock: self.lock,
            versions: self.versions.iter().map(VersionShape::of).collect(),
        };
        let mut text = serde_json::to_string_pretty(&shape)
            .expect("strings, numbers and lists can be written as JSON");
        text.push('\n');
        text
    }
}

impl VersionShape {
    fn of(version: &Version) -> Self {
        let Content {
            number,
            previous,
            terms,
            ..
        } = version.content.clone();
        Self {
            number,
            previous,
            hash: version.hash,
            fixed: terms.fixed,
            withdrawal: terms.withdrawal,
            rpl_withdrawal: terms.rpl_withdrawal,
            members: terms.members,
            wishes: terms.wishes,
            signatures: version.signatures.clone(),
            node_signature: version.node_signature,
        }
    }

    fn check(self, lock: Root) -> Result<Version, BadFile> {
        let content = Content {
            lock,
            number: self.number,
            previous: self.previous,
            terms: Terms {
                fixed: self.fixed,
                withdrawal: self.withdrawal,
                rpl_withdrawal: self.rpl_withdrawal,
                members: self.members,
                wishes: self.wishes,
            },
        };
        let computed = content.hash();
        if computed != self.hash {
            return Err(BadFile::Hash {
                number: self.number,
                stated: self.hash,
                computed,
            });
        }
        Ok(Version {
            content,
            hash: computed,
            signatures: self.signatures,
            node_signature: self.node_signature,
        })
    }
}
