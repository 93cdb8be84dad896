//! Lines are kept back as long as they are to be, and no others.

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
