//! What is sealed by another view of the chain than the own.

use super::presigned::{Place, RIPE, kept, part, sealed_by, sent_by};
use super::*;
use crate::vault::Presigned;

#[test]
fn what_is_sealed_for_another_fork_version_is_not_held_until_it_is_sealed_again() {
    let other = example::chain([1; 32].into(), &[("CAPELLA_FORK_VERSION", "0x03000009")]);
    let exit = Presigned::new(&other, key(VALIDATOR), (INDEX, RIPE));
    let sealer = Place::new(1);
    let wrong = sealer.ground.vault.seal_exit(VALIDATOR, &exit).unwrap();
    let mut place = Place::new(0);
    place.looks(sound());
    place.take();
    let wrong = sent_by(1, VALIDATOR, wrong);
    place.hears(1, &[Frame::SealedExits(vec![wrong])]);
    place.works();
    assert_eq!(faults(&place.take()), [(1, Breach::SealedExit)]);
    assert_eq!(place.held(), [0]);
    place.hears(1, &[Frame::SealedExits(vec![part(1, VALIDATOR)])]);
    place.works();
    assert_eq!(place.held(), [0, 1]);
    // Who has sealed it so seals it again once its node is right.
    let mut sealer = Place::new(1);
    let facts = sealer.ground.facts.clone();
    sealer.exits.recall_sealed(vec![wrong], &facts);
    sealer.looks(sound());
    sealer.passes(SLOT);
    let kept = kept(&sealer.take()).unwrap();
    assert!(kept.contains(&part(1, VALIDATOR)));
    // Sealed for another it is other bytes throughout.
    assert_ne!(
        wrong.text.0[..48],
        sealed_by(1, VALIDATOR, RIPE).text.0[..48]
    );
}

#[test]
fn what_others_have_sealed_outlives_a_wrong_look_of_the_own_node() {
    let mut place = Place::holding_all(0);
    place.passes(SLOT);
    let all = kept(&place.take()).unwrap();
    assert_eq!(all.len(), 8);
    let wrong = Leaving {
        activation_epoch: Epoch(sound().activation_epoch.0 + 1),
        ..sound()
    };
    let (mut place, mut file) = (Place::new(0), all.clone());
    for standing in [wrong, sound()] {
        place = Place::new(0);
        let facts = place.ground.facts.clone();
        place.exits.recall_sealed(file.clone(), &facts);
        place.looks(standing);
        place.passes(SLOT);
        file = kept(&place.take()).unwrap_or(file);
        for other in all.iter().filter(|it| it.sealer != 0) {
            assert!(file.contains(other), "{other:?}");
        }
    }
    assert_eq!(place.held(), [0, 1, 2, 3]);
}
