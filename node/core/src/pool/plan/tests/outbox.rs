//! What was sent decides whether a step is sent, awaited or replaced, never what it is.

use super::life::{Life, deposit, ether};
use super::*;
use crate::pool::example::key;
use crate::pool::plan::outbox::{Due, Nonces, Sent, digest, due};

fn at(head: u64, finalised: u64) -> Nonces {
    Nonces { head, finalised }
}

fn sent(step: &Step, nonce: u64) -> Sent {
    Sent {
        kind: step.kind.clone(),
        nonce,
        call: digest(step.call().unwrap()),
    }
}

/// A node with two keys to deposit, and the step that does.
fn depositing() -> (Life, Step) {
    let mut life = Life::set_up(2);
    life.deposits = (0..2).map(|id| (key(id), deposit(key(id)))).collect();
    let step = life.plan().remove(0);
    (life, step)
}

#[test]
fn a_step_that_was_never_sent_gets_the_next_nonce_and_each_its_own() {
    let mut life = Life::set_up(0);
    (life.in_pool, life.deployed) = (false, false);
    let steps = life.plan();
    let duties = due(&steps, &[], at(7, 7));
    assert_eq!(duties.steps, [(0, Due::Send(7)), (1, Due::Send(8))]);
    // Behind what is under way.
    let before = [sent(&steps[0], 7)];
    let duties = due(&steps, &before, at(7, 7));
    assert_eq!(duties.steps, [(0, Due::Await(7)), (1, Due::Send(8))]);
    assert_eq!(duties.stray, [0; 0]);
}

#[test]
fn a_deposit_is_awaited_or_replaced_at_its_nonce_and_sent_anew_only_when_its_failure_is_final() {
    let (mut life, step) = depositing();
    let outbox = [sent(&step, 5)];
    let steps = [step];
    let what = |steps: &[Step], nonces| due(steps, &outbox, nonces).steps;
    assert_eq!(what(&steps, at(5, 5)), [(0, Due::Await(5))]);
    // It is in a block, and the keys are not deposited: it has failed, so far.
    assert_eq!(what(&steps, at(6, 5)), [(0, Due::Await(5))]);
    assert_eq!(what(&steps, at(6, 6)), [(0, Due::Send(6))]);
    // More credit makes it another call for the same keys: in the same place.
    life.credit = ether(1);
    let other = life.plan();
    assert_eq!(what(&other, at(5, 5)), [(0, Due::Replace(5))]);
    // One key less is the same deposit of the other one.
    life.deposits.remove(&key(0));
    let fewer = life.plan();
    assert_eq!(what(&fewer, at(5, 5)), [(0, Due::Replace(5))]);
    // What was put in its place last is what counts.
    let replaced = [outbox[0].clone(), sent(&fewer[0], 5)];
    let duties = due(&fewer, &replaced, at(5, 5));
    assert_eq!(duties.steps, [(0, Due::Await(5))]);
}

#[test]
fn what_is_idempotent_is_sent_again_as_soon_as_it_has_failed() {
    let mut life = Life::set_up(0);
    life.in_pool = false;
    let steps = life.plan();
    let outbox = [sent(&steps[0], 5)];
    let duties = due(&steps, &outbox, at(6, 5));
    assert_eq!(duties.steps, [(0, Due::Send(6))]);
}

#[test]
fn nothing_is_due_of_what_waits_or_is_not_for_this_account() {
    let (mut life, _) = depositing();
    life.balance = ether(0);
    life.pending = Some(life.terms.withdrawal);
    let steps = life.plan();
    assert_eq!(
        steps.len(),
        2,
        "the owner confirms itself, and the deposit waits"
    );
    assert_eq!(due(&steps, &[], at(1, 1)).steps, []);
}

#[test]
fn what_is_under_way_and_nobody_wants_is_told() {
    let (mut life, step) = depositing();
    let outbox = [sent(&step, 5)];
    life.terms.wishes.validators = 0;
    let duties = due(&life.plan(), &outbox, at(5, 5));
    assert_eq!((duties.steps, duties.stray), (Vec::new(), vec![5]));
    // It is over once it is in a block.
    assert_eq!(due(&life.plan(), &outbox, at(6, 5)).stray, [0; 0]);
}
