//! A node that owes an answer is mute.

use super::*;

fn at(ms: u64) -> Timestamp {
    Timestamp::from_micros(ms * 1000)
}

#[test]
fn a_node_that_owes_an_answer_is_mute_until_it_gives_one() {
    let chain = crate::duties::agreed::value::tests::chain();
    let mut sight = Lookout::default();
    assert!(
        sight.look(at(0), Some(Slot(3)), &chain),
        "a proposal is near"
    );
    let due = sight.deadline().unwrap();
    assert!(!sight.look(due, Some(Slot(3)), &chain), "asked already");
    assert_eq!(sight.condition(), Condition::Mute);
    // It is asked once more, and then no more while it owes two answers.
    let asked = (1..20).filter(|_| {
        let again = sight.deadline().unwrap();
        sight.look(again, None, &chain)
    });
    assert_eq!(asked.count(), 1);
    sight.answered(Condition::Sound, at(90_000), &chain);
    assert_eq!(sight.condition(), Condition::Sound);
    assert_eq!(sight.deadline(), None, "a sound node is left alone");
}
