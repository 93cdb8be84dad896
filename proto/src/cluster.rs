//! Who takes part and how many are enough: cluster size, peers, shares, sets of peers.
//!
//! This is the only place with quorum arithmetic. With n peers, t = ceil(2n/3) must sign, and
//! f = floor((n-1)/3) may be faulty. Two signatures need share sets that overlap in 2t - n peers,
//! so fewer than 2t - n bad peers can never produce a slashable pair.

use std::fmt;
use std::num::NonZeroU8;

use thiserror::Error;

/// The number of peers is outside 3 to 13.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a cluster has 3 to 13 peers, not {0}: change the list of operators")]
pub struct BadClusterSize(pub usize);

/// How many peers a cluster has, 3 to 13, and every number that follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClusterSize(u8);

impl ClusterSize {
    /// The fewest peers a cluster can have.
    pub const MIN: usize = 3;
    /// The most peers a cluster can have.
    pub const MAX: usize = 13;

    /// A cluster of `n` peers.
    ///
    /// # Errors
    /// If `n` is not 3 to 13.
    pub fn of(n: usize) -> Result<Self, BadClusterSize> {
        match u8::try_from(n) {
            Ok(small) if (Self::MIN..=Self::MAX).contains(&n) => {
                let size = Self(small);
                assert!(
                    size.safety_margin() > size.faulty(),
                    "2t - n >= f + 1 for every n"
                );
                Ok(size)
            }
            _ => Err(BadClusterSize(n)),
        }
    }

    /// n: the number of peers.
    pub fn peers(self) -> usize {
        usize::from(self.0)
    }

    /// t = ceil(2n/3): shares that make a signature, and votes that make a quorum.
    pub fn threshold(self) -> usize {
        (2 * self.peers()).div_ceil(3)
    }

    /// f = floor((n-1)/3): peers that may lie while duties still go on.
    pub fn faulty(self) -> usize {
        (self.peers() - 1) / 3
    }

    /// n - t: peers that may be silent while duties still go on.
    pub fn silent(self) -> usize {
        self.peers() - self.threshold()
    }

    /// n - t + 1: so many peers can halt the cluster, and so many open its pre-signed exits. Never
    /// more than t.
    pub fn halting(self) -> usize {
        self.silent() + 1
    }

    /// 2t - n: a slashable pair of signatures needs at least this many bad peers.
    pub fn safety_margin(self) -> usize {
        2 * self.threshold() - self.peers()
    }

    /// Whether n is a multiple of 3: then two values can both look possibly prepared, and a duty
    /// may be lost (never slashed) to a silent or withholding peer.
    pub fn has_ambiguous_quorums(self) -> bool {
        self.peers().is_multiple_of(3)
    }

    /// Every peer, in the order of the definition.
    pub fn all(self) -> impl DoubleEndedIterator<Item = PeerIndex> + Clone {
        (0..self.0).map(PeerIndex)
    }

    /// The peer at `position` of the definition, counted from 0, if there is one.
    pub fn peer(self, position: usize) -> Option<PeerIndex> {
        u8::try_from(position)
            .ok()
            .filter(|p| *p < self.0)
            .map(PeerIndex)
    }
}

/// A peer's position in the definition, counted from 0. Made by [`ClusterSize::peer`] and
/// [`ClusterSize::all`], so it is below n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerIndex(u8);

impl PeerIndex {
    /// The position as an index of a list in the order of the definition.
    pub fn position(self) -> usize {
        usize::from(self.0)
    }

    /// The position as frames and files have it.
    pub fn number(self) -> u32 {
        u32::from(self.0)
    }
}

impl fmt::Display for PeerIndex {
    /// Counted from 0, as in the definition's list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "peer {}", self.0)
    }
}

/// The x-coordinate at which a peer holds its share: position + 1, never 0, where the secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShareIndex(NonZeroU8);

impl ShareIndex {
    /// The x-coordinate, 1 to 13.
    pub fn x(self) -> u64 {
        u64::from(self.0.get())
    }
}

impl From<PeerIndex> for ShareIndex {
    fn from(peer: PeerIndex) -> Self {
        Self(NonZeroU8::MIN.saturating_add(peer.0))
    }
}

/// A set of peers of one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PeerSet(u16);

impl PeerSet {
    /// No peer.
    pub const EMPTY: Self = Self(0);

    /// Every peer of a cluster of `size`.
    pub fn full(size: ClusterSize) -> Self {
        size.all().collect()
    }

    /// The set as bits, bit i for the peer at position i.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// The set of these bits, unless one names a peer that `size` does not have.
    pub fn from_bits(bits: u16, size: ClusterSize) -> Option<Self> {
        (bits & !Self::full(size).0 == 0).then_some(Self(bits))
    }

    /// Adds `peer`; false if it was there already.
    pub fn insert(&mut self, peer: PeerIndex) -> bool {
        let before = self.0;
        self.0 |= 1 << peer.0;
        self.0 != before
    }

    /// Takes `peer` out; false if it was not there.
    pub fn remove(&mut self, peer: PeerIndex) -> bool {
        let before = self.0;
        self.0 &= !(1 << peer.0);
        self.0 != before
    }

    /// Whether `peer` is in the set.
    pub fn contains(self, peer: PeerIndex) -> bool {
        self.0 & (1 << peer.0) != 0
    }

    /// How many peers are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no peer is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The peers of `self` that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The peers of the set in ascending order.
    pub fn iter(self) -> impl Iterator<Item = PeerIndex> + Clone {
        (0..16u8)
            .filter(move |i| self.0 & (1 << i) != 0)
            .map(PeerIndex)
    }
}

impl FromIterator<PeerIndex> for PeerSet {
    fn from_iter<I: IntoIterator<Item = PeerIndex>>(peers: I) -> Self {
        let mut set = Self::EMPTY;
        for peer in peers {
            set.insert(peer);
        }
        set
    }
}

#[cfg(test)]
mod tests;
