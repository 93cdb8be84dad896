//! The queue's order.

use super::*;

fn queues(express: u64, standard: u64) -> Queues {
    Queues {
        minipools: 0,
        express,
        standard,
        express_rate: 4,
        index: 0,
        can_assign: false,
        top_since_block: 0,
    }
}

#[test]
fn four_of_the_express_queue_are_served_and_then_one_of_the_other() {
    // As the contract does it: E E E E S E E S.
    let queues = queues(6, 2);
    let express: Vec<_> = (0..6).map(|i| queues.before(Lane::Express, i)).collect();
    assert_eq!(express, [0, 1, 2, 3, 5, 6].map(Some));
    let standard: Vec<_> = (0..2).map(|i| queues.before(Lane::Standard, i)).collect();
    assert_eq!(standard, [4, 7].map(Some));
}

#[test]
fn the_index_goes_on_and_minipools_come_first() {
    let queues = Queues {
        minipools: 3,
        index: 9,
        ..queues(6, 2)
    };
    assert_eq!(queues.before(Lane::Standard, 0), Some(3));
    assert_eq!(queues.before(Lane::Express, 0), Some(4));
}

#[test]
fn a_node_that_lies_about_the_queues_holds_nobody_up() {
    assert_eq!(queues(6, 2).before(Lane::Express, 6), None);
    assert_eq!(queues(u64::MAX, 2).before(Lane::Express, 5), None);
    let odd = Queues {
        express_rate: u64::MAX,
        index: u64::MAX,
        ..queues(1, 1)
    };
    assert_eq!(odd.before(Lane::Express, 0), Some(1));
    let none = Queues {
        express_rate: 0,
        ..queues(2, 1)
    };
    assert_eq!(none.before(Lane::Express, 0), Some(1));
}
