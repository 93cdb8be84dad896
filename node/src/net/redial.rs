//! When to dial a peer again: soon after a session, later and later after failures, with jitter.
//!
//! And how often a peer may come again: a few times in a row, as after a cut line or a restart,
//! then only now and then. Each session costs the core the frames of the running duties, and the
//! operator two lines of log.

use std::time::Duration;

use proto::PeerIndex;
use proto::session::Instance;
use tokio::time::Instant;

use super::link::Shared;

/// A peer that was refused is dialled this many times more rarely.
const REFUSED_FACTOR: u32 = 10;

/// Sessions with one peer that may begin in a row.
const IN_A_ROW: u32 = 4;
/// Then one may begin in the time of this many redials.
const SESSION_FACTOR: u32 = 3;

/// Whether a peer is to be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dial {
    /// There is a connection, or no address.
    Rest,
    /// Due at this moment.
    At(Instant),
    /// Under way.
    Busy,
}

/// The waits between the attempts to reach one peer.
#[derive(Debug)]
pub(super) struct Backoff {
    /// Failed attempts since the last session.
    attempts: u32,
    /// The longest wait; none if the peer has no address.
    longest: Option<Duration>,
    /// Whether we dial at once, and the peer waits for us a little.
    first: bool,
    /// Random bytes of this program, and the peer's place among them.
    random: Instance,
    place: usize,
    /// Until when the sessions so far, each with its share of time, would last one after another.
    spent: Instant,
    /// The share of one session.
    share: Duration,
}

impl Backoff {
    pub(super) fn new(peer: PeerIndex, shared: &Shared) -> Self {
        let settings = &shared.settings;
        let reachable = !settings.addresses[peer.position()].is_empty();
        Self {
            attempts: 0,
            longest: reachable.then_some(settings.limits.redial),
            first: settings.me < peer,
            random: shared.instance,
            place: peer.position(),
            spent: shared.started,
            share: settings.limits.redial * SESSION_FACTOR,
        }
    }

    /// Failed attempts since the last session.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// A session came about.
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.attempts = 0;
        self.spent = self.spent.max(now) + self.share;
    }

    /// Whether a session may begin.
    pub(super) fn admits(&self, now: Instant) -> bool {
        self.spent <= now + self.share * (IN_A_ROW - 1)
    }

    /// After a session, or at the start: the lower position first, so that the two seldom dial
    /// each other at the same time.
    pub(super) fn soon(&mut self, now: Instant) -> Dial {
        let share = if self.first { 20 } else { 2 };
        self.after(|longest| longest / share, now)
    }

    /// After a failure.
    pub(super) fn later(&mut self, hopeful: bool, now: Instant) -> Dial {
        let doubled = 1 << self.attempts.min(3);
        self.attempts = self.attempts.saturating_add(1);
        if hopeful {
            self.after(|longest| longest / 8 * doubled, now)
        } else {
            self.after(|longest| longest * REFUSED_FACTOR, now)
        }
    }

    /// A quarter of each wait is random, so that peers that failed together do not stay together.
    fn after(&mut self, wait: impl Fn(Duration) -> Duration, now: Instant) -> Dial {
        let Instance(random) = &mut self.random;
        let place = self.place % random.len();
        random[place] = random[place].wrapping_mul(5).wrapping_add(59); // a full cycle of bytes
        let jitter = u32::from(random[place]);
        self.longest.map_or(Dial::Rest, |longest| {
            let wait = wait(longest);
            let soonest = now + wait * 3 / 4 + wait * jitter / 1024;
            let admitted = self.spent.checked_sub(self.share * (IN_A_ROW - 1));
            Dial::At(admitted.map_or(soonest, |admitted| admitted.max(soonest)))
        })
    }
}
