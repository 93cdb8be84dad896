//! Deals one peer shares that do not decrypt, or that lie on another polynomial.

use proptest::prelude::*;

use super::*;

#[test]
fn shares_that_do_not_decrypt_are_proven_by_the_receivers_one_time_secret() {
    let tamper: Tamper = |villain, _, frame| {
        let victim = first(villain).position();
        with_bundle(villain, frame, |bundle| {
            bundle.shares[victim].ciphertext[5] ^= 1
        })
    };
    named(tamper, Rule::Undecryptable);
}

#[test]
fn shares_of_another_polynomial_are_proven_by_the_receivers_one_time_secret() {
    let tamper: Tamper = |villain, _, frame| {
        let victim = first(villain).position();
        with_bundle(villain, frame, |bundle| {
            bundle.shares[victim] = twin(villain).shares[victim].clone();
        })
    };
    named(tamper, Rule::UnfitShare);
}

/// The evidence of a bad share, as a file.
fn evidence() -> String {
    let mut world = World::new(3, 1, 0);
    let villain = world.peer(2);
    world.villains.insert(villain, |villain, _, frame| {
        let victim = first(villain).position();
        with_bundle(villain, frame, |bundle| {
            bundle.shares[victim].ciphertext[5] ^= 1
        })
    });
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    let blames = world.heard[&world.peer(0)].blames.iter();
    let complaint = blames
        .map(|(evidence, _)| evidence)
        .find(|e| e.statements.len() == 3);
    serde_json::to_string(complaint.unwrap()).unwrap()
}

proptest! {
    #[test]
    fn evidence_with_a_changed_digit_convicts_nobody_else(
        file in Just(evidence()),
        at in any::<prop::sample::Index>(),
        digit in prop::sample::select(b"0123456789abcdef".to_vec()),
    ) {
        let mut changed = file.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = digit;
        let convicted = String::from_utf8(changed)
            .ok()
            .and_then(|text| serde_json::from_str::<Evidence>(&text).ok())
            .and_then(|evidence| blame::verify(&evidence).ok());
        if let Some(verdict) = convicted {
            let original: Evidence = serde_json::from_str(&file).unwrap();
            prop_assert_eq!(Ok(verdict), blame::verify(&original));
        }
    }
}
