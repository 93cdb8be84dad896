//! A validator whose duties have ended signs none, and holds up no other.

use proto::Slot;

use super::vault::{Peer, at, attestation, block, root, spec};
use crate::vault::Signable;

#[test]
fn no_duty_is_signed_for_a_validator_that_is_halted_and_all_for_the_others() {
    let mut peer = Peer::begin();
    assert!(peer.vault.halt(at([0])[0]), "it is news");
    assert!(!peer.vault.halt(at([0])[0]), "and then no more");
    let duties = [
        attestation(9, 1),
        block(9, 1),
        Signable::randao(&spec(), Slot(9)),
        Signable::selection(&spec(), Slot(9)),
        Signable::aggregate(&spec(), Slot(9), root(1), root(2)),
    ];
    for duty in &duties {
        assert_eq!(peer.refusal(9, duty), "halted");
        let made = peer.release(9, duty, &at([1]));
        assert_eq!(made.len(), 1);
    }
    // What it has signed before is not signed again either.
    let mut peer = Peer::begin();
    peer.release(9, &attestation(9, 1), &at([0]));
    peer.vault.halt(at([0])[0]);
    assert_eq!(peer.refusal(9, &attestation(9, 1)), "halted");
}
