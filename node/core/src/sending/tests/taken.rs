//! A nonce that is taken: what is wanted there, by whom, and when nothing takes its place.

use super::super::asked::{MOST_UNASKED, Unasked};
use super::super::next::{Landed, STUCK_AFTER};
use super::super::why::{Stop, Why};
use super::*;

#[test]
fn a_step_that_is_done_by_somebody_else_stops_all_until_it_is_emptied() {
    let mut outbox = sent(&once());
    let other = [call("other", Effect::Once)];
    let stop = stops(next(&outbox, &other, &facts(5), CAP));
    assert!(matches!(stop, Stop::Overtaken { nonce: 5, .. }), "{stop}");
    let is_held_up = |facts: &Facts| {
        let stop = stops(next(&outbox, &other, facts, CAP));
        let Stop::Overtaken { is_held_up, .. } = stop else {
            panic!("{stop}");
        };
        is_held_up
    };
    let mut seen = facts(5);
    assert!(is_held_up(&seen), "the node has lost it");
    seen.pending = 6;
    assert!(!is_held_up(&seen));
    (seen.now, seen.market.base_fee) = (1_000 + STUCK_AFTER, 30 * GWEI);
    assert!(is_held_up(&seen));
    assert!(!outbox.cancel(&other[0].step));
    assert!(outbox.cancel(&once().step));
    let copy = outbox.clone();
    let order = order(next(&copy, &other, &facts(5), CAP));
    assert_eq!((order.nonce, order.contents), (5, Contents::Nothing));
    assert_eq!(order.contents.gas().units(), 21_000);
    outbox.add(signed(&order, 1_000)).unwrap();
    let act = next(&outbox, &other, &facts(5), CAP);
    assert_eq!(
        act,
        Act::Broadcast {
            nonce: 5,
            held: None
        }
    );
    // It stays cancelled, also if it is wanted after all.
    outbox.settle(6);
    let stop = stops(next(&outbox, &[once()], &facts(6), CAP));
    assert_eq!(stop, Stop::Cancelled(once().step));
    assert!(matches!(
        next(&outbox, &other, &facts(6), CAP),
        Act::Sign(_)
    ));
}

#[test]
fn what_nobody_asks_for_any_more_is_waited_for_and_then_emptied_if_a_second_time_does_nothing() {
    let stake = call("stake", Effect::Idempotent);
    let (mut outbox, others) = (sent(&stake), [once()]);
    let mut facts = facts(5);
    facts.market.base_fee = 30 * GWEI;
    // Whether it is over or only not known for a moment: it is not pushed into a block.
    for (pending, now) in [(6, 1_000), (5, 1_000), (6, 1_000 + STUCK_AFTER)] {
        (facts.pending, facts.now) = (pending, now);
        let why = waits(next(&outbox, &others, &facts, CAP));
        assert!(matches!(why, Why::UnderWay { nonce: 5, .. }), "{why}");
    }
    let given_up = [stake.step.clone()];
    let over = Asked {
        given_up: &given_up,
        ..just(&others)
    };
    let next_over =
        |outbox, facts: &Facts, cap| order(super::super::next::next(outbox, over, facts, cap));
    (facts.pending, facts.now) = (5, 1_000);
    let emptied = next_over(&outbox, &facts, CAP).contents;
    assert_eq!(emptied, Contents::Nothing);
    (facts.pending, facts.now) = (6, 1_000 + STUCK_AFTER);
    let copy = outbox.clone();
    let emptied = next_over(&copy, &facts, CAP);
    assert_eq!((emptied.nonce, emptied.contents), (5, Contents::Nothing));
    outbox.add(signed(&emptied, facts.now)).unwrap();
    let outbox = Outbox::from_json(&outbox.to_json(), account(), 560_048).unwrap();
    // The empty one is kept going as well.
    facts.pending = 5;
    let act = next(&outbox, &others, &facts, CAP);
    assert!(matches!(act, Act::Broadcast { nonce: 5, .. }), "{act:?}");
    (facts.now, facts.market.base_fee) = (facts.now + STUCK_AFTER, 90 * GWEI);
    let dearer = order(next(&outbox, &others, &facts, 200 * GWEI));
    assert_eq!(dearer.contents, Contents::Nothing);
    // Asked for again, it takes its place back.
    let asked = [stake];
    let back = order(next(&outbox, &asked, &facts, 200 * GWEI));
    assert_eq!((back.nonce, back.contents), (5, Contents::Call(&asked[0])));
    outbox.clone().add(signed(&back, facts.now)).unwrap();
}

#[test]
fn what_would_fail_holds_up_nothing_behind_it_if_a_second_time_does_nothing() {
    let asked = [call("stake", Effect::Idempotent)];
    let outbox = sent(&asked[0]);
    let mut facts = facts(5);
    facts.pending = 6;
    facts.simulated = Some(Err("is staked".to_owned()));
    facts.market.base_fee = 30 * GWEI;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::Reverts { .. }), "{why}");
    facts.now = 1_000 + STUCK_AFTER;
    let emptied = order(next(&outbox, &asked, &facts, CAP)).contents;
    assert_eq!(emptied, Contents::Nothing);
    // Of what was not tried nothing is known.
    facts.simulated = None;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::Untried(_)), "{why}");
}

#[test]
fn what_waits_for_its_next_proof_is_kept_going_with_the_one_that_it_has() {
    let stake = call("stake", Effect::Idempotent);
    let (outbox, unproved) = (sent(&stake), [stake.step.clone()]);
    let others = [once()];
    let asked = Asked {
        unproved: &unproved,
        ..just(&others)
    };
    let mut facts = Facts {
        kept: Some(kept(&stake)),
        ..facts(5)
    };
    let act = super::super::next::next(&outbox, asked, &facts, CAP);
    let expected = Act::Broadcast {
        nonce: 5,
        held: None,
    };
    assert_eq!(act, expected);
    (facts.now, facts.market.base_fee) = (1_000 + STUCK_AFTER, 30 * GWEI);
    let raised = order(super::super::next::next(&outbox, asked, &facts, CAP));
    assert_eq!(raised.contents, Contents::Kept(kept(&stake)));
}

#[test]
fn a_proof_is_renewed_at_its_nonce() {
    let mut stake = call("stake", Effect::Idempotent);
    let outbox = sent(&stake);
    stake.data.push(1);
    let asked = [stake];
    let order = order(next(&outbox, &asked, &facts(5), CAP));
    assert_eq!(
        (order.nonce, order.contents),
        (5, Contents::Call(&asked[0]))
    );
}

#[test]
fn a_payment_under_way_is_sent_again_and_raised_as_it_was_signed_whatever_is_missing_by_now() {
    let pay = once();
    let outbox = sent(&pay);
    let less = Call {
        value: pay.value - U256::from(1),
        ..pay.clone()
    };
    let asked = [less];
    let mut facts = Facts {
        kept: Some(kept(&pay)),
        ..facts(5)
    };
    let Act::Broadcast { nonce: 5, held } = next(&outbox, &asked, &facts, CAP) else {
        panic!("the node has lost it");
    };
    let words = held.unwrap().to_string();
    assert!(
        words.contains("would have other contents by now"),
        "{words}"
    );
    facts.pending = 6;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::Outdated { nonce: 5, .. }), "{why}");
    (facts.now, facts.market.base_fee) = (1_000 + STUCK_AFTER, 30 * GWEI);
    let act = next(&outbox, &asked, &facts, CAP);
    let order = order(act);
    assert_eq!(
        (order.nonce, order.contents),
        (5, Contents::Kept(kept(&pay)))
    );
    assert_eq!(order.contents.gas(), pay.gas);
    outbox.clone().add(signed(&order, 2_000)).unwrap();
    // It has to be paid for.
    facts.balance = pay.value;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::Funds { .. }), "{why}");
    // What would fail is not pushed, and nothing else takes its place.
    facts.simulated = Some(Err("no credit".to_owned()));
    let stop = stops(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(stop, Stop::Changed { nonce: 5, .. }), "{stop}");
    assert!(stop.to_string().contains("fail now: no credit"), "{stop}");
    // Nor is what differs in more, such as keys that are no more wished for.
    facts.simulated = Some(Ok(()));
    let mut other = pay.clone();
    other.data.push(1);
    let other = [other];
    let stop = stops(next(&outbox, &other, &facts, CAP));
    assert!(stop.to_string().contains("differs in more"), "{stop}");
    // Other bytes that do the same are not more, whatever ether goes with them.
    let [mut same] = other;
    same.value -= U256::from(1);
    same.akin = vec![vec![9], pay.data.clone()];
    facts.balance = U256::from(10).pow(U256::from(20));
    let same = [same];
    let order = self::order(next(&outbox, &same, &facts, CAP));
    assert_eq!(order.contents, Contents::Kept(kept(&pay)));
    facts.simulated = Some(Err("no credit".to_owned()));
    let stop = stops(next(&outbox, &same, &facts, CAP));
    assert!(stop.to_string().contains("fail now: no credit"), "{stop}");
}

#[test]
fn what_is_to_be_emptied_is_not_sent_again_where_emptying_is_too_dear_or_the_account_too_poor() {
    let mut outbox = sent(&once());
    assert!(outbox.cancel(&once().step));
    let lost = facts(5);
    let cap = outbox.at(5).unwrap().newest().offer().max_fee;
    let why = waits(next(&outbox, &[], &lost, cap));
    assert!(matches!(why, Why::Price(_)), "{why}");
    let poor = Facts {
        balance: U256::ZERO,
        ..lost
    };
    let why = waits(next(&outbox, &[], &poor, CAP));
    assert!(matches!(why, Why::Funds { .. }), "{why}");
}

#[test]
fn what_was_emptied_often_has_not_failed() {
    let stake = call("stake", Effect::Idempotent);
    let mut outbox = sent(&stake);
    let (asked, given_up) = ([stake.clone()], [stake.step]);
    let over = Asked {
        given_up: &given_up,
        ..just(&[])
    };
    for nonce in 5..9 {
        let copy = outbox.clone();
        let emptied = order(super::super::next::next(&copy, over, &facts(nonce), CAP));
        assert_eq!(emptied.contents, Contents::Nothing);
        outbox.add(signed(&emptied, 1_000)).unwrap();
        let transaction = outbox.at(nonce).unwrap().newest().transaction;
        outbox.settle(nonce + 1);
        let mut facts = facts(nonce + 1);
        facts.landed = vec![Landed {
            transaction,
            succeeded: true,
        }];
        let copy = outbox.clone();
        let again = order(next(&copy, &asked, &facts, CAP));
        outbox.add(signed(&again, 1_000)).unwrap();
    }
}

#[test]
fn a_step_is_given_up_when_it_was_not_asked_for_at_many_looks_in_a_row() {
    let stake = call("stake", Effect::Idempotent);
    let outbox = sent(&stake);
    let mut unasked = Unasked::default();
    for _ in 1..MOST_UNASKED {
        unasked.count(&outbox, &[]);
    }
    assert_eq!(unasked.given_up(), []);
    unasked.count(&outbox, &[&stake.step]);
    for _ in 1..MOST_UNASKED {
        unasked.count(&outbox, &[]);
    }
    assert_eq!(unasked.given_up(), []);
    unasked.count(&outbox, &[]);
    assert_eq!(unasked.given_up(), [stake.step]);
}

#[test]
fn the_call_to_simulate_is_the_one_that_would_be_signed() {
    let asked = [call("other", Effect::Once), once()];
    let (fresh, busy) = (outbox(), sent(&once()));
    let of = |outbox, asked| candidate(outbox, just(asked), 5);
    assert_eq!(of(&fresh, &asked), Some(Candidate::Call(&asked[0])));
    assert_eq!(of(&busy, &asked), Some(Candidate::Call(&asked[1])));
    assert_eq!(of(&busy, &asked[..1]), None);
    // As it was signed, where it is kept so.
    let mut otherwise = once();
    otherwise.value += U256::from(1);
    let entry = busy.at(5).unwrap();
    assert_eq!(of(&busy, &[otherwise]), Some(Candidate::Kept(entry)));
    let (stake, unproved) = (
        call("stake", Effect::Idempotent),
        ["stake".parse().unwrap()],
    );
    let busy = sent(&stake);
    let asked = Asked {
        unproved: &unproved,
        ..just(&asked)
    };
    let entry = busy.at(5).unwrap();
    assert_eq!(candidate(&busy, asked, 5), Some(Candidate::Kept(entry)));
    // Nothing is read for a node that is behind: it is named, and not the outbox.
    let mut over = busy.clone();
    over.settle(6);
    assert_eq!(candidate(&over, asked, 5), None);
    assert_eq!(candidate(&busy, asked, 4), None);
}
