//! The slots that this run may vote in: above the mark of the run before, up to its own.
//!
//! The record keeps "may vote up to slot H". A run writes it one slot ahead, so that it is durable
//! when the slot begins; the next run, which has forgotten the votes, leaves out all slots up to H.
//!
//! A restart is no loss of the record: what was signed is there, only the votes are forgotten.
//!
//! Never here: signing. What a certificate proves is signed in any slot.

use std::collections::VecDeque;

use proto::Slot;

/// The marks of this run.
#[derive(Debug)]
pub(super) struct Voting {
    restart_mark: Option<Slot>,
    durable_mark: Option<Slot>,
    // Marks with their sequence numbers, oldest first, until the journal has them.
    underway: VecDeque<(u64, Slot)>,
}

impl Voting {
    /// A run that starts with `mark` on the disk.
    pub(super) fn after(mark: Option<Slot>) -> Self {
        Self {
            restart_mark: mark,
            durable_mark: mark,
            underway: VecDeque::new(),
        }
    }

    pub(super) fn restart_mark(&self) -> Option<Slot> {
        self.restart_mark
    }

    /// The mark `slot` became record `sequence`.
    pub(super) fn underway(&mut self, sequence: u64, slot: Slot) {
        self.underway.push_back((sequence, slot));
    }

    /// Everything up to `sequence` is durable.
    pub(super) fn recorded(&mut self, sequence: u64) {
        let is_durable = |(mark, _): &mut (u64, Slot)| *mark <= sequence;
        while let Some((_, slot)) = self.underway.pop_front_if(is_durable) {
            self.durable_mark = self.durable_mark.max(Some(slot));
        }
    }

    pub(super) fn allows(&self, slot: Slot) -> bool {
        Some(slot) > self.restart_mark && Some(slot) <= self.durable_mark
    }
}
