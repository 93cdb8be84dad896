//! Numbers at the edges of the field.

use super::*;

#[test]
fn arithmetic_and_bytes_agree() {
    let seven = Scalar::from_u64(3).plus(&Scalar::from_u64(4));
    assert_eq!(seven.to_bytes()[31], 7);
    let one = seven.times(&seven.inverse());
    assert_eq!(*one.to_bytes(), *Scalar::from_u64(1).to_bytes());
    assert!(Scalar::from_u64(0).is_zero());
    assert!(Scalar::from_bytes(&[0xff; 32]).is_none());
    let mut wide = [0; 64];
    wide[63] = 9;
    assert_eq!(Scalar::from_wide(&wide).to_bytes()[31], 9);
}
