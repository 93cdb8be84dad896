//! Trees against those of a library.

use super::{Grown, Tree, depth_of, parent, root_of, zero};

fn leaf(at: u64) -> [u8; 32] {
    let mut leaf = [7; 32];
    leaf[..8].copy_from_slice(&at.to_le_bytes());
    leaf
}

fn grown(depth: usize, leaves: u64, wanted: &[u64]) -> Grown {
    let mut tree = Tree::new(depth, wanted.iter().copied());
    (0..leaves).for_each(|at| tree.push(leaf(at)));
    assert_eq!(tree.count(), leaves);
    tree.finish()
}

#[test]
fn a_tree_of_any_number_of_leaves_has_the_root_of_a_library() {
    for leaves in 0..70 {
        let bytes: Vec<u8> = (0..leaves).flat_map(leaf).collect();
        for depth in depth_of(leaves)..9 {
            let expected = tree_hash::merkleize_padded(&bytes, 1 << depth);
            assert_eq!(
                grown(depth, leaves, &[]).root,
                expected.0,
                "{leaves} in {depth}"
            );
        }
        let mut all: Vec<_> = (0..leaves).map(leaf).collect();
        let expected = tree_hash::merkle_root(&bytes, 0);
        assert_eq!(root_of(&mut all), expected.0, "{leaves}");
    }
}

#[test]
fn the_siblings_of_every_leaf_lead_to_the_root() {
    for leaves in 1..40 {
        let depth = depth_of(leaves) + leaves as usize % 3;
        let wanted: Vec<u64> = (0..leaves).collect();
        let Grown { root, siblings } = grown(depth, leaves, &wanted);
        for (at, siblings) in siblings.iter().enumerate() {
            assert_eq!(siblings.len(), depth);
            let climb = |(node, at), sibling: &[u8; 32]| match at & 1 {
                0 => (parent(&node, sibling), at >> 1),
                _ => (parent(sibling, &node), at >> 1),
            };
            let (top, _) = siblings.iter().fold((leaf(at as u64), at), climb);
            assert_eq!(top, root, "leaf {at} of {leaves}");
        }
    }
}

#[test]
fn siblings_are_the_same_whether_one_leaf_is_wanted_or_many() {
    let all = grown(7, 77, &[0, 1, 13, 64, 76]).siblings;
    for (place, at) in [0, 1, 13, 64, 76].into_iter().enumerate() {
        assert_eq!(grown(7, 77, &[at]).siblings[0], all[place]);
    }
}

#[test]
fn an_empty_tree_is_one_of_zeros() {
    let zeros = parent(&[0; 32], &[0; 32]);
    assert_eq!(zero(1), zeros);
    assert_eq!(grown(1, 0, &[]).root, zeros);
    assert_eq!(grown(0, 1, &[]).root, leaf(0));
}
