//! What time alone brings to a node: questions of the schedule, the mark of the record, reveals,
//! new runs, their triggers and their ends.

use std::collections::BTreeSet;

use consensus::Standing;
use proto::eth::ChainSpec;
use proto::{DutyId, DutyKind, Epoch, Slot, Timestamp};

use super::Node;
use crate::duties::agreed::closing::close_halted;
use crate::duties::agreed::kind::Moment;
use crate::duties::agreed::run::{Event, Run};
use crate::duties::agreed::{block, kind};
use crate::duties::facts::Owners;
use crate::duties::note::Note;
use crate::duties::onehop::deposit::Deposits;
use crate::duties::onehop::exit::Exits;
use crate::duties::schedule::{Asked, Due, Topic};
use crate::duties::{Output, Request};
use crate::vault::Refusal;

impl Node {
    /// What time alone brings: questions, the mark, new runs, triggers, deadlines, ends.
    pub(super) fn advance(&mut self) {
        for due in self.schedule.due(self.now) {
            let request = self.request(due);
            self.out.push(Output::Ask(request));
        }
        let Some(slot) = self.facts.chain.slot_at(self.now) else {
            return;
        };
        self.close(slot);
        self.leave_chain(slot);
        self.write_mark(slot);
        self.reveal(slot);
        self.look(slot);
        self.watch(slot);
        self.stand(slot);
        self.open(slot);
        self.choose(slot);
        self.trigger(slot);
        self.hand_votes();
        self.exit_step(Exits::advance);
        self.deposit_step(Deposits::advance);
        self.intent_step();
        self.register();
        let now = self.now;
        let is_ripe = |run: &Run| run.deadline().is_some_and(|at| at <= now);
        self.step_all(|run| is_ripe(run).then_some(Event::Tick));
    }

    /// What the beacon node says now of the forks to come, compared with what this process started
    /// on, and with what it can sign for: told in every epoch until somebody has done something.
    pub(super) fn learn_forks(&mut self, spec: &ChainSpec, epoch: Epoch) {
        self.unserved = spec.unserved().cloned();
        self.blobs = spec.blobs().clone();
        // A fork that cannot be served is another one than at the start too: a restart alone would
        // not help.
        let difference = self.facts.chain.first_difference(spec, epoch);
        let unserved = self.unserved.clone();
        let is_before = |from: &Epoch| unserved.as_ref().is_none_or(|fork| *from < fork.epoch);
        self.differs_from = difference.filter(is_before);
        if let Some(from) = self.differs_from {
            self.note(Note::OtherChain { from });
        }
        if let Some(fork) = unserved {
            self.note(Note::UnservedFork(fork));
        }
    }

    /// Stops in the first slot in which the beacon node's chain is another than at the start, or at
    /// a fork that this version does not know: what was signed there, under domains of the old
    /// one, would be worth nothing or worse. The new chain is not adopted while running: everything
    /// under way has been judged by the old one, and a restart costs a slot. Until the fork that
    /// was scheduled meanwhile, the peers can be restarted one by one and no duty is lost.
    fn leave_chain(&mut self, slot: Slot) {
        if self.vault.stopped().is_some() || !self.is_beyond(slot) {
            return;
        }
        let why = match (self.differs_from, &self.unserved) {
            (Some(from), _) => Refusal::OtherChain { from },
            (None, Some(fork)) => Refusal::UnservedFork { from: fork.epoch },
            (None, None) => return,
        };
        self.vault.leave_chain(why);
        self.stop();
    }

    /// Whether nothing may be signed for `slot` on the chain as the beacon node has it.
    pub(super) fn is_beyond(&self, slot: Slot) -> bool {
        let unserved = self.unserved.as_ref().map(|fork| fork.epoch);
        let end = [self.differs_from, unserved].into_iter().flatten().min();
        end.is_some_and(|end| end <= self.facts.chain.epoch_of(slot))
    }

    /// A question of the schedule, with what it takes along.
    fn request(&self, Due { topic, number }: Due) -> Request {
        let epoch = topic.epoch();
        let asked = Asked { epoch, number };
        match topic {
            Topic::Chain(_) => Request::Chain(asked),
            Topic::Validators(_) => Request::Validators(asked, self.facts.keys.public_keys()),
            Topic::Attesters(_) => Request::Attesters(asked, self.schedule.indices()),
            Topic::Proposers(_) => Request::Proposers(asked),
            Topic::Seats(_) => Request::Seats(asked, self.schedule.indices()),
            Topic::Prepare(_) => {
                let known = self.schedule.known();
                let pairs = known.filter_map(|(at, found)| {
                    let recipient = self.payees.told(at, self.now, &self.facts)?;
                    Some((found.index, recipient))
                });
                Request::Prepare(asked, pairs.collect())
            }
            Topic::SubscribeSync(epoch) => {
                Request::SubscribeSync(asked, self.schedule.members_in(epoch))
            }
            Topic::Subscribe(epoch) => {
                Request::Subscribe(asked, self.schedule.subscriptions(epoch))
            }
        }
    }

    /// Writes the mark one slot ahead where a duty is due, or may be as nobody knows yet. The
    /// vault writes it with the votes of the slot, in the same sync; what is due here is the mark
    /// of a slot without votes, and the first one after a pause. A clock that jumps ahead has none
    /// written: the next run, with the right time, would be silent until then.
    fn write_mark(&mut self, slot: Slot) {
        if self.mark_due(slot).is_none_or(|due| self.now < due) {
            return;
        }
        if self.schedule.may_have_duty(slot) || self.schedule.may_have_duty(slot.next()) {
            let mark = self.vault.mark(slot);
            self.out
                .extend(mark.map(|record| Output::Persist(vec![record])));
        }
    }

    /// When the mark of the slot after `slot` is to be written, unless it is: late in `slot` if
    /// that is marked itself, else at once.
    pub(super) fn mark_due(&self, slot: Slot) -> Option<Timestamp> {
        let marked = self.vault.history().mark();
        let begin = self.facts.chain.start_of(slot);
        if marked > Some(slot) {
            None
        } else if marked == Some(slot) {
            Some(begin + 2 * (self.facts.chain.slot_duration() / 3))
        } else {
            Some(begin)
        }
    }

    /// Sends this peer's part of the RANDAO reveal one slot ahead, and passes on what is whole.
    fn reveal(&mut self, slot: Slot) {
        for slot in [slot, slot.next()] {
            let proposer = self.schedule.proposer(slot);
            let proposer = proposer.filter(|proposer| {
                let is_paid = self.payees.proposes(*proposer, &self.facts);
                is_paid && !self.is_beyond(slot)
            });
            let Some(validator) = proposer else {
                continue;
            };
            let (mut step, onehop, _) = self.split();
            if let Some(reveal) = onehop.reveals.begin(slot, validator, &mut step) {
                self.step(block::of_slot(slot), Event::Reveal { validator, reveal });
            }
        }
        self.onehop.reveals.forget_before(slot);
    }

    /// Has Rocket Pool looked at, once in an epoch.
    fn watch(&mut self, slot: Slot) {
        let epoch = self.facts.chain.epoch_of(slot);
        let errand = self.pool.due(epoch);
        self.out.extend(errand.map(Output::Errand));
    }

    /// Opens the runs of `slot` that are not open yet. Where this peer may vote, it first waits
    /// for the mark to be durable; if the disk hangs, it still combines what the others sign.
    fn open(&mut self, slot: Slot) {
        let forgotten = self.vault.restart_mark().is_some_and(|mark| slot <= mark);
        let standing = if forgotten || self.vault.stopped().is_some() {
            Standing::Abstaining
        } else if self.vault.may_vote(slot) {
            Standing::Voting
        } else if self.disk_hangs(slot) {
            Standing::Abstaining
        } else {
            return;
        };
        for kind in DutyKind::ALL {
            if !self.peers.enough_know(kind.since()) {
                continue;
            }
            let duty = DutyId { slot, kind };
            let is_early = self.now < kind::opens_at(duty, &self.facts.chain);
            if is_early || self.opened.get(&kind) >= Some(&slot) {
                continue;
            }
            if let Some(owners) = kind::owners(duty, &self.schedule) {
                self.opened.insert(kind, slot);
                if self.disk_hangs(slot) {
                    let waited = self.waits_for_disk();
                    self.note(Note::DiskHangs { waited });
                }
                let (step, _, runs) = self.split();
                runs.insert(duty, Run::new(duty, owners, standing, &step));
                self.start(duty);
            }
        }
    }

    /// Whether the disk has not taken the mark of `slot` when its votes are due, for a quarter of a
    /// slot at least.
    fn disk_hangs(&self, slot: Slot) -> bool {
        let chain = &self.facts.chain;
        self.now >= chain.attestation_deadline(slot)
            && self.waits_for_disk() >= chain.slot_duration() / 4
    }

    /// What a fresh run must know: the time, who is silent, the reveal, and the messages that came
    /// before it was open.
    fn start(&mut self, duty: DutyId) {
        self.own_one(duty);
        self.step(duty, Event::Tick);
        for peer in self.peers.silent(duty.slot).iter() {
            self.step(duty, Event::Silent(peer));
        }
        for peer in self.peers.blind().iter() {
            let is_blind = true;
            self.step(duty, Event::Blind { peer, is_blind });
        }
        self.hand_reveal(duty);
        for peer in self.facts.roster.size().all() {
            for message in self.early.take(duty, peer) {
                self.step(duty, Event::Message(peer, message));
            }
        }
    }

    /// Hands the run of a block the reveal of its proposer, if that is whole.
    fn hand_reveal(&mut self, duty: DutyId) {
        let proposer = self.schedule.proposer(duty.slot);
        if let Some(validator) = proposer.filter(|_| duty == block::of_slot(duty.slot))
            && let Some(reveal) = self.onehop.reveals.whole(duty.slot, validator)
        {
            self.step(duty, Event::Reveal { validator, reveal });
        }
    }

    /// Tells every open run whose duty it is now.
    pub(super) fn own(&mut self) {
        let open: Vec<DutyId> = self.runs.keys().copied().collect();
        open.into_iter().for_each(|duty| self.own_one(duty));
    }

    /// The same for one run. What the beacon node has not said yet changes nothing.
    fn own_one(&mut self, duty: DutyId) {
        let topic = kind::topic(duty, &self.facts.chain);
        let held = self.schedule.is_held(topic);
        let owners = kind::owners(duty, &self.schedule).unwrap_or(Owners::Nobody);
        let run = self.runs.get(&duty);
        let is_news = run.is_some_and(|run| !run.is_owned(&owners, held));
        if is_news && self.schedule.is_known(topic) {
            self.step(duty, Event::Owned { owners, held });
            self.hand_reveal(duty);
        }
    }

    /// Tells the runs of `slot` whose moment has come.
    fn trigger(&mut self, slot: Slot) {
        for kind in DutyKind::ALL {
            let duty = DutyId { slot, kind };
            if self.is_due(duty) && self.runs.get(&duty).is_some_and(Run::wants_trigger) {
                self.step(duty, Event::Trigger);
            }
        }
    }

    fn is_due(&self, duty: DutyId) -> bool {
        let moment = Moment {
            now: self.now,
            head: self.head,
        };
        kind::is_due(duty, moment, &self.facts.chain)
    }

    /// When the next duty of `slot` begins that has not begun with its block.
    pub(super) fn begins_at(&self, slot: Slot) -> Option<Timestamp> {
        let duties = DutyKind::ALL.map(|kind| DutyId { slot, kind }).into_iter();
        let has_begun =
            |duty: &DutyId| self.is_due(*duty) && self.opened.get(&duty.kind) >= Some(&slot);
        let due = duties.filter(|duty| !has_begun(duty));
        let due = due.map(|duty| kind::due_at(duty, &self.facts.chain));
        due.filter(|at| *at > self.now).min()
    }

    /// Drops the runs of all slots but the present and the one before, and says what became of the
    /// duties, those among them that nobody began.
    fn close(&mut self, slot: Slot) {
        let over = |duty: &DutyId| duty.slot.next() < slot;
        let mut ended: BTreeSet<DutyId> = self.runs.keys().copied().filter(over).collect();
        ended.extend(self.withheld_before(slot));
        for duty in ended {
            let halted = self.schedule.withheld(duty);
            let (step, _, runs) = self.split();
            let notes = if let Some(run) = runs.remove(&duty) {
                let notes = run.close(&halted, &step);
                self.heard.close(duty, self.facts.me, run.said());
                notes
            } else {
                close_halted(duty, halted)
            };
            for note in notes {
                if let Note::Ended { duty, ended } = &note {
                    let followed = ended.followed(duty.slot).collect();
                    self.out.push(Output::Follow(followed));
                }
                self.note(note);
            }
        }
        self.early.forget_before(slot);
        self.heard.forget(slot);
    }

    /// The duties that only halted validators owe, of the slots that are over since the last look;
    /// none of those before this run of the program.
    fn withheld_before(&mut self, slot: Slot) -> Vec<DutyId> {
        // A clock that was far ahead and is right again begins anew.
        let near = slot.0 + 2 * self.facts.chain.slots_per_epoch();
        let from = self.closed.filter(|from| from.0 <= near).unwrap_or(slot);
        let over = Slot(slot.0.saturating_sub(1));
        self.closed = Some(from.max(over));
        self.schedule.withheld_in(from..over)
    }
}
