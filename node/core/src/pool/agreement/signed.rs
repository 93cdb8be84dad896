//! What one operator has ever signed of an agreement: one version of each number.
//!
//! It is kept apart from the agreement, and durably before a signature is written anywhere: so
//! however copies are lost, changed or put back, nobody signs a second version of a number by
//! mistake, and none after a later one. Two complete versions of one number would take all
//! operators to do so.

use std::collections::{BTreeMap, BTreeSet};

use proto::Root;

use super::chain::Agreement;
use super::error::BadAgreement;

/// The versions that an operator has signed, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed(BTreeMap<u64, BTreeSet<Root>>);

impl Signed {
    /// Adds a version.
    pub fn add(&mut self, number: u64, hash: Root) {
        self.0.entry(number).or_default().insert(hash);
    }

    /// Adds what stands in a copy of the agreement as signed by the operator called `name`.
    pub fn add_those_of(&mut self, agreement: &Agreement, name: &str) {
        let versions = agreement.versions().iter();
        for version in versions.filter(|it| it.signatures.contains_key(name)) {
            self.add(version.content.number, version.hash);
        }
    }

    /// Whether the operator may sign the newest version of the agreement.
    ///
    /// # Errors
    /// If they have signed another one of its number, or a later one.
    pub fn allow(&self, agreement: &Agreement) -> Result<(), BadAgreement> {
        let (number, hash) = (agreement.last().content.number, agreement.last().hash);
        let mut later = self.0.range(number..);
        let other = later.find_map(|(number, hashes)| {
            let signed = hashes.iter().find(|it| **it != hash)?;
            Some((*number, *signed))
        });
        match other {
            None => Ok(()),
            Some((signed_number, signed)) => Err(BadAgreement::SignedOther {
                number,
                hash,
                signed_number,
                signed,
            }),
        }
    }

    /// Whether a copy of the agreement, if there is one, has what the operator has signed last: a
    /// copy without it may lack what is in force, unless a later version is.
    ///
    /// # Errors
    /// If it has not.
    pub fn check_newest(&self, agreement: Option<&Agreement>) -> Result<(), BadAgreement> {
        let Some((number, hashes)) = self.0.last_key_value() else {
            return Ok(());
        };
        let in_force = agreement.and_then(|it| it.in_force().ok());
        let versions = agreement.map_or(&[][..], Agreement::versions);
        let is_there = versions.iter().any(|it| hashes.contains(&it.hash));
        if is_there || in_force.is_some_and(|it| it.content.number > *number) {
            return Ok(());
        }
        Err(BadAgreement::Lacks {
            number: *number,
            hash: *hashes.first().expect("a number comes with a hash"),
        })
    }
}
