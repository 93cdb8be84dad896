//! What became of duties that are over: kept for `gantry duties`, counted for each peer, and told
//! where the chain lacks what was signed.

use std::collections::BTreeMap;

use node_core::duties::note::{Ended, Phase};
use node_core::outcome::effect::Effect;
use node_core::outcome::{Owed, Shown as OnTheChain, Work};
use proto::{DutyId, Epoch, PeerSet, Slot};
use tracing::{debug, warn};

use super::{Observer, words};
use crate::beacon::BeaconError;
use crate::disk::duty_history::{Contribution, Fate, OnChain, Row, Seen, Trouble};
use crate::report::lines::{Quiet, Subject};
use crate::report::metrics::PeerLabels;
use crate::report::news::Disputed;
use crate::report::status::EpochStatus;

/// Epochs shown at most.
const EPOCHS: usize = 8;
/// Lines that say why the chain is not read.
const NOT_READ: Subject = (None, "outcomes_not_read");

impl Observer {
    /// A duty's time is over.
    pub(super) fn ended(&mut self, duty: DutyId, ended: &Ended) {
        let row = self.row(duty, ended);
        let kept = self.history.remember_row(row);
        self.not_kept(kept);
        if !ended.was_due() {
            return;
        }
        let epoch = duty.slot.epoch(self.slots_per_epoch).0;
        for peer in self.size.all() {
            let count = |set: PeerSet| u64::from(set.contains(peer));
            let more = Contribution {
                duties: 1,
                shares: count(ended.shares),
                led: u64::from(ended.led == Some(peer)),
                saw: count(ended.saw),
            };
            let kept = self.history.add_contribution(epoch, peer, more);
            self.not_kept(kept);
            let of = PeerLabels {
                peer: self.name(peer),
            };
            self.shown.metrics.contributions.add(&of, more);
        }
    }

    /// What is kept of it.
    fn row(&self, duty: DutyId, ended: &Ended) -> Row {
        let fates = ended.fates.iter().map(|fate| Fate {
            work: fate.work.name().to_owned(),
            reason: fate
                .why
                .clone()
                .map(|why| words::of_miss(why, |peers| self.names_of(peers))),
            chain: None,
            of: fate.of.iter().map(|(at, index)| (at.0, index.0)).collect(),
        });
        let reached = ended.reached.map(|phase| {
            (
                words::of_phase(phase).to_owned(),
                self.after_ms(duty, phase),
            )
        });
        let missing = Some(ended.missing).filter(|_| ended.was_due());
        Row {
            slot: duty.slot.0,
            kind: duty.kind.name().to_owned(),
            reached: reached.and_then(|(phase, ms)| Some((phase, ms?))),
            took_ms: self.took_ms(duty),
            missing: self.names_of(missing.unwrap_or(PeerSet::EMPTY)),
            fates: fates.collect(),
        }
    }

    /// The chain shows what became of these.
    pub(super) fn seen(&mut self, duties: &[(Owed, OnTheChain)], effects: &[(Epoch, Effect)]) {
        self.lines.forget(NOT_READ);
        let mut lacking: BTreeMap<(Slot, Work), Vec<u64>> = BTreeMap::new();
        for (owed, shown) in duties {
            debug!(
                slot = owed.slot.0,
                index = owed.index.0,
                ?shown,
                "read in the chain"
            );
            if *shown == OnTheChain::Lacking {
                let of = lacking.entry((owed.slot, owed.work)).or_default();
                of.push(owed.index.0);
            }
        }
        for ((slot, work), validators) in lacking {
            let (slot, work) = (slot.0, work.name());
            warn!(
                slot,
                work,
                ?validators,
                "not in the chain: `gantry duties --missed` says more"
            );
        }
        let kept = self
            .history
            .remember_seen(duties.iter().map(seen).collect());
        self.not_kept(kept);
        for (epoch, effect) in effects {
            self.earned(*epoch, effect);
        }
    }

    fn earned(&mut self, epoch: Epoch, effect: &Effect) {
        let status = EpochStatus {
            epoch: epoch.0,
            attestations: effect.attestations,
            included: effect.included,
            targets: effect.targets,
            heads: effect.heads,
            effectiveness: effect.share(),
            blocks: effect.blocks,
            proposed: effect.proposed,
            sync_messages: effect.messages,
            synced: effect.synced,
        };
        let metrics = &self.shown.metrics;
        self.shown.board.change(|board| {
            board.epochs.retain(|other| other.epoch != status.epoch);
            board.epochs.push(status);
            board.epochs.sort_by_key(|it| std::cmp::Reverse(it.epoch));
            board.epochs.truncate(EPOCHS);
            // One that was told anew may not be the last.
            if let Some(last) = board.epochs.first() {
                metrics.epoch(last);
            }
        });
    }

    /// Own beacon nodes speak against each other about a vote that may be foreign.
    pub(super) fn disputed(&mut self, vote: &Disputed) {
        if !self.is_worth_a_line(None, "vote_disputed") {
            return;
        }
        let (slot, validator, block) = (vote.owed.slot.0, vote.owed.index.0, vote.block);
        warn!(
            slot, validator, %block, shown_by = ?vote.shown_by, denied_by = ?vote.denied_by,
            "your beacon nodes disagree about a vote of this validator in a block, so it stops \
             nothing. Find out which of them is wrong; a third in `beacon_nodes` decides"
        );
    }

    /// What became of duties cannot be read.
    pub(super) fn not_read(&mut self, error: &BeaconError) {
        let quiet = Quiet::While(error.to_string());
        if self.lines.admit(NOT_READ, quiet, std::time::Instant::now()) {
            warn!(%error, "what became of duties is not read in the chain: no duty waits for it");
        }
    }

    fn not_kept(&mut self, kept: Result<(), Trouble>) {
        if let Err(error) = kept
            && self.is_worth_a_line(None, "outcome_not_remembered")
        {
            warn!(%error, "cannot remember what became of a duty");
        }
    }

    /// Milliseconds from the beginning of a duty to when it had come this far.
    fn after_ms(&self, duty: DutyId, phase: Phase) -> Option<u64> {
        let reached = &self.timelines.get(duty)?.reached;
        let (_, begun) = reached.first_key_value()?;
        let came = reached.get(&phase)?;
        u64::try_from(came.duration_since(*begun).as_millis()).ok()
    }
}

fn seen((owed, shown): &(Owed, OnTheChain)) -> Seen {
    Seen {
        slot: owed.slot.0,
        work: owed.work.name(),
        index: owed.index.0,
        chain: match shown {
            OnTheChain::Voted(vote) => OnChain::Voted {
                included: vote.included.0,
                target: vote.target,
                head: vote.head,
            },
            OnTheChain::Proposed => OnChain::Proposed,
            OnTheChain::Synced => OnChain::Synced,
            OnTheChain::NoBlock => OnChain::NoBlock,
            OnTheChain::Lacking => OnChain::Lacking,
        },
    }
}
