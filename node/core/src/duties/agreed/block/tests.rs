//! A proposal that waits costs one verification.

use super::*;

#[test]
fn the_reveal_of_a_proposal_that_waits_is_verified_once() {
    let mut judged = JudgedReveal::default();
    let mut asked = 0;
    let of = |validator, byte| (ValidatorPosition(validator), [byte; 96].into());
    for (reveal, says) in [(of(1, 7), true), (of(1, 8), false), (of(2, 8), true)] {
        for _ in 0..9 {
            let is_right = judged.is_right(reveal, || {
                asked += 1;
                says
            });
            assert_eq!(is_right, says);
        }
    }
    assert_eq!(asked, 3);
}
