//! The root of the state's `ExecutionPayloadHeader`, the one part with a part of variable length.
//!
//! Source: consensus-specs `deneb/beacon-chain.md` (`ExecutionPayloadHeader`).

use super::refusal::Rule;
use super::series::with_count;
use super::shape::{Shape, leaf};
use super::tree::{Node, root_of};

const U64: Shape = Shape::Bytes(8);
const ROOT: Shape = Shape::Bytes(32);

/// The fields in front of the extra data.
const BEFORE: [Shape; 10] = [
    ROOT,
    Shape::Bytes(20),
    ROOT,
    ROOT,
    Shape::Bytes(256),
    ROOT,
    U64,
    U64,
    U64,
    U64,
];
/// The fields after it.
const AFTER: [Shape; 6] = [ROOT, ROOT, ROOT, ROOT, U64, U64];
/// Bytes of the fields of fixed length, and of the offset of the extra data.
pub const LEAST: usize =
    Shape::Container(&BEFORE).size() + OFFSET + Shape::Container(&AFTER).size();
/// Bytes with as much extra data as there may be: `MAX_EXTRA_DATA_BYTES`.
pub const MOST: usize = LEAST + 32;
const OFFSET: usize = 4;

/// The root of a header of [`LEAST`] to [`MOST`] bytes.
///
/// # Errors
/// If its extra data does not start where the rest ends.
pub fn header_root(bytes: &[u8]) -> Result<Node, Rule> {
    let (fixed, extra) = bytes.split_at(LEAST);
    let mut rest = fixed;
    let mut next = |size: usize| {
        let (value, after) = rest.split_at(size);
        rest = after;
        value
    };
    let mut leaves = Vec::with_capacity(BEFORE.len() + 1 + AFTER.len());
    leaves.extend(BEFORE.map(|shape| shape.root(next(shape.size()))));
    let offset = next(OFFSET).try_into().expect("four bytes");
    let got = u64::from(u32::from_le_bytes(offset));
    let expected = LEAST as u64;
    if got != expected {
        return Err(Rule::ExtraData { got, expected });
    }
    leaves.push(with_count(&leaf(extra), extra.len() as u64));
    leaves.extend(AFTER.map(|shape| shape.root(next(shape.size()))));
    Ok(root_of(&mut leaves))
}
