//! Would this peer sign a proposed value? The hard checks at once, the soft ones with the help of
//! the own beacon node, asked again until the round ends.

use std::time::Duration;

use dkg::bls::{self, Message, SignaturePoint};
use proto::eth::{HeadVote, Layout};
use proto::{DutyId, Root, Round, SignatureBytes, Slot, Timestamp};

use super::Query;
use super::ground::{Ground, Owners};
use super::schedule::Position;
use super::value::{ExpectedBlock, Objection, Value, check_block, check_head, check_target};
use crate::vault::Signable;

/// How long to wait before the beacon node is asked the same again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A proposal that waits for a verdict.
#[derive(Debug)]
pub struct Question {
    round: Round,
    value: Value,
    forced: bool,
    parent_known: bool,
    ask_again_at: Timestamp,
}

/// What to do with a proposal now.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Sign it if a quorum does.
    Yes,
    /// Never in this round.
    No,
    /// Not yet: wait for the beacon node's answer, or until it may be asked again.
    Wait,
    /// Not yet: ask the beacon node these.
    Ask(Vec<Want>),
}

/// What the beacon node is to be asked for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Its present view of the slot.
    View,
    /// Whether it knows this block.
    Block(Root),
}

impl Want {
    /// The query for a duty.
    pub fn query(self, duty: DutyId) -> Query {
        match self {
            Self::View => Query::HeadVote(duty.slot),
            Self::Block(root) => Query::Knows { duty, root },
        }
    }
}

impl Question {
    /// A proposal of `round`; a forced one needs no soft checks.
    pub fn new(round: Round, value: Value, forced: bool) -> Self {
        let ask_again_at = Timestamp::from_micros(0);
        Self {
            round,
            value,
            forced,
            parent_known: false,
            ask_again_at,
        }
    }

    /// The round of the proposal.
    pub fn round(&self) -> Round {
        self.round
    }

    /// The proposed value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// When to look at it again.
    pub fn ask_again_at(&self) -> Timestamp {
        self.ask_again_at
    }

    /// The beacon node says whether it knows `root`.
    pub fn learn(&mut self, root: Root, known: bool) {
        self.parent_known |= known && root == self.value.builds_on();
    }

    /// The proposed value itself.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Asks for the own beacon node's view, if it is time to ask again.
    pub fn ask_for_view(&mut self, now: Timestamp) -> Verdict {
        if now < self.ask_again_at {
            return Verdict::Wait;
        }
        self.ask_again_at = now + ASK_AGAIN;
        Verdict::Ask(vec![Want::View])
    }

    /// What speaks against it when its round is over and no verdict was found.
    pub fn doubt(&self, view: Option<&HeadVote>) -> Objection {
        match &self.value {
            Value::Head(_) if view.is_none() => Objection::NoView,
            Value::Head(_) if self.is_parent_known(view) => Objection::OtherCheckpoints,
            Value::Head(_) | Value::Block(_) => Objection::UnknownParent,
        }
    }

    fn is_parent_known(&self, view: Option<&HeadVote>) -> bool {
        let root = self.value.builds_on();
        self.parent_known || view.is_some_and(|view| view.beacon_block_root == root)
    }

    /// The soft checks of a free value: target of the own view, and a block known to it. A forced
    /// value passes.
    pub fn soft_check(&mut self, view: Option<&HeadVote>, now: Timestamp) -> Verdict {
        if self.forced {
            return Verdict::Yes;
        }
        let mut wants = Vec::new();
        if !self.is_parent_known(view) {
            wants.push(Want::Block(self.value.builds_on()));
        }
        if let Value::Head(data) = &self.value
            && view.is_none_or(|view| check_target(data, view).is_err())
        {
            wants.push(Want::View);
        }
        if wants.is_empty() {
            return Verdict::Yes;
        }
        if now < self.ask_again_at {
            return Verdict::Wait;
        }
        self.ask_again_at = now + ASK_AGAIN;
        Verdict::Ask(wants)
    }
}

/// What this peer knows about the duty at hand.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Whose duty it is.
    pub owners: &'a Owners,
    /// The own beacon node's view.
    pub view: Option<&'a HeadVote>,
    /// The combined RANDAO reveal, if this peer has it.
    pub reveal: Option<SignatureBytes>,
}

/// The checks that even a forced value must pass; the vault's come on top.
///
/// # Errors
/// What speaks against it.
pub fn hard_check(
    value: &Value,
    duty: DutyId,
    known: Known<'_>,
    ground: &Ground,
) -> Result<(), Objection> {
    match (value, known.owners) {
        (Value::Head(data), Owners::Attesters(_)) => {
            check_head(data, duty, &ground.chain, known.view)
        }
        (Value::Block(block), Owners::Proposer { validator, index }) => {
            let fee_recipient = *ground
                .fee_recipients
                .get(validator.index())
                .expect("the definition has a fee recipient for every validator");
            let epoch = ground.chain.epoch_of(duty.slot);
            let fork = ground
                .chain
                .fork_at(epoch)
                .map_err(|_| Objection::OtherDuty)?;
            let expected = ExpectedBlock {
                proposer: *index,
                fee_recipient,
                layout: Layout {
                    preset: ground.chain.preset(),
                    fork,
                },
            };
            check_block(block, duty, expected)?;
            let reveal = block.randao_reveal();
            let right = known.reveal.map_or_else(
                || is_reveal(&reveal, duty.slot, *validator, ground),
                |expected| expected == reveal,
            );
            if right {
                Ok(())
            } else {
                Err(Objection::WrongRandao)
            }
        }
        (Value::Head(_), Owners::Proposer { .. }) | (Value::Block(_), Owners::Attesters(_)) => {
            Err(Objection::OtherDuty)
        }
    }
}

/// Whether `signature` is the RANDAO reveal of `validator` for `slot`.
fn is_reveal(signature: &SignatureBytes, slot: Slot, validator: Position, ground: &Ground) -> bool {
    let keys = ground
        .keys
        .get(validator)
        .expect("the schedule knows only our validators");
    let message = Message::hash(Signable::randao(&ground.chain, slot).signing_root());
    SignaturePoint::from_bytes(signature)
        .is_ok_and(|point| bls::verify(&keys.group, &message, &point))
}
