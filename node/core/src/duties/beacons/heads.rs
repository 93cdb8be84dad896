//! Whose head event counts: the core is told of one chain of heads.
//!
//! A head that a majority of all own nodes has counts at once, and so does one that all have that
//! are well. One that only a part has waits a short grace, and then the head that most have
//! counts, in the operator's order where as many have another one. Of three nodes and more none
//! counts that one alone has, while another that is well and not old has another one: it may be
//! made up, and what it begins begins by the clock too. Of nothing that was told the same is told
//! again.

use std::collections::BTreeSet;

use proto::eth::ChainSpec;
use proto::{Slot, Timestamp};

use super::manner::Manner;
use super::{Place, Standing};
use crate::duties::schedule::Head;

/// By how many slots a head that is not old may lie back: in an empty slot it stays where it is.
const RECENT: u64 = 2;

/// The newest heads of all own nodes.
#[derive(Debug)]
pub(super) struct Heads {
    /// None of a node that has told none since its event stream stands.
    newest: Vec<Option<Head>>,
    hears: Vec<bool>,
    /// What the core was told last.
    told: Option<Head>,
    /// When the nodes that do not agree have had time enough.
    decide_at: Option<Timestamp>,
    /// Whether they have had it, and none counts.
    is_disputed: bool,
}

impl Heads {
    pub(super) fn new(count: usize) -> Self {
        Self {
            newest: vec![None; count],
            hears: vec![false; count],
            told: None,
            decide_at: None,
            is_disputed: false,
        }
    }

    pub(super) fn newest(&self, place: Place) -> Option<Head> {
        self.newest[place.0]
    }

    /// The head that the core was told of last, unless it is disputed whether that has changed.
    pub(super) fn told(&self) -> Option<Head> {
        self.told.filter(|_| !self.is_disputed)
    }

    pub(super) fn is_heard(&self) -> bool {
        self.hears.contains(&true)
    }

    pub(super) fn hears(&mut self, place: Place, hears: bool) {
        self.hears[place.0] = hears;
        self.newest[place.0] = None;
        if !self.is_heard() {
            self.told = None;
        }
    }

    pub(super) fn heard(&mut self, place: Place, head: Head) {
        self.hears[place.0] = true;
        self.newest[place.0] = Some(head);
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.decide_at
    }

    /// Whose newest head counts now, if the core has not been told of it.
    pub(super) fn settle(
        &mut self,
        now: Timestamp,
        ranked: &[(Standing, Place)],
        (majority, chain): (usize, &ChainSpec),
    ) -> Option<Place> {
        let is_late = self.decide_at.is_some_and(|at| at <= now);
        let slot = chain.slot_at(now).unwrap_or(Slot(0));
        let recent = Slot(slot.0.saturating_sub(RECENT));
        let counts = self.counts(ranked, majority, (is_late, recent));
        self.is_disputed = counts.is_none() && (is_late || self.is_disputed);
        let Some((place, head)) = counts else {
            let at = now + Manner::Vote.grace(chain.slot_duration());
            let is_open = ranked
                .iter()
                .any(|(_, place)| self.newest(*place).is_some());
            let awaited = self.decide_at.filter(|_| !is_late);
            self.decide_at = is_open.then(|| awaited.unwrap_or(at));
            return None;
        };
        self.decide_at = None;
        (self.told.replace(head) != Some(head)).then_some(place)
    }

    /// The head that counts, if one does already, and the best node that has it: whether they have
    /// had time enough, and from which slot on a head is not old, is given.
    fn counts(
        &self,
        ranked: &[(Standing, Place)],
        majority: usize,
        (is_late, recent): (bool, Slot),
    ) -> Option<(Place, Head)> {
        let heard = ranked.iter().filter(|(_, place)| self.hears[place.0]);
        let heard: Vec<(Standing, Place)> = heard.copied().collect();
        let known = heard
            .iter()
            .filter_map(|(_, place)| Some((*place, self.newest(*place)?)));
        let known: Vec<(Place, Head)> = known.collect();
        // Clients differ in the roots that they name beside a block: the block is what counts.
        let block = |head: Head| (head.slot, head.block);
        let of_block = |head: &Head| {
            let same = known
                .iter()
                .filter(|(_, other)| block(*other) == block(*head));
            same.count()
        };
        let same = |head: &Head| known.iter().filter(|(_, other)| other == head).count();
        // The first of those that as many have.
        let support = |(_, head): &&(Place, Head)| (of_block(head), same(head));
        let (first, head) = *known.iter().rev().max_by_key(support)?;
        let awaited = heard
            .iter()
            .filter(|(standing, _)| standing.is_waited_for());
        let awaited: Vec<Place> = awaited.map(|(_, place)| *place).collect();
        let heads = awaited.iter().map(|place| self.newest(*place).map(block));
        let heads: BTreeSet<_> = heads.collect();
        let differs = |other: Head| block(other) != block(head) && other.slot >= recent;
        let mut others = awaited.iter().filter_map(|place| self.newest(*place));
        let may_be_made_up = self.newest.len() > 2 && of_block(&head) == 1;
        let is_doubted = may_be_made_up && others.any(differs);
        if of_block(&head) >= majority || is_late && !is_doubted {
            return Some((first, head));
        }
        let agreed = awaited.first().copied().filter(|_| heads.len() == 1)?;
        Some((agreed, self.newest(agreed)?))
    }
}
