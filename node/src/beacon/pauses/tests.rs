//! A question that is refused waits, and nothing else does.

use reqwest::Url;

use super::super::error::{Cause, Rejected};
use super::*;
use crate::hidden::{Hidden, Shown};

fn error(call: Call, cause: Cause) -> BeaconError {
    BeaconError {
        node: "http://127.0.0.1:5052".into(),
        call,
        cause,
    }
}

fn refused(call: Call) -> BeaconError {
    let hidden = Hidden::of(&Url::parse("http://127.0.0.1:5052").unwrap());
    error(call, Cause::Rejected(Rejected::read(400, b"no", &hidden)))
}

/// How long each of seven failures in a row keeps the question back, in milliseconds.
fn pauses(why: &BeaconError) -> Vec<u128> {
    let (mut pauses, subject) = (Pauses::default(), (why.call, 7));
    let mut now = Instant::now();
    let mut lengths = Vec::new();
    for _ in 0..7 {
        pauses.learn(subject, now, Some(why));
        let until = pauses.failed.get(&subject).map(|failed| failed.until);
        let until = until.unwrap_or(now);
        let just_before = until - Duration::from_micros(1);
        let is_kept = pauses.why_not(subject, just_before).is_some();
        assert_eq!(is_kept, until > now);
        assert_eq!(pauses.why_not(subject, until), None);
        assert_eq!(pauses.why_not((why.call, 8), now), None);
        lengths.push(until.duration_since(now).as_millis());
        now = until;
    }
    lengths
}

#[test]
fn a_refused_question_waits_longer_each_time_and_one_of_a_slot_not_beyond_it() {
    let lasting = pauses(&refused(Call::Validators));
    assert_eq!(lasting, [500, 1000, 2000, 4000, 8000, 12_000, 12_000]);
    let of_a_slot = pauses(&refused(Call::AttestationData));
    assert_eq!(of_a_slot, [100, 200, 400, 800, 1000, 1000, 1000]);
}

#[test]
fn what_time_mends_and_what_is_signed_never_waits() {
    let down = Cause::Unreachable(Shown::ours("refused"));
    assert_eq!(pauses(&error(Call::Validators, down)), [0; 7]);
    assert_eq!(pauses(&refused(Call::SubmitAttestations)), [0; 7]);
    assert_eq!(pauses(&refused(Call::PublishBlock)), [0; 7]);
    assert_eq!(pauses(&refused(Call::Header)), [0; 7]);
}

#[test]
fn an_answer_ends_the_pause() {
    let mut pauses = Pauses::default();
    let (now, subject) = (Instant::now(), (Call::Spec, 0));
    for _ in 0..5 {
        pauses.learn(subject, now, Some(&refused(Call::Spec)));
    }
    let last = pauses.why_not(subject, now);
    assert_eq!(last, Some(refused(Call::Spec)));
    pauses.learn(subject, now, None);
    assert_eq!(pauses.why_not(subject, now), None);
    pauses.learn(subject, now, Some(&refused(Call::Spec)));
    assert_eq!(pauses.why_not(subject, now + RARE.0), None);
}
