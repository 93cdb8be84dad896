//! What this peer's operator orders, and what he is answered.

use proto::control::{Answer, ExitRequest, Which};
use proto::exit::{LONGEST_TERM, Says};
use proto::{Epoch, ValidatorPosition};

use super::standing::may_leave;
use super::{Exits, Seen, Unkept, epoch};
use crate::duties::Output;
use crate::duties::facts::Step;

/// What an operator orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// To be told of all open exits.
    List,
    /// To be told how the exit of this validator stands.
    Look(ValidatorPosition),
    /// To say that he approves of it, for so many seconds.
    Approve(ValidatorPosition, u64),
    /// To say that what was signed of it in advance may be opened, for so many seconds.
    Open(ValidatorPosition, u64),
    /// To be told what was signed in advance.
    Presigned,
    /// To say that he does not any more.
    Withdraw(ValidatorPosition),
}

/// An order that waits for what the beacon node says.
#[derive(Debug)]
pub(super) struct Waiting {
    ticket: u64,
    pub(super) validator: ValidatorPosition,
    /// What he says, and for how long; none if he only looks.
    yes: Option<(Yes, u64)>,
}

/// To what an operator says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yes {
    /// To the exit.
    Exit,
    /// To opening what was signed of it in advance.
    Opening,
}

impl Order {
    /// The order that a command has sent; `find` knows the validators.
    ///
    /// # Errors
    /// If there is no such validator: why, for the operator.
    pub fn of(
        request: ExitRequest,
        find: impl Fn(Which) -> Option<ValidatorPosition>,
    ) -> Result<Self, String> {
        let found = |which| find(which).ok_or_else(|| unknown(which));
        Ok(match request {
            ExitRequest::List => Self::List,
            ExitRequest::Look(which) => Self::Look(found(which)?),
            ExitRequest::Approve { validator, term } => Self::Approve(found(validator)?, term),
            ExitRequest::Open { validator, term } => Self::Open(found(validator)?, term),
            ExitRequest::Withdraw(which) => Self::Withdraw(found(which)?),
            ExitRequest::Presigned => Self::Presigned,
        })
    }
}

fn unknown(which: Which) -> String {
    match which {
        Which::Position(position) => format!("the lock has no validator at place {position}"),
        Which::Index(index) => format!(
            "the own beacon node knows no validator of this cluster that has index {index}: name \
             it by its public key, as `gantry lock show` prints it"
        ),
    }
}

impl Exits {
    /// Carries an order out; the answer to `ticket` may come later.
    pub fn order(&mut self, ticket: u64, order: Order, step: &mut Step<'_>) {
        match order {
            Order::List => {
                let exits = self.views(&Seen::of(step));
                answer(ticket, Answer::Exits(exits), step);
            }
            Order::Look(validator) => self.wait(ticket, (validator, None), step),
            Order::Presigned => {
                let exits = self.presigned_exits(&Seen::of(step));
                answer(ticket, Answer::Presigned(exits), step);
            }
            Order::Approve(..) | Order::Open(..) | Order::Withdraw(_) if self.barred.is_some() => {
                let why = self.barred.clone().unwrap_or_default();
                answer(ticket, Answer::Refused(why), step);
            }
            Order::Approve(_, term) | Order::Open(_, term) if term == 0 || term > LONGEST_TERM => {
                let days = LONGEST_TERM / (24 * 60 * 60);
                let why = format!("an approval holds for {days} days at most");
                answer(ticket, Answer::Refused(why), step);
            }
            Order::Approve(validator, term) => {
                self.wait(ticket, (validator, Some((Yes::Exit, term))), step);
            }
            Order::Open(validator, term) => {
                self.wait(ticket, (validator, Some((Yes::Opening, term))), step);
            }
            Order::Withdraw(validator) => self.withdraw(ticket, validator, step),
        }
    }

    fn withdraw(&mut self, ticket: u64, validator: ValidatorPosition, step: &mut Step<'_>) {
        let was_waiting = self.drop_waiting(validator, step);
        let open = self.open.get(&validator);
        let is_signed = open.is_some_and(|open| open.decided.is_some());
        match self.may_withdraw(validator, step) {
            Ok(()) => self.speak((validator, Says::Withdrawn), Some(ticket), step),
            // Nobody has heard of it.
            Err(_) if was_waiting && !is_signed => self.show(ticket, validator, step),
            Err(why) => answer(ticket, Answer::Refused(why.to_owned()), step),
        }
    }

    /// Drops approvals of this exit that wait for the beacon node, which may come back long after
    /// their commands have given up: whether there were any.
    fn drop_waiting(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) -> bool {
        let approves = |order: &Waiting| order.validator == validator && order.yes.is_some();
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let (dropped, rest): (Vec<_>, Vec<_>) = waiting.partition(approves);
        self.waiting = rest;
        for order in &dropped {
            let why = "another command has withdrawn it meanwhile: nothing was approved";
            answer(order.ticket, Answer::Refused(why.to_owned()), step);
        }
        !dropped.is_empty()
    }

    fn wait(
        &mut self,
        ticket: u64,
        (validator, yes): (ValidatorPosition, Option<(Yes, u64)>),
        step: &mut Step<'_>,
    ) {
        self.waiting.push(Waiting {
            ticket,
            validator,
            yes,
        });
        self.ask(step);
    }

    fn may_withdraw(
        &self,
        validator: ValidatorPosition,
        step: &Step<'_>,
    ) -> Result<(), &'static str> {
        let own = self.words.of(validator, step.facts.me);
        let now = step.now.unix_seconds();
        let approves = own.is_some_and(|word| word.approves(now).is_some() || word.opens(now));
        let is_underway = self.unkept.iter().any(|own| own.validator == validator);
        let open = self.open.get(&validator);
        if open.is_some_and(|open| open.decided.is_some()) {
            Err(
                "t operators have approved of this exit and peers have signed it: it cannot be \
                 called back",
            )
        } else if self.presigned.has_given(validator) {
            Err(
                "enough operators have approved that this pre-signed exit is opened, and this peer \
                 has sent its part of the key: it cannot be called back",
            )
        } else if approves || is_underway {
            Ok(())
        } else {
            Err("this operator does not approve of this exit: there is nothing to withdraw")
        }
    }

    /// Carries out what has waited for the standing of `validator`, which is known now.
    pub(super) fn serve(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let (served, rest) = waiting.partition(|order: &Waiting| order.validator == validator);
        self.waiting = rest;
        let served: Vec<Waiting> = served;
        for order in served {
            let Some((yes, term)) = order.yes else {
                self.show(order.ticket, validator, step);
                continue;
            };
            let until = self.next_said_at(validator, step) + term;
            let says = match yes {
                Yes::Exit => self
                    .approves_for(validator, step)
                    .map(|epoch| Says::Approved { epoch, until }),
                Yes::Opening => self
                    .may_open(validator, step)
                    .map(|_| Says::Opens { until }),
            };
            match says {
                Ok(says) => {
                    self.open.entry(validator).or_default().follows = None;
                    self.speak((validator, says), Some(order.ticket), step);
                }
                Err(why) => answer(order.ticket, Answer::Refused(why), step),
            }
        }
    }

    /// The epoch for which this operator approves now: that of the others, or the present one.
    fn approves_for(&self, validator: ValidatorPosition, step: &Step<'_>) -> Result<Epoch, String> {
        let now = epoch(step);
        let leads = self.words.leading(validator, step.now.unix_seconds());
        let exit = leads.map_or(now, |(epoch, _)| epoch);
        let standing = self.standing(validator);
        may_leave(standing, (exit, now), &step.facts.chain).map_err(|why| why.to_string())?;
        Ok(exit)
    }

    /// The beacon node said nothing: who looks is shown what is known, nobody approves.
    pub(super) fn unanswered(&mut self, step: &mut Step<'_>) {
        for order in std::mem::take(&mut self.waiting) {
            if order.yes.is_none() {
                self.show(order.ticket, order.validator, step);
                continue;
            }
            let why = "the own beacon node does not say how the validator stands: nothing was \
                       approved; see what `gantry status` says of the beacon node, and try again";
            answer(order.ticket, Answer::Refused(why.to_owned()), step);
        }
    }

    /// Answers whoever has ordered this word, if anybody has.
    pub(super) fn say(&mut self, own: &Unkept, is_durable: bool, step: &mut Step<'_>) {
        let Some(ticket) = own.ticket else { return };
        if is_durable {
            return self.show(ticket, own.validator, step);
        }
        let why = "the disk of the data directory does not take it, or not for good: nothing was \
                   said to anybody, but after a restart it may be found there and count. Mend the \
                   disk, then look with `gantry exit --list`, and say it again or withdraw it";
        answer(ticket, Answer::Refused(why.to_owned()), step);
    }

    fn show(&self, ticket: u64, validator: ValidatorPosition, step: &mut Step<'_>) {
        let exit = self.view(validator, &Seen::of(step));
        answer(ticket, Answer::Exit(exit), step);
    }
}

fn answer(ticket: u64, answer: Answer, step: &mut Step<'_>) {
    step.out.push(Output::Answer(ticket, answer));
}
