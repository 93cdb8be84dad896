//! What a node does with what its beacon node says, by the kind of response.

use std::sync::Arc;

use proto::eth::ValidatorIndex;
use proto::{DutyId, DutyKind};

use super::Node;
use crate::duties::Response;
use crate::duties::agreed::kind::Candidate;
use crate::duties::agreed::run::Event;
use crate::duties::note::Note;
use crate::duties::schedule::{Due, Topic};

impl Node {
    pub(super) fn learn(&mut self, response: Response) {
        let of = |slot, kind| DutyId { slot, kind };
        match response {
            Response::Chain(asked, spec) => {
                let due = asked.on(Topic::Chain);
                self.plan_by(due, spec, |node, spec| {
                    node.schedule.done(due);
                    node.learn_forks(&spec, asked.epoch);
                });
            }
            Response::Validators(asked, found) => {
                let due = asked.on(Topic::Validators);
                self.plan_by(due, found, |node, all| {
                    node.schedule.set_registered(due, all)
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
            Response::Seats(asked, seats) => {
                let due = asked.on(Topic::Seats);
                self.plan_by(due, seats, |node, seats| {
                    node.schedule.done(due);
                    node.tell_seats(seats);
                });
            }
            Response::Prepare(asked, noted) => {
                let due = asked.on(Topic::Prepare);
                self.plan_by(due, noted, |node, ()| node.schedule.done(due));
            }
            Response::Subscribe(asked, noted) => {
                let due = asked.on(Topic::Subscribe);
                self.plan_by(due, noted, |node, ()| node.schedule.done(due));
            }
            Response::HeadVote(slot, view) => {
                self.candidate(of(slot, DutyKind::Head), view.map(Candidate::Head));
            }
            Response::SplitVote(slot, views) => {
                self.candidate(of(slot, DutyKind::Head), Some(Candidate::Split(views)));
            }
            Response::Block(slot, contents) => {
                self.candidate(of(slot, DutyKind::Block), contents.map(Candidate::Block));
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
            Response::SubmitExit(validator, refused) => {
                self.exit_step(|exits, step| exits.submitted(validator, refused, step));
            }
        }
    }

    /// The value of a duty, or that there is none.
    fn candidate(&mut self, duty: DutyId, candidate: Option<Candidate>) {
        self.shown(candidate.is_some());
        self.step(duty, Event::Candidate(candidate));
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

    fn tell_seats(&mut self, seats: Vec<ValidatorIndex>) {
        let known = self.schedule.known();
        let attesters = known.filter(|(_, found)| found.active).count();
        if attesters > 0 {
            self.note(Note::NotPerformed { seats, attesters });
        }
    }
}
