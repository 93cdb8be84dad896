//! A token bucket: how much a peer may send.

use std::time::Duration;

use tokio::time::Instant;

/// Refills at a steady rate up to a burst; empty means that the peer sent too much.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    capacity: f64,
    level: f64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket that holds `burst` of the rate, and at least `least`.
    pub(super) fn full(per_second: u32, burst: Duration, least: usize, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        let capacity = (per_second * burst.as_secs_f64()).max(least as f64);
        Self {
            per_second,
            capacity,
            level: capacity,
            filled: now,
        }
    }

    /// Takes `amount` out; false if there is not that much in it.
    pub(super) fn take(&mut self, amount: usize, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.level = (self.level + elapsed * self.per_second).min(self.capacity);
        self.filled = now;
        self.level -= amount as f64;
        self.level >= 0.0
    }
}

#[cfg(test)]
mod tests;
