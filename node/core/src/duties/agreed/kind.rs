//! The kinds of duty that the peers agree on, and what each does in its own way: the only place
//! beside [`Value`] that lists them. Every function has one arm for each kind, which leads to the
//! kind's own file.

use std::time::Duration;

use consensus::Opening;
use proto::eth::{Aggregate, ChainSpec, Contribution, HeadVote};
use proto::{DutyId, DutyKind, PeerIndex, SignatureBytes, Slot, Timestamp, ValidatorPosition};

use super::aggregate::{self, AggregateDuty};
use super::block::{self, BlockDuty};
use super::contribution::{self, ContributionDuty};
use super::head::{self, HeadDuty};
use super::judge::Want;
use super::objection::{Doubt, Flaw};
use super::paying;
use super::sums::Voted;
use super::sync_message::{self, SyncDuty};
use super::value::Value;
use crate::duties::facts::{ClusterFacts, Owners, Step};
use crate::duties::note::Miss;
use crate::duties::payees::Verdict;
use crate::duties::schedule::{Schedule, Topic};
use crate::duties::{Produced, Submission};

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
        DutyKind::Aggregate => aggregate::OPENING,
        DutyKind::SyncMessage => sync_message::OPENING,
        DutyKind::Contribution(_) => contribution::OPENING,
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
        DutyKind::Aggregate => aggregate::begin(duty.slot, chain),
        DutyKind::SyncMessage => sync_message::begin(duty.slot, chain, round_trip),
        DutyKind::Contribution(_) => contribution::begin(duty.slot, chain),
    }
}

/// What tells whose duty it is.
pub(crate) fn topic(duty: DutyId, chain: &ChainSpec) -> Topic {
    let epoch = chain.epoch_of(duty.slot);
    match duty.kind {
        DutyKind::Head | DutyKind::Aggregate => head::topic(epoch),
        DutyKind::Block => block::topic(epoch),
        DutyKind::SyncMessage | DutyKind::Contribution(_) => {
            Topic::Seats(chain.epoch_of(duty.slot.next()))
        }
    }
}

/// Whose duty it is, if one of ours has it.
pub(crate) fn owners(duty: DutyId, schedule: &Schedule) -> Option<Owners> {
    match duty.kind {
        DutyKind::Head => head::owners(duty.slot, schedule),
        DutyKind::Block => block::owners(duty.slot, schedule),
        DutyKind::Aggregate => aggregate::owners(duty.slot, schedule),
        DutyKind::SyncMessage => sync_message::owners(duty.slot, schedule),
        DutyKind::Contribution(of) => contribution::owners(duty.slot, of, schedule),
    }
}

/// Whether the moment of a duty of the present slot has come.
pub(crate) fn is_due(duty: DutyId, moment: Moment, chain: &ChainSpec) -> bool {
    match duty.kind {
        DutyKind::Head => head::is_due(duty.slot, moment, chain),
        DutyKind::SyncMessage => {
            moment.head >= Some(duty.slot) || moment.now >= due_at(duty, chain)
        }
        DutyKind::Block | DutyKind::Aggregate | DutyKind::Contribution(_) => {
            moment.now >= due_at(duty, chain)
        }
    }
}

/// When that is at the latest.
pub(crate) fn due_at(duty: DutyId, chain: &ChainSpec) -> Timestamp {
    match duty.kind {
        DutyKind::Head => head::due_at(duty.slot, chain),
        DutyKind::Block => block::due_at(duty.slot, chain),
        DutyKind::Aggregate => aggregate::due_at(duty.slot, chain),
        DutyKind::SyncMessage => sync_message::due_at(duty.slot, chain),
        DutyKind::Contribution(_) => contribution::due_at(duty.slot, chain),
    }
}

/// When its run opens: with the slot, unless its first round begins later.
pub(crate) fn opens_at(duty: DutyId, chain: &ChainSpec) -> Timestamp {
    match duty.kind {
        DutyKind::Head | DutyKind::Block | DutyKind::SyncMessage => chain.start_of(duty.slot),
        DutyKind::Aggregate | DutyKind::Contribution(_) => due_at(duty, chain),
    }
}

/// A value by the own beacon node, with what this peer alone has of it.
#[derive(Debug)]
pub enum Candidate {
    /// What it would attest to.
    Head(HeadVote),
    /// What several own beacon nodes would attest to that do not agree, the best first.
    Split(Vec<HeadVote>),
    /// The block that it has produced.
    Block(Produced),
    /// What it has aggregated.
    Aggregates(Vec<Aggregate>),
    /// What it has put together of a subcommittee's messages.
    Contribution(Contribution),
}

/// What a run has that one of another kind has not.
#[derive(Debug)]
pub(crate) enum Kind {
    Head(HeadDuty),
    Block(Box<BlockDuty>),
    Aggregate(Box<AggregateDuty>),
    SyncMessage(SyncDuty),
    Contribution(Box<ContributionDuty>),
}

impl Kind {
    pub(crate) fn new(duty: DutyId, owners: &Owners) -> Self {
        match duty.kind {
            DutyKind::Head => Self::Head(HeadDuty::new(duty)),
            DutyKind::Block => Self::Block(Box::new(BlockDuty::new(duty))),
            DutyKind::Aggregate => Self::Aggregate(Box::new(AggregateDuty::new(duty, owners))),
            DutyKind::SyncMessage => Self::SyncMessage(SyncDuty::new(duty, owners)),
            DutyKind::Contribution(of) => {
                Self::Contribution(Box::new(ContributionDuty::new(duty, of, owners)))
            }
        }
    }

    pub(crate) fn block(&mut self) -> Option<&mut BlockDuty> {
        match self {
            Self::Block(block) => Some(block),
            Self::Head(_) | Self::Aggregate(_) | Self::SyncMessage(_) | Self::Contribution(_) => {
                None
            }
        }
    }

    /// How many votes of the cluster it knows, of those that it aggregates.
    pub(crate) fn votes(&self) -> Option<usize> {
        match self {
            Self::Aggregate(aggregate) => Some(aggregate.votes()),
            Self::SyncMessage(sync) => Some(sync.votes()),
            Self::Contribution(contribution) => Some(contribution.votes()),
            Self::Head(_) | Self::Block(_) => None,
        }
    }

    /// The cluster has voted, or has one more vote.
    pub(crate) fn voted(&mut self, voted: Voted, step: &mut Step<'_>) {
        match self {
            Self::Aggregate(aggregate) => aggregate.voted(voted, step),
            Self::SyncMessage(sync) => sync.voted(&voted),
            Self::Contribution(contribution) => contribution.voted(voted, step),
            Self::Head(_) | Self::Block(_) => {}
        }
    }

    /// This peer's value, where it follows from what the cluster has voted for.
    pub(crate) fn settled(&self) -> Option<Value> {
        match self {
            Self::SyncMessage(sync) => sync.settled(),
            Self::Head(_) | Self::Block(_) | Self::Aggregate(_) | Self::Contribution(_) => None,
        }
    }

    /// The duty's moment has come.
    pub(crate) fn trigger(&mut self, step: &mut Step<'_>) {
        match self {
            Self::Head(head) => head.want(step),
            Self::SyncMessage(sync) => sync.want(step),
            // Their rounds have leaders: whoever is one wants a value.
            Self::Block(_) | Self::Aggregate(_) | Self::Contribution(_) => {}
        }
    }

    /// Asks the own beacon node for a value, as soon as it can give one.
    pub(crate) fn want(&mut self, step: &mut Step<'_>) {
        match self {
            Self::Head(head) => head.want(step),
            Self::Block(block) => block.want(step),
            Self::Aggregate(aggregate) => aggregate.want(step),
            Self::SyncMessage(sync) => sync.want(step),
            Self::Contribution(contribution) => contribution.want(step),
        }
    }

    /// Keeps what the own beacon node has given: this peer's value, if it is one of this duty.
    pub(crate) fn keep(&mut self, candidate: Candidate) -> Option<Value> {
        match (self, candidate) {
            (Self::Head(head), Candidate::Head(view)) => head.keep(view),
            (Self::Block(block), Candidate::Block(produced)) => Some(block.keep(produced)),
            (Self::Head(head), Candidate::Split(views)) => head.keep(*views.first()?),
            (Self::Aggregate(aggregate), Candidate::Aggregates(all)) => aggregate.keep(all),
            (Self::SyncMessage(sync), Candidate::Head(view)) => sync.keep(view),
            (Self::SyncMessage(sync), Candidate::Split(views)) => sync.keep(*views.first()?),
            (Self::Contribution(duty), Candidate::Contribution(of)) => duty.keep(of),
            (
                Self::Head(_)
                | Self::Block(_)
                | Self::Aggregate(_)
                | Self::SyncMessage(_)
                | Self::Contribution(_),
                Candidate::Head(_)
                | Candidate::Split(_)
                | Candidate::Block(_)
                | Candidate::Aggregates(_)
                | Candidate::Contribution(_),
            ) => None,
        }
    }

    /// What a candidate, or that there is none, tells of the values of others too.
    pub(crate) fn candidate_answers(&self) -> Option<Want> {
        match self {
            Self::Head(_) | Self::SyncMessage(_) => Some(Want::View),
            Self::Block(_) | Self::Aggregate(_) | Self::Contribution(_) => None,
        }
    }

    /// When time matters to it next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Head(_) | Self::Aggregate(_) | Self::SyncMessage(_) | Self::Contribution(_) => {
                None
            }
            Self::Block(block) => block.passing.deadline(),
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, step: &mut Step<'_>) {
        match self {
            Self::Head(_) | Self::Aggregate(_) | Self::SyncMessage(_) | Self::Contribution(_) => {}
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
            Self::Aggregate(aggregate) => aggregate.own(now),
            Self::SyncMessage(sync) => sync.own(now),
            Self::Contribution(contribution) => contribution.own(now),
            Self::Block(block) => {
                if *before != Owners::Nobody && before != now {
                    block.disown();
                }
            }
        }
    }

    /// The own beacon node's view of the slot, where that matters; for aggregates what the cluster
    /// has voted for.
    pub(crate) fn view(&self) -> Option<&HeadVote> {
        match self {
            Self::Head(head) => head.view(),
            Self::Aggregate(aggregate) => aggregate.view(),
            Self::SyncMessage(sync) => sync.view(),
            Self::Contribution(contribution) => contribution.view(),
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
            Self::Head(head) => head.check(value, owners, &facts.chain),
            Self::Block(block) => block.check(value, owners, facts),
            Self::Aggregate(aggregate) => aggregate.check(value, owners, &facts.chain),
            Self::SyncMessage(sync) => sync.check(value, owners, &facts.chain),
            Self::Contribution(duty) => duty.check(value, owners, &facts.chain),
        }
    }

    /// The soft check beside that of the own beacon node's view, and of whom the value pays.
    pub(crate) fn doubt(&self, value: &Value) -> Option<Doubt> {
        match self {
            Self::Aggregate(aggregate) => aggregate.doubt(value),
            Self::Contribution(contribution) => contribution.doubt(value),
            Self::Head(_) | Self::Block(_) | Self::SyncMessage(_) => None,
        }
    }

    /// What speaks for or against whom the value pays.
    pub(crate) fn payee(&self, value: &Value, owners: &Owners, step: &Step<'_>) -> Verdict {
        match self {
            Self::Head(_) | Self::Aggregate(_) | Self::SyncMessage(_) | Self::Contribution(_) => {
                Verdict::Right
            }
            Self::Block(_) => paying::judge(value, owners, step),
        }
    }

    /// What the own beacon node must say of any value; `is_spared` if that is not needed.
    pub(crate) fn check_view(&self, value: &Value, is_spared: bool) -> Result<(), Doubt> {
        match self {
            Self::Head(head) => head.check_view(value),
            Self::Block(block) => block.check_view(is_spared),
            Self::SyncMessage(sync) => sync.check_view(value),
            Self::Aggregate(_) | Self::Contribution(_) => Ok(()),
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
            (Self::Block(block), Value::Block(_) | Value::Blinded(_)) => {
                block.submission(value.block()?, fresh, step)
            }
            (Self::Aggregate(duty), Value::Aggregates(all)) => duty.submission(all, fresh),
            (Self::SyncMessage(sync), Value::Head(data)) => sync.submission(data, fresh),
            (Self::Contribution(duty), Value::Contribution(of)) => duty.submission(of, fresh),
            (
                Self::Head(_)
                | Self::Block(_)
                | Self::Aggregate(_)
                | Self::SyncMessage(_)
                | Self::Contribution(_),
                Value::Head(_)
                | Value::Block(_)
                | Value::Blinded(_)
                | Value::Aggregates(_)
                | Value::Contribution(_),
            ) => None,
        }
    }

    /// Why this peer has no value.
    pub(crate) fn no_value(&self) -> Miss {
        match self {
            Self::Head(_) => Miss::NoValue,
            Self::Block(block) => block.no_value(),
            Self::Aggregate(aggregate) => aggregate.no_value(),
            Self::SyncMessage(sync) => sync.no_value(),
            Self::Contribution(contribution) => contribution.no_value(),
        }
    }

    /// Why the beacon node has not answered to what is signed.
    pub(crate) fn no_answer(&self) -> Miss {
        match self {
            Self::Head(_) | Self::Aggregate(_) | Self::SyncMessage(_) | Self::Contribution(_) => {
                Miss::NoAnswer
            }
            Self::Block(block) if block.lacks_blobs() => Miss::NoBlobs,
            Self::Block(_) => Miss::NoAnswer,
        }
    }
}
