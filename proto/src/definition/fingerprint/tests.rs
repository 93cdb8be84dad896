//! Digits that differ where keys do.

use super::*;
use crate::Identity;

/// The expected digits come from Python: `int(hash, 16) % 10**45`, and of a key
/// `int.from_bytes(hashlib.sha256(key).digest()) % 10**25`.
#[test]
fn a_fingerprint_is_the_end_of_the_hash_in_decimal_digits() {
    let hash = "206b88c5a452fe7150f110d59abd86102688d1265b709c013531db655607d42c";
    let definition = Fingerprint::of_hash(&hash.parse().unwrap());
    assert_eq!(
        definition.to_string(),
        "96650 79409 29676 84239 16198 68319 71318 01205 03340"
    );
    let key = Identity::from_seed(&[1; 32]).public();
    assert_eq!(
        Fingerprint::of_key(&key).to_string(),
        "63097 94035 32414 69789 00350"
    );
    let small = Fingerprint::of_hash(&Root::from([0; 32]));
    assert_eq!(small.to_string(), ["00000"; 9].join(" "));
}
