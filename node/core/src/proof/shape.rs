//! How the bytes of a container of fixed length make its root.
//!
//! Source: consensus-specs `ssz/simple-serialize.md`: a number fills a leaf from the left, a vector
//! of bytes or numbers fills one leaf after the other, a container has one leaf a field.

use super::tree::{Node, root_of};

/// What a value of fixed length is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A number, a flag, some bits, or so many bytes one after the other.
    Bytes(usize),
    /// Fields, each of its own shape.
    Container(&'static [Shape]),
    /// So many of one shape.
    Vector(&'static Shape, usize),
}

/// Leaves that are hashed where they stand: as many as the largest container has that comes often.
const FEW: usize = 8;

impl Shape {
    /// Its size in bytes.
    pub const fn size(&self) -> usize {
        match self {
            Self::Bytes(len) => *len,
            Self::Vector(shape, count) => shape.size() * *count,
            Self::Container(fields) => {
                let (mut sum, mut at) = (0, 0);
                while at < fields.len() {
                    sum += fields[at].size();
                    at += 1;
                }
                sum
            }
        }
    }

    /// The root of a value of this shape: `bytes` must be of its size.
    pub fn root(&self, bytes: &[u8]) -> Node {
        match self {
            Self::Bytes(len) if *len <= 32 => leaf(bytes),
            Self::Bytes(_) => rooted(bytes.chunks(32).map(leaf)),
            Self::Vector(shape, _) => {
                let values = bytes.chunks_exact(shape.size());
                rooted(values.map(|value| shape.root(value)))
            }
            Self::Container(fields) => {
                let mut rest = bytes;
                rooted(fields.iter().map(|field| {
                    let (value, after) = rest.split_at(field.size());
                    rest = after;
                    field.root(value)
                }))
            }
        }
    }
}

/// At most 32 bytes as a leaf, filled up with zeros.
pub fn leaf(bytes: &[u8]) -> Node {
    let mut node = [0; 32];
    node[..bytes.len()].copy_from_slice(bytes);
    node
}

/// The root over these leaves.
fn rooted(leaves: impl ExactSizeIterator<Item = Node>) -> Node {
    if leaves.len() > FEW {
        return root_of(&mut leaves.collect::<Vec<_>>());
    }
    let mut few = [[0; 32]; FEW];
    let count = leaves.len();
    for (node, leaf) in few.iter_mut().zip(leaves) {
        *node = leaf;
    }
    root_of(&mut few[..count])
}
