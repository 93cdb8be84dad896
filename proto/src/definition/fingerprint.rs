//! Fingerprints: numbers short enough to be read aloud, by which people find out on the telephone
//! that they hold the same key or the same definition.
//!
//! A fingerprint is the end of a SHA-256 hash, read as one number in decimal digits: digits are
//! spoken and heard alike in every language. It stands in groups of five.
//!
//! * **Of a key: 25 digits, 83 bits**, of SHA-256 of its 32 bytes. The key is its owner's, so
//!   whoever wants to pass for one of up to 13 operators must find a key with a fingerprint that is
//!   given: 2^79 tries.
//! * **Of a definition: 45 digits, 149 bits**, of the definition hash. Its writer may be the liar,
//!   and may search for two definitions with one fingerprint, to show one to some and the other to
//!   the rest. That takes 2^74 tries of several SHA-256 blocks each: some hundred thousand years of
//!   a fast graphics card, and more than the stake of the largest cluster.
//!
//! Never what a program compares: signatures and messages are over the whole hash.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{IdentityKey, Root};

/// Groups of five digits in the fingerprint of a definition or a lock.
const OF_HASH: usize = 9;
/// Groups of five digits in the fingerprint of a key.
const OF_KEY: usize = 5;

/// The fingerprint of a key or of a definition: groups of five decimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Vec<String>);

impl Fingerprint {
    /// That of the definition, or of the lock, with this hash.
    pub fn of_hash(hash: &Root) -> Self {
        Self::end_of(*hash.as_bytes(), OF_HASH)
    }

    /// That of an operator's key.
    pub fn of_key(key: &IdentityKey) -> Self {
        Self::end_of(Sha256::digest(key.to_bytes()).into(), OF_KEY)
    }

    /// The groups, in the order in which they are read.
    pub fn groups(&self) -> &[String] {
        &self.0
    }

    /// The last `count` groups of the decimal digits of `number`, a big-endian one.
    fn end_of(mut number: [u8; 32], count: usize) -> Self {
        let mut groups: Vec<String> = (0..count).map(|_| divide(&mut number)).collect();
        groups.reverse();
        Self(groups)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Divides a big-endian number by 100,000; gives the rest as five digits.
fn divide(number: &mut [u8; 32]) -> String {
    let mut rest = 0u32;
    for byte in number {
        let value = (rest << 8) | u32::from(*byte);
        *byte = u8::try_from(value / 100_000).expect("the rest before was less than 100,000");
        rest = value % 100_000;
    }
    format!("{rest:05}")
}

#[cfg(test)]
mod tests;
