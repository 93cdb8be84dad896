//! The votes rule: what a leader may propose in a round, given what a quorum says it has voted for.
//! Pure: answers in, choice out. The argument why this is safe stands in the crate doc.

use std::collections::{BTreeMap, BTreeSet};

use proto::vote::Prepared;
use proto::{ClusterSize, PeerIndex, Root, Round};

/// What one peer has said about all rounds before the one it enters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Stand {
    /// What it PREPAREd; an absent round means nothing.
    pub votes: BTreeMap<Round, Root>,
    /// The highest quorum it has proven.
    pub prepared: Option<Prepared>,
}

/// The stands of the peers that have answered for a round.
pub(crate) type Answers = BTreeMap<PeerIndex, Stand>;

/// What may be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Fewer than t peers have answered.
    Wait,
    /// Only this value: it has been, or may have been, prepared.
    Forced(Root),
    /// Each of these may have been prepared, and the answers do not say which (n a multiple of 3).
    Either(BTreeSet<Root>),
    /// Nothing can have been prepared.
    Free,
}

impl Choice {
    /// Whether the choice allows to propose `value`.
    pub(crate) fn allows(&self, value: &Root) -> bool {
        match self {
            Self::Wait => false,
            Self::Forced(only) => only == value,
            Self::Either(values) => values.contains(value),
            Self::Free => true,
        }
    }

    /// Whether one of these values may have been prepared, against what this says.
    pub(crate) fn is_doubted(&self, doubts: &BTreeSet<Root>) -> bool {
        doubts.iter().any(|value| *self != Self::Forced(*value))
    }
}

/// A rule for choosing: [`choose`] everywhere but in negative controls.
pub(crate) type ChoiceRule = fn(ClusterSize, &Answers) -> Choice;

/// The votes rule (see the crate page): the highest certificate; else, from the highest earlier
/// round down, the first value that may have been prepared there; else free.
pub(crate) fn choose(size: ClusterSize, answers: &Answers) -> Choice {
    if answers.len() < size.threshold() {
        return Choice::Wait;
    }
    if let Some(prepared) = highest_certificate(answers) {
        return Choice::Forced(prepared.value);
    }
    let rounds: BTreeSet<Round> = answers
        .values()
        .flat_map(|stand| stand.votes.keys().copied())
        .collect();
    rounds
        .into_iter()
        .rev()
        .find_map(|round| only_or_either(possibly_prepared(size, answers, round)))
        .unwrap_or(Choice::Free)
}

/// The proven quorum of the highest round.
pub(crate) fn highest_certificate(answers: &Answers) -> Option<Prepared> {
    answers
        .values()
        .filter_map(|stand| stand.prepared)
        .max_by_key(|prepared| (prepared.round, prepared.value))
}

/// The values that a quorum may have PREPAREd in `round`: those with t votes if everybody who has
/// not answered voted for them.
fn possibly_prepared(size: ClusterSize, answers: &Answers, round: Round) -> BTreeSet<Root> {
    let mut votes: BTreeMap<Root, usize> = BTreeMap::new();
    for value in answers.values().filter_map(|stand| stand.votes.get(&round)) {
        *votes.entry(*value).or_default() += 1;
    }
    let unknown = size.peers() - answers.len();
    votes
        .into_iter()
        .filter(|(_, count)| count + unknown >= size.threshold())
        .map(|(value, _)| value)
        .collect()
}

fn only_or_either(values: BTreeSet<Root>) -> Option<Choice> {
    match values.len() {
        0 => None,
        1 => values.into_iter().next().map(Choice::Forced),
        _ => Some(Choice::Either(values)),
    }
}

#[cfg(test)]
mod tests;
