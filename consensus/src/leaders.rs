//! Who leads which round: a permutation of the peers that every duty draws anew, by hash.
//! Never here: who is connected; an instance skips leaders that it knows to be down.

use proto::{ClusterSize, DutyId, PeerIndex, Root};
use sha2::{Digest as _, Sha256};

/// The leaders of round 1, 2, ... of `duty`, each peer once; after the last it starts again.
///
/// Peers are sorted by SHA-256 over the lock hash, the duty and their position, so the order is the
/// same everywhere, fair over many slots and cannot be chosen by anyone after the ceremony.
pub fn leaders(size: ClusterSize, lock: &Root, duty: DutyId) -> Vec<PeerIndex> {
    let mut peers: Vec<PeerIndex> = size.all().collect();
    peers.sort_by_cached_key(|peer| ticket(lock, duty, *peer));
    peers
}

/// The hash by which one peer is sorted.
fn ticket(lock: &Root, duty: DutyId, peer: PeerIndex) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"gantry/leaders/1");
    hash.update(lock.as_bytes());
    hash.update(duty.slot.0.to_le_bytes());
    hash.update([duty.kind.code()]);
    hash.update((peer.position() as u64).to_le_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
