//! Who waits for what others remember of it, and for whom.

use proto::ClusterSize;

use crate::ceremony::example::peer;
use crate::ceremony::told::Told;

#[test]
fn a_peer_without_a_memory_waits_for_all_and_one_with_a_memory_for_enough() {
    let size = ClusterSize::of(4).unwrap();
    let mut told = Told::new(size, peer(1));
    assert_eq!(told.waiting().len(), 3);
    for at in [0, 2] {
        assert!(!told.is_enough());
        told.has_told(peer(at));
    }
    assert!(told.is_enough() && !told.by_all());
    told.has_told(peer(3));
    assert!(told.waiting().is_empty() && told.by_all());
}
