//! The layout of a log: one header block, then frames that each own whole blocks.
//!
//! A file has a fixed size, its capacity, filled with zeros when it is made, so that an fdatasync
//! never has to write a file length or allocate. All numbers are little-endian.
//!
//! ```text
//! header, 4096 bytes, zero-padded
//!   magic "gantry record\n\0\0" 16 | version u32 | generation u64 | capacity u64
//!   | cluster 32 | identity 32 | last chain of the generation before 32 | crc32 u32 of the above
//! frame, at a multiple of 4096, zero-padded to one
//!   magic "GFRM" | kind u32 (1 snapshot, 2 records) | length of payload u32
//!   | chain 32 | crc32 u32 of the above and the payload | payload
//! chain of frame i = SHA-256(chain of frame i-1 | kind | length | payload)
//! chain before the first frame = SHA-256(header block)
//! ```
//!
//! The checksum says that a frame is whole, the chain that it stands in its place after exactly
//! those before it. Because a frame owns its blocks, a torn write never touches a durable frame.
//!
//! Never here: what a payload means, or which copy is right.

use proto::{IdentityKey, Root};
use sha2::{Digest as _, Sha256};

/// The unit of layout in bytes: the page of common kernels and the sector of common disks.
pub(super) const BLOCK: usize = 4096;

/// The newest version of this layout and of what stands in the payloads: `entry.rs`, `history.rs`.
/// Only a record in which something is of a version has that: every other keeps the one before, so
/// that an older program reads it. Here values were agreed on that cannot be slashed.
pub(super) const VERSION: u32 = 4;
/// The version of a record that has joined Rocket Pool.
pub(super) const JOINED: u32 = 3;
/// The version of a record in which nothing is of a newer one.
pub(super) const PLAIN: u32 = 2;

const MAGIC: [u8; 16] = *b"gantry record\n\0\0";
const HEADER_BODY: usize = 16 + 4 + 8 + 8 + 32 + 32 + 32;
const FRAME_MAGIC: [u8; 4] = *b"GFRM";
const FRAME_HEAD: usize = 4 + 4 + 4 + 32 + 4;

/// Whose record it is. A record of another cluster or peer is never used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The hash of the cluster lock.
    pub cluster: Root,
    /// The peer's identity key.
    pub identity: IdentityKey,
}

/// A running hash over everything before it in the log.
pub(super) type Chain = [u8; 32];

/// The first block of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// What its payloads may hold: [`PLAIN`] to [`VERSION`].
    pub version: u32,
    /// Counts rotations, from 1.
    pub generation: u64,
    /// The file's length in bytes.
    pub capacity: u64,
    /// [`Owner::cluster`].
    pub cluster: [u8; 32],
    /// [`Owner::identity`].
    pub identity: [u8; 32],
    /// The last chain of the generation before; zeros in the first.
    pub previous: Chain,
}

/// Why the first block is not a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// Not one, or a damaged one.
    Unreadable,
    /// Whole, but of this version.
    Version(u32),
}

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// Everything known when the generation began; its first frame and no other.
    Snapshot,
    /// Records that were made durable together.
    Records,
}

/// A frame whose checksum holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordFrame<'a> {
    pub kind: FrameKind,
    pub chain: Chain,
    pub payload: &'a [u8],
}

impl Header {
    pub(super) fn encode(&self) -> [u8; BLOCK] {
        let mut body = Vec::with_capacity(HEADER_BODY);
        body.extend_from_slice(&MAGIC);
        body.extend_from_slice(&self.version.to_le_bytes());
        body.extend_from_slice(&self.generation.to_le_bytes());
        body.extend_from_slice(&self.capacity.to_le_bytes());
        body.extend_from_slice(&self.cluster);
        body.extend_from_slice(&self.identity);
        body.extend_from_slice(&self.previous);
        let mut block = [0; BLOCK];
        block[..HEADER_BODY].copy_from_slice(&body);
        block[HEADER_BODY..HEADER_BODY + 4].copy_from_slice(&crc32fast::hash(&body).to_le_bytes());
        block
    }

    pub(super) fn decode(file: &[u8]) -> Result<Self, BadHeader> {
        let bad = BadHeader::Unreadable;
        let body = file.get(..HEADER_BODY).ok_or(bad)?;
        let crc = array(file, HEADER_BODY).ok_or(bad)?;
        if body[..16] != MAGIC || u32::from_le_bytes(crc) != crc32fast::hash(body) {
            return Err(bad);
        }
        let version = u32::from_le_bytes(array(body, 16).ok_or(bad)?);
        if !(PLAIN..=VERSION).contains(&version) {
            return Err(BadHeader::Version(version));
        }
        Ok(Self {
            version,
            generation: u64::from_le_bytes(array(body, 20).ok_or(bad)?),
            capacity: u64::from_le_bytes(array(body, 28).ok_or(bad)?),
            cluster: array(body, 36).ok_or(bad)?,
            identity: array(body, 68).ok_or(bad)?,
            previous: array(body, 100).ok_or(bad)?,
        })
    }

    /// The chain before the first frame.
    pub(super) fn chain(&self) -> Chain {
        Sha256::digest(self.encode()).into()
    }

    pub(super) fn belongs_to(&self, owner: &Owner) -> bool {
        self.cluster == *owner.cluster.as_bytes() && self.identity == owner.identity.to_bytes()
    }
}

impl FrameKind {
    const fn number(self) -> u32 {
        match self {
            Self::Snapshot => 1,
            Self::Records => 2,
        }
    }
}

/// The frame of `payload` after `chain`: its bytes, whole blocks, and its own chain.
pub(super) fn encode_frame(chain: &Chain, kind: FrameKind, payload: &[u8]) -> (Vec<u8>, Chain) {
    let chain = next_chain(chain, kind, payload);
    let length = u32::try_from(payload.len()).expect("payloads are far below 4 GiB");
    let mut bytes = Vec::with_capacity(frame_bytes(payload.len()));
    bytes.extend_from_slice(&FRAME_MAGIC);
    bytes.extend_from_slice(&kind.number().to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&chain);
    let crc = checksum(&bytes, payload);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes.resize(frame_bytes(payload.len()), 0);
    (bytes, chain)
}

/// The frame that begins at `offset`, if its checksum holds.
pub(super) fn frame_at(file: &[u8], offset: usize) -> Option<RecordFrame<'_>> {
    let bytes = file.get(offset..)?;
    let head = bytes.get(..FRAME_HEAD - 4)?;
    if head[..4] != FRAME_MAGIC {
        return None;
    }
    let kind = match u32::from_le_bytes(array(head, 4)?) {
        1 => FrameKind::Snapshot,
        2 => FrameKind::Records,
        _ => return None,
    };
    let length = usize::try_from(u32::from_le_bytes(array(head, 8)?)).ok()?;
    let payload = bytes.get(FRAME_HEAD..FRAME_HEAD.checked_add(length)?)?;
    let crc = u32::from_le_bytes(array(bytes, FRAME_HEAD - 4)?);
    (crc == checksum(head, payload)).then_some(RecordFrame {
        kind,
        chain: array(head, 12)?,
        payload,
    })
}

/// How many bytes a frame of this payload owns.
pub(super) const fn frame_bytes(payload: usize) -> usize {
    (FRAME_HEAD + payload).div_ceil(BLOCK) * BLOCK
}

pub(super) fn next_chain(chain: &Chain, kind: FrameKind, payload: &[u8]) -> Chain {
    let mut hash = Sha256::new();
    hash.update(chain);
    hash.update(kind.number().to_le_bytes());
    hash.update((payload.len() as u64).to_le_bytes());
    hash.update(payload);
    hash.finalize().into()
}

fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(head);
    crc.update(payload);
    crc.finalize()
}

fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests;
