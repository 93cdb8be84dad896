//! The headers of the make-believe chain: each names the one before it by its hash, so that whoever
//! follows them from the head comes down to the first.

use std::sync::{Mutex, PoisonError};

use proto::eth::{BeaconBlockHeader, ValidatorIndex, hash_tree_root};
use proto::{Root, Slot};
use sha2::{Digest as _, Sha256};

/// Who makes all blocks: far from every validator of the cluster.
pub const PROPOSER: ValidatorIndex = ValidatorIndex(1 << 30);

/// The headers that somebody has asked for and those before them, from slot 0 on.
#[derive(Debug, Default)]
pub struct Headers(Mutex<Vec<(BeaconBlockHeader, Root)>>);

impl Headers {
    /// A chain that begins with these, of slots 0, 1, and so on.
    pub fn beginning_with(first: impl IntoIterator<Item = BeaconBlockHeader>) -> Self {
        let hashed = first.into_iter().map(|it| (it, hash_tree_root(&it)));
        Self(Mutex::new(hashed.collect()))
    }

    /// The header of `slot`, and its hash. The first time it takes a hash for each slot since the
    /// newest that was asked for.
    pub fn at(&self, slot: Slot) -> (BeaconBlockHeader, Root) {
        let mut chain = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let known = usize::try_from(slot.0).ok().and_then(|at| chain.get(at));
            if let Some(found) = known {
                return *found;
            }
            let next = Slot(chain.len() as u64);
            let header = BeaconBlockHeader {
                slot: next,
                proposer_index: PROPOSER,
                parent_root: chain.last().map_or(Root::ZERO, |(_, root)| *root),
                state_root: named("state", next.0),
                body_root: named("body", next.0),
            };
            chain.push((header, hash_tree_root(&header)));
        }
    }
}

/// A root that everybody can compute.
pub fn named(what: &str, number: u64) -> Root {
    let digest: [u8; 32] = Sha256::new()
        .chain_update("gantry devnet stand-in ")
        .chain_update(what)
        .chain_update(number.to_le_bytes())
        .finalize()
        .into();
    Root::from(digest)
}
