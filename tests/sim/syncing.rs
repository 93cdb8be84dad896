//! The sync committee in the world: who sits in it, what is checked of its messages and
//! contributions; and scripts that read aloud.
//!
//! A period has [`PERIOD`] epochs. In the first, and in every other after it, the first validator
//! has two seats of one subcommittee and one of another, and the second validator one seat; in the
//! periods between nobody of ours sits in it.

use dkg::bls::{Message as Hashed, SecretShare, SignaturePoint};
use node_core::duties::agreed::value::Value;
use node_core::duties::note::Note;
use node_core::vault::Signable;
use proto::eth::{
    Contribution, HeadVote, SignedContribution, SyncCommitteeMessage, SyncDuty, hash_tree_root,
    is_sync_aggregator,
};
use proto::{DutyId, DutyKind, Epoch, Root, SignatureBytes, Slot, Subcommittee};
use ssz_types::BitList;

use crate::aggregates::Pool;
use crate::draws::{index_of, position_of};
use crate::faults::Fault;
use crate::old;
use crate::scenarios::{head, ms};
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// Epochs of a period.
const PERIOD: u64 = 4;

/// The seats of our validators in the periods in which they have some.
const SEATS: [(u32, &[u64]); 2] = [(0, &[5, 7, 10]), (1, &[8])];

/// Seats of a subcommittee of the minimal preset.
const SIZE: u64 = 8;

/// Whether ours sit in the committee of this epoch.
fn sits(epoch: Epoch) -> bool {
    (epoch.0 / PERIOD) % 2 == 1
}

pub fn message(slot: u64) -> DutyId {
    DutyId {
        slot: Slot(slot),
        kind: DutyKind::SyncMessage,
    }
}

pub fn contribution(slot: u64, of: u64) -> DutyId {
    DutyId {
        slot: Slot(slot),
        kind: DutyKind::Contribution(Subcommittee::new(of).unwrap()),
    }
}

impl World {
    /// The seats of an epoch as a beacon node names them.
    pub(crate) fn seats(&mut self, epoch: Epoch) -> Vec<SyncDuty> {
        if !self.has_committee || !sits(epoch) {
            return Vec::new();
        }
        let spec = self.chain.spec.clone();
        let first = spec.first_slot(epoch).0.saturating_sub(1);
        for slot in (first..first + spec.slots_per_epoch()).map(Slot) {
            self.named.insert(message(slot.0));
            for of in Subcommittee::ALL {
                self.named.insert(contribution(slot.0, of.index()));
            }
        }
        let duty = |(validator, seats): &(u32, &[u64])| SyncDuty {
            pubkey: self.chain.keys[*validator as usize],
            validator_index: index_of(*validator),
            validator_sync_committee_indices: seats.to_vec(),
        };
        SEATS.iter().map(duty).collect()
    }

    /// Who signs in `slot`: the committee of the next slot's epoch.
    fn members(&self, slot: Slot) -> Vec<u32> {
        let epoch = self.chain.spec.epoch_of(slot.next());
        match self.has_committee && sits(epoch) {
            true => SEATS.iter().map(|(validator, _)| *validator).collect(),
            false => Vec::new(),
        }
    }

    /// The places of a member in a subcommittee.
    fn places(validator: u32, of: Subcommittee) -> Vec<u64> {
        let seats = SEATS.iter().filter(|(whose, _)| *whose == validator);
        let seats = seats.flat_map(|(_, seats)| seats.iter());
        let within = seats.filter(|seat| **seat / SIZE == of.index());
        within.map(|seat| seat % SIZE).collect()
    }

    /// Who was chosen in a subcommittee.
    fn contributors(&self, slot: Slot, of: Subcommittee) -> Vec<u32> {
        let mut members = self.members(slot);
        members.retain(|validator| {
            let root = Signable::sync_selection(&self.chain.spec, slot, of).signing_root();
            let proof = self.whole_signature(*validator, root);
            let is_in = !Self::places(*validator, of).is_empty();
            is_in && is_sync_aggregator(self.chain.spec.preset(), &proof)
        });
        members
    }

    /// What the beacon node of `peer` has of a subcommittee's messages.
    pub(crate) fn contribution(
        &self,
        peer: usize,
        (slot, of): (Slot, Subcommittee),
        root: Root,
    ) -> Option<Contribution> {
        let mut bits = BitList::with_capacity(SIZE as usize).unwrap();
        let strangers = [1, 3, 4, 6];
        let strangers = strangers.into_iter().take(1 + peer % 4);
        strangers.for_each(|at| bits.set(at, true).unwrap());
        if self.peers[peer].pool == Pool::Whole {
            for validator in self.members(slot) {
                let said = self.chain.messages.get(&(slot, validator));
                let is_in = said.is_some_and(|(of, _)| *of == root);
                let places = Self::places(validator, of).into_iter().filter(|_| is_in);
                places.for_each(|at| bits.set(at as usize, true).unwrap());
            }
        }
        let mut contribution = Contribution {
            slot,
            beacon_block_root: root,
            subcommittee_index: of.index(),
            signature: SignatureBytes::from([0; 96]),
            aggregation_bits: bits,
        };
        contribution.signature = self.messages_sum(&contribution)?.to_bytes();
        (self.peers[peer].pool != Pool::Nothing).then_some(contribution)
    }

    /// The right signature of a contribution; none if it has a message that nobody has signed.
    fn messages_sum(&self, contribution: &Contribution) -> Option<SignaturePoint> {
        let (slot, root) = (contribution.slot, contribution.beacon_block_root);
        let of = Subcommittee::new(contribution.subcommittee_index)?;
        let mut secret = [0; 32];
        secret[31] = 78;
        let stranger = SecretShare::from_bytes(&secret).unwrap();
        let vote = HeadVote {
            slot,
            beacon_block_root: root,
            ..crate::checks::any_vote()
        };
        let message = Signable::sync_message(&self.chain.spec, &vote, Root::ZERO);
        let stranger = stranger.sign(&Hashed::hash(message.signing_root()));
        let mut sum: Option<SignaturePoint> = None;
        let set = contribution.aggregation_bits.iter().enumerate();
        for (at, _) in set.filter(|(_, is_set)| *is_set) {
            let ours = self.members(slot).into_iter();
            let mut ours = ours.filter(|of_| Self::places(*of_, of).contains(&(at as u64)));
            let signature = match ours.next() {
                Some(validator) => {
                    let (said, signature) = self.chain.messages.get(&(slot, validator))?;
                    (*said == root).then_some(())?;
                    SignaturePoint::from_bytes(signature).ok()?
                }
                None => stranger,
            };
            sum = match sum {
                Some(sum) => Some(sum.plus(&signature)?),
                None => Some(signature),
            };
        }
        sum
    }

    /// What a beacon node checks of a message; and that it is of the head that the cluster has
    /// signed where a validator of ours attests.
    pub(crate) fn check_message(&mut self, said: &SyncCommitteeMessage) -> Result<(), String> {
        let validator = position_of(said.validator_index);
        let vote = HeadVote {
            slot: said.slot,
            beacon_block_root: said.beacon_block_root,
            ..crate::checks::any_vote()
        };
        let root = Signable::sync_message(&self.chain.spec, &vote, Root::ZERO).signing_root();
        self.check_signature(validator, root, &said.signature);
        let of = (said.beacon_block_root, said.signature);
        let before = *self
            .chain
            .messages
            .entry((said.slot, validator))
            .or_insert(of);
        if before.0 != said.beacon_block_root {
            let detail = format!(
                "validator {validator} signs two heads in slot {}",
                said.slot
            );
            self.checks.violated("sync", detail);
        }
        let votes = self
            .chain
            .votes
            .range((said.slot, 0)..(said.slot.next(), 0));
        if votes
            .map(|(_, (vote, _))| vote.beacon_block_root)
            .any(|of| of != before.0)
        {
            let detail = format!("slot {}: another head than was attested to", said.slot);
            self.checks.violated("sync", detail);
        }
        match self.members(said.slot).contains(&validator) {
            true => Ok(()),
            false => Err("not in the sync committee".to_owned()),
        }
    }

    /// What a beacon node checks of a contribution.
    pub(crate) fn check_contribution(&mut self, said: &SignedContribution) -> Result<(), String> {
        let spec = self.chain.spec.clone();
        let validator = position_of(said.aggregator_index);
        let (it, proof) = (&said.contribution, said.selection_proof);
        let of = Subcommittee::new(it.subcommittee_index).unwrap();
        let root = it
            .root(spec.preset(), said.aggregator_index, proof)
            .unwrap();
        let root = Signable::contribution(&spec, (it.slot, of), root, Root::ZERO).signing_root();
        self.check_signature(validator, root, &said.signature);
        let selection = Signable::sync_selection(&spec, it.slot, of).signing_root();
        self.verify(validator, selection, proof);
        if !self.contributors(it.slot, of).contains(&validator) {
            return Err("the member was not chosen".to_owned());
        }
        match self.messages_sum(it).map(|sum| sum.to_bytes()) == Some(it.signature) {
            true => Ok(()),
            false => Err("the signature is wrong".to_owned()),
        }
    }

    /// Ends with words unless every message and contribution of these slots was heard in its slot.
    fn assert_committee_heard(&self, slots: std::ops::Range<u64>) {
        self.assert_safe();
        let in_time = |duty: DutyId, validator| {
            let end = self.chain.spec.start_of(duty.slot.next());
            let at = self.chain.accepted(duty, validator);
            let name = self.name();
            assert!(
                at.is_some_and(|at| at < end),
                "{duty} of {validator}: {at:?}\n{name}"
            );
        };
        let mut contributions = 0;
        for slot in slots.map(Slot) {
            for validator in self.members(slot) {
                in_time(message(slot.0), validator);
            }
            for of in Subcommittee::ALL {
                for validator in self.contributors(slot, of) {
                    in_time(contribution(slot.0, of.index()), validator);
                    contributions += 1;
                }
            }
        }
        assert!(contributions > 1, "somebody must be chosen");
    }
}

/// A world whose validators sit in the sync committee.
fn world(seed: u64) -> World {
    let mut world = World::new(4, seed);
    world.has_committee = true;
    world
}

/// The slots in which ours sign: those of epochs 4 to 7, less one at the end and one more before.
const SIGNING: std::ops::Range<u64> = FIRST + 3..31;

#[test]
fn members_sign_the_agreed_head_and_those_chosen_contribute() {
    let mut world = world(900);
    world.run_to(SIGNING.end + 1);
    world.assert_all_done(FIRST + 1..SIGNING.end);
    world.assert_committee_heard(SIGNING);
    assert_eq!(world.refused, []);
}

/// The message of a period's last slot stands in a block of the next period, and is of that.
#[test]
fn the_last_slot_of_a_period_is_signed_by_the_next_committee() {
    let mut world = world(901);
    world.run_to(50);
    let signs = |slot: u64| world.chain.accepted(message(slot), 0).is_some();
    assert!(signs(30), "the last slot but one of the period");
    assert!(!signs(31), "the next committee's");
    assert!(!signs(46), "nobody of ours");
    assert!(signs(47), "the slot before the period begins");
    world.assert_safe();
    assert_eq!(world.refused, []);
}

#[test]
fn where_nobody_attests_a_head_is_agreed_on_and_no_vote_is_signed_or_recorded() {
    let mut world = world(902);
    world.run_to(SIGNING.end + 1);
    let silent = |slot: &u64| world.chain.attesters_in(Slot(*slot)).is_empty();
    let mut slots = SIGNING.filter(silent).peekable();
    assert!(slots.peek().is_some());
    for slot in slots {
        assert!(
            world.chain.accepted(message(slot), 0).is_some(),
            "slot {slot}"
        );
        for peer in 0..4 {
            let durable = world.peers[peer].durable_history(&world.cluster).unwrap();
            assert!(!world.signed.contains_key(&(peer, head(slot))));
            assert_eq!(durable.value(head(slot)), None);
        }
    }
}

#[test]
fn one_of_four_peers_dead_costs_the_committee_nothing() {
    for dead in 0..4 {
        let mut world = world(910 + dead as u64);
        world.run_until(FIRST, ms(6_000));
        world.fault(Fault::Kill(dead));
        world.run_to(SIGNING.end + 1);
        world.assert_committee_heard(SIGNING);
    }
}

#[test]
fn messages_of_ours_that_a_beacon_node_leaves_out_are_added() {
    let mut world = world(920);
    for peer in &mut world.peers {
        peer.pool = Pool::WithoutOurs;
    }
    world.run_to(SIGNING.end + 1);
    world.assert_committee_heard(SIGNING);
    assert_eq!(world.refused, []);
}

#[test]
fn split_heads_make_no_member_sign_two_roots() {
    for seed in 930..940 {
        let mut world = world(seed);
        world.weather.split_percent = 100;
        world.weather.late_percent = 30;
        world.run_to(SIGNING.end + 1);
        world.assert_safe();
    }
}

#[test]
fn bad_shares_of_members_cost_nothing() {
    let mut world = world(940);
    world.corrupt(1, Villain::BadShares);
    world.run_to(SIGNING.end + 1);
    world.assert_committee_heard(SIGNING);
}

#[test]
fn a_peer_killed_while_the_committee_signs_signs_no_second_head() {
    for after in [4_010, 4_060, 4_120, 8_040, 8_080] {
        let mut world = world(950 + after);
        world.run_until(SIGNING.start + 1, ms(after));
        (0..2).for_each(|peer| world.fault(Fault::Kill(peer)));
        world.run_until(SIGNING.start + 1, ms(after + 300));
        (0..2).for_each(|peer| world.fault(Fault::Start(peer)));
        world.run_to(SIGNING.start + 5);
        world.assert_safe();
    }
}

#[test]
fn where_too_few_peers_know_the_committee_it_is_told_and_nothing_of_it_is_said() {
    let mut world = world(960);
    (2..4).for_each(|peer| world.peers[peer].versions = old::VERSIONS);
    world.run_to(SIGNING.end);
    world.assert_all_done(FIRST + 1..SIGNING.end - 1);
    let spoke = |(_, duty): &(usize, DutyId)| duty.kind == DutyKind::SyncMessage;
    assert!(!world.signed.keys().any(spoke));
    let is_told = |note: &Note| {
        matches!(
            note,
            Note::Seats {
                are_performed: false,
                ..
            }
        )
    };
    assert!(world.seats_told.iter().any(|(_, note)| is_told(note)));
}

#[test]
fn the_hash_of_a_head_is_what_is_recorded_of_a_message() {
    let mut world = world(970);
    world.run_to(SIGNING.start + 2);
    let duty = message(SIGNING.start + 1);
    let durable = world.peers[0].durable_history(&world.cluster).unwrap();
    let value = durable.value(duty).expect("it was signed in the last slot");
    let said = world.chain.messages[&(duty.slot, 0)].0;
    let votes = world.chain.values().filter_map(|value| match value {
        Value::Head(vote) => Some(vote),
        Value::Block(_) | Value::Blinded(_) | Value::Aggregates(_) | Value::Contribution(_) => None,
    });
    let mut of_head = votes.filter(|vote| vote.slot == duty.slot && vote.beacon_block_root == said);
    assert!(of_head.any(|vote| hash_tree_root(vote) == value));
}
