//! What became of a duty: what the beacon node took of it, and if it is missed, why.

use proto::eth::ValidatorIndex;
use proto::{DutyKind, PeerSet, SignatureBytes};

use super::ground::{Owners, World};
use super::note::{Miss, Note, Phase};
use super::objection::{Doubt, Objection};
use super::run::Run;
use super::schedule::Position;
use consensus::Standing;

/// One validator's part of what the beacon node was given.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) validator: Position,
    pub(super) fate: Fate,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// No answer yet.
    Open,
    /// The node has it.
    Accepted,
    /// The node refused it.
    Refused(String),
}

impl Run {
    /// Takes note of what the beacon node is given.
    pub(super) fn give(&mut self, signatures: &[(Position, SignatureBytes)]) {
        for (validator, _) in signatures {
            let index = match &self.owners {
                Owners::Attesters(_) => {
                    let attester = self.owners.attester(*validator);
                    attester.map(|attester| attester.duty.validator_index)
                }
                Owners::Proposer { index, .. } => Some(*index),
                Owners::Nobody => None,
            };
            if let Some(index) = index {
                let given = Given {
                    validator: *validator,
                    fate: Fate::Open,
                };
                self.given.insert(index, given);
            }
        }
    }

    /// The beacon node has these parts of what it was given, and refused others.
    pub(super) fn submitted(
        &mut self,
        accepted: &[ValidatorIndex],
        refused: Vec<(ValidatorIndex, String)>,
        world: &mut World<'_>,
    ) {
        let mut validators = 0;
        for index in accepted {
            if let Some(given) = self.given.get_mut(index)
                && given.fate != Fate::Accepted
            {
                given.fate = Fate::Accepted;
                validators += 1;
            }
        }
        let duty = self.duty;
        if validators > 0 {
            self.reach(Phase::Accepted, world);
            world.note(Note::Accepted { duty, validators });
        }
        for (index, why) in refused {
            if let Some(given) = self.given.get_mut(&index)
                && given.fate == Fate::Open
            {
                given.fate = Fate::Refused(why.clone());
                world.note(Note::NotTaken {
                    duty,
                    validator: given.validator,
                    index,
                    why,
                });
            }
        }
    }

    /// What to say of a duty whose time is over: nothing if it is done, and all have helped.
    pub(super) fn close(&self, world: &World<'_>) -> Vec<Note> {
        let mut missed: Vec<(Miss, usize)> = Vec::new();
        for validator in self.owners.positions() {
            let why = self.miss(validator, world);
            match missed
                .iter_mut()
                .find(|(known, _)| Some(known) == why.as_ref())
            {
                Some((_, count)) => *count += 1,
                None => missed.extend(why.map(|why| (why, 1))),
            }
        }
        let missed = missed.into_iter().map(|(why, validators)| Note::Missed {
            duty: self.duty,
            validators,
            why,
        });
        let absent = self.absent(world);
        let absent = (!absent.is_empty()).then_some(Note::Absent {
            duty: self.duty,
            peers: absent,
        });
        missed.chain(absent).collect()
    }

    /// The others whose shares have not come although the duty is over.
    fn absent(&self, world: &World<'_>) -> PeerSet {
        let Some(value) = &self.signed else {
            return PeerSet::EMPTY;
        };
        let hash = consensus::Value::hash(value);
        let mut all = PeerSet::full(world.ground.roster.size());
        all.remove(world.ground.me);
        all.without(self.collector.contributors(&hash))
    }

    /// Why the duty of `validator` is missed, unless it is not.
    fn miss(&self, validator: Position, world: &World<'_>) -> Option<Miss> {
        if self.collector.has(validator) {
            let given = self
                .given
                .values()
                .find(|given| given.validator == validator);
            return match &given?.fate {
                Fate::Accepted => None,
                Fate::Open => Some(Miss::NoAnswer),
                Fate::Refused(why) => Some(Miss::NotTaken { why: why.clone() }),
            };
        }
        let connected = world.peers.connected();
        if let Some(refusal) = world.vault.stopped() {
            return Some(Miss::Stopped(refusal));
        }
        if connected.len() + 1 < world.ground.roster.size().threshold() {
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
            (None | Some(Phase::Trigger), None) => match self.duty.kind {
                DutyKind::Block if self.reveal.is_none() => Miss::NoReveal,
                DutyKind::Head | DutyKind::Block => Miss::NoValue,
            },
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
