//! How our own byte strings and numbers are encoded and hashed in SSZ.
//!
//! Byte strings ([`Bytes`]) are `ByteVector`s, slots, epochs and indices are `uint64`, [`ByteList`]
//! is a `ByteList`. Source: consensus-specs `ssz/simple-serialize.md`.
//!
//! Never here: containers; they stand in the modules beside.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use ssz::{Decode, DecodeError, Encode};
use ssz_derive::{Decode, Encode};
use tree_hash::{Hash256, PackedEncoding, TreeHash, TreeHashType};
use typenum::Unsigned;

use crate::root::Bytes;
use crate::{Epoch, Root, Slot};

/// The `hash_tree_root` of a container.
pub fn hash_tree_root(value: &impl TreeHash) -> Root {
    Root::from(value.tree_hash_root().0)
}

/// A validator's index in the beacon state's registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[derive(Encode, Decode)]
#[ssz(struct_behaviour = "transparent")]
pub struct ValidatorIndex(#[serde(with = "serde_utils::quoted_u64")] pub u64);

/// A committee's index within its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[derive(Encode, Decode)]
#[ssz(struct_behaviour = "transparent")]
pub struct CommitteeIndex(#[serde(with = "serde_utils::quoted_u64")] pub u64);

impl fmt::Display for ValidatorIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for CommitteeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// At most `N` bytes: a transaction, a block's extra data. Hashed as one piece, not byte by byte.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ByteList<N> {
    bytes: Vec<u8>,
    limit: PhantomData<N>,
}

impl<N: Unsigned> ByteList<N> {
    /// These bytes, unless there are more than `N`.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= N::to_usize()).then_some(Self {
            bytes,
            limit: PhantomData,
        })
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }
}

impl<N> fmt::Debug for ByteList<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(&self.bytes))
    }
}

impl<N> Serialize for ByteList<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_utils::hex_vec::serialize(&self.bytes, serializer)
    }
}

impl<'de, N: Unsigned> Deserialize<'de> for ByteList<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_utils::hex_vec::deserialize(deserializer)?;
        Self::new(bytes)
            .ok_or_else(|| D::Error::custom(format_args!("more than {} bytes", N::to_usize())))
    }
}

impl<N> Encode for ByteList<N> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn ssz_append(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.bytes);
    }

    fn ssz_bytes_len(&self) -> usize {
        self.bytes.len()
    }
}

impl<N: Unsigned> Decode for ByteList<N> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > N::to_usize() {
            return Err(DecodeError::InvalidByteLength {
                len: bytes.len(),
                expected: N::to_usize(),
            });
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            limit: PhantomData,
        })
    }
}

impl<N: Unsigned> TreeHash for ByteList<N> {
    fn tree_hash_type() -> TreeHashType {
        TreeHashType::List
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        unreachable!("lists are never packed")
    }

    fn tree_hash_packing_factor() -> usize {
        unreachable!("lists are never packed")
    }

    fn tree_hash_root(&self) -> Hash256 {
        let chunks = N::to_usize().div_ceil(32);
        tree_hash::mix_in_length(
            &tree_hash::merkle_root(&self.bytes, chunks),
            self.bytes.len(),
        )
    }
}

impl<const N: usize> Encode for Bytes<N> {
    fn is_ssz_fixed_len() -> bool {
        true
    }

    fn ssz_fixed_len() -> usize {
        N
    }

    fn ssz_append(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(self.as_bytes());
    }

    fn ssz_bytes_len(&self) -> usize {
        N
    }
}

impl<const N: usize> Decode for Bytes<N> {
    fn is_ssz_fixed_len() -> bool {
        true
    }

    fn ssz_fixed_len() -> usize {
        N
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        <[u8; N]>::from_ssz_bytes(bytes).map(Self::from)
    }
}

impl<const N: usize> TreeHash for Bytes<N> {
    fn tree_hash_type() -> TreeHashType {
        TreeHashType::Vector
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        unreachable!("vectors are never packed")
    }

    fn tree_hash_packing_factor() -> usize {
        unreachable!("vectors are never packed")
    }

    fn tree_hash_root(&self) -> Hash256 {
        self.as_bytes().tree_hash_root()
    }
}

impl TreeHash for Slot {
    fn tree_hash_type() -> TreeHashType {
        u64::tree_hash_type()
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        self.0.tree_hash_packed_encoding()
    }

    fn tree_hash_packing_factor() -> usize {
        u64::tree_hash_packing_factor()
    }

    fn tree_hash_root(&self) -> Hash256 {
        self.0.tree_hash_root()
    }
}

impl TreeHash for Epoch {
    fn tree_hash_type() -> TreeHashType {
        u64::tree_hash_type()
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        self.0.tree_hash_packed_encoding()
    }

    fn tree_hash_packing_factor() -> usize {
        u64::tree_hash_packing_factor()
    }

    fn tree_hash_root(&self) -> Hash256 {
        self.0.tree_hash_root()
    }
}

impl TreeHash for ValidatorIndex {
    fn tree_hash_type() -> TreeHashType {
        u64::tree_hash_type()
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        self.0.tree_hash_packed_encoding()
    }

    fn tree_hash_packing_factor() -> usize {
        u64::tree_hash_packing_factor()
    }

    fn tree_hash_root(&self) -> Hash256 {
        self.0.tree_hash_root()
    }
}

impl TreeHash for CommitteeIndex {
    fn tree_hash_type() -> TreeHashType {
        u64::tree_hash_type()
    }

    fn tree_hash_packed_encoding(&self) -> PackedEncoding {
        self.0.tree_hash_packed_encoding()
    }

    fn tree_hash_packing_factor() -> usize {
        u64::tree_hash_packing_factor()
    }

    fn tree_hash_root(&self) -> Hash256 {
        self.0.tree_hash_root()
    }
}
