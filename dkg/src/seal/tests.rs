//! What is sealed opens with enough shares, and with no fewer.

use super::*;

#[test]
fn a_seal_key_of_another_degree_or_with_infinity_is_refused() {
    let size = ClusterSize::of(4).unwrap();
    let point = SecretShare::from_bytes(&[1; 32])
        .unwrap()
        .public()
        .to_bytes();
    assert!(public_set(size, &[point; 3]).is_ok());
    for count in [0, 2, 4] {
        let expected = BadSealKey::Degree {
            found: count,
            expected: 3,
        };
        assert_eq!(public_set(size, &vec![point; count]), Err(expected));
    }
    assert!(exit_set(size, &[point; 2]).is_ok());
    let expected = BadSealKey::Degree {
        found: 3,
        expected: 2,
    };
    assert_eq!(exit_set(size, &[point; 3]), Err(expected));
    let mut infinity = [0; 48];
    infinity[0] = 0xc0;
    assert_eq!(
        public_set(size, &[point, point, infinity.into()]),
        Err(BadSealKey::Point(BadPoint::PublicKey))
    );
}

#[test]
fn shares_are_the_same_in_both_libraries() {
    let share = SecretShare::from_bytes(&[5; 32]).unwrap();
    let theirs = secret_share(&share);
    assert_eq!(
        &theirs.public_key_share().to_bytes()[..],
        &share.public().to_bytes().as_bytes()[..]
    );
}
