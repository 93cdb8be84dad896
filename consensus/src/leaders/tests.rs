//! Leaders are the same for everybody, and every peer leads as often as another.

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
