//! What this peer knows of the others right now: who is connected and what versions they speak,
//! who keeps silent by the restart rule, how far away they are, and the highest record sequence
//! each has shown.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::{ClusterSize, PeerIndex, PeerSet, Slot, Versions, WireVersion};

/// The round trip assumed for a peer that has not been measured yet.
const UNMEASURED: Duration = Duration::from_millis(100);
/// No measured round trip counts for more: a peer that slow is waited for no longer.
const SLOWEST: Duration = Duration::from_millis(500);

/// The other peers as seen from here.
#[derive(Debug)]
pub struct Peers {
    size: ClusterSize,
    me: PeerIndex,
    up: PeerSet,
    /// What the last session of each speaks.
    versions: BTreeMap<PeerIndex, WireVersion>,
    /// Peers without sight of the chain. This one may be among them.
    blind: PeerSet,
    /// Peers whose chain begins at another time: as if they were not there.
    foreign: PeerSet,
    marks: BTreeMap<PeerIndex, Slot>,
    round_trips: BTreeMap<PeerIndex, Duration>,
    sequences: BTreeMap<PeerIndex, u64>,
    /// Peers once caught with a bad share: theirs are used last.
    pub suspects: PeerSet,
}

impl Peers {
    /// Nobody connected; `sequences` are the highest record sequences remembered from before.
    pub fn new(size: ClusterSize, me: PeerIndex, sequences: BTreeMap<PeerIndex, u64>) -> Self {
        Self {
            size,
            me,
            up: PeerSet::EMPTY,
            versions: BTreeMap::new(),
            blind: PeerSet::EMPTY,
            foreign: PeerSet::EMPTY,
            marks: BTreeMap::new(),
            round_trips: BTreeMap::new(),
            sequences,
            suspects: PeerSet::EMPTY,
        }
    }

    /// Every other peer.
    pub fn others(&self) -> impl Iterator<Item = PeerIndex> + use<> {
        let me = self.me;
        self.size.all().filter(move |peer| *peer != me)
    }

    /// The peers with a live session, but for those of another chain.
    pub fn connected(&self) -> PeerSet {
        self.up.without(self.foreign)
    }

    /// A session to `peer` began, in which both sides speak `version`.
    pub fn set_up(&mut self, peer: PeerIndex, version: WireVersion) {
        self.up.insert(peer);
        self.foreign.remove(peer);
        self.versions.insert(peer, version);
    }

    /// Whether `peer` is connected and knows what came with version `since`.
    pub fn knows(&self, peer: PeerIndex, since: WireVersion) -> bool {
        let version = self.versions.get(&peer);
        let is_here = self.connected().contains(peer);
        is_here && version.is_some_and(|version| *version >= since)
    }

    /// The connected peers that know what came with version `since`; this one is not among them.
    pub fn knowing(&self, since: WireVersion) -> PeerSet {
        let all = self.up.iter();
        all.filter(|peer| self.knows(*peer, since)).collect()
    }

    /// The connected peers that do not know what came with version `since`.
    pub fn too_old_for(&self, since: WireVersion) -> PeerSet {
        self.connected().without(self.knowing(since))
    }

    /// Whether what came with version `since` is to be performed: t peers know it, this one
    /// included, whether or not they are connected now. Who is away makes no duty another one's,
    /// nor one that is missed one that was not due. What every program knows is performed anyway.
    pub fn enough_know(&self, since: WireVersion) -> bool {
        let knows = |(peer, version): &(&PeerIndex, &WireVersion)| {
            **version >= since && !self.foreign.contains(**peer)
        };
        let know = self.versions.iter().filter(knows).count() + 1;
        since <= Versions::OURS.lowest() || know >= self.size.threshold()
    }

    /// Whether peers that are connected keep what came with version `since` from being performed,
    /// since they do not know it. Where too few are connected, that is not what it waits for.
    pub fn are_too_old_for(&self, since: WireVersion) -> bool {
        !self.enough_know(since) && !self.too_old_for(since).is_empty()
    }

    /// The session to `peer` ended.
    pub fn set_down(&mut self, peer: PeerIndex) {
        self.up.remove(peer);
    }

    /// The chain of `peer` begins at another time than ours, by its greeting: until its next
    /// session nothing that it says counts. Whether that is news.
    pub fn set_foreign(&mut self, peer: PeerIndex) -> bool {
        self.foreign.insert(peer)
    }

    /// Whether the chain of `peer` begins at another time than ours.
    pub fn is_foreign(&self, peer: PeerIndex) -> bool {
        self.foreign.contains(peer)
    }

    /// `peer`, or this one, is blind or sees again; whether that is news.
    pub fn set_blind(&mut self, peer: PeerIndex, is_blind: bool) -> bool {
        if is_blind {
            self.blind.insert(peer)
        } else {
            self.blind.remove(peer)
        }
    }

    /// The peers without sight of the chain; this one may be among them.
    pub fn blind(&self) -> PeerSet {
        self.blind
    }

    /// `peer` votes in no slot at or below `mark`.
    pub fn set_mark(&mut self, peer: PeerIndex, mark: Option<Slot>) {
        match mark {
            Some(slot) => self.marks.insert(peer, slot),
            None => self.marks.remove(&peer),
        };
    }

    /// A measured round trip to `peer`.
    pub fn set_round_trip(&mut self, peer: PeerIndex, took: Duration) {
        self.round_trips.insert(peer, took.min(SLOWEST));
    }

    /// Whether `peer` will not vote in `slot`: no session, or its restart mark forbids it, or its
    /// chain begins at another time.
    pub fn is_silent(&self, peer: PeerIndex, slot: Slot) -> bool {
        peer != self.me
            && (!self.connected().contains(peer)
                || self.marks.get(&peer).is_some_and(|mark| slot <= *mark))
    }

    /// The other peers that will not vote in `slot`.
    pub fn silent(&self, slot: Slot) -> PeerSet {
        self.others()
            .filter(|peer| self.is_silent(*peer, slot))
            .collect()
    }

    /// The round trip within which a quorum of connected peers, this one included, answers.
    pub fn quorum_round_trip(&self) -> Duration {
        let round_trip = |peer| self.round_trips.get(&peer).copied().unwrap_or(UNMEASURED);
        let mut all: Vec<Duration> = self
            .others()
            .filter(|p| self.connected().contains(*p))
            .map(round_trip)
            .collect();
        all.sort_unstable();
        let others_needed = self.size.threshold() - 1;
        all.get(others_needed - 1)
            .or(all.last())
            .copied()
            .unwrap_or(UNMEASURED)
    }

    /// The highest record sequence `peer` has ever shown, 0 if none.
    pub fn sequence(&self, peer: PeerIndex) -> u64 {
        self.sequences.get(&peer).copied().unwrap_or(0)
    }

    /// `peer` shows this record sequence; whether it is the highest so far.
    pub fn saw_sequence(&mut self, peer: PeerIndex, sequence: u64) -> bool {
        let higher = sequence > self.sequence(peer);
        if higher {
            self.sequences.insert(peer, sequence);
        }
        higher
    }
}

#[cfg(test)]
mod tests;
