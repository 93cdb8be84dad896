//! How a node learns which of its attesters aggregate, and what the cluster has voted for that they
//! aggregate.

use std::sync::Arc;

use proto::frame::Electorate;
use proto::{DutyId, DutyKind, Slot, Subcommittee, Timestamp, ValidatorPosition, WireVersion};

use super::Node;
use crate::duties::agreed::run::Event;
use crate::duties::agreed::sums::Voted;
use crate::duties::note::Note;
use crate::duties::onehop::selection;
use crate::duties::schedule::Topic;
use crate::duties::{Deferred, Output};

impl Node {
    /// Begins the chores of selection proofs that are due in `slot`: of members of the sync
    /// committee for the next slots, then of attesters up to the end of the next epoch, as far as
    /// it is certain who attests.
    pub(super) fn choose(&mut self, slot: Slot) {
        let signs = self.vault.stopped().is_none() && !self.is_beyond(slot);
        let is_choosing = signs && self.peers.enough_know(WireVersion::V6);
        self.schedule.set_choosing(is_choosing);
        let chain = Arc::clone(&self.facts.chain);
        let epoch = chain.epoch_of(slot);
        let know = self.peers.enough_know(WireVersion::V7);
        let are_too_old = self.peers.are_too_old_for(WireVersion::V7);
        self.schedule.set_syncing(know, are_too_old);
        if let Some((seats, are_performed)) = self.schedule.news_of_seats(epoch) {
            self.note(Note::Seats {
                seats,
                are_performed,
            });
        }
        let (slots, epochs) = selection::near(slot, &chain);
        self.onehop.selections.keep_only(&slots, &epochs);
        let is_time = self.now >= selection::begins_at(slot, &chain);
        if !is_choosing || !is_time || !self.onehop.selections.may_begin(slot) {
            return;
        }
        let subcommittees = Subcommittee::ALL.map(Some);
        let near = (slot.next().0..=slot.0 + selection::AHEAD).map(Slot);
        let members = near
            .flat_map(|slot| subcommittees.map(|subcommittee| Electorate { slot, subcommittee }));
        let end = chain.first_slot(epoch.next().next());
        let slots = (slot.next().0..end.0).map(Slot);
        let attesters = slots.map(|slot| Electorate {
            slot,
            subcommittee: None,
        });
        let lack = members.chain(attesters).map(|of| (of, self.lacking(of)));
        let lack: Vec<_> = lack.filter(|(_, lacking)| !lacking.is_empty()).collect();
        let (step, onehop, _) = self.split();
        let chores = onehop.selections.begin(lack, &step);
        let later = chores
            .into_iter()
            .map(|of| Output::Later(Deferred::Select(of)));
        self.out.extend(later);
    }

    /// Those of ours whose selection proofs are not whole; none while it is in doubt who attests.
    fn lacking(&self, of: Electorate) -> Vec<ValidatorPosition> {
        let chain = &self.facts.chain;
        let topic = match of.subcommittee {
            None => Topic::Attesters(chain.epoch_of(of.slot)),
            Some(_) => Topic::Seats(chain.epoch_of(of.slot.next())),
        };
        if !self.schedule.is_known(topic) || self.schedule.is_held(topic) {
            return Vec::new();
        }
        self.schedule.unchosen(of)
    }

    /// One chore: signs or combines selection proofs.
    pub(super) fn select(&mut self, of: Electorate) {
        let lacking = self.lacking(of);
        let (mut step, onehop, _) = self.split();
        let whole = onehop.selections.work(of, &lacking, &mut step);
        if !whole.is_empty() {
            self.schedule.choose(of, &whole);
        }
    }

    /// When the chores of selection proofs of `slot` begin, if that is to come.
    pub(super) fn chooses_at(&self, slot: Slot) -> Option<Timestamp> {
        let at = selection::begins_at(slot, &self.facts.chain);
        Some(at).filter(|at| *at > self.now)
    }

    /// Hands the runs that follow from another what the cluster has signed in that, once it has,
    /// and each signature that comes later: aggregates and sync committee messages follow from
    /// head votes, contributions from the messages.
    pub(super) fn hand_votes(&mut self) {
        let following = self.runs.iter().filter_map(|(duty, run)| {
            let kind = match duty.kind {
                DutyKind::Aggregate | DutyKind::SyncMessage => DutyKind::Head,
                DutyKind::Contribution(_) => DutyKind::SyncMessage,
                DutyKind::Head | DutyKind::Block => return None,
            };
            let slot = duty.slot;
            let (vote, signatures) = self.runs.get(&DutyId { slot, kind })?.vote()?;
            let is_news = run.votes()? < signatures.len();
            let voted = || Voted {
                vote: *vote,
                signatures: signatures.clone(),
            };
            is_news.then(|| (*duty, voted()))
        });
        for (duty, voted) in following.collect::<Vec<_>>() {
            self.step(duty, Event::Voted(voted));
        }
    }
}
