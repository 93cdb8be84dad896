//! The Safe that is the node account, as its contract shows it, and what of it is not as agreed.

use alloy_primitives::{Bytes, U256};
use proto::agreement::NodeSafe;
use proto::{Address, Root};

use crate::pool::book::theirs;
use crate::pool::example::{NODE, World, subject};
use crate::pool::safe::{Odd, SafeState, Swap};
use crate::pool::view::Subject;
use crate::safe::Safe;

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn agreed() -> NodeSafe {
    NodeSafe {
        singleton: address(0x51),
        factory: address(0x52),
        handler: address(0x53),
        proxy_hash: Root::ZERO,
        founders: (1..=4).map(address).collect(),
        owners: (1..=4).map(address).collect(),
    }
}

const GUARD: &str = "4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8";
const HANDLER: &str = "6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5";

/// A world in which the node account is such a Safe.
fn world(state: &SafeState) -> World {
    let mut world = World::saturn();
    let all = |list: &[Address]| list.iter().map(theirs).collect::<Vec<_>>();
    world.set(NODE, Safe::nonceCall {}, U256::from(state.nonce));
    world.set(NODE, Safe::getOwnersCall {}, all(&state.owners));
    let threshold = U256::from(state.threshold);
    world.set(NODE, Safe::getThresholdCall {}, threshold);
    world.set(NODE, Safe::masterCopyCall {}, theirs(&state.singleton));
    let first = [[0; 19].as_slice(), &[1]].concat();
    let start = alloy_primitives::Address::from_slice(&first);
    let page = Safe::getModulesPaginatedCall {
        start,
        pageSize: U256::from(4),
    };
    let modules = Safe::getModulesPaginatedReturn {
        array: all(&state.modules),
        next: start,
    };
    world.set(NODE, page, modules);
    for (slot, at) in [(GUARD, state.guard), (HANDLER, state.handler)] {
        let mut word = [0; 32];
        if let Some(at) = at {
            word[12..].copy_from_slice(at.as_bytes());
        }
        let call = Safe::getStorageAtCall {
            offset: U256::from_str_radix(slot, 16).unwrap(),
            length: U256::from(1),
        };
        world.set(NODE, call, Bytes::copy_from_slice(&word));
    }
    world
}

fn good() -> SafeState {
    SafeState {
        nonce: 7,
        owners: (1..=4).map(address).collect(),
        threshold: 3,
        singleton: address(0x51),
        modules: Vec::new(),
        guard: None,
        handler: Some(address(0x53)),
    }
}

fn read(world: &World) -> Option<SafeState> {
    let subject = Subject {
        is_safe: true,
        ..subject()
    };
    world.view_of(&subject).unwrap().0.safe
}

#[test]
fn a_safe_is_read_with_all_that_could_act_for_it_and_is_not_there_before_it_is() {
    assert_eq!(read(&World::saturn()), None);
    assert_eq!(read(&world(&good())), Some(good()));
    assert_eq!(good().odd(&agreed(), 3), None);
    let full = SafeState {
        modules: vec![address(0x61), address(0x62)],
        guard: Some(address(0x63)),
        handler: None,
        ..good()
    };
    assert_eq!(read(&world(&full)), Some(full));
    // Where no Safe is agreed on nobody asks for one.
    assert_eq!(world(&good()).view().unwrap().0.safe, None);
}

#[test]
fn what_t_owners_could_have_changed_is_named() {
    let odd = |change: fn(&mut SafeState)| {
        let mut state = good();
        change(&mut state);
        state.odd(&agreed(), 3).unwrap()
    };
    assert_eq!(
        odd(|it| it.singleton = address(9)),
        Odd::Singleton(address(9))
    );
    assert_eq!(
        odd(|it| it.modules.push(address(9))),
        Odd::Module(address(9))
    );
    assert_eq!(
        odd(|it| it.guard = Some(address(9))),
        Odd::Guard(address(9))
    );
    assert_eq!(odd(|it| it.handler = None), Odd::Handler(None));
    let (found, agreed) = (1, 3);
    assert_eq!(odd(|it| it.threshold = 1), Odd::Threshold { found, agreed });
    let (found, agreed) = (5, 4);
    assert_eq!(
        odd(|it| it.owners.push(address(9))),
        Odd::Owners { found, agreed }
    );
}

#[test]
fn who_is_to_own_it_comes_in_the_place_of_who_is_not() {
    assert_eq!(good().swaps(&agreed()), []);
    let mut next = agreed();
    (next.owners[0], next.owners[2]) = (address(0x71), address(0x73));
    let sentinel = {
        let mut bytes = [0; 20];
        bytes[19] = 1;
        bytes.into()
    };
    let first = Swap {
        before: sentinel,
        old: address(1),
        new: address(0x71),
    };
    let second = Swap {
        before: address(2),
        old: address(3),
        new: address(0x73),
    };
    assert_eq!(good().swaps(&next), [first, second]);
}
