//! Evidence as a file: JSON with the terms in the clear and every statement as it was sent, in hex.

use proto::ceremony::{Purpose, Spoken, Terms};
use proto::{IdentityKey, Root, Roster};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Evidence;

/// The file's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceFile {
    version: u64,
    definition: Root,
    identity_keys: Vec<IdentityKey>,
    validators: u16,
    purpose: String,
    statements: Vec<String>,
}

/// A file that is no evidence.
#[derive(Debug, Error)]
pub(super) enum BadFile {
    #[error("this evidence has version {0}, and this gantry reads version 1: update gantry")]
    Version(u64),
    #[error("the evidence names the purpose {0:?}, which this gantry does not know: update gantry")]
    Purpose(String),
    #[error(transparent)]
    Size(#[from] proto::BadClusterSize),
    #[error("the evidence is damaged: statement {0} cannot be read; ask for it again")]
    Statement(usize),
}

impl From<Evidence> for EvidenceFile {
    fn from(evidence: Evidence) -> Self {
        Self {
            version: 1,
            definition: evidence.terms.definition,
            identity_keys: evidence.terms.identity_keys().copied().collect(),
            validators: evidence.terms.validators,
            purpose: evidence.terms.purpose.name().to_owned(),
            statements: evidence
                .statements
                .iter()
                .map(|s| hex::encode(s.encode()))
                .collect(),
        }
    }
}

impl TryFrom<EvidenceFile> for Evidence {
    type Error = BadFile;

    fn try_from(file: EvidenceFile) -> Result<Self, BadFile> {
        if file.version != 1 {
            return Err(BadFile::Version(file.version));
        }
        let terms = Terms {
            definition: file.definition,
            roster: Roster::new(file.identity_keys)?,
            validators: file.validators,
            purpose: Purpose::named(&file.purpose).ok_or(BadFile::Purpose(file.purpose))?,
        };
        let size = terms.roster.size();
        let statements = file.statements.iter().enumerate().map(|(place, text)| {
            let bytes = hex::decode(text).map_err(|_| BadFile::Statement(place))?;
            Spoken::decode(size, &bytes).map_err(|_| BadFile::Statement(place))
        });
        let statements = statements.collect::<Result<_, _>>()?;
        Ok(Self { terms, statements })
    }
}
