//! The part of a run that asks the own beacon node: for this peer's value, again while it gives
//! none, and what it answers.

use std::time::Duration;

use proto::Root;

use super::judge::{Question, Sight};
use super::kind::Candidate;
use super::run::Run;
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
        let Some(value) = candidate.and_then(|candidate| self.kind.keep(candidate)) else {
            self.retry_at = Some(step.now + RETRY);
            return;
        };
        self.retry_at = None;
        self.offer(value, step);
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
    fn questions(&mut self) -> impl Iterator<Item = &mut Question> {
        self.question.iter_mut().chain(self.stage.owed_mut())
    }

    /// Asks the beacon node again, after it gave no value, while the slot lasts.
    pub(crate) fn retry(&mut self, step: &mut Step<'_>) {
        let is_due = self.retry_at.take_if(|at| *at <= step.now).is_some();
        if is_due && step.slot() == self.duty.slot && self.stage.signed().is_none() {
            self.kind.want(step);
        }
    }
}
