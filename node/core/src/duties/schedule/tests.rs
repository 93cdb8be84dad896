//! Which questions are put when, and which answers are used.

mod desk;
mod halted;

use std::time::Duration;

use proto::Subcommittee;

use desk::{Desk, ELECTRA, FULU, INDEX, SLOTS, attesters, chain, key, proposers, registered};

use super::topics::{SHORTEST, UNANSWERED};
use super::*;

#[test]
fn what_the_head_bears_out_is_not_asked_again() {
    for epoch in [ELECTRA, FULU] {
        let mut desk = Desk::settled(epoch, 1, 2);
        desk.head(epoch, 1, 2);
        assert_eq!(desk.due(), []);
        assert!(!desk.schedule.is_held(Topic::Attesters(epoch)));
    }
}

#[test]
fn another_previous_root_puts_the_duties_of_the_epoch_back() {
    for (epoch, with) in [(ELECTRA, vec![]), (FULU, vec![Topic::Proposers(FULU)])] {
        let mut desk = Desk::settled(epoch, 1, 2);
        desk.head(epoch, 3, 2);
        assert!(desk.schedule.is_held(Topic::Attesters(epoch)));
        assert!(!desk.schedule.is_held(Topic::Attesters(epoch.next())));
        let asked = desk.answer_all(epoch, 3, 2);
        assert_eq!(
            asked[..1 + with.len()],
            [vec![Topic::Attesters(epoch)], with].concat()
        );
        assert!(!desk.schedule.is_held(Topic::Attesters(epoch)));
        assert_eq!(desk.seat(epoch), Some(3));
    }
}

#[test]
fn another_current_root_puts_the_duties_of_the_next_epoch_back_and_before_fulu_the_proposers() {
    for (epoch, proposers) in [(ELECTRA, ELECTRA), (FULU, FULU.next())] {
        let mut desk = Desk::settled(epoch, 1, 2);
        desk.head(epoch, 1, 3);
        let asked = desk.answer_all(epoch, 1, 3);
        let due = [Topic::Attesters(epoch.next()), Topic::Proposers(proposers)];
        assert_eq!(asked[..2], due);
        assert_eq!(desk.seat(epoch.next()), Some(3));
    }
}

/// The last block of an epoch came after the duties of the epoch after the next were asked.
#[test]
fn a_root_that_turns_out_another_at_the_roll_over_puts_duties_back() {
    let mut desk = Desk::settled(FULU, 1, 2);
    let next = FULU.next();
    desk.now = chain().start_of(Slot(next.0 * SLOTS));
    // Asked before the last block of the epoch has come: the head is still the one before it.
    desk.answer_all(next, 2, 99);
    assert_eq!(desk.seat(next.next()), Some(99 % SLOTS));
    desk.pass(SHORTEST);
    desk.head(next, 2, 4);
    assert!(
        desk.answer_all(next, 2, 4)
            .contains(&Topic::Attesters(next.next()))
    );
    assert_eq!(desk.seat(next.next()), Some(4));
}

#[test]
fn an_event_that_skips_epochs_is_compared_as_any_other() {
    let mut desk = Desk::settled(FULU, 1, 2);
    let later = Epoch(FULU.0 + 2);
    desk.now = chain().start_of(Slot(later.0 * SLOTS));
    // The node stands still, and names duties by the newest block it has.
    desk.answer_all(later, 99, 99);
    desk.pass(SHORTEST);
    desk.head(later, 5, 6);
    desk.answer_all(later, 5, 6);
    assert_eq!(
        (desk.seat(later), desk.seat(later.next())),
        (Some(5), Some(6))
    );
}

#[test]
fn the_first_event_after_a_start_is_compared() {
    let mut desk = Desk::begun(FULU);
    desk.answer_all(FULU, 1, 2);
    desk.pass(SHORTEST);
    desk.head(FULU, 3, 2);
    assert!(desk.schedule.is_held(Topic::Attesters(FULU)));
    desk.answer_all(FULU, 3, 2);
    assert_eq!(desk.seat(FULU), Some(3));
}

#[test]
fn an_epoch_that_no_event_has_borne_out_is_asked_again_when_it_begins() {
    for deaf in [false, true] {
        let mut desk = Desk::settled(FULU, 1, 2);
        if deaf {
            desk.schedule.deaf();
        }
        let next = FULU.next();
        desk.now = chain().start_of(Slot(next.0 * SLOTS));
        let asked = desk.answer_all(next, 2, 99);
        for topic in [Topic::Attesters(next), Topic::Proposers(next)] {
            assert_eq!(asked.contains(&topic), deaf, "{topic:?}");
        }
    }
}

#[test]
fn news_of_activation_and_exit_puts_the_duties_back() {
    let mut desk = Desk::settled(FULU, 1, 2);
    let told = |desk: &mut Desk, found: Vec<(PublicKey, Registered)>| {
        desk.schedule.topics.put_back(Topic::Validators(FULU));
        desk.pass(SHORTEST);
        let due = desk.due().into_iter();
        for due in due.filter(|due| due.topic == Topic::Validators(FULU)) {
            desk.schedule.set_registered(due, found.clone());
        }
        desk.pass(SHORTEST);
        desk.answer_all(FULU, 1, 2)
    };
    assert_eq!(told(&mut desk, registered(true)), [], "nothing new");
    for active in [false, true] {
        let asked = told(&mut desk, registered(active));
        for epoch in [FULU, FULU.next()] {
            assert!(asked.contains(&Topic::Attesters(epoch)), "{asked:?}");
            assert!(asked.contains(&Topic::Proposers(epoch)), "{asked:?}");
        }
        assert!(asked.contains(&Topic::Prepare(FULU)), "{asked:?}");
    }
}

#[test]
fn an_answer_that_the_newest_event_contradicts_is_used_only_if_the_node_insists() {
    let mut desk = Desk::begun(FULU);
    desk.head(FULU, 1, 2);
    let attesters_due = |desk: &mut Desk| {
        let due = desk.due();
        let of = |due: &&Due| due.topic == Topic::Attesters(FULU);
        due.iter().find(of).copied()
    };
    for insists in [false, true] {
        let due = attesters_due(&mut desk).unwrap();
        desk.schedule.set_attesters(due, attesters(FULU, 7));
        assert_eq!(desk.seat(FULU), insists.then_some(7));
        assert_eq!(attesters_due(&mut desk), None, "not at once");
        desk.pass(SHORTEST);
    }
    assert_eq!(attesters_due(&mut desk), None, "it has said so twice");
    assert!(!desk.schedule.is_held(Topic::Attesters(FULU)));
    desk.head(FULU, 3, 2);
    assert!(
        attesters_due(&mut desk).is_some(),
        "the events say another thing"
    );
}

/// Since Fulu version 1 of the call names a root that does not settle its answer.
#[test]
fn proposers_without_a_root_depend_on_what_the_events_said_when_they_were_asked() {
    let mut desk = Desk::begun(FULU);
    let topic = Topic::Proposers(FULU);
    let ask = |desk: &mut Desk| desk.due().into_iter().find(|due| due.topic == topic);
    let due = ask(&mut desk).unwrap();
    desk.schedule.set_proposers(due, &proposers(None));
    desk.pass(SHORTEST);
    assert_eq!(ask(&mut desk), None);
    desk.head(FULU, 1, 2);
    let due = ask(&mut desk).expect("asked before anybody knew what they depend on");
    desk.head(FULU, 3, 2);
    desk.schedule.set_proposers(due, &proposers(None));
    desk.pass(SHORTEST);
    let due = ask(&mut desk).expect("they may be by the root of before");
    desk.schedule.set_proposers(due, &proposers(None));
    desk.pass(SHORTEST);
    assert_eq!(ask(&mut desk), None);
}

#[test]
fn an_answer_to_an_older_question_never_replaces_one_to_a_newer() {
    let mut desk = Desk::begun(FULU);
    let topic = Topic::Attesters(FULU);
    let ask = |desk: &mut Desk| desk.due().into_iter().find(|due| due.topic == topic);
    let old = ask(&mut desk).unwrap();
    desk.pass(UNANSWERED);
    let new = ask(&mut desk).unwrap();
    desk.schedule.set_attesters(new, attesters(FULU, 2));
    desk.schedule.set_attesters(old, attesters(FULU, 1));
    assert_eq!(desk.seat(FULU), Some(2));
}

#[test]
fn a_head_that_flaps_a_thousand_times_is_asked_about_as_often_as_time_allows() {
    let mut desk = Desk::settled(FULU, 1, 2);
    let mut unanswered = 0;
    for turn in 0..1_000_u16 {
        let odd = u8::from(turn % 2 == 1);
        desk.head(FULU, 3 + odd, 5 + odd);
        unanswered += desk.due().len();
    }
    assert!(
        unanswered <= 4,
        "{unanswered} of four topics that depend on a root"
    );
    let mut desk = Desk::settled(FULU, 1, 2);
    let mut answered = 0;
    for turn in 0_u8..250 {
        desk.pass(SHORTEST / 10);
        desk.head(FULU, 3 + turn % 2, 5 + turn % 2);
        answered += desk.answer_all(FULU, 1, 2).len();
    }
    // In the time of 25 shortest pauses: those four, and two subscriptions that follow from them.
    assert!(answered <= 6 * 26, "{answered}");
}

#[test]
fn events_that_come_and_go_put_no_second_question_while_one_is_on_its_way() {
    let mut desk = Desk::settled(FULU, 1, 2);
    desk.pass(SHORTEST);
    let mut asked = 0;
    for _ in 0..1_000 {
        desk.schedule.deaf();
        desk.schedule.hears_again();
        asked += desk.due().len();
    }
    // Attesters, proposers, subscriptions and seats of two epochs, and who gets the fees.
    assert_eq!(asked, 9);
}

#[test]
fn an_answer_on_its_way_settles_what_the_head_does_meanwhile() {
    let mut desk = Desk::settled(FULU, 1, 2);
    desk.pass(SHORTEST);
    desk.head(FULU, 3, 2);
    let due = desk.due();
    assert!(due.iter().any(|due| due.topic == Topic::Attesters(FULU)));
    desk.head(FULU, 4, 2);
    for due in due {
        desk.answer(due, FULU, 4, 2);
    }
    desk.pass(SHORTEST);
    let asked = desk.answer_all(FULU, 4, 2);
    assert!(!asked.contains(&Topic::Attesters(FULU)), "{asked:?}");
    assert_eq!(desk.seat(FULU), Some(4));
}

#[test]
fn a_clock_that_was_far_ahead_leaves_no_question_behind() {
    let mut desk = Desk::settled(FULU, 1, 2);
    let right = desk.now;
    desk.pass(Duration::from_secs(1_000_000));
    assert_ne!(desk.due(), []);
    desk.now = right;
    let asked = desk.answer_all(FULU, 1, 2);
    assert!(!asked.is_empty());
    let near = |topic: &Topic| (FULU..=FULU.next()).contains(&topic.epoch());
    assert!(asked.iter().all(near), "{asked:?}");
    desk.pass(UNANSWERED);
    assert_eq!(desk.answer_all(FULU, 1, 2), []);
    assert_eq!(desk.seat(FULU), Some(1));
}

#[test]
fn a_node_that_may_have_restarted_is_told_again_at_once() {
    let mut desk = Desk::settled(FULU, 1, 2);
    desk.schedule.deaf();
    assert_eq!(desk.due(), []);
    desk.schedule.hears_again();
    let asked = desk.answer_all(FULU, 1, 2);
    let told = [
        Topic::Prepare(FULU),
        Topic::Subscribe(FULU),
        Topic::Subscribe(FULU.next()),
    ];
    for topic in told {
        assert!(asked.contains(&topic), "{topic:?} of {asked:?}");
    }
}

#[test]
fn a_node_is_prepared_again_one_slot_before_a_proposal() {
    let mut desk = Desk::settled(FULU, 1, 2);
    let slot = Slot(FULU.0 * SLOTS + 5);
    let duty = ProposerDuty {
        pubkey: key(),
        validator_index: INDEX,
        slot,
    };
    desk.schedule
        .proposers
        .insert(duty.slot, ValidatorPosition(0));
    for (at, asked) in [(3, vec![]), (4, vec![Topic::Prepare(FULU)]), (5, vec![])] {
        desk.now = chain().start_of(Slot(FULU.0 * SLOTS + at));
        assert_eq!(desk.answer_all(FULU, 1, 2), asked, "in slot {at}");
        desk.pass(SHORTEST);
        assert_eq!(desk.answer_all(FULU, 1, 2), [], "in slot {at}");
    }
}

#[test]
fn who_sits_in_the_sync_committee_is_told_when_its_epoch_has_come_and_once() {
    let mut schedule = Desk::settled(FULU, 1, 2).schedule;
    schedule.members.clear();
    assert_eq!(schedule.news_of_seats(FULU), None, "it is not known yet");
    let member = Member {
        validator: ValidatorPosition(0),
        index: INDEX,
        seats: vec![(Subcommittee::ALL[0], 3)],
    };
    schedule.members.insert(FULU, vec![]);
    schedule.members.insert(FULU.next(), vec![member]);
    let nobody = Some((vec![], true));
    assert_eq!(schedule.news_of_seats(FULU), nobody);
    assert_eq!(schedule.news_of_seats(FULU), None);
    let ours = Some((vec![INDEX], true));
    assert_eq!(schedule.news_of_seats(FULU.next()), ours);
    schedule.set_syncing(true, true);
    let held_up = Some((vec![INDEX], false));
    assert_eq!(schedule.news_of_seats(FULU.next()), held_up);
    assert_eq!(schedule.news_of_seats(FULU.next()), None);
}
