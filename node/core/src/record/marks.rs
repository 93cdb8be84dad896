//! What one validator has signed: the watermarks of EIP-3076, its last votes and blocks by their
//! signing roots, its deposits. All of it only grows.
//!
//! Never here: whether something may be signed; the vault knows.

use std::collections::BTreeMap;

use proto::{Epoch, Root, Slot};

use super::bytes::{Reader, write_count};
use super::entry::Watermarks;

/// How many signed votes and blocks are remembered by root for each validator. Two, because the
/// certificate of an epoch's last slot may come when the next epoch's first is signed already.
const REMEMBERED: usize = 2;

/// What one validator has signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// The highest of everything, imports included.
    pub watermarks: Watermarks,
    /// The last votes, newest last.
    pub votes: Vec<SignedVote>,
    /// The last blocks, newest last.
    pub blocks: Vec<SignedProposal>,
    /// Deposits, once one is signed.
    pub deposits: Option<Deposits>,
}

/// An attestation that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedVote {
    /// Its source epoch.
    pub source: Epoch,
    /// Its target epoch.
    pub target: Epoch,
    /// What the key signed.
    pub signing_root: Root,
}

/// A block that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedProposal {
    /// Its slot.
    pub slot: Slot,
    /// What the key signed.
    pub signing_root: Root,
}

/// The deposit messages signed for one key: one withdrawal credentials for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposits {
    /// The withdrawal credentials of all of them.
    pub credentials: Root,
    /// What the key signed for each amount in gwei.
    pub signing_roots: BTreeMap<u64, Root>,
}

impl Marks {
    pub(super) fn voted(&mut self, vote: SignedVote) {
        self.watermarks.raise(&Watermarks {
            source: Some(vote.source),
            target: Some(vote.target),
            slot: None,
        });
        remember(&mut self.votes, vote, REMEMBERED);
    }

    pub(super) fn proposed(&mut self, block: SignedProposal) {
        self.watermarks.raise(&Watermarks {
            slot: Some(block.slot),
            ..Watermarks::default()
        });
        remember(&mut self.blocks, block, REMEMBERED);
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        self.watermarks.encode(out);
        write_count(out, self.votes.len());
        for vote in &self.votes {
            out.extend_from_slice(&vote.source.0.to_le_bytes());
            out.extend_from_slice(&vote.target.0.to_le_bytes());
            out.extend_from_slice(vote.signing_root.as_bytes());
        }
        write_count(out, self.blocks.len());
        for block in &self.blocks {
            out.extend_from_slice(&block.slot.0.to_le_bytes());
            out.extend_from_slice(block.signing_root.as_bytes());
        }
        out.push(u8::from(self.deposits.is_some()));
        if let Some(deposits) = &self.deposits {
            out.extend_from_slice(deposits.credentials.as_bytes());
            write_count(out, deposits.signing_roots.len());
            for (gwei, root) in &deposits.signing_roots {
                out.extend_from_slice(&gwei.to_le_bytes());
                out.extend_from_slice(root.as_bytes());
            }
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let mut marks = Self {
            watermarks: Watermarks::decode(reader)?,
            ..Self::default()
        };
        for _ in 0..reader.u32()? {
            marks.votes.push(SignedVote {
                source: Epoch(reader.u64()?),
                target: Epoch(reader.u64()?),
                signing_root: reader.array()?.into(),
            });
        }
        for _ in 0..reader.u32()? {
            marks.blocks.push(SignedProposal {
                slot: Slot(reader.u64()?),
                signing_root: reader.array()?.into(),
            });
        }
        if reader.u8()? == 1 {
            let mut deposits = Deposits {
                credentials: reader.array()?.into(),
                signing_roots: BTreeMap::new(),
            };
            for _ in 0..reader.u32()? {
                deposits
                    .signing_roots
                    .insert(reader.u64()?, reader.array()?.into());
            }
            marks.deposits = Some(deposits);
        }
        Some(marks)
    }
}

/// Adds the newest to a list of the last `most`.
pub(super) fn remember<T>(list: &mut Vec<T>, newest: T, most: usize) {
    list.push(newest);
    if list.len() > most {
        list.remove(0);
    }
}
