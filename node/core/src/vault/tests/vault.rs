//! The promises of the vault: record before release, restart, clock, what is made ahead.

use dkg::bls::{PublicPoint, SecretShare, verify};
use proto::eth::{
    AttestationData, BeaconBlockHeader, ChainSpec, Checkpoint, CommitteeIndex, ValidatorIndex,
};
use proto::{Epoch, Identity};

use crate::record::{Journal, Owner, SimulatedDisk};
use crate::vault::*;

const SPE: u64 = 8;

pub(crate) fn spec() -> ChainSpec {
    proto::example::chain(root(1), &[])
}

pub(crate) fn root(byte: u8) -> Root {
    [byte; 32].into()
}

pub(crate) fn at<const N: usize>(positions: [u32; N]) -> [ValidatorPosition; N] {
    positions.map(ValidatorPosition)
}

pub(crate) fn share(i: u8) -> SecretShare {
    SecretShare::from_bytes(&[i + 1; 32]).unwrap()
}

pub(crate) fn group_key(i: u8) -> PublicKey {
    share(i).public().to_bytes()
}

pub(crate) fn held(i: u8) -> Held {
    Held {
        group_key: group_key(i),
        share: share(i),
        deposits: Some(DepositTerms {
            credentials: root(0xcc),
            gwei: vec![1_000_000_000, 31_000_000_000],
        }),
    }
}

pub(crate) fn owner() -> Owner {
    Owner {
        cluster: root(7),
        identity: Identity::from_seed(&[7; 32]).public(),
    }
}

/// A peer of a cluster of 4 with three validators, on a disk that survives it.
pub(crate) struct Peer {
    pub(crate) disk: SimulatedDisk,
    pub(crate) journal: Journal<SimulatedDisk>,
    pub(crate) vault: Vault,
}

impl Peer {
    pub(crate) fn begin() -> Self {
        let disk = SimulatedDisk::new();
        let mut history = History::default();
        let keys = (0..3).map(group_key).collect();
        history.add(Entry::Enrolled(keys)).unwrap();
        Journal::create(disk.clone(), owner(), history).unwrap();
        Self::start(disk)
    }

    /// One of so many peers.
    pub(crate) fn of(peers: usize) -> Self {
        Self::start_one_of(peers, Self::begin().disk)
    }

    pub(crate) fn start(disk: SimulatedDisk) -> Self {
        Self::start_one_of(4, disk)
    }

    fn start_one_of(peers: usize, disk: SimulatedDisk) -> Self {
        let journal = Journal::open(disk.clone(), owner()).unwrap();
        let size = ClusterSize::of(peers).unwrap();
        let held = (0..3).map(held).collect();
        let vault = Vault::open(size, held, journal.history().clone()).unwrap();
        Self {
            disk,
            journal,
            vault,
        }
    }

    fn restart_after_power_loss(self, seed: u64) -> Self {
        self.disk.power_loss(seed);
        Self::start(self.disk)
    }

    /// Signs, records and opens: the whole path.
    pub(crate) fn release(
        &mut self,
        now: u64,
        what: &Signable,
        who: &[ValidatorPosition],
    ) -> Vec<PartialSignature> {
        let signing = self.vault.sign(Slot(now), what, who);
        assert_eq!(signing.refused, []);
        let recorded = self.journal.append(&signing.records).unwrap();
        signing.sealed.unwrap().open(&recorded).unwrap()
    }

    pub(crate) fn refusal(&mut self, now: u64, what: &Signable) -> &'static str {
        let signing = self.vault.sign(Slot(now), what, &at([0]));
        assert!(signing.records.is_empty() && signing.sealed.is_none());
        signing.refused[0].1.rule()
    }

    pub(crate) fn mark(&mut self, now: u64) {
        let record = self.vault.mark(Slot(now));
        let recorded = self.journal.append(record.as_slice()).unwrap();
        self.vault.recorded(&recorded);
    }
}

pub(crate) fn attestation(slot: u64, head: u8) -> Signable {
    let target = slot / SPE;
    Signable::attestation(
        &spec(),
        &data(slot, (target.saturating_sub(1), target), head),
    )
}

pub(crate) fn data(slot: u64, (source, target): (u64, u64), head: u8) -> AttestationData {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: root(2),
    };
    AttestationData {
        slot: Slot(slot),
        index: CommitteeIndex(0),
        beacon_block_root: root(head),
        source: checkpoint(source),
        target: checkpoint(target),
    }
}

pub(crate) fn block(slot: u64, body: u8) -> Signable {
    let header = BeaconBlockHeader {
        slot: Slot(slot),
        proposer_index: ValidatorIndex(0),
        parent_root: root(1),
        state_root: root(2),
        body_root: root(body),
    };
    Signable::block(&spec(), &header)
}

#[test]
fn one_record_serves_all_validators_of_a_slot_and_every_partial_verifies() {
    let mut peer = Peer::begin();
    let vote = attestation(9, 1);
    let signing = peer.vault.sign(Slot(9), &vote, &at([2, 0]));
    let entries: Vec<&Entry> = signing.records.iter().map(Record::entry).collect();
    assert!(
        matches!(entries[..], [Entry::Vote { .. }, Entry::Mark(Slot(10))]),
        "{entries:?}"
    );
    let recorded = peer.journal.append(&signing.records).unwrap();
    let partials = signing.sealed.unwrap().open(&recorded).unwrap();
    let validators: Vec<_> = partials.iter().map(PartialSignature::validator).collect();
    assert_eq!(validators, at([0, 2]));
    let message = Message::hash(vote.signing_root());
    for partial in &partials {
        let key = group_key(u8::try_from(partial.validator().0).unwrap());
        let key = PublicPoint::from_bytes(&key).unwrap();
        assert!(verify(&key, &message, partial.signature()));
    }
}

/// The order of Lighthouse #8516 and Anchor #834, sign and release first and check later, cannot
/// be written: before the record is durable there is nothing to release.
#[test]
fn anchor_834_a_share_stays_sealed_until_its_record_is_durable() {
    let mut peer = Peer::begin();
    let before = peer.journal.recorded();
    let signing = peer.vault.sign(Slot(9), &attestation(9, 1), &at([0]));
    let sealed = signing.sealed.unwrap().open(&before).unwrap_err();
    // Asked again while the first record is under way: no second record, and no shortcut.
    let again = peer.vault.sign(Slot(9), &attestation(9, 1), &at([0]));
    assert!(again.records.is_empty());
    let again = again.sealed.unwrap().open(&before).unwrap_err();
    let recorded = peer.journal.append(&signing.records).unwrap();
    assert_eq!(
        sealed.open(&recorded).unwrap(),
        again.open(&recorded).unwrap()
    );
}

#[test]
fn a_refused_validator_does_not_hold_up_the_others() {
    let mut peer = Peer::begin();
    peer.release(8, &attestation(8, 1), &at([1]));
    let signing = peer
        .vault
        .sign(Slot(9), &attestation(9, 2), &at([0, 1, 2, 7]));
    let refused: Vec<_> = signing
        .refused
        .iter()
        .map(|(v, r)| (v.0, r.rule()))
        .collect();
    assert_eq!(refused, [(1, "double_vote"), (7, "unknown_validator")]);
    let Entry::Vote { validators, .. } = signing.records[0].entry() else {
        panic!("no vote is recorded: {:?}", signing.records);
    };
    assert_eq!(*validators, [0, 2].map(RecordNumber));
    let would: Vec<_> = peer
        .vault
        .would_refuse(Slot(9), &attestation(9, 3), &at([0, 1]))
        .iter()
        .map(|(validator, _)| validator.0)
        .collect();
    assert_eq!(would, [0, 1]);
}

/// ssv#168: a restarted peer ran a duty again that was already decided.
#[test]
fn ssv_168_a_restarted_peer_signs_the_same_and_nothing_else() {
    for seed in 0..16 {
        let mut peer = Peer::begin();
        peer.mark(8);
        let first = peer.release(9, &attestation(9, 1), &at([0]));
        peer.release(9, &block(9, 1), &at([0]));
        let mut peer = peer.restart_after_power_loss(seed);
        assert!(!peer.vault.may_vote(Slot(9)));
        assert_eq!(peer.refusal(9, &attestation(9, 2)), "double_vote");
        assert_eq!(peer.refusal(9, &block(9, 2)), "double_proposal");
        assert_eq!(peer.release(9, &attestation(9, 1), &at([0])), first);
    }
}

/// A reorganised chain may give a duty another validator while this peer restarts. It stays with
/// the value that it signed: two COMMITs of one peer for one duty convict it.
#[test]
fn a_duty_has_one_value_whichever_validators_it_is_for() {
    for seed in 0..16 {
        let mut peer = Peer::begin();
        peer.release(9, &attestation(9, 1), &at([0]));
        peer.release(9, &block(9, 1), &at([0]));
        let peer = peer.restart_after_power_loss(seed);
        let mut peer = peer.restart_after_power_loss(seed);
        for other in [attestation(9, 2), block(9, 2)] {
            let signing = peer.vault.sign(Slot(9), &other, &at([0, 1]));
            assert!(signing.records.is_empty() && signing.sealed.is_none());
            assert!(matches!(signing.refused[1].1, Refusal::SecondValue { .. }));
        }
        assert_eq!(peer.release(9, &attestation(9, 1), &at([0, 1])).len(), 2);
    }
}

/// ssv#2278: removing a validator and adding it again forgot what it had signed.
#[test]
fn ssv_2278_a_validator_that_is_removed_and_added_again_keeps_its_record() {
    let mut peer = Peer::begin();
    peer.release(9, &attestation(9, 1), &at([0]));
    let size = ClusterSize::of(4).unwrap();
    let history = Journal::open(peer.disk, owner()).unwrap().history().clone();
    let without = Vault::open(size, vec![held(1)], history).unwrap();
    // Back at another position, and with another share: the group key counts.
    let back = Held {
        share: share(9),
        ..held(0)
    };
    let history = without.history().clone();
    let mut vault = Vault::open(size, vec![held(1), back], history).unwrap();
    let signing = vault.sign(Slot(9), &attestation(9, 2), &at([1]));
    assert!(matches!(signing.refused[0].1, Refusal::DoubleVote { .. }));
}

#[test]
fn shares_without_a_record_are_refused_with_words() {
    let size = ClusterSize::of(4).unwrap();
    let error = Vault::open(size, vec![held(0)], History::default())
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("gantry slashing new-record"),
        "{error}"
    );
}

#[test]
fn slots_and_epochs_ahead_of_the_clock_are_refused() {
    let mut peer = Peer::begin();
    assert_eq!(peer.refusal(8, &attestation(9, 1)), "ahead_of_clock");
    assert_eq!(peer.refusal(8, &block(9, 1)), "ahead_of_clock");
    let far_target = Signable::attestation(&spec(), &data(9, (0, 1 << 40), 1));
    assert_eq!(peer.refusal(9, &far_target), "target_not_of_slot");
    let far_source = Signable::attestation(&spec(), &data(9, (2, 1), 1));
    assert_eq!(peer.refusal(9, &far_source), "source_after_target");
    // A reveal may be made one slot ahead, and needs no record.
    let randao = Signable::randao(&spec(), Slot(9));
    assert_eq!(peer.refusal(7, &randao), "ahead_of_clock");
    let before = peer.vault.history().sequence();
    assert_eq!(peer.release(8, &randao, &at([0])).len(), 1);
    assert_eq!(peer.vault.history().sequence(), before);
}

#[test]
fn a_peer_votes_only_under_a_durable_mark_and_after_the_last_one() {
    let mut peer = Peer::begin();
    assert_eq!(peer.vault.restart_mark(), None);
    assert!(!peer.vault.may_vote(Slot(5)), "no mark yet");
    let record = peer.vault.mark(Slot(4)).unwrap();
    assert!(!peer.vault.may_vote(Slot(5)), "not durable yet");
    let recorded = peer.journal.append(&[record]).unwrap();
    peer.vault.recorded(&recorded);
    assert!(peer.vault.may_vote(Slot(5)) && !peer.vault.may_vote(Slot(6)));
    assert_eq!(peer.vault.mark(Slot(4)), None, "written once a slot");

    let mut peer = peer.restart_after_power_loss(3);
    assert_eq!(peer.vault.restart_mark(), Some(Slot(5)));
    peer.mark(5);
    assert!(
        !peer.vault.may_vote(Slot(5)),
        "this slot's votes are forgotten"
    );
    assert!(peer.vault.may_vote(Slot(6)));
    // It still signs what a certificate proves.
    assert_eq!(peer.release(5, &attestation(5, 1), &at([0])).len(), 1);
}

#[test]
fn signatures_made_ahead_are_the_same_and_are_bounded() {
    let mut peer = Peer::begin();
    for head in 1..=9 {
        peer.vault
            .presign(Slot(9), &attestation(9, head), &at([0, 1, 2]));
    }
    assert_eq!(peer.vault.ahead.roots(), 4);
    assert_eq!(
        peer.vault.history().sequence(),
        1,
        "nothing is recorded for it"
    );
    let ahead = peer.release(9, &attestation(9, 9), &at([0, 1, 2]));
    let fresh = Peer::begin().release(9, &attestation(9, 9), &at([0, 1, 2]));
    assert_eq!(ahead, fresh);
    // What could not be signed is not made ahead either.
    peer.vault.presign(Slot(9), &attestation(9, 10), &at([0]));
    assert!(
        peer.vault
            .ahead
            .find(attestation(9, 10).signing_root())
            .is_none()
    );
}
