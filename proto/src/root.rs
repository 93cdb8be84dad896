//! Fixed-size byte strings that must not be confused: roots, keys, signatures, addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// A text is not the hex form of a byte string of the right length.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected 0x and {expected} hex digits, got {got:?}")]
pub struct BadHex {
    expected: usize,
    got: String,
}

/// A byte string of fixed length, written as 0x and hex digits. The aliases below all differ in
/// length, so one can never stand for another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes<const N: usize>([u8; N]);

/// A 32-byte hash: a `hash_tree_root`, a block root, the hash of a definition or lock.
pub type Root = Bytes<32>;

/// A BLS public key, compressed (48 bytes): a validator's group key or a share's public key.
/// Nothing says that it is a valid point; `dkg::bls` does.
pub type PublicKey = Bytes<48>;

/// A BLS signature, compressed (96 bytes), whole or partial, not yet verified.
pub type SignatureBytes = Bytes<96>;

/// An address of the execution chain (20 bytes).
pub type Address = Bytes<20>;

impl<const N: usize> Bytes<N> {
    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> From<[u8; N]> for Bytes<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> TryFrom<&[u8]> for Bytes<N> {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> FromStr for Bytes<N> {
    type Err = BadHex;

    fn from_str(text: &str) -> Result<Self, BadHex> {
        let mut bytes = [0; N];
        let digits = text.strip_prefix("0x").unwrap_or(text);
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| BadHex {
            expected: 2 * N,
            got: text.chars().take(2 * N + 8).collect(),
        })?;
        Ok(Self(bytes))
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl Root {
    /// The root of 32 zero bytes: the parent of genesis, the validators root of deposits.
    pub const ZERO: Self = Bytes([0; 32]);
}

#[cfg(test)]
mod tests;
