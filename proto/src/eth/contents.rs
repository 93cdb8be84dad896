//! A block together with its blobs: as a beacon node produces it and as it is posted. A blinded
//! block travels alone.
//!
//! In SSZ, proofs and blobs are lists of byte strings of fixed length, so one after the other:
//! they are kept and posted as they came, never taken apart. Where they travel without their block,
//! the proofs stand before the blobs ([`Blobs::piece`]).
//!
//! Source: Beacon API `BlockContents` and `SignedBlockContents` of Deneb and Fulu,
//! `BlindedBeaconBlock` and `SignedBlindedBeaconBlock` of Electra.
//!
//! Never here: whether a blob fits its commitment; the beacon node that publishes it checks that.

use prost::bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::too_short;
use super::{Block, BlockError, ChainSpec, ForkName, Form, SignedBlock};
use crate::SignatureBytes;

/// Bytes of a blob: 4,096 field elements of 32 bytes.
pub const BLOB_BYTES: usize = 131_072;
/// Bytes of a KZG proof.
const PROOF_BYTES: usize = 48;
/// Cells of an extended blob, each with a proof since Fulu (`CELLS_PER_EXT_BLOB`).
const CELLS_PER_BLOB: usize = 128;
/// Bytes of the three offsets before the parts.
const OFFSETS: usize = 12;

/// The blobs that travel beside a block, with their proofs. Empty for a block without blobs. Cheap
/// to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blobs {
    kzg_proofs: Bytes,
    blobs: Bytes,
}

impl Blobs {
    /// The blobs of `block`, if these are as many bytes as it commits to.
    ///
    /// # Errors
    /// If they are more or fewer.
    pub fn new(block: &Block, kzg_proofs: Vec<u8>, blobs: Vec<u8>) -> Result<Self, BlockError> {
        Self::of(block, kzg_proofs.into(), blobs.into())
    }

    fn of(block: &Block, kzg_proofs: Bytes, blobs: Bytes) -> Result<Self, BlockError> {
        let refused = |what, got| BlockError::Blobs {
            what,
            got,
            blobs: block.blob_count(),
        };
        if blobs.len() != block.blob_count() * BLOB_BYTES {
            return Err(refused("blobs", blobs.len()));
        }
        if kzg_proofs.len() != block.blob_count() * proof_bytes(block.fork()) {
            return Err(refused("KZG proofs", kzg_proofs.len()));
        }
        Ok(Self { kzg_proofs, blobs })
    }

    /// Bytes of the proofs and blobs of `block`, all together.
    pub fn total_bytes(block: &Block) -> usize {
        Self::bytes_of(block.fork(), block.blob_count())
    }

    /// Bytes of so many blobs with their proofs.
    pub fn bytes_of(fork: ForkName, blobs: usize) -> usize {
        blobs * (BLOB_BYTES + proof_bytes(fork))
    }

    /// All pieces of the proofs and blobs of `block`, joined again.
    ///
    /// # Errors
    /// If they are more or fewer bytes than it commits to.
    pub fn joined(block: &Block, pieces: Vec<u8>) -> Result<Self, BlockError> {
        let mut kzg_proofs = Bytes::from(pieces);
        let proofs = block.blob_count() * proof_bytes(block.fork());
        let blobs = kzg_proofs.split_off(proofs.min(kzg_proofs.len()));
        Self::of(block, kzg_proofs, blobs)
    }

    /// From `start` on at most `most` bytes of the proofs and blobs, the proofs first; nothing from
    /// their end on.
    pub fn piece(&self, start: usize, most: usize) -> Option<Vec<u8>> {
        let end = start.saturating_add(most);
        let cut = |whole: &Bytes, before: usize| {
            let [from, to] = [start, end].map(|at| at.saturating_sub(before).min(whole.len()));
            whole.slice(from..to)
        };
        let proofs = cut(&self.kzg_proofs, 0);
        let blobs = cut(&self.blobs, self.kzg_proofs.len());
        let piece = [proofs, blobs].concat();
        (!piece.is_empty()).then_some(piece)
    }

    /// The proofs, 48 bytes each.
    pub fn kzg_proofs(&self) -> &[u8] {
        &self.kzg_proofs
    }

    /// The blobs, [`BLOB_BYTES`] each.
    pub fn blobs(&self) -> &[u8] {
        &self.blobs
    }
}

/// A block with its blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockContents {
    /// The block.
    pub block: Block,
    /// The blobs it commits to.
    pub blobs: Blobs,
}

impl BlockContents {
    /// Reads the SSZ of unsigned block contents.
    ///
    /// # Errors
    /// If the bytes are not a block of this chain with its blobs.
    pub fn from_ssz(spec: &ChainSpec, ssz: &[u8]) -> Result<Self, BlockError> {
        let [block, kzg_proofs, blobs] = parts(ssz)?;
        let block = Block::from_ssz(spec, block)?;
        Ok(Self {
            blobs: Blobs::new(&block, kzg_proofs.to_vec(), blobs.to_vec())?,
            block,
        })
    }

    /// Reads the JSON of unsigned block contents.
    ///
    /// # Errors
    /// As [`BlockContents::from_ssz`].
    pub fn from_json(spec: &ChainSpec, json: &str) -> Result<Self, BlockError> {
        #[derive(Deserialize)]
        struct Contents<'a> {
            #[serde(borrow)]
            block: &'a RawValue,
            kzg_proofs: Vec<&'a str>,
            blobs: Vec<&'a str>,
        }
        let contents: Contents<'_> =
            serde_json::from_str(json).map_err(|error| BlockError::Json(error.to_string()))?;
        let block = Block::from_json(spec, contents.block)?;
        let kzg_proofs = decoded(&contents.kzg_proofs)?;
        Ok(Self {
            blobs: Blobs::new(&block, kzg_proofs, decoded(&contents.blobs)?)?,
            block,
        })
    }

    /// Reads the SSZ of an unsigned blinded block.
    ///
    /// # Errors
    /// If the bytes are no such block of this chain.
    pub fn blinded_from_ssz(spec: &ChainSpec, ssz: &[u8]) -> Result<Self, BlockError> {
        Block::from_ssz_of(spec, Form::Blinded, ssz).map(Self::alone)
    }

    /// Reads the JSON of an unsigned blinded block.
    ///
    /// # Errors
    /// As [`BlockContents::blinded_from_ssz`].
    pub fn blinded_from_json(spec: &ChainSpec, json: &RawValue) -> Result<Self, BlockError> {
        Block::from_json_of(spec, Form::Blinded, json).map(Self::alone)
    }

    /// A block beside which nothing travels.
    fn alone(block: Block) -> Self {
        Self {
            block,
            blobs: Blobs::default(),
        }
    }

    /// The SSZ of `SignedBlockContents`, or of `SignedBlindedBeaconBlock`, as it is posted.
    pub fn signed_ssz(&self, signature: SignatureBytes) -> Vec<u8> {
        let signed = SignedBlock {
            block: self.block.clone(),
            signature,
        };
        if self.block.is_blinded() {
            let mut ssz = Vec::with_capacity(signed.ssz_len());
            signed.append_ssz(&mut ssz);
            return ssz;
        }
        let proofs_at = OFFSETS + signed.ssz_len();
        let blobs_at = proofs_at + self.blobs.kzg_proofs.len();
        let mut ssz = Vec::with_capacity(blobs_at + self.blobs.blobs.len());
        for offset in [OFFSETS, proofs_at, blobs_at] {
            let offset = u32::try_from(offset).expect("a block and its blobs are below 4 GiB");
            ssz.extend_from_slice(&offset.to_le_bytes());
        }
        signed.append_ssz(&mut ssz);
        ssz.extend_from_slice(&self.blobs.kzg_proofs);
        ssz.extend_from_slice(&self.blobs.blobs);
        ssz
    }
}

/// Bytes of the proofs of one blob.
fn proof_bytes(fork: ForkName) -> usize {
    match fork {
        ForkName::Electra => PROOF_BYTES,
        ForkName::Fulu => CELLS_PER_BLOB * PROOF_BYTES,
    }
}

/// Takes a container of three variable parts apart.
fn parts(ssz: &[u8]) -> Result<[&[u8]; 3], BlockError> {
    let offset = |position: usize| -> Option<usize> {
        let bytes = ssz.get(position..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    };
    let [first, second, third] = [offset(0), offset(4), offset(8)];
    let cut = || -> Option<[&[u8]; 3]> {
        let (second, third) = (second?, third?);
        let start = first.filter(|first| *first == OFFSETS)?;
        Some([
            ssz.get(start..second)?,
            ssz.get(second..third)?,
            ssz.get(third..)?,
        ])
    };
    cut().ok_or_else(|| too_short(ssz.len(), OFFSETS))
}

fn decoded(texts: &[&str]) -> Result<Vec<u8>, BlockError> {
    let mut bytes = Vec::with_capacity(texts.iter().map(|text| text.len() / 2).sum());
    for text in texts {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let piece = hex::decode(digits).map_err(|error| BlockError::Json(error.to_string()))?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}
