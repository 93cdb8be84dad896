//! What a peer votes for in a round with a leader: a justified proposal that it would sign.

use proto::{Root, Round};

use crate::instance::Instance;
use crate::pending::{PendingProposal, Progress};
use crate::{Output, Value};

impl<V: Value> Instance<V> {
    /// Takes the proposal of this round one step further.
    pub(crate) fn follow(&mut self) -> bool {
        let Some(pending) = self.pending.clone().filter(|_| self.votes()) else {
            return false;
        };
        let next = match pending.progress {
            Progress::Held => self.release(&pending.value),
            Progress::New => Some(self.judge(&pending)),
            Progress::Acceptable => Some(self.accept(&pending.value)),
            Progress::Asked | Progress::Over => None,
        };
        let Some(progress) = next else {
            return false;
        };
        self.pending = Some(PendingProposal {
            progress,
            ..pending
        });
        true
    }

    /// Takes the driver's answer about the proposal of this round.
    pub(crate) fn judged(&mut self, round: Round, value: Root, acceptable: bool) {
        let asked = self.pending.as_mut().filter(|pending| {
            acceptable && pending.value == value && pending.progress == Progress::Asked
        });
        if let Some(pending) = asked.filter(|_| round == self.round) {
            pending.progress = Progress::Acceptable;
        }
    }

    /// In mid-round: does everything that was learnt meanwhile still allow this value?
    fn release(&self, value: &Root) -> Option<Progress> {
        let over = self.now >= self.setup.timing.held_until(self.round);
        over.then(|| {
            if self.is_still_allowed(value) {
                Progress::New
            } else {
                Progress::Over
            }
        })
    }

    /// Asks the driver, unless this peer has said already that it would sign this value.
    fn judge(&mut self, pending: &PendingProposal) -> Progress {
        if self.is_bound_against(&pending.value) {
            return Progress::Over;
        }
        let mut votes = self.sent.prepares.values();
        let certified = self.certificate.iter().map(|c| c.prepared.value);
        if votes.any(|vote| vote.signed.statement.value == pending.value)
            || certified.into_iter().any(|value| value == pending.value)
        {
            return Progress::Acceptable;
        }
        let value = self.values.known(&pending.value).cloned();
        self.outputs.push(Output::Judge {
            round: self.round,
            value: value.expect("a proposal is pending only with its value"),
            forced: pending.forced,
        });
        Progress::Asked
    }

    /// Votes, unless a quorum for another value has been seen while the driver judged.
    fn accept(&mut self, value: &Root) -> Progress {
        if !self.is_bound_against(value) {
            self.vote(*value);
        }
        Progress::Over
    }
}
