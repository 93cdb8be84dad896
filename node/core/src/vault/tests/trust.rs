//! When nothing is signed at all: a record that failed, or one that was rolled back.

use super::vault::{Peer, at, attestation, spec};
use crate::record::{DiskFault, LogFile};
use crate::vault::*;

#[test]
fn a_failed_record_stops_signing_and_voting() {
    let mut peer = Peer::begin();
    peer.mark(8);
    peer.disk.plan(peer.disk.operations(), DiskFault::Full);
    let signing = peer.vault.sign(Slot(9), &attestation(9, 1), &at([0]));
    peer.journal.append(&signing.records).unwrap_err();
    peer.vault.poison();
    let sealed = signing.sealed.unwrap();
    assert!(sealed.open(&peer.journal.recorded()).is_err());
    assert_eq!(peer.refusal(9, &attestation(9, 1)), "poisoned");
    assert_eq!(
        peer.refusal(9, &Signable::randao(&spec(), Slot(9))),
        "poisoned"
    );
    assert!(!peer.vault.may_vote(Slot(9)));
    assert_eq!(peer.vault.mark(Slot(9)), None);
}

/// S12: a peer whose record was rolled back signs nothing.
#[test]
fn a_rolled_back_record_stops_signing_once_an_honest_peer_must_have_said_so() {
    let mut peer = Peer::begin();
    let backup = [LogFile::A, LogFile::B].map(|file| (file, peer.disk.bytes(file)));
    let signing = peer.vault.sign(Slot(9), &attestation(9, 1), &at([0]));
    let seen = signing.sealed.unwrap().sequence();
    peer.journal.append(&signing.records).unwrap();
    for (file, bytes) in backup {
        peer.disk.tamper(file, bytes);
    }
    let mut peer = Peer::start(peer.disk);
    let size = ClusterSize::of(4).unwrap();
    peer.vault.witnessed(size.peer(1).unwrap(), seen);
    assert_eq!(peer.vault.stopped(), None, "one of four may lie");
    peer.vault.witnessed(size.peer(1).unwrap(), u64::MAX);
    assert_eq!(peer.vault.stopped(), None, "however often");
    peer.vault.witnessed(size.peer(2).unwrap(), seen);
    assert_eq!(peer.refusal(9, &attestation(9, 2)), "rolled_back");
    let words = peer.vault.stopped().unwrap().to_string();
    assert!(words.contains("gantry slashing new-record"), "{words}");
    assert!(!peer.vault.may_vote(Slot(10)));
}

#[test]
fn witnesses_of_what_is_on_the_disk_stop_nothing() {
    let mut peer = Peer::begin();
    peer.release(9, &attestation(9, 1), &at([0]));
    let again = peer.vault.sign(Slot(10), &attestation(10, 1), &at([1]));
    let shown = again.sealed.unwrap().sequence();
    let before = peer.vault.begun_at();
    for other in ClusterSize::of(4).unwrap().all() {
        assert!(!peer.vault.witnessed(other, shown));
        assert!(!peer.vault.witnessed(other, before));
    }
    assert_eq!(peer.vault.stopped(), None);
}

/// Three tolerate no bad one, so one claim stops a peer; but its operator learns whose it is, and
/// may deny it.
#[test]
fn of_three_one_claim_stops_signing_and_names_the_claimant_until_it_is_denied() {
    let size = ClusterSize::of(3).unwrap();
    let names = ["alice", "bob", "carol"].map(str::to_owned);
    let liar = size.peer(1).unwrap();
    let mut peer = Peer::of(3);
    peer.vault.witnessed(liar, 77);
    let words = peer.vault.stopped().unwrap().in_words(&names);
    assert!(words.contains("bob claims to have seen 77"), "{words}");
    let command = "gantry slashing keep-record --against bob --seen 77";
    assert!(words.contains(command), "{words}");
    assert_eq!(peer.refusal(9, &attestation(9, 1)), "rolled_back");

    let mut peer = Peer::of(3);
    peer.vault.deny(liar, 77);
    assert!(!peer.vault.witnessed(liar, 77));
    assert_eq!(peer.vault.stopped(), None);
    peer.vault.witnessed(liar, 78);
    assert!(peer.vault.stopped().is_some(), "another claim is another");
    let mut peer = Peer::of(3);
    peer.vault.deny(liar, 77);
    peer.vault.witnessed(size.peer(2).unwrap(), 77);
    assert!(peer.vault.stopped().is_some(), "of another peer as well");
}
