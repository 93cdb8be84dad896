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
mod tests {
    use proto::ClusterSize;

    use super::*;

    #[test]
    fn one_line_keeps_the_next_back_for_a_time_or_a_slot_or_while_it_says_the_same() {
        let (mut lines, begin) = (Lines::default(), Instant::now());
        let pause = Duration::from_secs(10);
        let later = begin + pause;
        let mut admit = |quiet: Quiet, now| lines.admit((None, "rule"), quiet, now);
        assert!(admit(Quiet::For(pause), begin));
        assert!(!admit(Quiet::For(pause), later - Duration::from_nanos(1)));
        assert!(admit(Quiet::For(pause), later));
        for slot in [None, Some(Slot(1)), Some(Slot(2))] {
            assert!(admit(Quiet::In(slot), begin), "{slot:?}");
            assert!(!admit(Quiet::In(slot), later), "{slot:?}");
        }
        for words in ["one", "other", "one"] {
            assert!(admit(Quiet::While(words.to_owned()), begin), "{words}");
            assert!(!admit(Quiet::While(words.to_owned()), later), "{words}");
        }
        assert!(!admit(Quiet::Ever, later));
        lines.forget((None, "rule"));
        assert!(lines.admit((None, "rule"), Quiet::Ever, begin));
        assert!(!lines.admit((None, "rule"), Quiet::Ever, later));
    }

    #[test]
    fn a_line_about_one_subject_keeps_none_about_another_back() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        let peers = ClusterSize::of(4).unwrap();
        let of_peers = peers.all().map(|peer| (Some(peer), "rule"));
        let subjects: Vec<Subject> = of_peers.chain([(None, "rule"), (None, "other")]).collect();
        for admitted in [true, false] {
            for subject in &subjects {
                assert_eq!(lines.admit(*subject, Quiet::Ever, now), admitted);
            }
        }
    }
}
