//! Time as data, and the one shape that every pure core of this workspace has.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment of the wall clock: microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `micros` microseconds after the Unix epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment `since_epoch` after the Unix epoch.
    pub fn from_unix(since_epoch: Duration) -> Self {
        Self(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix_seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(later.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(earlier.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

/// A pure core: one input in, ordered outputs out, one deadline.
///
/// It never reads a clock, opens a socket or draws a random number: those are arguments. Its driver
/// performs the outputs one by one in their order, sleeps until [`Machine::deadline`] at the
/// latest, and then hands in whatever the machine understands as a tick.
pub trait Machine {
    /// What can happen to it.
    type Input;
    /// What it asks of its driver.
    type Output;

    /// Takes one input at the moment `now` and answers with what is to be done, in order.
    fn handle(&mut self, now: Timestamp, input: Self::Input) -> Vec<Self::Output>;

    /// When it wants to be woken at the latest, if ever.
    fn deadline(&self) -> Option<Timestamp>;
}
