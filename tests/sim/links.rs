//! Sessions between peers: reliable and in order while they last, and everything on the way is lost
//! when one is cut. Each end learns of the beginning and the end at its own time.

use std::collections::BTreeMap;

use proto::Timestamp;

/// All sessions of the world.
#[derive(Default)]
pub struct Links {
    pairs: BTreeMap<(usize, usize), Pair>,
    ends: BTreeMap<(usize, usize), End>,
    sessions: u64,
}

/// What holds for both directions.
#[derive(Default, Clone, Copy)]
struct Pair {
    /// The session that carries frames.
    session: Option<u64>,
    /// Whether the network between the two is cut.
    is_cut: bool,
}

/// One peer's side of its sessions with another.
#[derive(Default, Clone, Copy)]
struct End {
    /// The session this peer believes in.
    session: Option<u64>,
    /// When the last frame from the other arrives: the next cannot overtake it.
    last: Option<Timestamp>,
}

fn pair(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

impl Links {
    /// Begins a session unless there is one or the network is cut: its number.
    pub fn begin(&mut self, one: usize, other: usize) -> Option<u64> {
        let pair = self.pairs.entry(pair(one, other)).or_default();
        if pair.is_cut || pair.session.is_some() {
            return None;
        }
        self.sessions += 1;
        pair.session = Some(self.sessions);
        pair.session
    }

    /// Nothing that comes from `other` may reach `me` before this moment.
    pub fn opens(&mut self, me: usize, other: usize, at: Timestamp) {
        self.ends.entry((me, other)).or_default().last = Some(at);
    }

    /// Ends the session of a pair: what it was.
    pub fn end(&mut self, one: usize, other: usize) -> Option<u64> {
        self.pairs
            .entry(pair(one, other))
            .or_default()
            .session
            .take()
    }

    /// Cuts the network between two peers, or mends it.
    pub fn set_cut(&mut self, one: usize, other: usize, is_cut: bool) {
        self.pairs.entry(pair(one, other)).or_default().is_cut = is_cut;
    }

    /// Whether the pair's session is still this one.
    pub fn carries(&self, one: usize, other: usize, session: u64) -> bool {
        let pair = self.pairs.get(&pair(one, other));
        pair.is_some_and(|pair| pair.session == Some(session))
    }

    /// The session that `me` believes to have with `other`.
    pub fn believed(&self, me: usize, other: usize) -> Option<u64> {
        self.ends.get(&(me, other))?.session
    }

    /// `me` learns that a session with `other` began, or that there is none.
    pub fn believe(&mut self, me: usize, other: usize, session: Option<u64>) {
        self.ends.entry((me, other)).or_default().session = session;
    }

    /// When a frame from `from` that is sent now and takes until `at` reaches `to`: in order.
    pub fn arrival(&mut self, from: usize, to: usize, at: Timestamp) -> Timestamp {
        let end = self.ends.entry((to, from)).or_default();
        let arrival = end.last.map_or(at, |last| last.max(at));
        end.last = Some(arrival);
        arrival
    }
}
