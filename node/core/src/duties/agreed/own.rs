//! The part of a run that asks the own beacon node: for this peer's value, again while it gives
//! none, and what it answers.

use std::time::Duration;

use proto::Root;
use proto::eth::{BlockContents, HeadVote};

use super::judge::{Question, Sight, Want};
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

    pub(crate) fn trigger(&mut self, step: &mut Step<'_>) {
        if self.reached.is_none() {
            self.reach(Phase::Trigger, step);
            self.kind.trigger(step);
        }
    }

    /// The own beacon node's view of the slot: this peer's vote, if its vault would sign it.
    pub(crate) fn see(&mut self, view: Option<HeadVote>, step: &mut Step<'_>) {
        for question in self.questions() {
            question.answered(Want::View);
        }
        let Some(view) = view.filter(|view| view.slot == self.duty.slot) else {
            self.retry_at = Some(step.now + RETRY);
            return;
        };
        self.retry_at = None;
        if let Some(head) = self.kind.head() {
            head.see(view);
        }
        self.offer(Value::Head(view), step);
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

    pub(crate) fn built(&mut self, contents: Option<BlockContents>, step: &mut Step<'_>) {
        let Some(contents) = contents else {
            self.retry_at = Some(step.now + RETRY);
            return;
        };
        self.retry_at = None;
        let value = Value::Block(contents.block.clone());
        if let Some(block) = self.kind.block() {
            block.built(contents);
        }
        self.offer(value, step);
    }

    /// Asks the beacon node again, after it gave no value, while the slot lasts.
    pub(crate) fn retry(&mut self, step: &mut Step<'_>) {
        let is_due = self.retry_at.take_if(|at| *at <= step.now).is_some();
        if is_due && step.slot() == self.duty.slot && self.stage.signed().is_none() {
            self.kind.want(step);
        }
    }
}
