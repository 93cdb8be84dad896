//! Who stands behind the versions that are not in force yet, and how many of them there may be.
//!
//! Whoever signs a version stands behind it and all before it, whose hashes it names. What at most
//! as many operators stand behind as may be faulty is nobody's word yet: it takes nothing away
//! from what more of them have signed, however far it goes, and only a few such versions are
//! taken in. Else one operator, or with versions that nobody has signed anybody, could fill the
//! agreement, and there would be no room for the real next version. What is in force all stand
//! behind.

use std::collections::BTreeSet;

use proto::agreement::{MAX_VERSIONS, Version};

use super::chain::Agreement;
use super::error::BadAgreement;

/// The most versions in a row that nobody has signed, and the most that one operator alone stands
/// behind: what one writes, and writes again, before the others agree.
pub const MOST_ALONE: usize = 8;

/// How many stand behind a branch: the later ones here hold against the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Backing {
    /// Too few for so many versions.
    Crowd,
    /// Nobody has signed it.
    Nobody,
    /// Those who have may all be faulty.
    Few,
    /// One of those who have is honest.
    Enough,
}

impl Agreement {
    /// Refuses more versions that too few stand behind than are taken in.
    ///
    /// # Errors
    /// If there are more.
    pub fn refuse_crowd(&self) -> Result<(), BadAgreement> {
        let few = &self.versions[self.backed()..];
        let (signed, bare) = few.split_at(self.bare_from() - self.backed());
        let ends = |of: &[Version]| Some((of.first()?.content.number, of.last()?.content.number));
        if let Some((first, last)) = ends(bare).filter(|_| bare.len() > MOST_ALONE) {
            return Err(BadAgreement::Bare { first, last });
        }
        let signers = signers(signed);
        let most = MOST_ALONE * signers.len();
        match ends(signed).filter(|_| signed.len() > most) {
            None => Ok(()),
            Some((first, last)) => Err(BadAgreement::Crowd {
                first,
                last,
                names: signers.into_iter().collect::<Vec<_>>().join(", "),
                most,
            }),
        }
    }

    /// The same with room for another version: without those at the end that are in its way and
    /// that too few stand behind. It may be left without any.
    pub(super) fn with_room(&self) -> Self {
        let mut kept = self.clone();
        if self.versions.len() - self.bare_from() >= MOST_ALONE {
            kept.versions.truncate(self.bare_from());
        }
        if kept.versions.len() >= MAX_VERSIONS || kept.refuse_crowd().is_err() {
            kept.versions.truncate(kept.backed());
        }
        kept
    }

    /// How many stand behind what begins at this place.
    pub(super) fn backing(&self, from: usize) -> Backing {
        let signers = signers(&self.versions[from..]).len();
        if signers >= self.enough() {
            Backing::Enough
        } else if self.refuse_crowd().is_err() {
            Backing::Crowd
        } else if signers == 0 {
            Backing::Nobody
        } else {
            Backing::Few
        }
    }

    /// How many operators are so many that one of them is honest. Two where one alone would be.
    fn enough(&self) -> usize {
        self.lock.definition.terms().size().faulty().max(1) + 1
    }

    /// How many versions have enough operators behind them.
    fn backed(&self) -> usize {
        let has_enough = |it: &usize| signers(&self.versions[*it..]).len() >= self.enough();
        let newest = (0..self.versions.len()).rev().find(has_enough);
        newest.map_or(0, |place| place + 1)
    }

    /// From which place on nobody has signed a version.
    fn bare_from(&self) -> usize {
        let is_signed = |it: &Version| !it.signatures.is_empty();
        let newest = self.versions.iter().rposition(is_signed);
        newest.map_or(0, |place| place + 1)
    }
}

/// Who has signed one of these versions.
fn signers(versions: &[Version]) -> BTreeSet<&str> {
    let names = versions.iter().flat_map(|it| it.signatures.keys());
    names.map(String::as_str).collect()
}
