//! One question to several own beacon nodes: when it is answered, and by whom.
//!
//! | question | is answered |
//! |---|---|
//! | what is posted, noted or subscribed | as soon as one node has taken it; all are told |
//! | how the node is | as soon as one is sound |
//! | a block | once all that are waited for have built one, or a grace is over |
//! | anything else | as soon as a majority of all own nodes says the same |
//!
//! Failing that, it is answered once all have answered, or all that are waited for and none
//! contradicts another, or after a grace that begins with the first answer: by the best of what
//! has come until then (`choice`). While nothing of use has come, those that are well are waited
//! for. What to vote for is asked once more after the grace where nodes do not agree: one may only
//! have got the block later than another. Of three or more nodes each is then asked, too, which of
//! the heads it knows: one that a majority knows comes before one that perhaps nobody has seen but
//! the node that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proto::{DutyId, DutyKind, Root, Slot};

use super::choice;
use super::manner::{Manner, Worth, worth};
use super::{Place, Standing};
use crate::duties::agreed::judge::Sight;
use crate::duties::{Request, Response};

/// What a question stands on beside itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// How many own nodes there are.
    pub(super) count: usize,
    /// More than half of them.
    pub(super) majority: usize,
    /// The block that the answer should depend on, as far as head events say it; of a block that
    /// is built, its parent.
    pub(super) expected: Option<Root>,
    pub(super) slot_duration: Duration,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// By whom; of what several say, the best of them.
    pub by: Place,
    /// What.
    pub response: Response,
}

/// One question under way.
#[derive(Debug)]
pub struct Poll {
    manner: Manner,
    setting: Setting,
    /// Whom it was put to, the best first.
    asked: Vec<Place>,
    /// Those of them that are waited for.
    awaited: Vec<Place>,
    /// In the order in which they came.
    answers: Vec<(Place, Response)>,
    /// What the blocks of them bring, in wei.
    values: BTreeMap<Place, u128>,
    /// What was answered when it was put first, if it was put once more.
    earlier: Option<Vec<(Place, Response)>>,
    /// Which heads are known, by the slots that nodes have said they are of.
    heads: BTreeMap<Root, Vec<Slot>>,
    /// How many answers are still to come on which heads are known.
    open_heads: usize,
    is_late: bool,
}

impl Poll {
    pub(super) fn new(request: &Request, ranked: Vec<(Standing, Place)>, setting: Setting) -> Self {
        let well = ranked
            .iter()
            .filter(|(standing, _)| standing.is_waited_for());
        let mut awaited: Vec<Place> = well.map(|(_, place)| *place).collect();
        let asked: Vec<Place> = ranked.iter().map(|(_, place)| *place).collect();
        if awaited.is_empty() {
            awaited.clone_from(&asked);
        }
        Self {
            manner: Manner::of(request),
            setting,
            asked,
            awaited,
            answers: Vec::new(),
            values: BTreeMap::new(),
            earlier: None,
            heads: BTreeMap::new(),
            open_heads: 0,
            is_late: false,
        }
    }

    /// Whom the question is put to, the best first.
    pub fn asked(&self) -> &[Place] {
        &self.asked
    }

    /// How long after the first answer [`Poll::late`] is wanted.
    pub fn grace(&self) -> Duration {
        self.manner.grace(self.setting.slot_duration)
    }

    /// Whether a node that follows the chain answers at once: how long it takes shows how it is.
    pub fn is_short(&self) -> bool {
        self.manner.is_short()
    }

    /// A node has answered, if it was with a block with one of this value: what was answered to the
    /// question, if that is enough.
    pub fn answered(&mut self, by: Place, response: Response, value_wei: u128) -> Option<Chosen> {
        self.answers.push((by, response));
        self.values.insert(by, value_wei);
        self.decided()
    }

    /// The grace is over: what was answered to the question, if that is enough now.
    pub fn late(&mut self) -> Option<Chosen> {
        self.is_late = true;
        self.decided()
    }

    /// Whether the question is to be put once more to all, in place of [`Poll::late`].
    pub fn begins_again(&mut self) -> bool {
        let agree = agree(&self.weighed(self.ranked()));
        let again = self.manner == Manner::Vote && self.earlier.is_none() && !agree;
        if again {
            self.earlier = Some(std::mem::take(&mut self.answers));
        }
        again
    }

    /// What all are to be asked beside it when the question is put once more: which of the heads
    /// they know.
    pub fn doubts(&mut self) -> Vec<Request> {
        if self.setting.count < 3 {
            return Vec::new();
        }
        let ranked = self.ranked();
        let votes = ranked
            .iter()
            .filter_map(|(_, response)| choice::head(response));
        let heads: BTreeSet<(Slot, Root)> = votes.collect();
        self.open_heads = heads.len() * self.asked.len();
        let knows = |(slot, root)| Request::Knows {
            duty: DutyId {
                slot,
                kind: DutyKind::Head,
            },
            root,
        };
        heads.into_iter().map(knows).collect()
    }

    /// A node has said whether it knows a head: what was answered to the question, if that is
    /// enough now.
    pub fn knows(&mut self, head: Root, seen: Sight) -> Option<Chosen> {
        self.open_heads = self.open_heads.saturating_sub(1);
        if let Sight::Known(sighting) = seen {
            self.heads.entry(head).or_default().push(sighting.slot);
        }
        self.decided()
    }

    /// The heads that a majority knows, each with a slot that not all of them can have made up.
    fn known(&self) -> BTreeMap<Root, Slot> {
        let known = self.heads.iter().filter_map(|(head, slots)| {
            let mut slots = slots.clone();
            slots.sort_by(|a, b| b.cmp(a));
            Some((*head, *slots.get(self.setting.majority - 1)?))
        });
        known.collect()
    }

    fn decided(&self) -> Option<Chosen> {
        let mut answers = self.answers.iter();
        let enough = answers.find(|(_, response)| worth(response) == Worth::Enough);
        if let Some((by, response)) = enough {
            return Some(Chosen::of(*by, response));
        }
        let ranked = self.ranked();
        if self.manner.is_settled_by_majority() {
            let majority = self.setting.majority;
            let settles = |one| choice::support(one, &ranked) >= majority;
            if let Some((by, response)) = ranked.iter().find(|(_, one)| settles(one)) {
                return Some(Chosen::of(*by, response));
            }
        }
        let weighed = self.weighed(ranked);
        self.is_over(&weighed).then(|| self.best(&weighed))
    }

    /// What is of use, by the best node first; of one that has not answered again, what it said.
    fn ranked(&self) -> Vec<(Place, &Response)> {
        let all = || self.answers.iter().chain(self.earlier.iter().flatten());
        let answers = self.asked.iter().filter_map(|place| {
            let (_, response) = all().find(|(by, _)| by == place)?;
            (worth(response) != Worth::Nothing).then_some((*place, response))
        });
        answers.collect()
    }

    /// What is weighed where no majority settles it: what the nodes say that are waited for, as
    /// long as that is anything. What is to be taken may be by any.
    fn weighed<'a>(&self, mut ranked: Vec<(Place, &'a Response)>) -> Vec<(Place, &'a Response)> {
        let is_awaited = |(place, _): &(Place, &Response)| self.awaited.contains(place);
        if self.manner != Manner::Told && ranked.iter().any(is_awaited) {
            ranked.retain(is_awaited);
        }
        ranked
    }

    /// Whether nobody else is waited for.
    fn is_over(&self, ranked: &[(Place, &Response)]) -> bool {
        let has_answered = |place: &Place| self.answers.iter().any(|(by, _)| by == place);
        let all = self.asked.iter().all(has_answered);
        let all_awaited = self.awaited.iter().all(has_answered);
        let is_usable = !ranked.is_empty();
        match (self.manner, self.is_late) {
            // They may still agree.
            (Manner::Vote, false) if !agree(ranked) => {
                self.earlier.is_some() && all && self.open_heads == 0
            }
            _ if all => true,
            // Who has not taken it yet may still take all of it.
            (Manner::Told, is_late) => all_awaited && is_late,
            (Manner::Vote | Manner::Sound | Manner::View | Manner::Fact | Manner::Built, true) => {
                all_awaited || is_usable
            }
            (Manner::Built, false) => all_awaited && is_usable,
            (Manner::Vote | Manner::Sound | Manner::View | Manner::Fact, false) => {
                all_awaited && is_usable && agree(ranked)
            }
        }
    }

    fn best(&self, ranked: &[(Place, &Response)]) -> Chosen {
        let beside = choice::Beside {
            expected: self.setting.expected,
            values: &self.values,
            known: self.known(),
        };
        choice::best(ranked, &beside).unwrap_or_else(|| {
            let of = |place: &Place| self.answers.iter().find(|(by, _)| by == place);
            let nothing = self.asked.iter().find_map(of);
            let (by, response) = nothing.expect("a question ends with an answer at least");
            Chosen::of(*by, response)
        })
    }
}

/// Whether none contradicts another.
fn agree(ranked: &[(Place, &Response)]) -> bool {
    let all = ranked.len();
    ranked
        .iter()
        .all(|(_, one)| choice::support(one, ranked) == all)
}

impl Chosen {
    fn of(by: Place, response: &Response) -> Self {
        let response = response.clone();
        Self { by, response }
    }
}
