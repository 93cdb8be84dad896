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
/// always offered, for blocks and aggregates, of which it is no refusal that they are not known,
/// for the stream of events, which pauses by itself, and for what is read for a proof or of duties
/// that are over, which is asked once a slot at most.
fn range(call: Call) -> Option<(Duration, Duration)> {
    match call {
        Call::SubmitAttestations
        | Call::Aggregate
        | Call::SubmitAggregates
        | Call::Contribution
        | Call::SubmitSyncMessages
        | Call::SubmitContributions
        | Call::SubmitExit
        | Call::RegisterValidators
        | Call::BuilderHeader
        | Call::PooledExits
        | Call::PublishBlock
        | Call::Header
        | Call::Block
        | Call::Committees
        | Call::BlockRoot
        | Call::Checkpoints
        | Call::State
        | Call::Events => None,
        Call::AttestationData | Call::ProduceBlock | Call::Syncing | Call::Health => Some(URGENT),
        Call::Genesis
        | Call::Spec
        | Call::Version
        | Call::PeerCount
        | Call::Validators
        | Call::PendingDeposits
        | Call::AttesterDuties
        | Call::ProposerDuties
        | Call::PrepareProposers
        | Call::SubscribeCommittees
        | Call::SubscribeSync
        | Call::SyncDuties => Some(RARE),
    }
}

#[cfg(test)]
mod tests;
