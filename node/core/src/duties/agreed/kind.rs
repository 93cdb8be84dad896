//! The kinds of duty that the peers agree on, and what each does in its own way: the only place
//! beside [`Value`] that lists them. Every function has one arm for each kind, which leads to the
//! kind's own file.

use std::time::Duration;

use consensus::Opening;
use proto::eth::{BlockContents, ChainSpec, HeadVote};
use proto::{
    DutyId, DutyKind, Epoch, PeerIndex, SignatureBytes, Slot, Timestamp, ValidatorPosition,
};

use super::block::{self, BlockDuty};
use super::head::{self, HeadDuty};
use super::judge::Want;
use super::objection::{Doubt, Flaw};
use super::paying;
use super::value::Value;
use crate::duties::Submission;
use crate::duties::facts::{ClusterFacts, Owners, Step};
use crate::duties::note::Miss;
use crate::duties::payees::Verdict;
use crate::duties::schedule::{Schedule, Topic};

/// When a duty of this slot and kind is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    /// The slot of the own beacon node's newest head.
    pub(crate) head: Option<Slot>,
}

/// Group signatures that have just been verified.
pub(crate) struct Fresh<'a> {
    pub(crate) owners: &'a Owners,
    pub(crate) signatures: &'a [(ValidatorPosition, SignatureBytes)],
    /// Who proposed the value first, if that is known.
    pub(crate) proposer: Option<PeerIndex>,
}

/// How a duty of this kind opens.
pub(crate) fn opening(kind: DutyKind) -> Opening {
    match kind {
        DutyKind::Head => head::OPENING,
        DutyKind::Block => block::OPENING,
    }
}

/// When the first round begins, and how long it waits for votes.
pub(crate) fn begin(
    duty: DutyId,
    chain: &ChainSpec,
    round_trip: Duration,
) -> (Timestamp, Duration) {
    match duty.kind {
        DutyKind::Head => head::begin(duty.slot, chain, round_trip),
        DutyKind::Block => block::begin(duty.slot, chain),
    }
}

/// What tells whose duties of this kind those of `epoch` are.
pub(crate) fn topic(kind: DutyKind, epoch: Epoch) -> Topic {
    match kind {
        DutyKind::Head => head::topic(epoch),
        DutyKind::Block => block::topic(epoch),
    }
}

/// Whose duty it is, if one of ours has it.
pub(crate) fn owners(duty: DutyId, schedule: &Schedule) -> Option<Owners> {
    match duty.kind {
        DutyKind::Head => head::owners(duty.slot, schedule),
        DutyKind::Block => block::owners(duty.slot, schedule),
    }
}

/// Whether the moment of a duty of the present slot has come.
pub(crate) fn is_due(duty: DutyId, moment: Moment, chain: &ChainSpec) -> bool {
    match duty.kind {
        DutyKind::Head => head::is_due(duty.slot, moment, chain),
        DutyKind::Block => moment.now >= block::due_at(duty.slot, chain),
    }
}

/// When that is at the latest.
pub(crate) fn due_at(duty: DutyId, chain: &ChainSpec) -> Timestamp {
    match duty.kind {
        DutyKind::Head => head::due_at(duty.slot, chain),
        DutyKind::Block => block::due_at(duty.slot, chain),
    }
}

/// A value by the own beacon node, with what this peer alone has of it.
#[derive(Debug)]
pub enum Candidate {
    /// What it would attest to.
    Head(HeadVote),
    /// What several own beacon nodes would attest to that do not agree, the best first.
    Split(Vec<HeadVote>),
    /// The block that it has built, and its blobs.
    Block(BlockContents),
}

/// What a run has that one of another kind has not.
#[derive(Debug)]
pub(crate) enum Kind {
    Head(HeadDuty),
    Block(Box<BlockDuty>),
}

impl Kind {
    pub(crate) fn new(duty: DutyId) -> Self {
        match duty.kind {
            DutyKind::Head => Self::Head(HeadDuty::new(duty)),
            DutyKind::Block => Self::Block(Box::new(BlockDuty::new(duty))),
        }
    }

    pub(crate) fn block(&mut self) -> Option<&mut BlockDuty> {
        match self {
            Self::Block(block) => Some(block),
            Self::Head(_) => None,
        }
    }

    /// The duty's moment has come.
    pub(crate) fn trigger(&mut self, step: &mut Step<'_>) {
        match self {
            Self::Head(head) => head.want(step),
            // Its rounds have leaders: whoever is one wants a block.
            Self::Block(_) => {}
        }
    }

    /// Asks the own beacon node for a value, as soon as it can give one.
    pub(crate) fn want(&mut self, step: &mut Step<'_>) {
        match self {
            Self::Head(head) => head.want(step),
            Self::Block(block) => block.want(step),
        }
    }

    /// Keeps what the own beacon node has given: this peer's value, if it is one of this duty.
    pub(crate) fn keep(&mut self, candidate: Candidate) -> Option<Value> {
        match (self, candidate) {
            (Self::Head(head), Candidate::Head(view)) => head.keep(view),
            (Self::Block(block), Candidate::Block(contents)) => Some(block.keep(contents)),
            (Self::Head(head), Candidate::Split(views)) => head.keep(*views.first()?),
            (Self::Head(_), Candidate::Block(_))
            | (Self::Block(_), Candidate::Head(_) | Candidate::Split(_)) => None,
        }
    }

    /// What a candidate, or that there is none, tells of the values of others too.
    pub(crate) fn candidate_answers(&self) -> Option<Want> {
        match self {
            Self::Head(_) => Some(Want::View),
            Self::Block(_) => None,
        }
    }

    /// When time matters to it next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Head(_) => None,
            Self::Block(block) => block.passing.deadline(),
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, step: &mut Step<'_>) {
        match self {
            Self::Head(_) => {}
            Self::Block(block) => {
                block.pull_on(step);
                block.serve_on(step);
            }
        }
    }

    /// Whose duty it was until now, and whose it is.
    pub(crate) fn own(&mut self, before: &Owners, now: &Owners) {
        match self {
            Self::Head(_) => {}
            Self::Block(block) => {
                if *before != Owners::Nobody && before != now {
                    block.disown();
                }
            }
        }
    }

    /// The own beacon node's view of the slot, where that matters.
    pub(crate) fn view(&self) -> Option<&HeadVote> {
        match self {
            Self::Head(head) => head.view(),
            Self::Block(_) => None,
        }
    }

    /// What the value alone must be.
    pub(crate) fn check(
        &mut self,
        value: &Value,
        owners: &Owners,
        facts: &ClusterFacts,
    ) -> Result<(), Flaw> {
        match self {
            Self::Head(head) => head.check(value, owners, facts),
            Self::Block(block) => block.check(value, owners, facts),
        }
    }

    /// What speaks for or against whom the value pays.
    pub(crate) fn payee(&self, value: &Value, owners: &Owners, step: &Step<'_>) -> Verdict {
        match self {
            Self::Head(_) => Verdict::Right,
            Self::Block(_) => paying::judge(value, owners, step),
        }
    }

    /// What the own beacon node must say of any value; `is_spared` if that is not needed.
    pub(crate) fn check_view(&self, value: &Value, is_spared: bool) -> Result<(), Doubt> {
        match self {
            Self::Head(head) => head.check_view(value),
            Self::Block(block) => block.check_view(is_spared),
        }
    }

    /// What the beacon node is to be given of a signed value.
    pub(crate) fn submission(
        &mut self,
        value: &Value,
        fresh: &Fresh<'_>,
        step: &Step<'_>,
    ) -> Option<Submission> {
        match (self, value) {
            (Self::Head(head), Value::Head(data)) => head.submission(data, fresh),
            (Self::Block(block), Value::Block(signed)) => block.submission(signed, fresh, step),
            (Self::Head(_), Value::Block(_)) | (Self::Block(_), Value::Head(_)) => None,
        }
    }

    /// Why this peer has no value.
    pub(crate) fn no_value(&self) -> Miss {
        match self {
            Self::Head(_) => Miss::NoValue,
            Self::Block(block) => block.no_value(),
        }
    }

    /// Why the beacon node has not answered to what is signed.
    pub(crate) fn no_answer(&self) -> Miss {
        match self {
            Self::Head(_) => Miss::NoAnswer,
            Self::Block(block) if block.lacks_blobs() => Miss::NoBlobs,
            Self::Block(_) => Miss::NoAnswer,
        }
    }
}
