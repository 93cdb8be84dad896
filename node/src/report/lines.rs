//! How often a line of one kind is logged: whoever breaks a rule a thousand times a second must not
//! fill the disk.
//!
//! Never here: a clock, or what a line says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proto::{PeerIndex, Slot};

/// What a line is about: the faults of one peer do not hide those of another.
pub type Subject = (Option<PeerIndex>, &'static str);

/// How long one line about a subject keeps the next ones back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quiet {
    /// So long.
    For(Duration),
    /// As long as the clock shows this slot; none if it shows no slot of the chain.
    In(Option<Slot>),
    /// As long as there is nothing else to say.
    While(String),
    /// Until the program starts again.
    Ever,
}

/// What was logged last about each subject.
#[derive(Debug, Default)]
pub struct Lines {
    logged: BTreeMap<Subject, (Instant, Quiet)>,
}

impl Lines {
    /// Whether a line about `subject` is worth writing at `now`. One that is counts as written.
    pub fn admit(&mut self, subject: Subject, quiet: Quiet, now: Instant) -> bool {
        let is_kept_back =
            self.logged
                .get(&subject)
                .is_some_and(|(at, last)| match (&quiet, last) {
                    (Quiet::For(pause), _) => now.duration_since(*at) < *pause,
                    (Quiet::Ever, _) => true,
                    (Quiet::In(_) | Quiet::While(_), last) => quiet == *last,
                });
        if !is_kept_back {
            self.logged.insert(subject, (now, quiet));
        }
        !is_kept_back
    }

    /// What kept lines about `subject` back is over.
    pub fn forget(&mut self, subject: Subject) {
        self.logged.remove(&subject);
    }
}

#[cfg(test)]
mod tests;
