//! The part of a run that asks the own beacon node: for this peer's value, again while it gives
//! none, and what it answers.

use std::time::Duration;

use proto::eth::{BlockContents, HeadVote};
use proto::{DutyKind, Root};

use super::judge::{Question, Sight, Want};
use super::run::Run;
use super::value::Value;
use crate::duties::Request;
use crate::duties::facts::Step;
use crate::duties::note::Phase;

/// How long to wait before a beacon node that gave no value is asked again.
const RETRY: Duration = Duration::from_millis(100);

impl Run {
    /// Whether the moment of the duty brings anything: it has not begun, or a value waits to be
    /// judged.
    pub(crate) fn wants_trigger(&self) -> bool {
        self.reached.is_none() || self.question.is_some() || self.owed.is_some()
    }

    pub(crate) fn trigger(&mut self, step: &mut Step<'_>) {
        if self.reached.is_none() {
            self.reach(Phase::Trigger, step);
            match self.duty.kind {
                DutyKind::Head => step.ask(Request::HeadVote(self.duty.slot)),
                DutyKind::Block => {}
            }
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
        self.view = Some(view);
        self.offer(Value::Head(view), step);
    }

    /// What the own beacon node says of a block that it was asked for.
    pub(crate) fn learn(&mut self, root: Root, seen: Sight) {
        self.follows = match seen {
            Sight::Unready => false,
            Sight::Unknown | Sight::Known(_) => true,
        };
        for question in self.questions() {
            question.learn(root, seen);
        }
    }

    /// Everything that waits for the own beacon node.
    fn questions(&mut self) -> impl Iterator<Item = &mut Question> {
        self.question.iter_mut().chain(&mut self.owed)
    }

    pub(crate) fn built(&mut self, contents: Option<BlockContents>, step: &mut Step<'_>) {
        let Some(contents) = contents else {
            self.retry_at = Some(step.now + RETRY);
            return;
        };
        self.retry_at = None;
        self.follows = true;
        let value = Value::Block(contents.block.clone());
        // An earlier one may still be signed: it stays.
        self.contents.push(contents);
        self.offer(value, step);
    }

    /// Asks the beacon node again, after it gave no value, while the slot lasts.
    pub(crate) fn retry(&mut self, step: &mut Step<'_>) {
        let is_due = self.retry_at.take_if(|at| *at <= step.now).is_some();
        if is_due && step.slot() == self.duty.slot && self.signed.is_none() {
            match self.duty.kind {
                DutyKind::Head => step.ask(Request::HeadVote(self.duty.slot)),
                DutyKind::Block => {
                    self.wants_block = true;
                    self.ask_for_block(step);
                }
            }
        }
    }

    pub(crate) fn ask_for_block(&mut self, step: &mut Step<'_>) {
        if let (true, Some(randao_reveal)) = (self.wants_block, self.reveal) {
            self.wants_block = false;
            step.ask(Request::Block {
                slot: self.duty.slot,
                randao_reveal,
            });
        }
    }
}
