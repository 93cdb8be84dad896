//! The values behind the hashes: what is known, and what is being pulled from whom. One peer is
//! asked at a time; if it does not answer, the next one is, after ever longer waits.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::{PeerIndex, PeerSet, Root, Timestamp};

use crate::Value;

/// How often one peer may pull in one instance. A correct peer asks for few values, and doubles its
/// wait each time.
const MAX_PULLS: u8 = 32;

/// The values of one instance.
#[derive(Debug)]
pub(crate) struct Values<V> {
    known: BTreeMap<Root, V>,
    wanted: BTreeMap<Root, Want>,
    served: BTreeMap<PeerIndex, u8>,
    /// How many answers to a PULL each peer owes.
    owed: BTreeMap<PeerIndex, u32>,
}

/// A value that is being pulled.
#[derive(Debug)]
struct Want {
    asked: PeerSet,
    last: PeerIndex,
    patience: Duration,
    retry_at: Timestamp,
}

/// Who may be asked for a value, and how patiently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vouchers {
    /// The peers that know the value, this one not among them.
    pub knowing: PeerSet,
    /// The peers that will hardly answer.
    pub down: PeerSet,
    /// How long to wait for the first answer.
    pub patience: Duration,
}

impl<V: Value> Values<V> {
    pub(crate) fn new() -> Self {
        Self {
            known: BTreeMap::new(),
            wanted: BTreeMap::new(),
            served: BTreeMap::new(),
            owed: BTreeMap::new(),
        }
    }

    /// The value with this hash.
    pub(crate) fn known(&self, hash: &Root) -> Option<&V> {
        self.known.get(hash)
    }

    /// Keeps a value; returns its hash.
    pub(crate) fn keep(&mut self, value: V) -> Root {
        let hash = value.hash();
        self.wanted.remove(&hash);
        self.known.entry(hash).or_insert(value);
        hash
    }

    /// Whether a pulled value with this hash is awaited.
    pub(crate) fn is_wanted(&self, hash: &Root) -> bool {
        self.wanted.contains_key(hash)
    }

    /// Counts an answer of `peer` to a PULL; whether it was owed and any value is still wanted.
    pub(crate) fn is_owed_by(&mut self, peer: PeerIndex) -> bool {
        let owed = self.owed.entry(peer).or_default();
        let was_owed = *owed > 0;
        *owed = owed.saturating_sub(1);
        was_owed && !self.wanted.is_empty()
    }

    /// Wants a value that is not known: whom to ask now, if anybody.
    pub(crate) fn want(&mut self, now: Timestamp, hash: Root, from: Vouchers) -> Option<PeerIndex> {
        let want = self.wanted.get(&hash);
        let asked = want.map_or(PeerSet::EMPTY, |want| want.asked);
        let up = from.knowing.without(from.down);
        let hopeless = |want: &Want| from.down.contains(want.last) && !up.without(asked).is_empty();
        if want.is_some_and(|want| now < want.retry_at && !hopeless(want)) {
            return None;
        }
        let peer = up
            .without(asked)
            .iter()
            .chain(up.iter())
            .chain(from.knowing.iter())
            .next()?;
        let patience = want.map_or(from.patience, |want| want.patience * 2);
        let mut asked = asked;
        if !asked.insert(peer) {
            asked = [peer].into_iter().collect();
        }
        let want = Want {
            asked,
            last: peer,
            patience,
            retry_at: now + patience,
        };
        self.wanted.insert(hash, want);
        *self.owed.entry(peer).or_default() += 1;
        Some(peer)
    }

    /// When, after `now`, the next peer is to be asked for something. (What nobody needs any more
    /// stays behind with a time in the past.)
    pub(crate) fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.wanted.values().map(|want| want.retry_at);
        times.filter(|time| *time > now).min()
    }

    /// Counts a PULL by `peer`; false if it has pulled too often.
    pub(crate) fn may_pull(&mut self, peer: PeerIndex) -> bool {
        let served = self.served.entry(peer).or_default();
        *served = served.saturating_add(1);
        *served <= MAX_PULLS
    }
}
