//! Quorum arithmetic for every size.

use super::*;

#[test]
fn quorum_table_of_every_size() {
    // n, f, t, 2t - n, n - t
    let table = [
        (3, 0, 2, 1, 1),
        (4, 1, 3, 2, 1),
        (5, 1, 4, 3, 1),
        (6, 1, 4, 2, 2),
        (7, 2, 5, 3, 2),
        (8, 2, 6, 4, 2),
        (9, 2, 6, 3, 3),
        (10, 3, 7, 4, 3),
        (11, 3, 8, 5, 3),
        (12, 3, 8, 4, 4),
        (13, 4, 9, 5, 4),
    ];
    for (n, f, t, margin, silent) in table {
        let size = ClusterSize::of(n).unwrap();
        assert_eq!(
            (
                size.faulty(),
                size.threshold(),
                size.safety_margin(),
                size.silent()
            ),
            (f, t, margin, silent),
            "n = {n}"
        );
    }
}

#[test]
fn sizes_outside_3_to_13_are_refused() {
    for n in [0, 1, 2, 14, 255, 256, 259] {
        assert_eq!(ClusterSize::of(n), Err(BadClusterSize(n)));
    }
}

#[test]
fn two_quorums_of_every_size_overlap_in_at_least_the_margin() {
    for n in ClusterSize::MIN..=9 {
        let size = ClusterSize::of(n).unwrap();
        let quorums: Vec<u16> = (0..1u16 << n)
            .filter(|bits| bits.count_ones() as usize == size.threshold())
            .collect();
        let smallest = quorums
            .iter()
            .flat_map(|a| quorums.iter().map(move |b| (a & b).count_ones() as usize))
            .min();
        assert_eq!(smallest, Some(size.safety_margin()));
    }
}

#[test]
fn a_set_refuses_bits_of_peers_that_do_not_exist() {
    let size = ClusterSize::of(4).unwrap();
    assert_eq!(PeerSet::from_bits(0b1111, size), Some(PeerSet::full(size)));
    assert_eq!(PeerSet::from_bits(0b1_0000, size), None);
}

#[test]
fn shares_start_at_one() {
    let size = ClusterSize::of(3).unwrap();
    let xs: Vec<u64> = size.all().map(|p| ShareIndex::from(p).x()).collect();
    assert_eq!(xs, [1, 2, 3]);
}
