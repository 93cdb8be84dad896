//! What the intent in force changes of a plan: claims, and validators that are to leave.

use proto::Epoch;

use super::life::{At, Life, deposit, ether};
use super::*;
use crate::pool::example::key;
use crate::pool::plan::{KeptBy, Leaving, ToLeave, to_leave};

/// Two staked validators, rewards to be split, and something to be claimed.
fn earning() -> Life {
    let mut life = Life::set_up(2);
    life.validators.push((key(0), At::Staked, ether(4)));
    life.validators.push((key(1), At::Staked, ether(4)));
    (life.rewards, life.refund) = (ether(1), ether(1));
    life
}

fn kinds(life: &Life) -> Vec<Kind> {
    life.plan().into_iter().map(|step| step.kind).collect()
}

fn asked(life: &Life) -> Vec<ToLeave> {
    let (sight, aims) = (life.sight(life), life.aims());
    let facts = Facts::new(&sight, (&life.terms, &aims), &life.keys, life.made());
    to_leave(&facts.unwrap())
}

#[test]
fn nothing_is_distributed_or_claimed_while_the_intent_says_no() {
    let mut life = earning();
    assert_eq!(kinds(&life), [Kind::Distribute, Kind::Claim]);
    life.claims = false;
    assert_eq!(kinds(&life), []);
}

#[test]
fn no_bond_is_put_behind_who_is_to_leave_and_nobody_takes_its_place() {
    let mut life = Life::set_up(2);
    life.exits = vec![key(0)];
    life.deposits = (0..4).map(|id| (key(id), deposit(key(id)))).collect();
    assert_eq!(kinds(&life), [Kind::Deposit(vec![key(1)])]);
    // Unless more are wished for.
    life.terms.wishes.validators = 3;
    assert_eq!(kinds(&life), [Kind::Deposit(vec![key(1), key(2)])]);
}

#[test]
fn who_is_to_leave_keeps_its_place_in_the_queue_and_its_operators_are_told_so() {
    let mut life = Life::set_up(2);
    let queued = At::Queued { express: false };
    life.validators.push((key(0), At::Staked, ether(4)));
    life.validators.push((key(1), queued, ether(4)));
    life.others_before = 9;
    life.exits = vec![key(1)];
    // Also where fewer are aimed at: the key is burnt by nobody who is to leave.
    for validators in [2, 1] {
        life.terms.wishes.validators = validators;
        assert_eq!(kinds(&life), [Kind::Assign]);
        let [word] = &asked(&life)[..] else {
            panic!("{:?}", asked(&life));
        };
        assert_eq!((word.id, word.kept_by), (1, KeptBy::Queue));
        let command = format!("`gantry pool intent propose --stay {}`", key(1));
        assert!(word.to_string().contains(&command), "{word}");
    }
    // Once it is to stay, and fewer are aimed at, it leaves the queue.
    life.exits = Vec::new();
    assert_eq!(kinds(&life), [Kind::Dequeue(1)]);
}

#[test]
fn who_is_to_leave_and_has_its_ether_is_staked_first() {
    let mut life = Life::set_up(1);
    life.validators.push((key(0), At::Prestaked, ether(4)));
    life.exits = vec![key(0)];
    assert_eq!(kinds(&life), [Kind::Stake(0)]);
    assert_eq!(asked(&life)[0].kept_by, KeptBy::Proof);
}

#[test]
fn an_intent_exits_nobody_and_says_who_has_to_be_approved_of() {
    let mut life = earning();
    (life.rewards, life.refund) = (ether(0), ether(0));
    life.exits = vec![key(0), key(1)];
    assert_eq!(kinds(&life), []);
    let words: Vec<String> = asked(&life).iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), 2);
    let command = format!("`gantry exit {}`", key(0));
    assert!(words[0].contains(&command), "{}", words[0]);
    // Of whom the chain says it already, nothing is asked.
    let leaving = Leaving {
        withdrawable: Epoch(300),
        withdrawn: None,
    };
    life.leaving.insert(key(0), leaving);
    assert_eq!(asked(&life).len(), 1);
}
