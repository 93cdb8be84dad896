//! What the own view confirms, doubts and refuses.

use proto::eth::{Checkpoint, CommitteeIndex, Form};
use proto::{Epoch, example};

use super::super::blinded::Blinded;
use super::*;

const DUTY: Slot = Slot(100);

fn vote(head: u8) -> HeadVote {
    let epoch = |number| Checkpoint {
        epoch: Epoch(number),
        root: [number as u8; 32].into(),
    };
    HeadVote {
        slot: DUTY,
        index: CommitteeIndex(0),
        beacon_block_root: [head; 32].into(),
        source: epoch(2),
        target: epoch(3),
    }
}

/// What becomes of a free proposal of head 1 where the own head is 2, after this sighting.
fn verdict(slot: u64, head: u64, is_heads_parent: bool) -> (Judgement, Doubt) {
    let own = vote(2);
    let mut question = Question::new(Round::FIRST, Value::Head(vote(1)), false);
    let seen = Sighting {
        slot: Slot(slot),
        head: Slot(head),
        is_heads_parent,
    };
    question.learn([1; 32].into(), Sight::Known(seen));
    let now = Timestamp::from_micros(1);
    (question.soft_check(Some(&own), now), question.doubt())
}

#[test]
fn heads_near_the_own_head_are_agreed_on_whoever_is_behind() {
    let near = [
        (99, 100, true),
        (98, 100, false),
        (100, 100, false),
        (100, 97, false),
        (90, 99, true),
    ];
    for (slot, head, parent) in near {
        assert_eq!(
            verdict(slot, head, parent).0,
            Judgement::Yes,
            "{slot} {head}"
        );
    }
}

#[test]
fn a_slow_beacon_node_is_asked_one_thing_at_a_time() {
    let own = vote(2);
    let head = Root::from([1; 32]);
    let mut question = Question::new(Round::FIRST, Value::Head(vote(1)), false);
    let at = |ms: u64| Timestamp::from_micros(ms * 1000);
    let asked = Judgement::Ask(vec![Want::Block(head)]);
    assert_eq!(question.soft_check(Some(&own), at(1000)), asked);
    for ms in [1010, 1050, 1100, 3000] {
        assert_eq!(
            question.soft_check(Some(&own), at(ms)),
            Judgement::Wait,
            "{ms}"
        );
        assert!(question.ask_again_at() > at(ms), "no busy loop at {ms}");
    }
    question.learn(head, Sight::Unknown);
    assert_eq!(question.soft_check(Some(&own), at(3100)), asked);
}

#[test]
fn a_free_vote_for_another_target_is_not_given_however_near_its_head() {
    let mut own = vote(1);
    own.target.root = [9; 32].into();
    for (forced, verdict) in [
        (false, Judgement::Ask(vec![Want::View])),
        (true, Judgement::Yes),
    ] {
        let mut question = Question::new(Round::FIRST, Value::Head(vote(1)), forced);
        let now = Timestamp::from_micros(1);
        assert_eq!(question.soft_check(Some(&own), now), verdict);
    }
}

#[test]
fn an_old_head_and_one_of_a_later_slot_are_not_voted_for() {
    for (slot, head) in [(97, 100), (1, 100), (101, 101), (101, 100)] {
        let (verdict, doubt) = verdict(slot, head, false);
        let again = Judgement::Ask(vec![Want::Block([1; 32].into())]);
        assert_eq!(verdict, again, "{slot} {head}");
        assert_eq!(doubt, Doubt::FarFromHead);
    }
}

#[test]
fn relays_are_asked_again_less_often_than_the_own_node() {
    const BLOCK: &[u8] =
        include_bytes!("../../../../../../proto/tests/vectors/blinded-minimal.ssz");
    let chain = example::chain([1; 32].into(), &[]);
    let block = Block::from_ssz_of(&chain, Form::Blinded, BLOCK).unwrap();
    let (bids, parent) = (Want::bids(&block), Want::Block(block.parent_root()));
    let value = Value::Blinded(Blinded::new(block, 7).unwrap());
    let mut question = Question::new(Round::FIRST, value, false);
    let mut asked = Vec::new();
    for at in (0..500).step_by(50) {
        let now = Timestamp::from_micros(1 + at * 1_000);
        if let Judgement::Ask(wants) = question.refresh(Doubt::BidUnseen, now) {
            asked.extend(wants.iter().map(|want| (at, *want)));
            question.answered_bids();
            question.answered(parent);
        }
    }
    let when = |wanted: Want| {
        let of = asked.iter().filter(|(_, want)| *want == wanted);
        of.map(|(at, _)| *at).collect::<Vec<_>>()
    };
    assert_eq!(when(bids), [0, 250]);
    assert_eq!(when(parent), (0..500).step_by(50).collect::<Vec<_>>());
}
