//! When a question that the node refuses may be put again.
//!
//! The core asks again for as long as it has a use for an answer, ten times a second where a duty
//! waits. Where the node refuses, or answers what cannot be used, the same question would get the
//! same answer until somebody mends something, so it is answered here from the last failure, until
//! a pause has passed that doubles with each further one. A node that is down, silent or overloaded
//! is not meant: it may be back any moment.
//!
//! Never here: a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::call::Call;
use super::error::BeaconError;

/// The first and the longest pause of a question that is put once an epoch or so.
const RARE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(12));
/// The same of a question for which a duty waits.
const URGENT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// How long a failure is remembered after its pause: a slot's question is not put any more then.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// What is asked: a call, and the epoch or slot that it is about, or 0. A node that stays behind
/// may refuse the next epoch, and answer about the present one.
pub(super) type Subject = (Call, u64);

/// Questions that failed for a reason that lasts.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failed: BTreeMap<Subject, Failed>,
}

#[derive(Debug)]
struct Failed {
    why: BeaconError,
    times: u32,
    until: Instant,
}

impl Pauses {
    /// Why a question may not be put at `now`, if it may not.
    pub(super) fn why_not(&self, subject: Subject, now: Instant) -> Option<BeaconError> {
        let failed = self.failed.get(&subject)?;
        (now < failed.until).then(|| failed.why.clone())
    }

    /// Learns what became of a question at `now`.
    pub(super) fn learn(&mut self, subject: Subject, now: Instant, failure: Option<&BeaconError>) {
        self.failed
            .retain(|_, failed| now < failed.until + FORGOTTEN);
        let why = failure.filter(|why| why.lasts());
        let (Some(why), Some((first, longest))) = (why, range(subject.0)) else {
            self.failed.remove(&subject);
            return;
        };
        let times = self.failed.get(&subject).map_or(0, |failed| failed.times);
        let pause = first.saturating_mul(1 << times.min(10)).min(longest);
        let failed = Failed {
            why: why.clone(),
            times: times.saturating_add(1),
            until: now + pause,
        };
        self.failed.insert(subject, failed);
    }
}

/// The first and the longest pause after a failure that lasts. None for what is signed, which is
/// always offered, for blocks, of which it is no refusal that they are not known, and for the
/// stream of events, which pauses by itself.
fn range(call: Call) -> Option<(Duration, Duration)> {
    match call {
        Call::SubmitAttestations
        | Call::PublishBlock
        | Call::Header
        | Call::Block
        | Call::Events => None,
        Call::AttestationData | Call::ProduceBlock | Call::Syncing | Call::Health => Some(URGENT),
        Call::Genesis
        | Call::Spec
        | Call::Version
        | Call::Validators
        | Call::PendingDeposits
        | Call::AttesterDuties
        | Call::ProposerDuties
        | Call::PrepareProposers
        | Call::SubscribeCommittees
        | Call::SyncDuties => Some(RARE),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::{Cause, Rejected};
    use super::*;

    fn error(call: Call, cause: Cause) -> BeaconError {
        BeaconError {
            node: "http://127.0.0.1:5052".into(),
            call,
            cause,
        }
    }

    fn refused(call: Call) -> BeaconError {
        error(call, Cause::Rejected(Rejected::read(400, b"no")))
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
        let down = Cause::Unreachable(String::new());
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
}
