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
//! A peer of the version before never tells: any of its frames stands for that. Whoever is
//! connected and tells nothing, though it could, holds everybody up: it is named after a while.
//!
//! Never here: what is told.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::{ClusterSize, PeerIndex, PeerSet, Timestamp};

/// How long a connected peer may take to tell what it remembers, before its operator is asked for.
/// It does so with its first frame, but may be at work that takes some seconds.
pub(super) const TELLS_WITHIN: Duration = Duration::from_secs(30);

/// Who has told, and who is connected and has not.
pub(super) struct Told {
    size: ClusterSize,
    told: PeerSet,
    /// Who is connected and has not told, and since when.
    silent: BTreeMap<PeerIndex, Timestamp>,
    /// Those of them that are named.
    named: PeerSet,
}

impl Told {
    /// Nobody but `me` has told.
    pub fn new(size: ClusterSize, me: PeerIndex) -> Self {
        Self {
            size,
            told: PeerSet::from_iter([me]),
            silent: BTreeMap::new(),
            named: PeerSet::EMPTY,
        }
    }

    /// A session with `peer` began at `now`.
    pub fn came(&mut self, peer: PeerIndex, now: Timestamp) {
        if !self.told.contains(peer) {
            self.silent.insert(peer, now);
        }
    }

    /// The session with `peer` ended.
    pub fn went(&mut self, peer: PeerIndex) {
        self.silent.remove(&peer);
        self.named.remove(peer);
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

    /// When somebody is to be named.
    pub fn deadline(&self) -> Option<Timestamp> {
        let unnamed = self.silent.iter();
        let unnamed = unnamed.filter(|(peer, _)| !self.named.contains(**peer));
        unnamed.map(|(_, since)| *since + TELLS_WITHIN).min()
    }

    /// Who is to be named at `now`; nobody twice in one session.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<PeerIndex> {
        let late = |since: Timestamp| since + TELLS_WITHIN <= now;
        let silent = self.silent.iter().filter(|(_, since)| late(**since));
        let overdue: Vec<PeerIndex> = silent.map(|(peer, _)| *peer).collect();
        let named = &mut self.named;
        overdue
            .into_iter()
            .filter(|peer| named.insert(*peer))
            .collect()
    }
}
