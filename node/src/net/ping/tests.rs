//! Both sides measure, and are wrong by no more than half a round trip.

use super::*;

/// A machine whose clock is this much ahead of true time.
struct Machine {
    start: Moment,
    ahead: Duration,
}

impl Machine {
    /// Its view of the moment `ms` milliseconds after the start.
    fn at(&self, ms: u64) -> Moment {
        let since = Duration::from_millis(ms);
        Moment {
            instant: self.start.instant + since,
            clock: self.start.clock + since + self.ahead,
        }
    }
}

#[test]
fn both_sides_measure_and_a_late_pong_measures_nothing() {
    let start = Moment::now();
    let [right, fast] = [0, 300].map(|ms| Machine {
        start,
        ahead: Duration::from_millis(ms),
    });
    let (mut dialler, mut answerer) = (Pinger::default(), Pinger::default());
    // Ten milliseconds each way, and a second between the pings.
    let first = dialler.ping(right.at(0));
    let (pong, nothing) = answerer.answer(&first, fast.at(10));
    assert_eq!((first.held_micros, nothing), (None, None));
    let there_and_back = Duration::from_millis(20);
    assert_eq!(
        dialler.answered(&pong, right.at(20)),
        Some((there_and_back, 300_000))
    );
    let second = dialler.ping(right.at(1020));
    let (_, measured) = answerer.answer(&second, fast.at(1030));
    assert_eq!(measured, Some((there_and_back, -300_000)));
    assert_eq!(dialler.answered(&pong, right.at(1040)), None);
}

#[test]
fn on_an_uneven_way_the_offset_is_wrong_by_half_a_round_trip_at_most() {
    let machine = Machine {
        start: Moment::now(),
        ahead: Duration::ZERO,
    };
    let (mut dialler, mut answerer) = (Pinger::default(), Pinger::default());
    let (pong, _) = answerer.answer(&dialler.ping(machine.at(0)), machine.at(90));
    let (rtt, offset) = dialler.answered(&pong, machine.at(100)).unwrap();
    assert_eq!((rtt, offset), (Duration::from_millis(100), 40_000));
}
