//! The bounds of calls and prices, and what an outbox takes and reads.

use super::super::call::{MOST_DEPOSITS, StepId};
use super::super::fees::{Offer, gwei, is_far_above};
use super::super::outbox::OutboxError;
use super::*;

#[test]
fn gas_is_of_the_worst_case_and_within_what_a_transaction_may_use() {
    assert_eq!(Gas::of_deposits(1).unwrap().units(), 1_450_000);
    let most = Gas::of_deposits(MOST_DEPOSITS).unwrap().units();
    assert_eq!(most, 14_170_000);
    assert!(most <= Gas::MOST);
    let words = Gas::of_deposits(26).unwrap_err().to_string();
    assert!(words.contains("26 deposits do not fit"), "{words}");
    assert!(Gas::of_deposits(0).is_err());
    assert!(Gas::of(1 << 24).is_ok());
    let words = Gas::of((1 << 24) + 1).unwrap_err().to_string();
    assert!(words.contains("16777216 that one transaction"), "{words}");
}

#[test]
fn a_steps_name_is_short_and_plain() {
    for good in ["register", "deposit:0xab.3", &"a".repeat(160)] {
        assert_eq!(good.parse::<StepId>().unwrap().to_string(), good);
    }
    let step: StepId = "assign:1".parse().unwrap();
    assert!(step.is_of("assign") && !step.is_of("ass") && !step.is_of("assign:12"));
    for bad in ["", "Register", "a b", "a\n", &"a".repeat(161)] {
        assert!(bad.parse::<StepId>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_suggested_tip_is_followed_within_bounds() {
    let tip = |suggested| {
        let market = Market {
            base_fee: GWEI,
            suggested,
        };
        market.offer(CAP).unwrap().tip
    };
    assert_eq!(tip(Some(0)), GWEI / 100);
    assert_eq!(tip(Some(GWEI / 2)), GWEI / 2);
    assert_eq!(tip(Some(u64::MAX)), 3 * GWEI);
    assert_eq!(tip(None), GWEI);
    assert_eq!(gwei(12 * GWEI + GWEI / 4), "12.25");
}

#[test]
fn a_tip_far_above_what_the_node_suggests_is_told_from_a_dear_day() {
    // What a node suggests on a quiet day is next to nothing, and 1 gwei is not much more.
    assert!(!is_far_above(GWEI, Some(1_000)));
    assert!(!is_far_above(3 * GWEI, None));
    assert!(is_far_above(4 * GWEI, Some(1_000)));
    assert!(!is_far_above(40 * GWEI, Some(10 * GWEI)));
    assert!(is_far_above(41 * GWEI, Some(10 * GWEI)));
}

fn made(nonce: u64, call: &Call) -> Made {
    let offer = Offer {
        max_fee: nonce,
        tip: 1,
    };
    let order = Order {
        step: &call.step,
        effect: call.effect,
        nonce,
        contents: Contents::Call(call),
        offer,
    };
    signed(&order, 1)
}

fn emptied(made: &Made) -> Made {
    let mut made = made.clone();
    made.attempt.call = None;
    made
}

/// Whether the outbox takes no such thing.
fn refuses(outbox: &Outbox, made: Made) -> bool {
    let refused = outbox.clone().add(made);
    matches!(refused, Err(OutboxError::Against { .. }))
}

#[test]
fn the_outbox_itself_refuses_what_could_happen_twice() {
    let pay = call("pay", Effect::Once);
    let mut other = pay.clone();
    other.data.push(1);
    let mut outbox = outbox();
    outbox.add(made(5, &pay)).unwrap();
    assert!(refuses(&outbox, made(6, &pay)));
    assert!(refuses(&outbox, made(5, &other)));
    assert!(refuses(&outbox, made(5, &call("else", Effect::Once))));
    assert!(refuses(&outbox, made(4, &call("else", Effect::Once))));
    assert!(refuses(&outbox, emptied(&made(5, &pay))));
    outbox.clone().add(made(5, &pay)).unwrap();
    assert!(outbox.cancel(&pay.step));
    outbox.add(emptied(&made(5, &pay))).unwrap();
    assert!(refuses(&outbox, made(5, &pay)));
    // What may still get in is not forgotten.
    outbox.forget(&pay.step);
    assert!(outbox.at(5).is_some());
    outbox.settle(6);
    assert!(!outbox.cancel(&pay.step));
    outbox.add(made(6, &pay)).unwrap();
}

#[test]
fn an_outbox_is_read_as_it_was_written_and_only_for_its_account_and_chain() {
    let mut outbox = outbox();
    outbox.add(made(5, &call("pay", Effect::Once))).unwrap();
    let text = outbox.to_json();
    assert_eq!(Outbox::from_json(&text, account(), 560_048), Ok(outbox));
    let read = |text: &str, chain| Outbox::from_json(text, account(), chain).unwrap_err();
    assert!(matches!(read(&text, 1), OutboxError::Other { .. }));
    let later = "\"version\": 3, \"of later\": []";
    let newer = text.replace("\"version\": 1", later);
    let words = read(&newer, 560_048).to_string();
    assert!(words.contains("its version is 3"), "{words}");
    assert!(words.contains("a newer one has sent"), "{words}");
    let none = text.replace("\"version\": 1", "\"version\": 0");
    assert!(matches!(read(&none, 560_048), OutboxError::Shape(_)));
    let twice = text.replace("\"cancelled\": false", "\"cancelled\": 1");
    assert!(matches!(read(&twice, 560_048), OutboxError::Shape(_)));
    let empty = text.replace("\"call\": \"0x", "\"call\": null, \"signed\": \"0x");
    assert!(matches!(read(&empty, 560_048), OutboxError::Shape(_)));
}

/// To a program from before that was done it contradicts itself: it is to say that it is older.
#[test]
fn what_was_emptied_without_its_operator_raises_the_version_as_long_as_it_is_kept() {
    let is_of = |outbox: &Outbox, version: u64| {
        let text = outbox.to_json();
        assert_eq!(
            Outbox::from_json(&text, account(), 560_048).as_ref(),
            Ok(outbox)
        );
        text.contains(&format!("\"version\": {version},"))
    };
    let emptied = |step: &Call| Made {
        attempt: Attempt {
            call: None,
            ..made(5, step).attempt
        },
        ..made(5, step)
    };
    let stake = call("stake", Effect::Idempotent);
    let mut outbox = outbox();
    assert!(is_of(&outbox, 1));
    outbox.add(made(5, &stake)).unwrap();
    assert!(is_of(&outbox, 1));
    outbox.add(emptied(&stake)).unwrap();
    assert!(is_of(&outbox, 2));
    // It is read in the older form, too, in which it was written at first.
    let text = outbox.to_json().replace("\"version\": 2", "\"version\": 1");
    assert_eq!(
        Outbox::from_json(&text, account(), 560_048).as_ref(),
        Ok(&outbox)
    );
    outbox.settle(6);
    outbox.forget(&stake.step);
    assert!(is_of(&outbox, 1));
    // What the operator has cancelled could always be emptied.
    let pay = call("pay", Effect::Once);
    let at = |nonce: u64, made: Made| Made { nonce, ..made };
    outbox.add(at(7, made(7, &pay))).unwrap();
    outbox.cancel(&pay.step);
    outbox.add(at(7, emptied(&pay))).unwrap();
    assert!(is_of(&outbox, 1));
}

#[test]
fn what_contradicts_itself_in_an_outbox_is_not_read() {
    let mut outbox = outbox();
    let pay = call("pay", Effect::Once);
    outbox.add(made(5, &pay)).unwrap();
    outbox.add(made(5, &pay)).unwrap();
    let text = outbox.to_json();
    let digest = pay.digest().to_string();
    let other = text.replacen(&digest, &Root::from([9; 32]).to_string(), 1);
    assert_ne!(other, text);
    let read = Outbox::from_json(&other, account(), 560_048);
    assert_eq!(read, Err(OutboxError::Contradiction(5)));
}

#[test]
fn an_outbox_is_bounded_and_forgets_only_what_is_final() {
    let mut outbox = outbox();
    for nonce in 0..64 {
        let step = format!("step-{nonce}");
        outbox.add(made(nonce, &call(&step, Effect::Once))).unwrap();
    }
    let more = made(64, &call("more", Effect::Once));
    assert_eq!(outbox.add(more.clone()), Err(OutboxError::Full));
    assert!(outbox.settle(60));
    assert!(!outbox.settle(60));
    let kept: Vec<u64> = outbox.entries().map(|entry| entry.nonce).collect();
    assert_eq!(kept, (20..64).collect::<Vec<_>>());
    assert_eq!(outbox.at(59).unwrap().raw, Raw::default());
    assert_ne!(outbox.at(60).unwrap().raw, Raw::default());
    outbox.add(more).unwrap();
}
