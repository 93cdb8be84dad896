//! Each line of the two tables on the page of `next`, and each reason to wait or to stop.

use super::super::fees::{NoPrice, raised};
use super::super::next::{Landed, STUCK_AFTER, may_pass_over};
use super::super::why::{Stop, Why};
use super::*;

#[test]
fn a_step_is_signed_at_the_next_nonce_with_the_gas_of_its_worst_case() {
    let (outbox, asked) = (outbox(), [once()]);
    let order = order(next(&outbox, &asked, &facts(5), CAP));
    assert_eq!(
        (order.nonce, order.contents),
        (5, Contents::Call(&asked[0]))
    );
    assert_eq!(order.contents.gas().units(), 100_000);
    assert_eq!((order.offer.max_fee, order.offer.tip), (21 * GWEI, GWEI));
    let done = next(&outbox, &[], &facts(5), CAP);
    assert_eq!(done, Act::Done { is_final: true });
}

#[test]
fn what_is_in_the_pool_is_waited_for_and_what_was_dropped_or_never_left_is_sent_again() {
    let (outbox, asked) = (sent(&once()), [once()]);
    let mut facts = facts(5);
    // So it also is after a crash between disk and network.
    let act = next(&outbox, &asked, &facts, CAP);
    assert_eq!(
        act,
        Act::Broadcast {
            nonce: 5,
            held: None
        }
    );
    facts.pending = 6;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::UnderWay { nonce: 5, .. }), "{why}");
}

#[test]
fn what_was_in_a_block_and_is_so_no_more_is_sent_again() {
    let outbox = sent(&once());
    let is_final = |settled| {
        let facts = Facts {
            settled,
            ..facts(6)
        };
        next(&outbox, &[], &facts, CAP)
    };
    assert_eq!(is_final(5), Act::Done { is_final: false });
    assert_eq!(is_final(6), Act::Done { is_final: true });
    let asked = [once()];
    let act = next(&outbox, &asked, &facts(5), CAP);
    assert_eq!(
        act,
        Act::Broadcast {
            nonce: 5,
            held: None
        }
    );
}

#[test]
fn what_is_stuck_is_replaced_at_its_nonce_by_the_same_call_with_both_fees_higher() {
    let (outbox, asked) = (sent(&once()), [once()]);
    let mut facts = facts(5);
    facts.pending = 6;
    facts.market.base_fee = 30 * GWEI;
    facts.now = 1_000 + STUCK_AFTER - 1;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::UnderWay { .. }), "{why}");
    facts.now += 1;
    let order = order(next(&outbox, &asked, &facts, CAP));
    assert_eq!(
        (order.nonce, order.contents),
        (5, Contents::Call(&asked[0]))
    );
    assert_eq!(order.offer.tip, raised(GWEI));
    assert_eq!(order.offer.max_fee, 60 * GWEI + raised(GWEI));
    // One with a good offer is waited for, however long.
    facts.market.base_fee = 10 * GWEI;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::UnderWay { .. }), "{why}");
}

#[test]
fn gas_above_the_operators_bound_is_waited_for_and_never_paid() {
    let (asked, cap) = ([once()], 12 * GWEI);
    let why = waits(next(&outbox(), &asked, &facts(5), cap));
    let words = "a unit of gas costs 12.25 gwei now and `max_fee_gwei` allows 12: waiting";
    assert!(why.to_string().starts_with(words), "{why}");
    let new = outbox();
    let within = order(next(&new, &asked, &facts(5), 13 * GWEI));
    assert_eq!(within.offer.max_fee, 13 * GWEI);
    // Nor by raising.
    let outbox = sent(&once());
    let mut facts = facts(5);
    (facts.pending, facts.now) = (6, 1_000 + STUCK_AFTER);
    facts.market.base_fee = 30 * GWEI;
    let why = waits(next(&outbox, &asked, &facts, 30 * GWEI));
    assert!(matches!(why, Why::Price(NoPrice::TooDear { .. })), "{why}");
    (facts.market.base_fee, facts.market.suggested) = (5 * GWEI, Some(2 * GWEI));
    let why = waits(next(&outbox, &asked, &facts, 22 * GWEI));
    assert!(matches!(why, Why::Price(NoPrice::TooDear { .. })), "{why}");
    // What the node has lost it gets as it was, and the operator hears that the bound holds it.
    facts.pending = 5;
    let act = next(&outbox, &asked, &facts, 22 * GWEI);
    let Act::Broadcast { nonce: 5, held } = act else {
        panic!("{act:?}");
    };
    let held = held.unwrap().to_string();
    assert!(held.contains("`max_fee_gwei` allows 22"), "{held}");
}

#[test]
fn a_fee_is_not_raised_far_above_what_is_usual_nor_without_end() {
    let asked = [once()];
    let mut outbox = sent(&once());
    let mut facts = facts(5);
    (facts.pending, facts.balance) = (6, U256::MAX);
    let mut times = 0;
    let why = loop {
        facts.now += STUCK_AFTER;
        facts.market.suggested = Some(2 * GWEI);
        // Each time the market has just outbid it.
        facts.market.base_fee = outbox.at(5).unwrap().newest().max_fee;
        let copy = outbox.clone();
        let act = next(&copy, &asked, &facts, u64::MAX);
        let Act::Replace(order) = act else {
            break waits(act);
        };
        outbox.add(signed(&order, facts.now)).unwrap();
        times += 1;
    };
    assert_eq!(times, 12);
    assert!(matches!(why, Why::Price(NoPrice::FarAbove(_))), "{why}");
    let mut times = 1;
    let mut outbox = sent(&once());
    let why = loop {
        facts.now += STUCK_AFTER;
        facts.market.suggested = Some(u64::MAX / 4);
        facts.market.base_fee = outbox.at(5).unwrap().newest().max_fee;
        let copy = outbox.clone();
        let act = next(&copy, &asked, &facts, u64::MAX);
        let Act::Replace(order) = act else {
            break waits(act);
        };
        outbox.add(signed(&order, facts.now)).unwrap();
        times += 1;
    };
    assert_eq!(times, 16);
    assert!(matches!(why, Why::RaisedOften { nonce: 5, .. }), "{why}");
}

#[test]
fn an_account_that_cannot_pay_is_named_with_what_is_missing() {
    let mut facts = facts(5);
    facts.balance = U256::from(10).pow(U256::from(18));
    let why = waits(next(&outbox(), &[once()], &facts, CAP)).to_string();
    let account = "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa";
    let words = format!(
        "pay may cost 1.002100000000000000 ETH and {account} has 1.000000000000000000: \
                         send 0.002100000000000000 ETH there"
    );
    assert_eq!(why, words);
}

#[test]
fn what_would_fail_is_neither_sent_nor_raised_and_the_reason_is_shown() {
    let asked = [once()];
    let mut facts = facts(5);
    facts.simulated = Some(Err("Invalid node".to_owned()));
    let why = waits(next(&outbox(), &asked, &facts, CAP)).to_string();
    assert!(why.ends_with("not sent: Invalid node"), "{why}");
    let why = waits(next(&sent(&once()), &asked, &facts, CAP));
    assert!(matches!(why, Why::Reverts { .. }), "{why}");
    facts.simulated = None;
    let why = waits(next(&outbox(), &asked, &facts, CAP));
    assert!(matches!(why, Why::Untried(_)), "{why}");
}

#[test]
fn a_step_that_failed_is_sent_anew_only_when_that_is_final_and_three_times_at_most() {
    let asked = [once()];
    let mut outbox = sent(&once());
    for nonce in 5..8 {
        let landed = sent_for(&outbox, just(&asked))
            .into_iter()
            .map(|transaction| Landed {
                transaction,
                succeeded: false,
            });
        let mut facts = facts(nonce + 1);
        facts.landed = landed.collect();
        facts.settled = nonce;
        let why = waits(next(&outbox, &asked, &facts, CAP));
        assert!(matches!(why, Why::Unsettled { .. }), "{why}");
        facts.settled = nonce + 1;
        outbox.settle(facts.settled);
        let copy = outbox.clone();
        if nonce == 7 {
            let stop = stops(next(&copy, &asked, &facts, CAP));
            assert!(matches!(stop, Stop::FailedOften { times: 3, .. }), "{stop}");
            break;
        }
        let order = order(next(&copy, &asked, &facts, CAP));
        assert_eq!(order.nonce, nonce + 1);
        outbox.add(signed(&order, 2_000)).unwrap();
    }
    // The operator has looked.
    outbox.forget(&asked[0].step);
    assert_eq!(order(next(&outbox, &asked, &facts(8), CAP)).nonce, 8);
}

#[test]
fn a_step_that_succeeded_without_effect_or_of_which_nothing_is_known_is_not_sent_again() {
    let (mut outbox, asked) = (sent(&once()), [once()]);
    outbox.settle(6);
    let stop = stops(next(&outbox, &asked, &facts(6), CAP));
    assert!(matches!(stop, Stop::Unknown { nonce: 5, .. }), "{stop}");
    let mut facts = facts(6);
    facts.landed = vec![Landed {
        transaction: outbox.at(5).unwrap().newest().transaction,
        succeeded: true,
    }];
    let stop = stops(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(stop, Stop::Unshown { .. }), "{stop}");
    // What does nothing a second time may try again.
    let asked = [call("stake", Effect::Idempotent)];
    let mut outbox = sent(&asked[0]);
    outbox.settle(6);
    facts.landed.clear();
    assert_eq!(order(next(&outbox, &asked, &facts, CAP)).nonce, 6);
}

/// Anybody can change what is missing of a bond, by a wei that he puts in for the node.

#[test]
fn another_hand_on_the_account_and_what_is_not_final_hold_a_payment_up() {
    let (outbox, asked) = (outbox(), [once()]);
    let mut facts = facts(5);
    facts.pending = 6;
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert_eq!(why, Why::Foreign(account()));
    (facts.pending, facts.settled) = (5, 4);
    let why = waits(next(&outbox, &asked, &facts, CAP));
    assert!(matches!(why, Why::NotFinal { .. }), "{why}");
    let asked = [call("stake", Effect::Idempotent)];
    assert_eq!(order(next(&outbox, &asked, &facts, CAP)).nonce, 5);
}

#[test]
fn a_node_that_shows_less_than_was_seen_before_is_not_believed() {
    let mut outbox = outbox();
    outbox.settle(7);
    let asked = [once()];
    let why = waits(next(&outbox, &asked, &facts(6), CAP)).to_string();
    assert!(why.contains("shows nonce 6 of"), "{why}");
    // Also of what is under way.
    let mut outbox = super::outbox();
    let copy = outbox.clone();
    let order = order(next(&copy, &asked, &facts(5), CAP));
    outbox.add(signed(&order, 1_000)).unwrap();
    let behind = waits(next(&outbox, &asked, &facts(4), CAP));
    assert!(matches!(behind, Why::Behind { known: 5, .. }), "{behind}");
}

#[test]
fn others_go_before_a_step_that_cannot_be_sent_now_and_none_before_what_is_under_way() {
    let asked = [once(), call("other", Effect::Idempotent)];
    let passes = |outbox: &Outbox, facts: &Facts, cap| {
        let act = next(outbox, &asked, facts, cap);
        assert!(matches!(act, Act::Wait(_) | Act::Stop(_)), "{act:?}");
        may_pass_over(outbox, facts, &act)
    };
    let fresh = outbox();
    let refused = Facts {
        simulated: Some(Err("no".to_owned())),
        ..facts(5)
    };
    assert!(passes(&fresh, &refused, CAP));
    let poor = Facts {
        balance: U256::ZERO,
        ..facts(5)
    };
    assert!(passes(&fresh, &poor, CAP));
    let unsettled = Facts {
        settled: 5,
        ..facts(6)
    };
    assert!(passes(&sent(&once()), &unsettled, CAP));
    // It has had no effect, and nobody knows why.
    assert!(passes(&sent(&once()), &facts(6), CAP));
    // What is dear is dear for all, and what is under way comes first.
    assert!(!passes(&fresh, &facts(5), 1));
    let of_others = Facts {
        pending: 6,
        ..facts(5)
    };
    assert!(!passes(&fresh, &of_others, CAP));
    assert!(!passes(&sent(&once()), &refused, CAP));
    assert!(!passes(&sent(&once()), &of_others, CAP));
    assert!(!passes(
        &sent(&call("elsewhere", Effect::Once)),
        &facts(5),
        CAP
    ));
}
