//! Deadlines that meet, whatever a peer has missed.

use super::*;

const TIMING: Timing = Timing {
    start: Timestamp::from_micros(4_000_000),
    grace: Duration::from_millis(300),
    round: Duration::from_millis(500),
    pull: Duration::from_millis(200),
};

fn rounds() -> impl Iterator<Item = Round> {
    (1..=16).filter_map(Round::new)
}

#[test]
fn every_round_has_its_whole_time_on_the_slot_clock() {
    let mut before = TIMING.end_of_round_zero(None);
    for round in rounds() {
        let lasts = TIMING.end(round).since(before);
        assert_eq!(lasts, TIMING.round * length(round), "round {round}");
        assert!(before < TIMING.leader_waits_until(round));
        assert!(TIMING.leader_waits_until(round) < TIMING.held_until(round));
        assert!(TIMING.held_until(round) < TIMING.end(round));
        before = TIMING.end(round);
    }
}

#[test]
fn round_zero_waits_for_the_deadline_and_for_the_own_late_vote() {
    let (start, grace) = (TIMING.start, TIMING.grace);
    let early = start - Duration::from_secs(1);
    let late = start + Duration::from_millis(50);
    assert_eq!(TIMING.end_of_round_zero(None), start + grace);
    assert_eq!(TIMING.end_of_round_zero(Some(early)), start + grace);
    assert_eq!(TIMING.end_of_round_zero(Some(late)), late + grace);
}
