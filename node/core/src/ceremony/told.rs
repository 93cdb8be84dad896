//! Who has told what it remembers of this peer's own words.
//!
//! A peer that comes without a memory says nothing before all have told. One with a memory, which
//! may be an older copy, says nothing
//! - before n - f peers have told, itself included, and
//! - while a peer is connected that has not told.
//!
//! It does not wait for all: a new attempt is opened also while a culprit stays away. So there is
//! a gap: what at most f peers have heard, none of them connected, is not known here.
//!
//! A peer of the version before never tells: any of its frames stands for that.
//!
//! Never here: what is told.

use proto::{ClusterSize, PeerIndex, PeerSet};

/// Who has told, and who is connected and has not.
pub(super) struct Told {
    size: ClusterSize,
    told: PeerSet,
    /// Who is connected and has not told.
    silent: PeerSet,
}

impl Told {
    /// Nobody but `me` has told.
    pub fn new(size: ClusterSize, me: PeerIndex) -> Self {
        Self {
            size,
            told: PeerSet::from_iter([me]),
            silent: PeerSet::EMPTY,
        }
    }

    /// A session with `peer` began.
    pub fn came(&mut self, peer: PeerIndex) {
        if !self.told.contains(peer) {
            self.silent.insert(peer);
        }
    }

    /// The session with `peer` ended.
    pub fn went(&mut self, peer: PeerIndex) {
        self.silent.remove(peer);
    }

    /// `peer` has told what it holds of this peer, or never will.
    pub fn has_told(&mut self, peer: PeerIndex) {
        self.told.insert(peer);
        self.went(peer);
    }

    /// Who has not told.
    pub fn waiting(&self) -> PeerSet {
        PeerSet::full(self.size).without(self.told)
    }

    /// Whether all have told: then also a peer without a memory may speak.
    pub fn by_all(&self) -> bool {
        self.waiting().is_empty()
    }

    /// Whether enough have told for a peer with a memory to speak.
    pub fn is_enough(&self) -> bool {
        let quorum = self.size.peers() - self.size.faulty();
        self.told.len() >= quorum && self.silent.is_empty()
    }
}
