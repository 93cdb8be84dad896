//! What became of a duty: what the beacon node took of it, and if it is missed, why.
//!
//! A peer whose beacon node refuses what the cluster has signed asks the others whether theirs took
//! it. It hears of it until the duty is closed; where nothing is refused, nothing is asked.

use std::collections::BTreeSet;

use proto::eth::ValidatorIndex;
use proto::frame::{Frame, Parts};
use proto::{DutyId, DutyKind, PeerIndex, PeerSet, SignatureBytes, ValidatorPosition};

use super::objection::{Doubt, Objection};
use super::run::Run;
use super::value::Value;
use crate::duties::facts::Step;
use crate::duties::note::{Ended, Fate as Ending, Miss, Note, Phase};
use crate::duties::watch::Said;
use crate::outcome::{Signed, Work};
use consensus::Standing;

/// Why a payload is not there, where neither relay nor beacon node has said why.
const WAITS: &str = "my beacon node, which answers otherwise, still waits for it";

/// One of our validators, and its index.
type Ours = (ValidatorPosition, ValidatorIndex);

/// One validator's part of what the beacon node was given.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) validator: ValidatorPosition,
    pub(crate) fate: Fate,
    /// The peers that say that their beacon nodes took it.
    pub(crate) taken_by: PeerSet,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No answer yet.
    Open,
    /// The node has it.
    Accepted,
    /// The node refused it.
    Refused(String),
}

/// What to say of a duty whose time is over, and that nobody began: only these owe it, of which
/// nothing is signed any more.
pub(crate) fn close_halted(duty: DutyId, halted: Vec<Ours>) -> Vec<Note> {
    if halted.is_empty() {
        return Vec::new();
    }
    let fate = Ending {
        work: work_of(duty.kind),
        why: Some(Miss::Halted),
        of: halted,
    };
    let ended = Ended {
        fates: vec![fate],
        signed: None,
        reached: None,
        missing: PeerSet::EMPTY,
        shares: PeerSet::EMPTY,
        led: None,
        saw: PeerSet::EMPTY,
    };
    told(duty, ended, None)
}

/// How a duty ended, in notes: what is missed of it, who was absent, and how, if it was anybody's.
fn told(duty: DutyId, ended: Ended, absent: Option<Note>) -> Vec<Note> {
    let missed = ended.fates.iter().filter_map(|fate| {
        Some(Note::Missed {
            duty,
            validators: fate.of.len(),
            why: fate.why.clone()?,
        })
    });
    let mut notes: Vec<Note> = missed.chain(absent).collect();
    if !ended.fates.is_empty() {
        notes.push(Note::Ended { duty, ended });
    }
    notes
}

/// What each of those whose duty it is owes in it.
fn work_of(kind: DutyKind) -> Work {
    match kind {
        DutyKind::Head => Work::Attestation,
        DutyKind::Block => Work::Block,
        DutyKind::Aggregate => Work::Aggregate,
        DutyKind::SyncMessage => Work::SyncMessage,
        DutyKind::Contribution(_) => Work::Contribution,
    }
}

impl Run {
    /// Takes note of what the beacon node is given.
    pub(crate) fn give(&mut self, signatures: &[(ValidatorPosition, SignatureBytes)]) {
        for (validator, _) in signatures {
            if let Some(index) = self.owners.index_of(*validator) {
                let given = Given {
                    validator: *validator,
                    fate: Fate::Open,
                    taken_by: PeerSet::EMPTY,
                };
                self.given.insert(index, given);
            }
        }
    }

    /// The beacon node has these parts of what it was given, and refused others.
    pub(crate) fn submitted(
        &mut self,
        accepted: &[ValidatorIndex],
        refused: Vec<(ValidatorIndex, String)>,
        step: &mut Step<'_>,
    ) {
        if self.accepted(accepted, step) {
            self.reach(Phase::Accepted, step);
        }
        if let (Some((_, why)), Some(block)) = (refused.first(), self.kind.block()) {
            block.refused_blobs(why, step);
        }
        self.refused(refused, step);
    }

    /// The beacon node refused these parts: the others are asked whether theirs took them.
    fn refused(&mut self, refused: Vec<(ValidatorIndex, String)>, step: &mut Step<'_>) {
        let (duty, mut validators) = (self.duty, Vec::new());
        for (index, why) in refused {
            if let Some(given) = self.given.get_mut(&index)
                && given.fate == Fate::Open
            {
                given.fate = Fate::Refused(why.clone());
                validators.push(given.validator);
                step.note(Note::NotTaken {
                    duty,
                    validator: given.validator,
                    index,
                    why,
                });
            }
        }
        if !validators.is_empty() {
            let frame = Frame::Refused(Parts { duty, validators });
            step.broadcast(frame.since(), frame.encode());
        }
    }

    /// The beacon node of `peer` refused these parts. Once for each of them it is told that the own
    /// one took it, now or when it does.
    pub(crate) fn asked(
        &mut self,
        peer: PeerIndex,
        validators: &[ValidatorPosition],
        step: &mut Step<'_>,
    ) {
        let mut known = self.owners.positions();
        known.retain(|validator| validators.contains(validator));
        known.retain(|validator| self.askers.entry(*validator).or_default().insert(peer));
        let taken = self.given.values().filter(|g| g.fate == Fate::Accepted);
        let taken = taken.map(|given| given.validator);
        let taken = taken.filter(|validator| known.contains(validator));
        self.tell_taken(peer, taken.collect(), step);
    }

    /// Tells whoever has asked for them that the own beacon node has these now.
    fn answer_askers(&self, fresh: &[ValidatorPosition], step: &mut Step<'_>) {
        let askers: PeerSet = self.askers.values().flat_map(|set| set.iter()).collect();
        for peer in askers.iter() {
            let asked = |validator: &&ValidatorPosition| {
                let askers = self.askers.get(*validator);
                askers.is_some_and(|askers| askers.contains(peer))
            };
            let taken = fresh.iter().filter(asked).copied();
            self.tell_taken(peer, taken.collect(), step);
        }
    }

    fn tell_taken(&self, peer: PeerIndex, validators: Vec<ValidatorPosition>, step: &mut Step<'_>) {
        if !validators.is_empty() {
            let duty = self.duty;
            let frame = Frame::Taken(Parts { duty, validators });
            step.send(peer, frame.since(), frame.encode());
        }
    }

    /// The beacon node of `peer` took these parts, as it says.
    pub(crate) fn taken(&mut self, peer: PeerIndex, validators: &[ValidatorPosition]) {
        for given in self.given.values_mut() {
            if validators.contains(&given.validator) {
                given.taken_by.insert(peer);
            }
        }
    }

    /// The beacon node has these parts of the duty, whoever brought them; whether that is news.
    pub(crate) fn accepted(&mut self, accepted: &[ValidatorIndex], step: &mut Step<'_>) -> bool {
        let mut fresh = Vec::new();
        for index in accepted {
            if let Some(given) = self.given.get_mut(index)
                && given.fate != Fate::Accepted
            {
                given.fate = Fate::Accepted;
                fresh.push(given.validator);
            }
        }
        if !fresh.is_empty() {
            let (duty, validators) = (self.duty, fresh.len());
            step.note(Note::Accepted { duty, validators });
            self.answer_askers(&fresh, step);
        }
        !fresh.is_empty()
    }

    /// What to say of a duty whose time is over: how it ended, and whose fault it is that it is
    /// missed or that somebody has not helped. `halted` are those that owe it too, and of which
    /// nothing is signed any more.
    pub(crate) fn close(&self, halted: &[Ours], step: &Step<'_>) -> Vec<Note> {
        let duty = self.duty;
        let peers = self.absent(step);
        let absent = (!peers.is_empty()).then_some(Note::Absent { duty, peers });
        told(duty, self.ended(halted, step), absent)
    }

    fn ended(&self, halted: &[Ours], step: &Step<'_>) -> Ended {
        let mut fates: Vec<Ending> = Vec::new();
        let work = work_of(self.duty.kind);
        let positions = self.owners.positions().into_iter();
        let owners = positions.filter_map(|at| Some((at, self.owners.index_of(at)?)));
        for (validator, index) in owners.chain(halted.iter().copied()) {
            let why = self.miss(validator, step);
            let same = |fate: &&mut Ending| fate.why == why;
            match fates.iter_mut().find(same) {
                Some(fate) => fate.of.push((validator, index)),
                None => fates.push(Ending {
                    work,
                    why,
                    of: vec![(validator, index)],
                }),
            }
        }
        let signed = self.stage.signed().map(consensus::Value::hash);
        let shares = signed.map(|hash| self.collector.contributors(&hash));
        let shares = shares.unwrap_or(PeerSet::EMPTY);
        let confirmed = shares.without(step.peers.blind());
        Ended {
            fates,
            signed: self.traced(),
            reached: self.reached,
            missing: self.missing(step),
            shares,
            led: signed.and_then(|hash| self.instance.proposer(&hash)),
            saw: self
                .instance
                .voters()
                .iter()
                .chain(confirmed.iter())
                .collect(),
        }
    }

    /// What was said in it.
    pub(crate) fn said(&self) -> Said {
        Said {
            signed: self.traced(),
            committed: self.instance.committed(),
            heard: PeerSet::EMPTY,
        }
    }

    /// What t shares have signed, where the chain shows such a thing, and for whom.
    fn traced(&self) -> Option<(Signed, BTreeSet<ValidatorPosition>)> {
        let value = self.stage.signed()?;
        let signed = match (self.duty.kind, value) {
            (DutyKind::Head, Value::Head(data)) => Signed::Vote(*data),
            (DutyKind::Block, Value::Block(block)) => Signed::Block(block.root()),
            (DutyKind::Block, Value::Blinded(blinded)) => Signed::Block(blinded.block().root()),
            (
                DutyKind::Head
                | DutyKind::Block
                | DutyKind::Aggregate
                | DutyKind::SyncMessage
                | DutyKind::Contribution(_),
                _,
            ) => return None,
        };
        let whole = self.collector.whole().keys();
        Some((signed, whole.copied().collect()))
    }

    /// The others that have not done what the duty waited for last: those that were not even there,
    /// if that were too many.
    fn missing(&self, step: &Step<'_>) -> PeerSet {
        if self.stage.signed().is_some() {
            return self.absent(step);
        }
        let connected = step.peers.connected();
        let are_enough = connected.len() + 1 >= step.facts.roster.size().threshold();
        let helped = match self.reached.filter(|_| are_enough) {
            // Nobody else could do anything yet.
            None | Some(Phase::Trigger) => connected,
            Some(Phase::ValueReady) => self.instance.voters(),
            Some(
                Phase::PrepareQuorum
                | Phase::RecordDurable
                | Phase::CommitQuorum
                | Phase::SignatureVerified
                | Phase::Accepted,
            ) => self.collector.all_contributors(),
        };
        let mut all = PeerSet::full(step.facts.roster.size());
        all.remove(step.facts.me);
        all.without(helped)
    }

    /// The others whose shares have not come although the duty is over.
    fn absent(&self, step: &Step<'_>) -> PeerSet {
        let Some(value) = self.stage.signed() else {
            return PeerSet::EMPTY;
        };
        let hash = consensus::Value::hash(value);
        let mut all = PeerSet::full(step.facts.roster.size());
        all.remove(step.facts.me);
        all.without(self.collector.contributors(&hash))
    }

    /// Why the duty of `validator` is missed, unless it is not.
    fn miss(&self, validator: ValidatorPosition, step: &Step<'_>) -> Option<Miss> {
        if self.collector.has(validator) {
            let given = self
                .given
                .values()
                .find(|given| given.validator == validator);
            let Given { fate, taken_by, .. } = given?;
            let is_withheld = self.is_blinded() && taken_by.is_empty();
            return match fate {
                Fate::Accepted => None,
                // A node that answers else waits for the relay to show the payload.
                Fate::Open if is_withheld && !step.is_mute => {
                    Some(Miss::Withheld(WAITS.to_owned()))
                }
                Fate::Open => Some(self.kind.no_answer()),
                Fate::Refused(why) if is_withheld => Some(Miss::Withheld(why.clone())),
                Fate::Refused(why) => Some(Miss::NotTaken {
                    why: why.clone(),
                    by: *taken_by,
                }),
            };
        }
        if step.vault.is_halted(validator) {
            return Some(Miss::Halted);
        }
        let signed = self.stage.signed();
        if signed.is_some_and(|value| !value.signers(&self.owners).contains(&validator)) {
            return Some(Miss::NoAggregate);
        }
        let is_block = matches!(self.duty.kind, DutyKind::Block);
        if is_block && !step.payees.proposes(validator, step.facts) {
            return Some(Miss::NoFeeRecipient);
        }
        let connected = step.peers.connected();
        if let Some(refusal) = step.vault.stopped() {
            return Some(Miss::Stopped(refusal));
        }
        if connected.len() + 1 < step.facts.roster.size().threshold() {
            return Some(Miss::TooFewPeers(connected));
        }
        if let Some(refusal) = self.refusals.get(&validator) {
            return Some(Miss::Refused(*refusal));
        }
        if self.held {
            return Some(Miss::DutyInDoubt);
        }
        Some(self.stuck())
    }

    /// Whether what is signed is a block around a payload that somebody else has.
    fn is_blinded(&self) -> bool {
        matches!(self.stage.signed(), Some(Value::Blinded(_)))
    }

    /// Why the run came no further, by how far it came.
    fn stuck(&self) -> Miss {
        let objection = self
            .objection
            .filter(|against| *against != Objection::OfView(Doubt::NoView));
        match (self.reached, objection) {
            (None | Some(Phase::Trigger), _) if self.standing == Standing::Abstaining => {
                Miss::Abstained
            }
            (None | Some(Phase::Trigger), Some(objection)) => Miss::Objected(objection),
            (None | Some(Phase::Trigger), None) => self.kind.no_value(),
            (Some(Phase::ValueReady), _) => Miss::NoPrepareQuorum,
            (Some(Phase::PrepareQuorum), Some(objection)) => Miss::Objected(objection),
            (
                Some(
                    Phase::PrepareQuorum
                    | Phase::RecordDurable
                    | Phase::CommitQuorum
                    | Phase::SignatureVerified
                    | Phase::Accepted,
                ),
                _,
            ) => Miss::NoCommitQuorum,
        }
    }
}
