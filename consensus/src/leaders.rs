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
mod tests {
    use std::collections::BTreeMap;

    use proto::{DutyKind, Slot};

    use super::*;

    fn order(slot: u64, kind: DutyKind) -> Vec<PeerIndex> {
        let size = ClusterSize::of(4).unwrap();
        let slot = Slot(slot);
        leaders(size, &Root::ZERO, DutyId { slot, kind })
    }

    #[test]
    fn every_peer_leads_once_before_anyone_leads_again() {
        let mut peers = order(9, DutyKind::Head);
        peers.sort();
        assert!(peers.iter().copied().eq(ClusterSize::of(4).unwrap().all()));
    }

    /// SSV SIP-16: a leader that is fixed for each slot index can be predicted and attacked, and
    /// one dead operator always costs the same validators.
    #[test]
    fn sip_16_first_leaders_are_spread_over_the_peers_and_differ_by_kind() {
        let mut first: BTreeMap<PeerIndex, usize> = BTreeMap::new();
        for slot in 0..400 {
            *first.entry(order(slot, DutyKind::Head)[0]).or_default() += 1;
        }
        assert!(first.len() == 4 && first.values().all(|count| (60..140).contains(count)));
        assert!((0..64).any(|slot| order(slot, DutyKind::Head) != order(slot, DutyKind::Block)));
    }
}
