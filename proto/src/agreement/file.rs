//! The agreement as it stands in a file. Unknown keys are refused, lengths are bounded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    AccountSignature, AgreementFile, BuilderTerms, Content, Fixed, Member, NodeSafe, PoolTerms,
    Terms, Version, Wishes,
};
use crate::definition::{Kind, eip55_maybe, kind_of, version_of};
use crate::{Address, IdentitySignature, Root};

/// The form of a file whose versions are all on Rocket Pool alone, as programs before builders
/// read it.
const POOL_ALONE: u64 = 1;
/// The form of a file with builders, or without Rocket Pool.
const WITH_PARTS: u64 = 2;
/// The form of a file with a Safe as node account: the newest that this code reads.
const NEWEST: u64 = 3;

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
    #[error("this agreement has the form {0}, and this gantry reads forms 1 and 2: update gantry")]
    Form(u64),
    /// There is no version in it, or too many.
    #[error(
        "the agreement has {0} versions, and there are to be 1 to {MAX_VERSIONS}: take the file as \
         it was signed"
    )]
    Count(usize),
    /// A part of what is agreed on Rocket Pool.
    #[error(
        "version {0} of the agreement says a part of what is to be agreed on Rocket Pool, and \
         lacks the rest: take the file as it was signed"
    )]
    Half(u64),
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed: Option<Fixed>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "eip55_maybe")]
    withdrawal: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "eip55_maybe")]
    rpl_withdrawal: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    members: Option<Vec<Member>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wishes: Option<Wishes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node_safe: Option<NodeSafe>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    builder: Option<BuilderTerms>,
    #[serde(default)]
    signatures: BTreeMap<String, IdentitySignature>,
    #[serde(default)]
    node_signature: Option<AccountSignature>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    owner_signatures: BTreeMap<String, AccountSignature>,
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
            Kind::Other => match version_of(text).filter(|version| *version > NEWEST) {
                Some(later) => BadFile::Form(later),
                None => BadFile::Json(error),
            },
        })?;
        if !(POOL_ALONE..=NEWEST).contains(&file.version) {
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

    /// What a program must read to read it: one that cannot says so, instead of half of it.
    fn form(&self) -> u64 {
        let form = |it: &Version| match &it.content.terms {
            Terms {
                pool: Some(pool), ..
            } if pool.node_safe.is_some() => NEWEST,
            Terms {
                pool: Some(_),
                builder: None,
            } => POOL_ALONE,
            Terms { .. } => WITH_PARTS,
        };
        self.versions.iter().map(form).max().unwrap_or(POOL_ALONE)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let shape = Shape {
            version: self.form(),
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
            terms: Terms { pool, builder },
            ..
        } = version.content.clone();
        Self {
            number,
            previous,
            hash: version.hash,
            fixed: pool.as_ref().map(|it| it.fixed),
            withdrawal: pool.as_ref().map(|it| it.withdrawal),
            rpl_withdrawal: pool.as_ref().map(|it| it.rpl_withdrawal),
            members: pool.as_ref().map(|it| it.members.clone()),
            node_safe: pool.as_ref().and_then(|it| it.node_safe.clone()),
            wishes: pool.map(|it| it.wishes),
            builder,
            signatures: version.signatures.clone(),
            node_signature: version.node_signature,
            owner_signatures: version.owner_signatures.clone(),
        }
    }

    fn check(self, lock: Root) -> Result<Version, BadFile> {
        let number = self.number;
        let pool = match (
            (self.fixed, self.withdrawal, self.rpl_withdrawal),
            (self.members, self.wishes),
        ) {
            (
                (Some(fixed), Some(withdrawal), Some(rpl_withdrawal)),
                (Some(members), Some(wishes)),
            ) => Some(PoolTerms {
                fixed,
                withdrawal,
                rpl_withdrawal,
                members,
                wishes,
                node_safe: self.node_safe,
            }),
            ((None, None, None), (None, None)) if self.node_safe.is_none() => None,
            _ => return Err(BadFile::Half(number)),
        };
        let content = Content {
            lock,
            number: self.number,
            previous: self.previous,
            terms: Terms {
                pool,
                builder: self.builder,
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
            owner_signatures: self.owner_signatures,
        })
    }
}
