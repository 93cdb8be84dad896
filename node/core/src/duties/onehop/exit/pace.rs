//! How much of what peers say about exits is worked on in one slot.
//!
//! Every new word costs a check of its signature, a line for the operator, a write and a frame to
//! everybody, and an operator who lies can sign thousands in a second that all count. Passed on one
//! by one they would be more than honest peers may send each other, who would then cut the sessions
//! that duties need. So a few are passed on at once, as people say them, and what is more waits for
//! the next slot: then there is one of each operator about each validator at most. No word that
//! counts is lost by that.
//!
//! Never here: what a word means.

use std::collections::{BTreeMap, BTreeSet};

use proto::{PeerIndex, ValidatorPosition};

use crate::duties::facts::ClusterFacts;

/// How many words of others are passed on and kept in a slot as soon as they come.
pub(super) const AT_ONCE: usize = 64;

/// What was heard in this slot.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// What counts and was not passed on yet: whose word, about what.
    fresh: BTreeSet<(ValidatorPosition, PeerIndex)>,
    passed: usize,
    /// Of how many words of each peer the signature was checked.
    checked: BTreeMap<PeerIndex, usize>,
}

/// How many words that are new to its receiver a peer may say in one slot: more than an honest one
/// ever passes on, even if it comes back meanwhile and says everything again.
pub(super) fn most_checked(facts: &ClusterFacts) -> usize {
    let all = facts.keys.count() * facts.roster.size().peers();
    2 * (all + AT_ONCE)
}

impl Pace {
    /// A new slot begins: what is to be passed on now.
    pub(super) fn begin(&mut self) -> BTreeSet<(ValidatorPosition, PeerIndex)> {
        self.passed = 0;
        self.checked.clear();
        std::mem::take(&mut self.fresh)
    }

    /// Whether the signature of one more word that `peer` says may be checked in this slot.
    pub(super) fn may_check(&mut self, peer: PeerIndex, facts: &ClusterFacts) -> bool {
        let checked = self.checked.entry(peer).or_default();
        *checked += 1;
        *checked <= most_checked(facts)
    }

    /// The word of this operator about this validator is a new one, and counts.
    pub(super) fn heard(&mut self, validator: ValidatorPosition, operator: PeerIndex) {
        self.fresh.insert((validator, operator));
    }

    /// What is to be passed on at once: nothing if that would be too much for this slot.
    pub(super) fn due(&mut self) -> BTreeSet<(ValidatorPosition, PeerIndex)> {
        let passed = self.passed + self.fresh.len();
        if passed > AT_ONCE {
            return BTreeSet::new();
        }
        self.passed = passed;
        std::mem::take(&mut self.fresh)
    }
}
