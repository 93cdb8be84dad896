//! Deals one peer shares that do not decrypt, or that lie on another polynomial.

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
