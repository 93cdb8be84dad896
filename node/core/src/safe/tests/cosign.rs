//! Four peers sign for one Safe, of which t = 3 have to.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::safe::cosign::{Cosign, Facts, Looked, Said};
use crate::safe::signed::{Contents, Proposal, Signed};
use crate::safe::transaction::Transaction;

/// Peers that hear of each other what `hears` lets through.
struct World {
    peers: Vec<Cosign>,
    due: Vec<Vec<Call>>,
    now: u64,
    nonce: u64,
    settled: u64,
    /// Whose account does not own it.
    out: Option<usize>,
}

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn peer(at: usize) -> PeerIndex {
    size().peer(at).unwrap()
}

impl World {
    /// The first coordinates, and all have these steps to do.
    fn of(due: &[Call]) -> Self {
        let peers = (0..4).map(|me| Cosign::new(seat(me, me == 0), 3, Signed::new(account())));
        Self {
            peers: peers.collect(),
            due: vec![due.to_vec(); 4],
            now: 1_000,
            nonce: 0,
            settled: 0,
            out: None,
        }
    }

    /// One look of this peer, which signs what it has to.
    fn look(&mut self, at: usize) -> Looked {
        let out = self.out.map(peer);
        let owners = size().all().filter(|it| Some(*it) != out);
        let owners: BTreeMap<_, _> = owners.map(|it| (it, owner(it))).collect();
        let due = self.due[at].clone();
        let facts = Facts {
            now: self.now,
            nonce: self.nonce,
            settled: self.settled,
            owners: &owners,
            names: &NAMES.map(str::to_owned),
            due: &due,
        };
        let mut liars = BTreeSet::new();
        for _ in 0..4 {
            let cosign = &mut self.peers[at];
            let looked = cosign.look(&facts);
            liars.extend(looked.liars.iter().copied());
            let Some((nonce, contents)) = looked.sign else {
                return Looked { liars, ..looked };
            };
            let fuller = cosign.fuller((nonce, &contents), facts.now).unwrap();
            let signature = sign(&key(peer(at)), &cosign.hash(nonce, &contents));
            let said = Said {
                nonce,
                contents,
                signature,
            };
            cosign.took(fuller, said);
        }
        panic!("it signs without end");
    }

    /// One look of each of these, and each hears what the others have said.
    fn round(&mut self, all: &[usize]) -> Vec<Looked> {
        let looked: Vec<Looked> = all.iter().map(|at| self.look(*at)).collect();
        for (from, looked) in all.iter().zip(&looked) {
            for to in all.iter().filter(|to| *to != from) {
                for said in &looked.say {
                    self.peers[*to].hear(peer(*from), said.clone());
                }
            }
        }
        looked
    }
}

/// Who would have something done, and what.
fn executed(looked: &[Looked]) -> Vec<Call> {
    looked.iter().filter_map(|it| it.execute.clone()).collect()
}

#[test]
fn what_all_plans_say_has_t_signatures_two_looks_later_and_the_first_has_it_done() {
    let register = call("register", 9);
    let mut world = World::of(&[register.clone(), call("claim", 8)]);
    let first = world.round(&[0, 1, 2, 3]);
    // The one that coordinates alone has proposed.
    let said: Vec<usize> = first.iter().map(|it| it.say.len()).collect();
    assert_eq!(said, [1, 0, 0, 0]);
    let second = world.round(&[0, 1, 2, 3]);
    let contents = Contents::Call(Proposal::of(&register));
    assert!(second.iter().all(|it| it.say[0].contents == contents));
    assert_eq!(executed(&second), []);
    let third = world.round(&[0, 1, 2, 3]);
    let done = executed(&third);
    assert_eq!(done.len(), 1);
    assert!(third[0].execute.is_some());
    let call = &done[0];
    assert_eq!(
        (call.to, call.step.clone()),
        (account().address, register.step)
    );
    // The same bytes however many more have signed.
    assert_eq!(executed(&world.round(&[0, 1, 2, 3])), done);
    // Once it is done, the next one is.
    (world.nonce, world.now) = (1, world.now + 12);
    world.due = vec![vec![super::call("claim", 8)]; 4];
    for _ in 0..2 {
        assert_eq!(executed(&world.round(&[0, 1, 2, 3])), []);
    }
    assert_eq!(executed(&world.round(&[0, 1, 2, 3])).len(), 1);
}

#[test]
fn what_the_own_plan_does_not_say_is_not_signed_and_the_first_difference_is_shown() {
    let mut world = World::of(&[call("register", 9)]);
    // The coordinator words it otherwise.
    world.due[0][0].to = address(0xee);
    world.round(&[0, 1, 2, 3]);
    let second = world.round(&[0, 1, 2, 3]);
    assert!(second[1..].iter().all(|it| it.say.is_empty()));
    let words = &second[1].waits[0];
    assert!(
        words.starts_with("alice has signed register with another call"),
        "{words}"
    );
    let (found, own) = (address(0xee), address(9));
    assert!(
        words.contains(&format!("target {found} and not {own}")),
        "{words}"
    );
    // A step that nobody else plans.
    world.due[0] = vec![call("evil", 1)];
    let mut world = World::of(&[]);
    world.due[0] = vec![call("evil", 1)];
    world.round(&[0, 1, 2, 3]);
    let second = world.round(&[0, 1, 2, 3]);
    assert!(second[1..].iter().all(|it| it.say.is_empty()));
    let words = &second[2].waits[0];
    assert!(
        words.starts_with("alice has signed evil at nonce 0"),
        "{words}"
    );
    assert!(words.contains("own plan does not say"), "{words}");
    // Whoever signs it too is named with who proposed it.
    world.due[3] = vec![call("evil", 1)];
    world.round(&[0, 1, 2, 3]);
    let third = world.round(&[0, 1, 2, 3]);
    let words = &third[2].waits[0];
    assert!(
        words.starts_with("alice and dave have signed evil"),
        "{words}"
    );
}

#[test]
fn two_of_four_have_nothing_done_together() {
    let mut world = World::of(&[]);
    for evil in [0, 1] {
        world.due[evil] = vec![call("evil", 1)];
    }
    // The nonce that they hold is used up by nothing in the end.
    let mut done = BTreeSet::new();
    for _ in 0..20 {
        let executed = executed(&world.round(&[0, 1, 2, 3]));
        done.extend(executed.into_iter().map(|it| it.step.to_string()));
        world.now += 600;
    }
    let nothing = format!("free-nonce:{}:0", account().address);
    assert_eq!(done, BTreeSet::from([nothing]));
}

#[test]
fn a_dead_coordinator_costs_the_rank_of_the_next_one_twice_at_most() {
    let mut world = World::of(&[call("register", 9)]);
    let others = [1, 2, 3];
    assert!(world.round(&others).iter().all(|it| it.say.is_empty()));
    let step = "register".parse().unwrap();
    let next = others.iter().map(|me| seat(*me, false).rank(&step)).min();
    world.now += 600 * next.unwrap();
    let said = world.round(&others);
    assert_eq!(said.iter().filter(|it| !it.say.is_empty()).count(), 1);
    for _ in 0..2 {
        assert_eq!(executed(&world.round(&others)), []);
    }
    world.now += 600 * next.unwrap();
    assert_eq!(executed(&world.round(&others)).len(), 1);
}

#[test]
fn what_is_sent_without_its_accounts_signature_counts_for_nobody() {
    let mut world = World::of(&[call("register", 9)]);
    world.round(&[0, 1]);
    let looked = world.look(0);
    let mut forged = looked.say[0].clone();
    // In the name of another peer, with its own signature.
    world.peers[1].hear(peer(2), forged.clone());
    let found = world.look(1);
    assert_eq!(found.liars, BTreeSet::from([peer(2)]));
    assert_eq!(found.execute, None);
    // Named once: it is kept no longer.
    assert_eq!(world.look(1).liars, BTreeSet::new());
    forged.nonce = 7;
    world.peers[1].hear(peer(2), forged);
    assert_eq!(world.look(1).execute, None);
}

#[test]
fn a_call_with_too_few_signatures_gives_way_to_nothing_after_a_while() {
    let mut world = World::of(&[call("register", 9)]);
    // Two sign one thing, two another.
    for at in [2, 3] {
        world.due[at] = vec![call("claim", 8)];
        let mut coordinator = Cosign::new(seat(at, at == 2), 3, Signed::new(account()));
        std::mem::swap(&mut world.peers[at], &mut coordinator);
    }
    for _ in 0..3 {
        world.round(&[0, 1, 2, 3]);
    }
    let nothing = Transaction::nothing(&account(), 0).hash(&account());
    let frees = |looked: &[Looked]| {
        let of = |said: &Said| said.contents.transaction(&account(), 0).hash(&account());
        let says = |it: &&Looked| it.say.iter().any(|said| of(said) == nothing);
        looked.iter().filter(says).count()
    };
    world.now += 2 * 600 - 1;
    assert_eq!(frees(&world.round(&[0, 1, 2, 3])), 0);
    world.now += 1;
    assert_eq!(frees(&world.round(&[0, 1, 2, 3])), 4);
    world.now += 600 * 5;
    let done = executed(&world.round(&[0, 1, 2, 3]));
    assert!(!done.is_empty());
    assert!(
        done.iter()
            .all(|it| it.step.to_string().starts_with("free-nonce:"))
    );
    // It is done once, and at the next nonce all goes on.
    (world.nonce, world.due) = (1, vec![vec![call("register", 9)]; 4]);
    for _ in 0..3 {
        world.round(&[0, 1, 2, 3]);
    }
    assert!(!executed(&world.round(&[0, 1, 2, 3])).is_empty());
}

/// A deposit that was signed for a moment before somebody misused the key, say.
#[test]
fn what_has_all_signatures_and_is_planned_no_more_no_peer_sends_and_its_nonce_is_freed() {
    let mut world = World::of(&[call("deposit", 9)]);
    world.round(&[0, 1, 2, 3]);
    world.round(&[0, 1, 2, 3]);
    // All have signed and all know it, and now none wants it any more: there is another one.
    let mut other = call("deposit", 9);
    other.data.push(1);
    world.due = vec![vec![other]; 4];
    for _ in 0..3 {
        let looked = world.round(&[0, 1, 2, 3]);
        assert_eq!(executed(&looked), []);
        let words = &looked[0].waits;
        assert!(
            words.iter().any(|it| it.contains("not sent from here")),
            "{words:?}"
        );
    }
    world.now += 2 * 600;
    for _ in 0..2 {
        world.round(&[0, 1, 2, 3]);
    }
    world.now += 600 * 5;
    let done = executed(&world.round(&[0, 1, 2, 3]));
    assert!(!done.is_empty());
    let frees = |it: &Call| it.step.to_string().starts_with("free-nonce:");
    assert!(done.iter().all(frees));
}

#[test]
fn whoever_sees_that_more_than_may_be_faulty_give_way_does_it_too() {
    let mut world = World::of(&[call("register", 9)]);
    world.round(&[0, 1]);
    world.round(&[0, 1]);
    world.now += 2 * 600;
    world.round(&[0, 1]);
    // Who comes back has signed nothing at this nonce.
    world.due[2] = Vec::new();
    for _ in 0..2 {
        world.round(&[0, 1, 2]);
    }
    let third = world.look(2);
    assert_eq!(third.say.len(), 1);
    assert_eq!(third.say[0].contents, Contents::Nothing);
}

#[test]
fn a_call_that_must_not_happen_twice_waits_until_all_before_it_is_final() {
    let mut deposit = call("deposit", 9);
    deposit.effect = Effect::Once;
    let mut world = World::of(&[deposit]);
    (world.nonce, world.settled) = (3, 2);
    for _ in 0..3 {
        let looked = world.round(&[0, 1, 2, 3]);
        assert!(looked.iter().all(|it| it.say.is_empty()));
        let words = &looked[0].waits[0];
        assert!(words.contains("has to be final first"), "{words}");
    }
    world.settled = 3;
    for _ in 0..2 {
        world.round(&[0, 1, 2, 3]);
    }
    assert_eq!(executed(&world.round(&[0, 1, 2, 3])).len(), 1);
}

#[test]
fn a_peer_says_after_a_start_what_it_had_signed_and_nothing_else() {
    let mut world = World::of(&[call("register", 9)]);
    for _ in 0..2 {
        world.round(&[0, 1, 2, 3]);
    }
    let kept = world.peers[1].signed().to_json();
    let kept = Signed::from_json(&kept, account()).unwrap();
    world.peers[1] = Cosign::new(seat(1, false), 3, kept);
    // While the plan says something else neither that is signed nor what was.
    let due = std::mem::replace(&mut world.due[1], vec![call("claim", 8)]);
    world.round(&[0, 1]);
    assert_eq!(world.look(1).say, []);
    world.due[1] = due;
    let said = world.look(1).say;
    assert_eq!(said.len(), 1);
    let register = Contents::Call(Proposal::of(&call("register", 9)));
    assert_eq!(said[0].contents, register);
}

#[test]
fn whose_account_does_not_own_the_safe_signs_nothing_and_counts_for_nobody() {
    let mut world = World::of(&[call("register", 9)]);
    world.out = Some(3);
    for _ in 0..3 {
        let looked = world.round(&[0, 1, 3]);
        assert_eq!(looked[2].say, []);
        assert!(looked[2].waits[0].contains("does not own the Safe yet"));
        assert_eq!(executed(&looked), []);
    }
    // What it would say all the same is no lie, and no signature.
    let said = world.look(0).say[0].clone();
    world.peers[0].hear(peer(3), said);
    let looked = world.look(0);
    assert_eq!((looked.liars, looked.execute), (BTreeSet::new(), None));
}

#[test]
fn of_two_steps_that_others_have_signed_the_first_of_the_own_plan_is_signed() {
    let due = [call("register", 9), call("claim", 8)];
    let mut world = World::of(&due);
    for (at, order) in [(1, [1, 0]), (2, [1, 0]), (3, [0, 1])] {
        world.due[at] = order.map(|it| due[it].clone()).into();
        world.peers[at] = Cosign::new(seat(at, at != 0), 3, Signed::new(account()));
    }
    let said: Vec<Said> = (1..4).map(|at| world.look(at).say[0].clone()).collect();
    for (at, said) in (1..4).zip(said) {
        world.peers[0].hear(peer(at), said);
    }
    let own = &world.look(0).say[0].contents;
    assert_eq!(*own, Contents::Call(Proposal::of(&due[0])));
}
