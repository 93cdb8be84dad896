//! Round trips and clock offsets from pings, on both sides, from two messages a ping.
//!
//! The dialling side measures with the pong. The other side measures with the next ping, which
//! says how long the dialling side held the pong before: the round trip is the time from our pong
//! to that ping, less the time it was held.

use std::time::Duration;

use proto::Timestamp;
use proto::session::{Ping, Pong};
use tokio::time::Instant;

use super::session::clock;

/// Round trip, and microseconds by which the peer's clock is ahead of ours.
type Measured = Option<(Duration, i64)>;

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
    /// The next ping.
    pub(super) fn ping(&mut self) -> Ping {
        let held = self.held.take().map(|at| at.elapsed().as_micros());
        self.number = self.number.wrapping_add(1);
        self.sent = Some(Instant::now());
        Ping {
            number: self.number,
            clock: clock(),
            held_micros: held.and_then(|micros| u32::try_from(micros).ok()),
        }
    }

    /// A pong came. Late ones measure nothing.
    pub(super) fn answered(&mut self, pong: &Pong) -> Measured {
        let sent = self.sent.filter(|_| pong.number == self.number)?;
        self.sent = None;
        self.held = Some(Instant::now());
        let rtt = sent.elapsed();
        Some((rtt, offset(pong.clock, rtt)))
    }

    /// A ping came: its pong, and what it measures.
    pub(super) fn answer(&mut self, ping: &Ping) -> (Pong, Measured) {
        let now = Instant::now();
        let before = self.ponged.replace((ping.number, now));
        let pong = Pong {
            number: ping.number,
            clock: clock(),
        };
        let measured = before
            .filter(|(number, _)| number.wrapping_add(1) == ping.number)
            .zip(ping.held_micros)
            .and_then(|((_, ponged), held)| {
                let since = now.duration_since(ponged);
                since.checked_sub(Duration::from_micros(held.into()))
            })
            .map(|rtt| (rtt, offset(ping.clock, rtt)));
        (pong, measured)
    }
}

/// How far ahead a clock is that showed `theirs` half a round trip ago.
fn offset(theirs: Timestamp, rtt: Duration) -> i64 {
    let ours = clock() - rtt / 2;
    let ahead = i128::from(theirs.micros()) - i128::from(ours.micros());
    i64::try_from(ahead).unwrap_or(if ahead < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_measure_and_a_late_pong_measures_nothing() {
        let (mut dialler, mut answerer) = (Pinger::default(), Pinger::default());
        let first = dialler.ping();
        let (pong, nothing) = answerer.answer(&first);
        assert_eq!((first.held_micros, nothing), (None, None));
        let (rtt, offset) = dialler.answered(&pong).unwrap();
        assert!(offset.unsigned_abs() <= 1000 + u64::try_from(rtt.as_micros()).unwrap());
        let (_, measured) = answerer.answer(&dialler.ping());
        assert!(measured.is_some());
        assert_eq!(dialler.answered(&pong), None);
    }
}
