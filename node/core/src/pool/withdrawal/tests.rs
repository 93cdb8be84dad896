//! How a Safe may have been made, and how it may be now. That Safe's own contracts write such logs,
//! a test against them shows.

use alloy_primitives::{Address as Theirs, B256, U256, keccak256};
use alloy_sol_types::{SolEvent as _, SolValue as _};

use super::birth::*;
use super::*;
use crate::pool::book::{Answer, Question, theirs};

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn safe() -> Address {
    address(0x5a)
}

fn transaction() -> Root {
    [1; 32].into()
}

/// Where Safe's own contract of version 1.4.1 is.
fn own(part: Part) -> Address {
    known::of(part, "1.4.1").unwrap().0
}

fn agreed() -> Owned {
    let owners: Vec<Address> = [1, 2, 3].map(address).into();
    Owned {
        ever: vec![owners.clone()],
        owners,
        threshold: 2,
    }
}

/// What a setup names.
#[derive(Clone)]
struct SetUp {
    owners: Vec<Address>,
    threshold: u64,
    delegated: Option<Address>,
    handler: Option<Address>,
}

fn logged(by: Address, name: B256, data: Vec<u8>) -> Logged {
    Logged {
        by,
        topics: vec![name.0.into()],
        data,
        transaction: transaction(),
    }
}

impl SetUp {
    fn usual() -> Self {
        Self {
            owners: [3, 1, 2].map(address).into(),
            threshold: 2,
            delegated: None,
            handler: Some(own(Part::Handler)),
        }
    }

    fn logged(&self) -> Logged {
        let nobody = |it: &Option<Address>| it.as_ref().map_or(Theirs::ZERO, theirs);
        let owners: Vec<Theirs> = self.owners.iter().map(theirs).collect();
        let said = (
            owners,
            U256::from(self.threshold),
            nobody(&self.delegated),
            nobody(&self.handler),
        );
        logged(safe(), SafeSetup::SIGNATURE_HASH, said.abi_encode_params())
    }
}

fn creation(factory: Address, proxy: Address, singleton: Address) -> Logged {
    let said = (theirs(&proxy), theirs(&singleton));
    logged(
        factory,
        ProxyCreation::SIGNATURE_HASH,
        said.abi_encode_params(),
    )
}

fn changed(singleton: Address) -> Logged {
    let said = theirs(&singleton).abi_encode();
    logged(safe(), ChangedMasterCopy::SIGNATURE_HASH, said)
}

fn kept() -> Kept {
    Kept {
        proxy: "1.4.1",
        singleton: "1.4.1",
        state: SafeState {
            nonce: 7,
            owners: [3, 1, 2].map(address).into(),
            threshold: 2,
            singleton: own(Part::Singleton),
            modules: Vec::new(),
            guard: None,
            handler: None,
        },
    }
}

/// What is said of one with this log of its making; Safe's own contracts are there.
fn judged(log: &[Logged], agreed: &Owned) -> Result<(), Unfit> {
    let birth = Birth::read(&safe(), log)?;
    let parts = [Part::Factory, Part::Singleton, Part::Handler, Part::Setup];
    let mut codes: BTreeMap<Address, Root> =
        parts.map(|part| known::of(part, "1.4.1").unwrap()).into();
    codes.extend(known::of(Part::Singleton, "1.4.1 (L2)"));
    // A contract that could be taken away, and Safe's code put in its place.
    codes.insert(address(0xee), known::of(Part::Factory, "1.4.1").unwrap().1);
    let seen = Seen {
        kept: [&kept(), &kept()],
        birth: &birth,
        codes: &codes,
    };
    seen.judge(agreed)
}

/// The log of a making by Safe's own factory.
fn made(set_up: &SetUp) -> Vec<Logged> {
    let creation = creation(own(Part::Factory), safe(), own(Part::Singleton));
    vec![set_up.logged(), creation]
}

#[test]
fn a_safe_that_was_the_operators_own_from_the_first_moment_is_theirs() {
    let usual = SetUp::usual();
    assert_eq!(judged(&made(&usual), &agreed()), Ok(()));
    // 1.4.1 and later index the proxy.
    let mut indexed = made(&usual);
    let (word, rest) = indexed[1].data.split_at(32);
    let word: [u8; 32] = word.try_into().unwrap();
    (indexed[1].data, indexed[1].topics) = (rest.to_vec(), vec![indexed[1].topics[0], word.into()]);
    assert_eq!(judged(&indexed, &agreed()), Ok(()));
    // Safe's own setup gives it Safe's own other code.
    let l2 = known::of(Part::Singleton, "1.4.1 (L2)").unwrap().0;
    let mut delegates = made(&SetUp {
        delegated: Some(own(Part::Setup)),
        handler: None,
        ..usual
    });
    delegates.push(changed(l2));
    assert_eq!(judged(&delegates, &agreed()), Ok(()));
    // It was made before one of them was replaced.
    let mut later = agreed();
    later.ever.push([1, 2, 9].map(address).into());
    let then = SetUp {
        owners: [9, 2, 1].map(address).into(),
        ..SetUp::usual()
    };
    assert_eq!(judged(&made(&then), &later), Ok(()));
    assert_eq!(judged(&made(&then), &agreed()), Err(Unfit::BornOtherwise));
}

#[test]
fn one_that_somebody_else_or_fewer_had_for_a_moment_is_refused() {
    let born = |owners: &[u8], threshold| {
        let owners = owners.iter().map(|of| address(*of)).collect();
        let set_up = SetUp {
            owners,
            threshold,
            ..SetUp::usual()
        };
        judged(&made(&set_up), &agreed())
    };
    assert_eq!(born(&[1, 2, 3], 2), Ok(()));
    for (owners, threshold) in [
        (&[1_u8][..], 1),
        (&[1, 2], 2),
        (&[1, 2, 9], 2),
        (&[1, 2, 3, 9], 2),
        (&[1, 2, 3], 1),
        (&[1, 2, 3], 3),
    ] {
        let refused = born(owners, threshold);
        assert_eq!(refused, Err(Unfit::BornOtherwise), "{owners:?} {threshold}");
    }
}

/// What is changed of the log of its making, in words, and what is said of it.
type Case = (&'static str, fn(&mut Vec<Logged>), Unfit);

#[test]
fn whatever_may_have_left_something_behind_when_it_was_made_is_refused() {
    const EVIL: [u8; 20] = [0xee; 20];
    let cases: [Case; 9] = [
        (
            "its setup delegated to a stranger",
            |log| {
                log[0] = SetUp {
                    delegated: Some(EVIL.into()),
                    ..SetUp::usual()
                }
                .logged();
            },
            Unfit::Other(EVIL.into(), Part::Setup),
        ),
        (
            "whoever calls it gives orders in its name",
            |log| {
                log[0] = SetUp {
                    handler: Some(EVIL.into()),
                    ..SetUp::usual()
                }
                .logged();
            },
            Unfit::Other(EVIL.into(), Part::Handler),
        ),
        (
            "Safe's own setup gave it a code of somebody's, for a moment",
            |log| log.extend([changed(EVIL.into()), changed(own(Part::Singleton))]),
            Unfit::Other(EVIL.into(), Part::Singleton),
        ),
        (
            "it was set up twice",
            |log| log.push(log[0].clone()),
            Unfit::Setups(2),
        ),
        (
            "it was set up in another transaction than it was made",
            |log| log.truncate(1),
            Unfit::NotMade([1; 32].into()),
        ),
        (
            "another one was made there",
            |log| log[1] = creation(own(Part::Factory), address(9), own(Part::Singleton)),
            Unfit::NotMade([1; 32].into()),
        ),
        (
            "somebody's factory made it",
            |log| log[1].by = EVIL.into(),
            Unfit::Other(EVIL.into(), Part::Factory),
        ),
        (
            "it was made with another singleton, and has been given its own back",
            |log| log[1] = creation(own(Part::Factory), safe(), EVIL.into()),
            Unfit::Other(EVIL.into(), Part::Singleton),
        ),
        (
            "its setup cannot be read",
            |log| log[0].data.truncate(64),
            Unfit::Misread([1; 32].into()),
        ),
    ];
    for (what, change, expected) in cases {
        let mut log = made(&SetUp::usual());
        change(&mut log);
        assert_eq!(judged(&log, &agreed()), Err(expected), "{what}");
    }
}

#[test]
fn what_another_contract_logs_in_the_same_transaction_is_not_its_own() {
    let mut log = made(&SetUp::usual());
    for mut lie in [log[0].clone(), changed(address(0xee))] {
        lie.by = address(0xee);
        log.insert(0, lie);
    }
    assert_eq!(judged(&log, &agreed()), Ok(()));
}

#[test]
fn what_is_odd_now_is_refused_at_either_block() {
    type Odd = (fn(&mut SafeState), Unfit);
    let threshold = |found| Unfit::Threshold { found, agreed: 2 };
    let cases: [Odd; 6] = [
        (|it| it.modules.push(address(9)), Unfit::Module(address(9))),
        (|it| it.guard = Some(address(9)), Unfit::Guard(address(9))),
        (|it| it.owners.push(address(9)), Unfit::Stranger(address(9))),
        (
            |it| {
                it.owners.pop();
            },
            Unfit::Missing(address(2)),
        ),
        (|it| it.threshold = 1, threshold(1)),
        (|it| it.threshold = 3, threshold(3)),
    ];
    let birth = Birth::read(&safe(), &made(&SetUp::usual())).unwrap();
    for (change, expected) in cases {
        let (usual, mut odd) = (kept(), kept());
        change(&mut odd.state);
        let judge = |kept| {
            let codes = &BTreeMap::new();
            let seen = Seen {
                kept,
                birth: &birth,
                codes,
            };
            seen.judge(&agreed())
        };
        assert_eq!(judge([&odd, &usual]), Err(expected.clone()));
        let then = judge([&usual, &odd]).unwrap_err();
        assert_eq!(then, expected.when_finalised());
    }
}

#[test]
fn nothing_that_an_unknown_code_answers_is_asked_for() {
    let at = safe();
    let round = read(&at, &Answers::new()).unwrap();
    assert_eq!(round, Round::Ask(vec![Question::Code(at)]));
    let of = |code: Vec<u8>| Answers::from([(Question::Code(at), Answer::Bytes(code))]);
    let nothing = read(&at, &of(Vec::new())).unwrap();
    assert_eq!(nothing, Round::Done(Err(Unfit::NoContract)));
    let code = vec![0x60, 0x80];
    let hash = keccak256(&code).0.into();
    let other = read(&at, &of(code)).unwrap();
    assert_eq!(other, Round::Done(Err(Unfit::Proxy(hash))));
}
