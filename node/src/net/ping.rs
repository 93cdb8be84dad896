//! Round trips and clock offsets from pings, on both sides, from two messages a ping.
//!
//! The dialling side measures with the pong. The other side measures with the next ping, which
//! says how long the dialling side held the pong before: the round trip is the time from our pong
//! to that ping, less the time it was held.

use std::time::Duration;

use proto::Timestamp;
use proto::session::{Ping, Pong};
use tokio::time::Instant;

use crate::clock;

/// Round trip, and microseconds by which the peer's clock is ahead of ours.
type Measured = Option<(Duration, i64)>;

/// One moment on both clocks of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// For round trips: it never jumps.
    instant: Instant,
    /// What the peer compares with its own.
    clock: Timestamp,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            instant: Instant::now(),
            clock: clock::now(),
        }
    }

    /// How far ahead a clock is that showed `theirs` half a round trip ago.
    fn offset(&self, theirs: Timestamp, rtt: Duration) -> i64 {
        let ours = self.clock - rtt / 2;
        let ahead = i128::from(theirs.micros()) - i128::from(ours.micros());
        i64::try_from(ahead).unwrap_or(if ahead < 0 { i64::MIN } else { i64::MAX })
    }
}

/// What a session remembers of its pings.
#[derive(Debug, Default)]
pub(super) struct Pinger {
    number: u8,
    /// When the last ping left, until its pong comes. Dialling side.
    sent: Option<Instant>,
    /// When the pong to the last ping came. Dialling side.
    held: Option<Instant>,
    /// Number and time of the last pong. Answering side.
    ponged: Option<(u8, Instant)>,
}

impl Pinger {
    pub(super) fn ping(&mut self, now: Moment) -> Ping {
        let held = self.held.take().map(|at| now.instant.duration_since(at));
        self.number = self.number.wrapping_add(1);
        self.sent = Some(now.instant);
        Ping {
            number: self.number,
            clock: now.clock,
            held_micros: held.and_then(|held| u32::try_from(held.as_micros()).ok()),
        }
    }

    /// A pong came. Late ones measure nothing.
    pub(super) fn answered(&mut self, pong: &Pong, now: Moment) -> Measured {
        let sent = self.sent.filter(|_| pong.number == self.number)?;
        self.sent = None;
        self.held = Some(now.instant);
        let rtt = now.instant.duration_since(sent);
        Some((rtt, now.offset(pong.clock, rtt)))
    }

    /// A ping came: its pong, and what it measures.
    pub(super) fn answer(&mut self, ping: &Ping, now: Moment) -> (Pong, Measured) {
        let before = self.ponged.replace((ping.number, now.instant));
        let pong = Pong {
            number: ping.number,
            clock: now.clock,
        };
        let measured = before
            .filter(|(number, _)| number.wrapping_add(1) == ping.number)
            .zip(ping.held_micros)
            .and_then(|((_, ponged), held)| {
                let since = now.instant.duration_since(ponged);
                since.checked_sub(Duration::from_micros(held.into()))
            })
            .map(|rtt| (rtt, now.offset(ping.clock, rtt)));
        (pong, measured)
    }
}

#[cfg(test)]
mod tests;
