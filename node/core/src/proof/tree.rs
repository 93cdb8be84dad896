//! A Merkle tree whose leaves come one after the other: it keeps one node a level, whatever the
//! number of leaves, and the siblings of the leaves that are to be proven.
//!
//! Source: consensus-specs `ssz/simple-serialize.md`, "Merkleization". What is missing on the right
//! is a tree of zeros.

use ethereum_hashing::{ZERO_HASHES, hash_fixed};

/// 32 bytes of a tree: a leaf, or the hash of two nodes.
pub type Node = [u8; 32];

/// The node above these two.
pub fn parent(left: &Node, right: &Node) -> Node {
    let mut pair = [0; 64];
    pair[..32].copy_from_slice(left);
    pair[32..].copy_from_slice(right);
    hash_fixed(&pair)
}

/// A tree of this many levels above its leaves, all zeros.
pub fn zero(depth: usize) -> Node {
    ZERO_HASHES[depth]
}

/// The levels above so many leaves: the first power of two that holds them.
pub fn depth_of(leaves: u64) -> usize {
    leaves.next_power_of_two().trailing_zeros() as usize
}

/// The root of a tree of few leaves, which are overwritten.
pub fn root_of(leaves: &mut [Node]) -> Node {
    let depth = depth_of(leaves.len() as u64);
    let mut nodes = leaves.len();
    for height in 0..depth {
        for at in 0..nodes.div_ceil(2) {
            leaves[at] = match 2 * at + 1 < nodes {
                true => hash_fixed(leaves[2 * at..2 * at + 2].as_flattened()),
                false => parent(&leaves[2 * at], &zero(height)),
            };
        }
        nodes = nodes.div_ceil(2);
    }
    leaves.first().copied().unwrap_or_default()
}

/// A tree of `2^depth` leaves of which the first ones are pushed.
#[derive(Debug)]
pub struct Tree {
    /// By height, the left child in the first half, while its right sibling is to come.
    pairs: Vec<[u8; 64]>,
    /// By height, the next parent whose children are wanted.
    next: Vec<u64>,
    watches: Vec<Watch>,
    count: u64,
    /// The root, once the tree is full.
    full: Node,
}

/// A leaf that is to be proven, and the siblings on its way up that are known.
#[derive(Debug)]
struct Watch {
    leaf: u64,
    siblings: Vec<Node>,
}

/// A tree to which no more leaves come.
#[derive(Debug, PartialEq, Eq)]
pub struct Grown {
    /// Its root.
    pub root: Node,
    /// The siblings of each wanted leaf, from the leaf's own upwards, in the order of the wanted.
    pub siblings: Vec<Vec<Node>>,
}

impl Tree {
    /// A tree of so many levels above its leaves, of which those at these places are to be proven.
    pub fn new(depth: usize, wanted: impl IntoIterator<Item = u64>) -> Self {
        let watch = |leaf| Watch {
            leaf,
            siblings: Vec::with_capacity(depth + 1),
        };
        let watches: Vec<Watch> = wanted.into_iter().map(watch).collect();
        let first = |height: usize| watches.iter().map(|watch| watch.leaf >> (height + 1)).min();
        Self {
            pairs: vec![[0; 64]; depth],
            next: (0..depth)
                .map(|height| first(height).unwrap_or(u64::MAX))
                .collect(),
            watches,
            count: 0,
            full: [0; 32],
        }
    }

    /// How many leaves there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds a leaf. There must be room for it.
    pub fn push(&mut self, leaf: Node) {
        let (mut node, mut at, mut height) = (leaf, self.count, 0);
        while at & 1 == 1 {
            self.pairs[height][32..].copy_from_slice(&node);
            at >>= 1;
            node = self.join(height, at);
            height += 1;
        }
        match self.pairs.get_mut(height) {
            Some(pair) => pair[..32].copy_from_slice(&node),
            None => {
                assert!(at == 0, "a leaf beyond the limit that was checked before");
                self.full = node;
            }
        }
        self.count += 1;
    }

    /// The root over the leaves that came, and the siblings of those that are to be proven, all of
    /// which must have come.
    pub fn finish(mut self) -> Grown {
        let root = match self.count.checked_sub(1) {
            None => zero(self.pairs.len()),
            Some(_) if self.count >> self.pairs.len() == 1 => self.full,
            Some(last) => self.climb(last),
        };
        let siblings = self.watches.into_iter().map(|watch| watch.siblings);
        Grown {
            root,
            siblings: siblings.collect(),
        }
    }

    /// Joins what waits on each level with the last node below it, or with zeros.
    fn climb(&mut self, last: u64) -> Node {
        let mut node: Option<Node> = None;
        for height in 0..self.pairs.len() {
            let waits = self.count >> height & 1 == 1;
            let pair = &mut self.pairs[height];
            let right = match (waits, node) {
                (true, right) => right.unwrap_or_else(|| zero(height)),
                (false, Some(left)) => {
                    pair[..32].copy_from_slice(&left);
                    zero(height)
                }
                (false, None) => continue,
            };
            pair[32..].copy_from_slice(&right);
            node = Some(self.join(height, last >> (height + 1)));
        }
        node.expect("a tree with a leaf that is not full has a node that waits")
    }

    /// The node above the pair of this height, which is the `at`th one from the left.
    fn join(&mut self, height: usize, at: u64) -> Node {
        let pair = &self.pairs[height];
        if self.next[height] == at {
            let mut next = u64::MAX;
            for watch in &mut self.watches {
                let above = watch.leaf >> (height + 1);
                if above == at {
                    let is_left = watch.leaf >> height & 1 == 0;
                    let half = if is_left { &pair[32..] } else { &pair[..32] };
                    let sibling = half.try_into().expect("half of 64 bytes");
                    watch.siblings.push(sibling);
                } else if above > at {
                    next = next.min(above);
                }
            }
            self.next[height] = next;
        }
        hash_fixed(pair)
    }
}

#[cfg(test)]
mod tests;
