//! When a look is tried again that has failed: after a slot at first, and after twice as long each
//! time, an epoch at most. A node that is down is asked as seldom as that, and not at each slot.

use std::time::Duration;

#[derive(Debug)]
pub(super) struct Pauses {
    first: Duration,
    longest: Duration,
    /// None while the last look was one.
    last: Option<Duration>,
}

impl Pauses {
    /// From `first` on, up to `longest`.
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            last: None,
        }
    }

    /// How long after a look that has failed the next one is tried.
    pub(super) fn failed(&mut self) -> Duration {
        let next = self.last.map_or(self.first, |last| last * 2);
        *self.last.insert(next.min(self.longest))
    }

    /// Whether nothing was seen at the last look.
    pub(super) fn has_failed(&self) -> bool {
        self.last.is_some()
    }

    /// Something was seen.
    pub(super) fn seen(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests;
