//! The second half of a run: from a PREPARE quorum over the vault and the record to partial
//! signatures, and from t of them to group signatures.

use consensus::Input as Ballot;
use dkg::bls;
use proto::eth::{BlockContents, SingleAttestation};
use proto::vote::Partial;
use proto::{PeerIndex, Round, SignatureBytes};

use super::collector::Combining;
use super::ground::World;
use super::judge::Question;
use super::note::{Note, Phase};
use super::run::{Pending, Run, Target};
use super::schedule::Position;
use super::value::Value;
use super::{Output, Submission};
use crate::vault::{Recorded, Sealed};

impl Run {
    /// A quorum has PREPAREd `value`: the vault signs it and the store makes the record durable.
    pub(super) fn sign(&mut self, round: Round, value: Value, world: &mut World<'_>) {
        self.reach(Phase::PrepareQuorum, world);
        let question = Question::new(round, value, true);
        if let Err(objection) = self.hard_check(&question, world) {
            self.object(objection, world);
            return self.ballot(Ballot::Declined, world);
        }
        let slot = world.slot();
        let positions = self.owners.positions();
        let signing = match question.value() {
            Value::Head(data) => world.vault.sign_head(slot, data, &positions),
            Value::Block(block) => world.vault.sign_block(slot, block, &positions),
        };
        for (validator, refusal) in signing.refused {
            world.note(Note::Refused {
                duty: self.duty,
                validator,
                rule: refusal.rule(),
                message: refusal.to_string(),
            });
        }
        match signing.record {
            Some(record) => {
                let sequence = record.sequence();
                let (value, sealed) = (question.into_value(), signing.sealed);
                self.pending = Some(Pending { sequence, round, value, sealed });
                world.out.push(Output::Persist(record));
            }
            None => self.ballot(Ballot::Declined, world),
        }
    }

    /// The record is durable: the partial signatures may leave.
    pub(super) fn recorded(&mut self, recorded: &Recorded, world: &mut World<'_>) {
        let Some(pending) = self.pending.take_if(|p| p.sequence == recorded.sequence()) else {
            return;
        };
        self.reach(Phase::RecordDurable, world);
        let open = |(validator, sealed): (Position, Sealed)| Partial {
            validator: validator.0,
            signature: sealed.open(recorded),
        };
        let partials: Vec<Partial> = pending.sealed.into_iter().map(open).collect();
        let sequence = pending.sequence;
        self.ballot(Ballot::Recorded { sequence, partials: partials.clone() }, world);
        self.collect(world.ground.me, &pending.value, partials, world);
    }

    /// Computes the partial signatures of the own vote ahead; they stay sealed in the vault.
    pub(super) fn presign(&mut self, world: &mut World<'_>) {
        let Some(value) = self.voted.as_ref().and_then(|hash| self.instance.value(hash)) else {
            return;
        };
        let positions = self.owners.positions();
        match value {
            Value::Head(data) => world.vault.presign_head(data, &positions),
            Value::Block(block) => world.vault.presign_block(block, &positions),
        }
    }

    /// Takes a peer's (or the own) partial signatures over `value` and combines what is ready.
    pub(super) fn collect(
        &mut self,
        peer: PeerIndex,
        value: &Value,
        partials: Vec<Partial>,
        world: &mut World<'_>,
    ) {
        let hash = consensus::Value::hash(value);
        let partials = partials.into_iter().map(|p| (Position(p.validator), p.signature));
        self.collector.add(peer, hash, partials);
        if self.collector.contributors(&hash).len() < world.ground.roster.size().threshold() {
            return;
        }
        self.reach(Phase::CommitQuorum, world);
        let target = self.target.take_if(|target| target.hash == hash).unwrap_or_else(|| {
            let message = bls::Message::hash(value.signing_root(&world.ground.chain));
            Target { hash, message }
        });
        let with = Combining {
            message: &target.message,
            keys: &world.ground.keys,
            suspects: &mut world.peers.suspects,
            seed: &world.ground.seed,
        };
        let combined = self.collector.combine(&hash, &self.owners.positions(), with);
        self.target = Some(target);
        for (peer, validator) in combined.bad_shares {
            world.note(Note::Fault {
                peer,
                rule: "bad-share",
                detail: format!("{}: its share for validator {}", self.duty, validator.0),
            });
        }
        if !combined.signatures.is_empty() {
            self.submit(value, &combined.signatures, world);
        }
    }

    /// Submits fresh group signatures; every peer does, and "already known" is success.
    fn submit(
        &mut self,
        value: &Value,
        signatures: &[(Position, SignatureBytes)],
        world: &mut World<'_>,
    ) {
        self.reach(Phase::SignatureVerified, world);
        let submission = match value {
            Value::Head(data) => {
                let attestation = |(validator, signature): &(Position, SignatureBytes)| {
                    let duty = self.owners.attester(*validator)?.duty;
                    Some(SingleAttestation {
                        committee_index: duty.committee_index,
                        attester_index: duty.validator_index,
                        data: *data,
                        signature: *signature,
                    })
                };
                Some(Submission::Attestations(signatures.iter().filter_map(attestation).collect()))
            }
            Value::Block(block) => {
                let made_here = self.contents.take_if(|contents| contents.block == *block);
                // A block with blobs can only be published by who has them.
                let without_blobs = (block.blob_count() == 0)
                    .then(|| BlockContents { block: block.clone(), blobs: Default::default() });
                let signature = signatures.first().map(|(_, signature)| *signature);
                made_here
                    .or(without_blobs)
                    .zip(signature)
                    .map(|(contents, signature)| Submission::Block { contents, signature })
            }
        };
        if let Some(submission) = submission {
            world.out.push(Output::Submit { duty: self.duty, submission });
        }
        let hash = consensus::Value::hash(value);
        let there = self.collector.contributors(&hash);
        let everybody = proto::PeerSet::full(world.ground.roster.size());
        world.note(Note::Signed {
            duty: self.duty,
            validators: signatures.len(),
            round: self.instance.round(),
            missing: everybody.without(there),
        });
    }
}
