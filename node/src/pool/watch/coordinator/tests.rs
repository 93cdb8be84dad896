//! What an operator has to do something about, and what passes by itself.

use super::*;
use crate::execution::ExecutionError;

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
