//! What nodes submit, checked and handed to the chain.

use dkg::bls::{self, Message as Hashed, PublicPoint, SignaturePoint};
use node_core::duties::{Response, Submission};
use node_core::vault::Signable;
use proto::eth::{BlockContents, SingleAttestation, ValidatorIndex};
use proto::{DutyId, Root, SignatureBytes};

use crate::draws::position_of;
use crate::peer::BeaconNode;
use crate::world::World;

/// Why a beacon node refuses what the chain does not know so.
const NOT_SO: &str = "not as the chain has it";

impl World {
    /// Checks what a node submits (S16, S11), and lets the chain have it.
    pub(crate) fn submit(&mut self, peer: usize, duty: DutyId, submission: Submission) -> Response {
        let takes = self.takes(peer);
        let is_block = matches!(submission, Submission::Block { .. });
        let (mut accepted, mut refused) = (Vec::new(), Vec::new());
        for (index, verdict) in self.verdicts(peer, duty, submission) {
            match verdict {
                Ok(()) if takes => {
                    accepted.push(index);
                    if !is_block {
                        self.chain.accept(duty, position_of(index), self.now);
                    }
                }
                Err(why) if takes => refused.push((index, why)),
                Ok(()) | Err(_) => refused.push((index, NOT_SO.to_owned())),
            }
        }
        if takes {
            let all = refused.iter();
            self.refused
                .extend(all.map(|(index, _)| (peer, duty, position_of(*index))));
        }
        Response::Submit {
            duty,
            accepted,
            refused,
        }
    }

    /// What a beacon node would say of each part of a submission.
    fn verdicts(
        &mut self,
        peer: usize,
        duty: DutyId,
        submission: Submission,
    ) -> Vec<(ValidatorIndex, Result<(), String>)> {
        match submission {
            Submission::Attestations(all) => all
                .iter()
                .map(|one| (one.attester_index, self.check_attestation(peer, duty, one)))
                .collect(),
            Submission::Aggregates(all) => all
                .iter()
                .map(|one| (one.aggregator_index, self.check_aggregate(peer, duty, one)))
                .collect(),
            Submission::SyncMessages(all) => all
                .iter()
                .map(|one| (one.validator_index, self.check_message(one)))
                .collect(),
            Submission::Contributions(all) => all
                .iter()
                .map(|one| (one.aggregator_index, self.check_contribution(one)))
                .collect(),
            Submission::Block {
                contents,
                signature,
                origin,
            } => {
                self.check_blobs((peer, duty), &contents, origin);
                let index = contents.block.proposer_index();
                vec![(index, self.submit_block((peer, duty), &contents, signature))]
            }
        }
    }

    fn check_attestation(
        &mut self,
        peer: usize,
        duty: DutyId,
        attestation: &SingleAttestation,
    ) -> Result<(), String> {
        let root = Signable::attestation(&self.chain.spec, &attestation.data).signing_root();
        let validator = position_of(attestation.attester_index);
        self.check_signature(validator, root, &attestation.signature);
        let vote = (attestation.data, attestation.signature);
        self.chain.votes.insert((duty.slot, validator), vote);
        let seat = (validator, duty.slot, attestation.committee_index);
        match self.chain.has_seat(peer, seat, self.now) {
            true => Ok(()),
            false => Err(NOT_SO.to_owned()),
        }
    }

    /// What a beacon node says of a block, if it says something: the chain has it then.
    fn submit_block(
        &mut self,
        (peer, duty): (usize, DutyId),
        contents: &BlockContents,
        signature: SignatureBytes,
    ) -> Result<(), String> {
        let block = &contents.block;
        self.publishers.entry(duty).or_default().insert(peer);
        let root = Signable::block(&self.chain.spec, block.header()).signing_root();
        let index = block.proposer_index();
        let validator = position_of(index);
        self.check_signature(validator, root, &signature);
        let reveal = Signable::randao(&self.chain.spec, duty.slot).signing_root();
        self.verify(validator, reveal, block.randao_reveal());
        if self.builder.as_ref().is_some_and(|it| it.withholds(block)) {
            return Err("no relay shows the payload".to_owned());
        }
        if !self.chain.is_whole(contents) {
            return match self.peers[peer].is_credulous {
                true => Ok(()),
                false => Err("KZG proof of blob 0 is wrong".to_owned()),
            };
        }
        if self.chain.proposer_seen(peer, duty.slot, self.now) != Some(index) {
            return Err(NOT_SO.to_owned());
        }
        let takes = self.takes(peer);
        if takes && self.chain.accept(duty, validator, self.now) {
            let made = (validator, *block.header(), signature);
            self.chain.signed_blocks.insert(duty.slot, made);
            self.spread(duty.slot, block.root(), (20, 400));
        }
        Ok(())
    }

    /// Whether the beacon node of `peer` takes anything.
    fn takes(&self, peer: usize) -> bool {
        let silent = [BeaconNode::Dead, BeaconNode::Hung];
        !silent.contains(&self.peers[peer].beacon) && !self.peers[peer].refuses
    }

    pub(crate) fn check_signature(
        &mut self,
        validator: u32,
        root: Root,
        signature: &SignatureBytes,
    ) {
        self.hash.feed(signature.as_bytes());
        self.checks.submits(validator, root);
        self.verify(validator, root, *signature);
    }

    pub(crate) fn verify(&mut self, validator: u32, root: Root, signature: SignatureBytes) {
        // Every peer submits the same: checked once.
        if !self.verified.insert((validator, root, signature)) {
            return;
        }
        let key = &self.cluster.lock.validators[validator as usize].public_key;
        let key = PublicPoint::from_bytes(key).unwrap();
        let message = Hashed::hash(root);
        let valid = SignaturePoint::from_bytes(&signature)
            .is_ok_and(|point| bls::verify(&key, &message, &point));
        if !valid {
            self.checks
                .violated("S16", format!("validator {validator} submits garbage"));
        }
    }
}
