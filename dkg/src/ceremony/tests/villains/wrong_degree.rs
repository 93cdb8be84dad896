//! Deals for another threshold: one coefficient more or one less than t.

use super::*;

#[test]
fn a_polynomial_of_higher_degree_is_refused() {
    let tamper: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            let coefficient = bundle.commitments[..48].to_vec();
            bundle.commitments.extend(coefficient);
        })
    };
    named(tamper, Rule::WrongShape);
}

#[test]
fn a_polynomial_of_lower_degree_is_refused() {
    let tamper: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            bundle.commitments.truncate(bundle.commitments.len() - 48);
        })
    };
    named(tamper, Rule::WrongShape);
}

#[test]
fn a_leading_coefficient_at_infinity_is_refused() {
    let tamper: Tamper = |villain, _, frame| {
        with_bundle(villain, frame, |bundle| {
            let last = bundle.commitments.len() - 48;
            bundle.commitments[last..].fill(0);
            bundle.commitments[last] = 0xc0;
        })
    };
    named(tamper, Rule::BadPoint);
}
