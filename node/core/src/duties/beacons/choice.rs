//! Which of several answers to one question is taken.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proto::eth::{HeadVote, ValidatorIndex};
use proto::{DutyId, Root, Slot};

use super::Place;
use super::poll::Chosen;
use crate::duties::Response;
use crate::duties::agreed::judge::Sight;
use crate::duties::schedule::Drawn;

/// The longest list that is compared without its order.
const UNORDERED: usize = 4096;

/// Answers that are of use, by the best node first.
type Ranked<'a> = [(Place, &'a Response)];

/// How many of `all` say the same as `one`, itself among them.
pub(super) fn support(one: &Response, all: &Ranked<'_>) -> usize {
    let same = all.iter().filter(|(_, other)| says_the_same(one, other));
    same.count()
}

/// Whether two answers to one question mean the same; lists have no order of their own.
fn says_the_same(one: &Response, other: &Response) -> bool {
    match (one, other) {
        (Response::Attesters(_, Some(a)), Response::Attesters(_, Some(b))) => same_draw(a, b),
        (Response::Proposers(_, Some(a)), Response::Proposers(_, Some(b))) => same_draw(a, b),
        (Response::Validators(_, Some(a)), Response::Validators(_, Some(b))) => same_list(a, b),
        (Response::Seats(_, Some(a)), Response::Seats(_, Some(b))) => same_list(a, b),
        // Where the node's head is beside the block differs from moment to moment.
        (Response::Knows { seen: a, .. }, Response::Knows { seen: b, .. }) => {
            matches!(a, Sight::Known(_)) == matches!(b, Sight::Known(_))
        }
        (one, other) => one == other,
    }
}

fn same_draw<T: PartialEq>(one: &Drawn<T>, other: &Drawn<T>) -> bool {
    one.root == other.root && same_list(&one.duties, &other.duties)
}

fn same_list<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    let has_all = || one.iter().all(|item| other.contains(item));
    one == other || one.len() == other.len() && one.len() <= UNORDERED && has_all()
}

/// What is known beside the answers.
pub(super) struct Beside<'a> {
    /// The block that duties depend on, or a block builds on.
    pub(super) expected: Option<Root>,
    /// What blocks bring, in wei.
    pub(super) values: &'a BTreeMap<Place, u128>,
    /// The heads that a majority knows.
    pub(super) known: BTreeMap<Root, Slot>,
}

/// The best of what is of use; none of nothing.
pub(super) fn best(ranked: &Ranked<'_>, beside: &Beside<'_>) -> Option<Chosen> {
    let (by, first) = ranked.first()?;
    if let Response::Submit { duty, .. } = first {
        let response = merged(*duty, ranked);
        return Some(Chosen { by: *by, response });
    }
    if let Response::HeadVote(slot, _) = first {
        return Some(vote(*slot, ranked, &beside.known));
    }
    let key = |(at, (by, response)): &(usize, &(Place, &Response))| {
        let fits = beside.expected.is_some() && root(response) == beside.expected;
        // Each builds its own block; what they build on they have in common.
        let support = match matches!(response, Response::Block(..)) {
            true => on_the_same(response, ranked),
            false => support(response, ranked),
        };
        let value = beside.values.get(by).copied().unwrap_or(0) + fullness(response);
        (fits, support, value, is_known(response), Reverse(*at))
    };
    let (_, (by, response)) = ranked.iter().enumerate().max_by_key(key)?;
    let response = (*response).clone();
    Some(Chosen { by: *by, response })
}

/// How much it leaves to be done: the more votes are aggregated, and the more validators have a
/// duty, the better. A list in which one is lacking, or ends, may be short of what could not be
/// read, or of the truth.
fn fullness(response: &Response) -> u128 {
    if let Response::Attesters(_, Some(drawn)) = response {
        let due = drawn.duties.iter().map(|duty| duty.validator_index);
        return due.collect::<BTreeSet<_>>().len() as u128;
    }
    if let Response::Validators(_, Some(found)) = response {
        let on_duty = found.iter().filter(|(_, of)| of.active && !of.slashed);
        return on_duty.map(|(key, _)| key).collect::<BTreeSet<_>>().len() as u128;
    }
    if let Response::Contribution(_, Some(contribution)) = response {
        return contribution.aggregation_bits.num_set_bits() as u128;
    }
    let Response::Aggregates(_, all) = response else {
        return 0;
    };
    let votes = all.iter().map(|of| of.aggregation_bits.num_set_bits());
    votes.sum::<usize>() as u128
}

/// How many blocks build on the same as this one.
fn on_the_same(one: &Response, all: &Ranked<'_>) -> usize {
    let same = all.iter().filter(|(_, other)| root(other) == root(one));
    same.count()
}

/// The block that duties depend on, where they say it, or that a block builds on.
fn root(response: &Response) -> Option<Root> {
    if let Response::Attesters(_, Some(drawn)) = response {
        return drawn.root;
    }
    if let Response::Proposers(_, Some(drawn)) = response {
        return drawn.root;
    }
    if let Response::Block(_, Some(produced)) = response {
        return Some(produced.block().parent_root());
    }
    None
}

/// Whether it is a block that the node knows: of as many who do and who do not, the former have
/// seen more.
fn is_known(response: &Response) -> bool {
    matches!(
        response,
        Response::Knows {
            seen: Sight::Known(_),
            ..
        }
    )
}

/// The slot of a vote, and the head that it names.
pub(super) fn head(response: &Response) -> Option<(Slot, Root)> {
    let Response::HeadVote(slot, view) = response else {
        return None;
    };
    Some((*slot, view.as_ref()?.beacon_block_root))
}

/// What to vote for: one vote where all say the same, or else all of them, the best first: by
/// checkpoints that most nodes name, since a head is not all that can be wrong; then the newest of
/// the heads that a majority knows; then what most say.
fn vote(slot: Slot, ranked: &Ranked<'_>, known: &BTreeMap<Root, Slot>) -> Chosen {
    let views = ranked.iter().filter_map(|(by, response)| {
        let Response::HeadVote(_, Some(view)) = response else {
            return None;
        };
        Some((*by, *view))
    });
    let mut views: Vec<(Place, HeadVote)> = views.collect();
    let all: Vec<HeadVote> = views.iter().map(|(_, view)| *view).collect();
    let checkpoints = |view: &HeadVote| (view.source, view.target);
    views.sort_by_cached_key(|(_, view)| {
        let vouched = all
            .iter()
            .filter(|other| checkpoints(other) == checkpoints(view));
        let same = all.iter().filter(|other| *other == view);
        let newest = known.get(&view.beacon_block_root);
        (
            Reverse(vouched.count()),
            Reverse(newest),
            Reverse(same.count()),
        )
    });
    let (by, _) = views[0];
    let mut different: Vec<HeadVote> = Vec::new();
    for (_, view) in views {
        if !different.contains(&view) {
            different.push(view);
        }
    }
    let response = match different[..] {
        [view] => Response::HeadVote(slot, Some(view)),
        _ => Response::SplitVote(slot, different),
    };
    Chosen { by, response }
}

/// What all of them together have taken; of what none has, the best node's reason.
fn merged(duty: DutyId, ranked: &Ranked<'_>) -> Response {
    let mut all: Vec<ValidatorIndex> = Vec::new();
    let mut reasons: BTreeMap<ValidatorIndex, &String> = BTreeMap::new();
    for (_, response) in ranked {
        if let Response::Submit {
            accepted, refused, ..
        } = response
        {
            all.extend(accepted);
            for (index, why) in refused {
                reasons.entry(*index).or_insert(why);
            }
        }
    }
    all.sort_unstable_by_key(|index| index.0);
    all.dedup();
    let is_lost = |index: &ValidatorIndex| all.binary_search_by_key(&index.0, |i| i.0).is_err();
    let refused = reasons.into_iter().filter(|(index, _)| is_lost(index));
    let refused = refused.map(|(index, why)| (index, why.clone())).collect();
    Response::Submit {
        duty,
        accepted: all,
        refused,
    }
}
