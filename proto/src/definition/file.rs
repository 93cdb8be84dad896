//! The definition as it stands in a file. Unknown keys are refused; every signature is checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    BadDefinition, Chain, Definition, Draft, FeeRecipient, Gwei, Operator, Terms, Version,
    Withdrawal,
};
use crate::{ClusterSize, IdentitySignature, Root};

/// The version that a file names, whatever else it holds: that of a later gantry may have another
/// form, and is not to be called broken. (Locks name theirs in the same way.)
pub(crate) fn version_of(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    serde_json::from_str::<Versioned>(text)
        .ok()
        .map(|versioned| versioned.version)
}

/// The file, key by key, in the order in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefinitionFile {
    version: u64,
    name: String,
    nonce: Root,
    chain: Chain,
    threshold: Option<u64>,
    operators: Vec<Operator>,
    validators: usize,
    deposit_amounts: Vec<Gwei>,
    withdrawal: Withdrawal,
    fee_recipient: FeeRecipient,
    #[serde(default)]
    signatures: BTreeMap<String, IdentitySignature>,
}

impl DefinitionFile {
    pub fn of(definition: &Definition) -> Self {
        let terms = definition.terms();
        let draft: &Draft = terms;
        let draft = draft.clone();
        let by_name = definition.signatures().iter().map(|(peer, signature)| {
            let name = definition.name_of(*peer).to_owned();
            (name, *signature)
        });
        Self {
            version: draft.version.number(),
            name: draft.name,
            nonce: draft.nonce,
            chain: draft.chain,
            threshold: Some(terms.size().threshold() as u64),
            operators: draft.operators,
            validators: draft.validators,
            deposit_amounts: draft.deposit_amounts,
            withdrawal: draft.withdrawal,
            fee_recipient: draft.fee_recipient,
            signatures: by_name.collect(),
        }
    }

    /// The version that a file of a later gantry names.
    pub fn later(text: &str) -> Option<u64> {
        version_of(text).filter(|version| *version > Version::NEWEST.number())
    }

    pub fn check(self) -> Result<Definition, BadDefinition> {
        let version = Version::of(self.version);
        let version = version.ok_or(BadDefinition::Version(self.version))?;
        check_threshold(self.threshold, self.operators.len())?;
        let terms = Terms::new(Draft {
            version,
            name: self.name,
            nonce: self.nonce,
            chain: self.chain,
            operators: self.operators,
            validators: self.validators,
            deposit_amounts: self.deposit_amounts,
            withdrawal: self.withdrawal,
            fee_recipient: self.fee_recipient,
        })?;
        let mut definition = Definition::unsigned(terms);
        for (name, signature) in self.signatures {
            definition.accept(&name, signature)?;
        }
        Ok(definition)
    }
}

/// t is not a choice (design: safety needs 2t - n >= f + 1, duties need n - t >= f).
fn check_threshold(stated: Option<u64>, peers: usize) -> Result<(), BadDefinition> {
    let size = ClusterSize::of(peers).map_err(super::BadTerms::from)?;
    let fixed = size.threshold();
    match stated {
        Some(stated) if stated != fixed as u64 => Err(BadDefinition::Threshold {
            stated,
            fixed,
            peers,
        }),
        Some(_) | None => Ok(()),
    }
}
