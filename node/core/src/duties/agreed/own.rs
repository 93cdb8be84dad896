//! The part of a run that asks the own beacon node: for this peer's value, again while it gives
//! none, and what it answers.

use std::time::Duration;

use proto::Root;
use proto::eth::HeadVote;

use super::block::BlockDuty;
use super::judge::{Question, Sight};
use super::kind::Candidate;
use super::paying::Ripeness;
use super::run::Run;
use super::value::Value;
use crate::duties::facts::Step;
use crate::duties::note::Phase;

/// How long to wait before a beacon node that gave no value is asked again.
const RETRY: Duration = Duration::from_millis(100);

impl Run {
    /// Whether the moment of the duty brings anything: it has not begun, or a value waits to be
    /// judged.
    pub(crate) fn wants_trigger(&self) -> bool {
        self.reached.is_none() || self.question.is_some() || self.stage.owed().is_some()
    }

    /// Whether it has begun, and is not signed yet or this peer's part has still to leave.
    pub(crate) fn is_under_way(&self) -> bool {
        let is_over = self.stage.signed().is_some() && self.stage.part().is_none();
        self.reached.is_some() && !is_over
    }

    pub(crate) fn trigger(&mut self, step: &mut Step<'_>) {
        if self.reached.is_none() {
            self.reach(Phase::Trigger, step);
            self.kind.trigger(step);
        }
    }

    /// The own beacon node's value, or that it gives none: this peer's vote, if its vault would
    /// sign it.
    pub(crate) fn candidate(&mut self, candidate: Option<Candidate>, step: &mut Step<'_>) {
        if let Some(want) = self.kind.candidate_answers() {
            for question in self.questions() {
                question.answered(want);
            }
        }
        let candidate = candidate.map(|candidate| self.named(candidate));
        let Some(value) = candidate.and_then(|candidate| self.kind.keep(candidate)) else {
            self.retry_at = Some(step.now + RETRY);
            return;
        };
        self.weigh(value, step);
    }

    /// Where own beacon nodes do not agree, the vote for which f + 1 other peers are: one of them
    /// is correct, and its node has the same head. Without one, that of the best node.
    fn named(&self, candidate: Candidate) -> Candidate {
        let Candidate::Split(mut views) = candidate else {
            return candidate;
        };
        let is_named = |view: &HeadVote| {
            let value = Value::Head(*view);
            self.instance
                .is_vouched_for(&consensus::Value::hash(&value))
        };
        if let Some(at) = views.iter().position(is_named) {
            views.swap(0, at);
        }
        Candidate::Split(views)
    }

    /// Offers the own value, unless it is held, or its node is to build another, or relays are
    /// asked first.
    pub(super) fn weigh(&mut self, value: Value, step: &mut Step<'_>) {
        self.retry_at = None;
        let Some(value) = self.shown(value, step) else {
            return;
        };
        match self.ripeness(&value, step) {
            Ripeness::Ripe => self.offer(value, step),
            Ripeness::Held => self.retry_at = Some(step.now + RETRY),
            Ripeness::Rebuilt => self.kind.want(step),
        }
    }

    /// What the own beacon node says of a block that it was asked for.
    pub(crate) fn learn(&mut self, root: Root, seen: Sight) {
        if let Some(block) = self.kind.block() {
            block.looked(seen);
        }
        for question in self.questions() {
            question.learn(root, seen);
        }
    }

    /// Everything that waits for the own beacon node.
    pub(super) fn questions(&mut self) -> impl Iterator<Item = &mut Question> {
        self.question.iter_mut().chain(self.stage.owed_mut())
    }

    /// Asks the beacon node again, after it gave no value, while the slot lasts.
    pub(crate) fn retry(&mut self, step: &mut Step<'_>) {
        let block = self.kind.block();
        let is_read = block.is_some_and(|block| block.is_held_no_more(step));
        let is_due = self.retry_at.take_if(|at| is_read || *at <= step.now);
        let is_due = is_due.is_some();
        if !is_due || step.slot() != self.duty.slot || self.stage.signed().is_some() {
            return;
        }
        match self.kind.block().and_then(BlockDuty::held) {
            Some(value) => self.weigh(value, step),
            None => self.kind.want(step),
        }
    }
}
