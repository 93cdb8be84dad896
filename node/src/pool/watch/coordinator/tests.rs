//! What an operator has to do something about, and what passes by itself.

use super::*;
use crate::execution::ExecutionError;
use node_core::pool::plan::{Kind, Repeat};

#[test]
fn a_chain_that_moves_on_between_look_and_send_is_no_problem_of_the_operators() {
    let moved = Idle::Sending(ExecutionError::Moved { block: 7 }.into());
    for times in [1, MOST_FAILED] {
        let (does, problem) = moved.words(times);
        assert!(does.contains("the next is soon"), "{does}");
        assert_eq!(problem, None);
    }
    // A node that is never of one mind is one.
    let (does, problem) = moved.words(MOST_FAILED + 1);
    assert_eq!((does.as_str(), problem), ("", Some(moved.to_string())));
    let other = Idle::OtherAccount {
        agreed: [1; 20].into(),
        own: [2; 20].into(),
    };
    assert_eq!(other.words(1), (String::new(), Some(other.to_string())));
}

/// A key before it in the lock is signed while it is under way, so its step has another name: under
/// that nothing sends it again, and all stakes would wait for it.
#[test]
fn a_deposit_that_is_named_otherwise_by_now_and_does_not_move_is_left_to_the_operator() {
    let deposit = |keys: &[u8]| {
        let keys: Vec<PublicKey> = keys.iter().map(|it| [*it; 48].into()).collect();
        Step {
            kind: Kind::Deposit(keys.clone()),
            deed: keys[0].to_string(),
            sender: Sender::Node,
            repeat: Repeat::OncePerNonce,
            words: String::new(),
            body: Body::Needs(Need::Deposits {
                credentials: [1; 32].into(),
                keys,
            }),
            waits: Vec::new(),
        }
    };
    let step = dispatch::name(&deposit(&[2]));
    let becomes = |is_held_up, keys: &[u8]| {
        let overtaken = Stop::Overtaken {
            step: step.clone(),
            nonce: 5,
            transaction: [3; 32].into(),
            is_held_up,
        };
        unless_wanted(Progress::Stopped(overtaken), &[deposit(keys)])
    };
    let waits = |progress| matches!(progress, Progress::Waits(Why::UnderWay { nonce: 5, .. }));
    assert!(waits(becomes(false, &[1, 2])));
    // What has only to be signed anew goes on by itself.
    assert!(waits(becomes(false, &[2])) && waits(becomes(true, &[2])));
    let Progress::Stopped(stop @ Stop::Changed { .. }) = becomes(true, &[1, 2]) else {
        panic!("nobody is told of what does not move");
    };
    assert!(
        stop.to_string().contains("does not come into a block"),
        "{stop}"
    );
    for is_held_up in [false, true] {
        let stopped = becomes(is_held_up, &[1]);
        let is_it = matches!(stopped, Progress::Stopped(Stop::Overtaken { .. }));
        assert!(is_it, "another deposit is wanted, and this one no more");
    }
}
