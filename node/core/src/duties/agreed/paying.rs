//! The part of a run that looks at whom a block pays: before the own one is offered, before another
//! is voted for, before either is signed.
//!
//! A beacon node builds for whom it was told last, and what the operators' own node account owes
//! may have changed with the very block that the proposal builds on. So a block of the own beacon
//! node that pays another is not offered at once: the node is told whom it is to pay, and builds
//! anew.
//! While the execution node has not said yet how the account stands, the block is held a moment;
//! after that the smoothing pool is asked for, which is always legal.

use proto::eth::Block;

use super::block::BlockDuty;
use super::kind::Kind;
use super::objection::{Doubt, Flaw, Objection};
use super::run::Run;
use super::value::Value;
use crate::duties::Output;
use crate::duties::facts::{Owners, Step};
use crate::duties::note::Note;
use crate::duties::payees::Verdict;

/// How often an own block is held, for a tenth of a second each, until it is known whom it is to
/// pay.
const HELD: u8 = 3;
/// How often the beacon node is asked to build for another address.
const REBUILT: u8 = 3;

/// What a run does about whom its block pays.
#[derive(Debug, Default)]
pub(crate) struct Paying {
    held: Option<Block>,
    times_held: u8,
    times_rebuilt: u8,
    /// Whether the operator was told that nobody said how the node account stands.
    is_told: bool,
}

/// What becomes of an own value.
pub(super) enum Ripeness {
    /// It is offered.
    Ripe,
    /// It waits until it is known how the node account stands.
    Held,
    /// The beacon node is to build another, for another address.
    Rebuilt,
}

/// What speaks for or against whom this block pays.
pub(super) fn judge(value: &Value, owners: &Owners, step: &Step<'_>) -> Verdict {
    let &Owners::Proposer { validator, .. } = owners else {
        return Verdict::Right;
    };
    if matches!(value, Value::Blinded(_)) && !step.payees.proposes(validator, step.facts) {
        return Verdict::Nobody;
    }
    let Value::Block(block) = value else {
        return Verdict::Right;
    };
    let parent = block.execution_parent_hash();
    let pays = (&parent, block.fee_recipient());
    step.payees.judge(validator, pays, step.facts)
}

/// Asks how the node account stands after the block that this one builds on, unless that is known.
pub(super) fn inquire(value: &Value, step: &mut Step<'_>) {
    if let Value::Block(block) = value {
        let asked = step.payees.ask(block.execution_parent_hash(), step.now);
        step.out.extend(asked.map(Output::Stand));
    }
}

impl Run {
    /// The hard check of whom a value pays, but for what only others can say.
    pub(super) fn check_payee(&self, value: &Value, step: &Step<'_>) -> Result<(), Flaw> {
        match (self.kind.payee(value, &self.owners, step), value) {
            (Verdict::Wrong { expected }, Value::Block(block)) => Err(Flaw::WrongFeeRecipient {
                expected,
                found: block.fee_recipient(),
            }),
            (Verdict::Nobody, _) => Err(Flaw::NoFeeRecipient),
            (
                Verdict::Right
                | Verdict::Gift { .. }
                | Verdict::Unsure { .. }
                | Verdict::Wrong { .. },
                _,
            ) => Ok(()),
        }
    }

    /// What only others can say of whom it pays: f + 1 who have voted for it have a correct one
    /// among them, who has read how the node account stands. Of three peers that would be whoever
    /// proposes, for whatever address: there, one that knows none takes nobody's word.
    pub(super) fn check_unsure(&self, value: &Value, step: &Step<'_>) -> Result<(), Doubt> {
        let is_vouched = || self.instance.is_vouched_for(&consensus::Value::hash(value));
        match self.kind.payee(value, &self.owners, step) {
            Verdict::Unsure { expected: None } if step.facts.roster.size().faulty() == 0 => {
                Err(Doubt::FeeRecipientUnread)
            }
            Verdict::Unsure { .. } if !is_vouched() => Err(Doubt::FeeRecipientUnread),
            Verdict::Unsure { .. }
            | Verdict::Right
            | Verdict::Gift { .. }
            | Verdict::Wrong { .. }
            | Verdict::Nobody => Ok(()),
        }
    }

    /// The soft check: a gift is signed if a quorum wants it, and not voted for.
    pub(super) fn doubts_payee(&self, value: &Value, step: &Step<'_>) -> Option<Doubt> {
        match self.kind.payee(value, &self.owners, step) {
            Verdict::Gift { .. } => Some(Doubt::GiftOfFees),
            Verdict::Right | Verdict::Unsure { .. } | Verdict::Wrong { .. } | Verdict::Nobody => {
                None
            }
        }
    }

    /// Whether the own value may be offered.
    pub(super) fn ripeness(&mut self, value: &Value, step: &mut Step<'_>) -> Ripeness {
        inquire(value, step);
        let verdict = self.kind.payee(value, &self.owners, step);
        let (Value::Block(block), &Owners::Proposer { index, .. }) = (value, &self.owners) else {
            return Ripeness::Ripe;
        };
        let is_unread = step.payees.is_unread(&block.execution_parent_hash());
        let Some(duty) = self.kind.block() else {
            return Ripeness::Ripe;
        };
        let expected = match verdict {
            Verdict::Unsure { .. } if is_unread && duty.paying.times_held < HELD => {
                duty.paying.times_held += 1;
                duty.paying.held = Some(block.clone());
                return Ripeness::Held;
            }
            Verdict::Unsure { expected } => expected,
            Verdict::Gift { expected } | Verdict::Wrong { expected } => Some(expected),
            Verdict::Right | Verdict::Nobody => None,
        };
        let may_rebuild = step.payees.stands_on().is_some() && duty.paying.times_rebuilt < REBUILT;
        let Some(expected) = expected.filter(|_| may_rebuild) else {
            return Ripeness::Ripe;
        };
        duty.paying.times_rebuilt += 1;
        duty.rebuild((index, expected));
        if let Err(flaw) = self.check_payee(value, step) {
            self.object(Objection::OfValue(flaw), None, step);
        }
        self.tell_unread(value, step);
        Ripeness::Rebuilt
    }

    /// Tells the operator once that the smoothing pool is paid, or others are gone along with,
    /// since nobody here could say how the node account stands.
    pub(super) fn tell_unread(&mut self, value: &Value, step: &mut Step<'_>) {
        let duty = self.duty;
        if let (Kind::Block(block), Value::Block(value)) = (&mut self.kind, value)
            && step.payees.is_unread(&value.execution_parent_hash())
            && !std::mem::replace(&mut block.paying.is_told, true)
        {
            step.note(Note::PayeeUnread(duty));
        }
    }
}

impl BlockDuty {
    /// Whether an own block is held, and it has been said meanwhile how the node account stands.
    pub(super) fn is_held_no_more(&self, step: &Step<'_>) -> bool {
        let held = self.paying.held.as_ref();
        held.is_some_and(|block| !step.payees.is_unread(&block.execution_parent_hash()))
    }

    /// The own block that was held.
    pub(super) fn held(&mut self) -> Option<Value> {
        self.paying.held.take().map(Value::Block)
    }
}
