//! Gives one-time keys of small order, with which anybody could read the shares.

use super::*;

#[test]
fn an_opening_with_a_weak_key_is_refused() {
    let tamper: Tamper =
        |villain, _, frame| with_opening(villain, frame, |opening| opening.keys[0] = [0; 32]);
    named(tamper, Rule::WeakKey);
}

#[test]
fn a_bundle_sealed_with_a_weak_key_is_refused() {
    let tamper: Tamper =
        |villain, _, frame| with_bundle(villain, frame, |bundle| bundle.shares[1].key = [0; 32]);
    named(tamper, Rule::WeakKey);
}
