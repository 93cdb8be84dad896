//! Sync committee messages: which seats their validators have, and whether the one block that may
//! carry a message does.

use std::collections::BTreeSet;

use proto::Epoch;
use proto::eth::ValidatorIndex;

use super::{Reading, Want};
use crate::outcome::{Owed, Shown, Work};

impl Reading {
    pub(super) fn open_messages(&self) -> impl Iterator<Item = &Owed> {
        let messages = self.open().map(|(owed, _)| owed);
        messages.filter(|owed| owed.work == Work::SyncMessage)
    }

    /// Those who owe sync committee messages whose blocks are of this epoch.
    pub fn members(&self, epoch: Epoch) -> Vec<ValidatorIndex> {
        let owe = self.open_messages();
        let owe = owe.filter(|owed| self.epoch_of(owed.slot.next()) == epoch);
        let all: BTreeSet<ValidatorIndex> = owe.map(|owed| owed.index).collect();
        all.into_iter().collect()
    }

    /// The block that alone may carry this sync committee message, if it was not read.
    pub(super) fn unread_next(&self, owed: &Owed) -> Option<Want> {
        let next = owed.slot.next();
        let is_believed = next <= self.believed() && self.seats_in(owed).next().is_some();
        let link = self.links.at(next).filter(|_| is_believed)?;
        link.votes.is_none().then_some(Want::Block(link.root))
    }

    /// The seats in the sync committee of whoever owes this message.
    fn seats_in(&self, owed: &Owed) -> impl Iterator<Item = u64> {
        let members = self.members.get(&self.epoch_of(owed.slot.next()));
        let its = members.into_iter().flatten();
        let index = owed.index;
        its.filter(move |(of, _)| *of == index)
            .map(|(_, seat)| *seat)
    }

    pub(super) fn message(&self, owed: &Owed) -> Option<Shown> {
        let next = owed.slot.next();
        if next > self.believed() || !self.links.reaches(next) {
            return None;
        }
        let Some(link) = self.links.at(next) else {
            return Some(Shown::NoBlock);
        };
        self.seats_in(owed).next()?;
        link.votes.as_ref()?;
        let has_signed = |seat: u64| {
            let bit = usize::try_from(seat)
                .ok()
                .and_then(|at| link.seats_signed.get(at));
            bit.copied().unwrap_or(false)
        };
        Some(match self.seats_in(owed).any(has_signed) {
            true => Shown::Synced,
            false => Shown::Lacking,
        })
    }
}
