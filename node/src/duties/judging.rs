//! The part of a run that judges: the own value before it is offered, a proposal before it is voted
//! for, a proven value before it is signed. The checks themselves stand in `judge.rs`.

use consensus::Input as Ballot;

use super::ground::World;
use super::judge::{Known, Question, Verdict, hard_check};
use super::note::{Note, Phase};
use super::run::Run;
use super::value::Objection;

impl Run {
    /// Offers this peer's own value to the instance if it passes the hard checks. One that comes
    /// after t peers have signed is of no use any more.
    pub(super) fn offer(&mut self, question: &Question, world: &mut World<'_>) {
        if self.signed.is_some() {
            return;
        }
        match self.hard_check(question, world) {
            Ok(()) => {
                self.reach(Phase::ValueReady, world);
                self.ballot(Ballot::Candidate(question.value().clone()), world);
            }
            Err(objection) => self.object(objection, world),
        }
    }

    pub(super) fn object(&self, objection: Objection, world: &mut World<'_>) {
        world.note(Note::Objected {
            duty: self.duty,
            objection,
        });
    }

    /// Judges a waiting proposal, or asks the beacon node what the judgement needs.
    pub(super) fn answer_question(&mut self, world: &mut World<'_>) {
        let Some(mut question) = self.question.take() else {
            return;
        };
        if self.signed.is_some() {
            return;
        }
        if question.round() < self.instance.round() {
            return self.object(question.doubt(self.view.as_ref()), world);
        }
        let verdict = match self.hard_check(&question, world) {
            Ok(()) => question.soft_check(self.view.as_ref(), world.now),
            // Without a view this peer gives no vote, but it may get one while the round lasts.
            Err(Objection::NoView) => question.ask_for_view(world.now),
            Err(objection) => {
                self.object(objection, world);
                Verdict::No
            }
        };
        let (round, value) = (question.round(), consensus::Value::hash(question.value()));
        let acceptable = match verdict {
            Verdict::Wait | Verdict::Ask(_) => {
                if let Verdict::Ask(wants) = verdict {
                    wants
                        .into_iter()
                        .for_each(|want| world.ask(want.query(self.duty)));
                }
                self.question = Some(question);
                return;
            }
            Verdict::Yes => true,
            Verdict::No => false,
        };
        if acceptable {
            self.reach(Phase::ValueReady, world);
        }
        self.ballot(
            Ballot::Judged {
                round,
                value,
                acceptable,
            },
            world,
        );
    }

    /// The checks that even a forced value must pass, the vault's among them.
    pub(super) fn hard_check(
        &self,
        question: &Question,
        world: &World<'_>,
    ) -> Result<(), Objection> {
        let known = Known {
            owners: &self.owners,
            view: self.view.as_ref(),
            reveal: self.reveal,
        };
        hard_check(question.value(), self.duty, known, world.ground)?;
        let numbers = self.owners.numbers();
        let signable = question.value().signable(&world.ground.chain);
        let refused = world.vault.would_refuse(world.slot(), &signable, &numbers);
        if refused.len() < numbers.len() {
            Ok(())
        } else {
            Err(Objection::Slashable)
        }
    }
}
