//! What a node does with what its beacon node says, by the kind of response.

use std::sync::Arc;

use proto::eth::{ChainSpec, SyncDuty};
use proto::{DutyId, DutyKind, Slot};

use super::Node;
use crate::duties::Response;
use crate::duties::agreed::aggregate;
use crate::duties::agreed::block::of_slot;
use crate::duties::agreed::kind::Candidate;
use crate::duties::agreed::run::Event;
use crate::duties::schedule::{Asked, Due, Topic};

impl Node {
    pub(super) fn learn(&mut self, response: Response) {
        match response {
            Response::Chain(asked, spec) => self.chain(asked, spec),
            Response::Validators(asked, found) => {
                let due = asked.on(Topic::Validators);
                self.plan_by(due, found, |node, all| {
                    node.schedule.set_registered(due, all);
                    node.halt_slashed();
                });
            }
            Response::Attesters(asked, drawn) => {
                let due = asked.on(Topic::Attesters);
                self.plan_by(due, drawn, |node, all| {
                    node.schedule.set_attesters(due, all)
                });
            }
            Response::Proposers(asked, drawn) => {
                let due = asked.on(Topic::Proposers);
                self.plan_by(due, drawn, |node, all| {
                    node.schedule.set_proposers(due, &all)
                });
            }
            Response::Seats(asked, seats) => self.seats(asked, seats),
            Response::Prepare(asked, noted) => self.noted(asked.on(Topic::Prepare), noted),
            Response::Subscribe(asked, noted) => self.noted(asked.on(Topic::Subscribe), noted),
            Response::SubscribeSync(asked, noted) => {
                self.noted(asked.on(Topic::SubscribeSync), noted);
            }
            Response::HeadVote(slot, view) => {
                self.viewed(slot, || view.map(Candidate::Head));
            }
            Response::SplitVote(slot, views) => {
                self.viewed(slot, || Some(Candidate::Split(views.clone())));
            }
            Response::Block(slot, produced) => {
                self.candidate(of_slot(slot), produced.map(Candidate::Block));
            }
            Response::Bids(duty, shown) => self.step(duty, Event::Bids(shown)),
            Response::Aggregates(slot, all) => {
                let candidate = (!all.is_empty()).then_some(Candidate::Aggregates(all));
                self.step(aggregate::of_slot(slot), Event::Candidate(candidate));
            }
            Response::Contribution(duty, found) => {
                let candidate = found.map(|found| Candidate::Contribution(*found));
                self.step(duty, Event::Candidate(candidate));
            }
            Response::Condition(condition) => {
                let (now, chain) = (self.now, Arc::clone(&self.facts.chain));
                self.sight.answered(condition, now, &chain);
            }
            Response::Knows { duty, root, seen } => self.step(duty, Event::Knows { root, seen }),
            Response::Submit {
                duty,
                accepted,
                refused,
            } => self.step(duty, Event::Submitted { accepted, refused }),
            Response::Register(validators, is_taken) => {
                self.registration_step(|it, step| it.given(&validators, is_taken, step));
            }
            Response::Leaving(found) => self.exit_step(|exits, step| exits.answered(found, step)),
            Response::Final(found) => self.exit_step(|exits, step| exits.finalised(found, step)),
            Response::SubmitExit(validator, refused) => {
                self.exit_step(|exits, step| exits.submitted(validator, refused, step));
            }
        }
    }

    /// What chain this is, by the beacon node.
    fn chain(&mut self, asked: Asked, spec: Option<Box<ChainSpec>>) {
        let due = asked.on(Topic::Chain);
        self.plan_by(due, spec, |node, spec| {
            node.schedule.done(due);
            node.learn_forks(&spec, asked.epoch);
        });
    }

    /// Who sits in the sync committee.
    fn seats(&mut self, asked: Asked, seats: Option<Vec<SyncDuty>>) {
        let due = asked.on(Topic::Seats);
        self.plan_by(due, seats, |node, seats| {
            node.schedule.set_seats(due, &seats);
        });
    }

    /// What the beacon node would vote for in `slot`, or that it does not say.
    fn viewed(&mut self, slot: Slot, candidate: impl Fn() -> Option<Candidate>) {
        self.shown(candidate().is_some());
        for kind in [DutyKind::Head, DutyKind::SyncMessage] {
            self.step(DutyId { slot, kind }, Event::Candidate(candidate()));
        }
    }

    /// The value of a duty, or that there is none.
    fn candidate(&mut self, duty: DutyId, candidate: Option<Candidate>) {
        self.shown(candidate.is_some());
        self.step(duty, Event::Candidate(candidate));
    }

    /// The beacon node took note of something, or did not.
    fn noted(&mut self, due: Due, noted: Option<()>) {
        self.plan_by(due, noted, |node, ()| node.schedule.done(due));
    }

    /// Puts to use what was said to a question of the schedule; if that is nothing, it is put
    /// again.
    fn plan_by<T>(&mut self, due: Due, said: Option<T>, put_to_use: impl FnOnce(&mut Self, T)) {
        match said {
            Some(said) => {
                put_to_use(self, said);
                self.own();
            }
            None => self.schedule.failed(due, self.now),
        }
    }
}
