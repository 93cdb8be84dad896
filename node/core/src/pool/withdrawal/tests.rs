//! What a Safe's own log and the transactions that it names may show, and what not. That Safe's own
//! contracts write such logs, a test against them shows.

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolCall as _, SolEvent as _, SolValue as _};
use proto::Address;

use super::history::*;
use super::*;
use crate::pool::book::{Answer, Question, theirs};
use crate::safe::theirs as their_own;

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn transaction(byte: u8) -> Root {
    [byte; 32].into()
}

const SAFE: u8 = 0x5a;

/// Where Safe's own contract of this version is.
fn place(part: Part, version: &str) -> Address {
    known::of(part, version).unwrap().0
}

fn factory() -> Address {
    place(Part::Factory, "1.4.1")
}

fn singleton() -> Address {
    place(Part::Singleton, "1.4.1")
}

fn multi() -> Address {
    place(Part::CallOnly, "1.4.1")
}

/// A Safe that two operators made and that has executed this.
#[derive(Clone)]
struct Life {
    kept: Kept,
    log: Vec<Logged>,
    made: Vec<Logged>,
    sent: BTreeMap<Root, Sent>,
    codes: BTreeMap<Address, Root>,
}

fn logged(name: B256, data: Vec<u8>, of: Root) -> Logged {
    Logged {
        by: address(SAFE),
        topics: vec![name.0.into()],
        data,
        transaction: of,
    }
}

fn agreed() -> Owned {
    Owned {
        owners: [1, 2, 3].map(address).into(),
        threshold: 2,
    }
}

/// The bytes of an execution.
fn execution(to: Address, operation: u8) -> Vec<u8> {
    Safe::execTransactionCall {
        to: their_own(&to),
        value: U256::ZERO,
        data: vec![1, 2, 3].into(),
        operation,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: alloy_primitives::Address::ZERO,
        refundReceiver: alloy_primitives::Address::ZERO,
        signatures: vec![9; 130].into(),
    }
    .abi_encode()
}

impl Life {
    fn new(delegated: Option<Address>) -> Self {
        let nobody = alloy_primitives::Address::ZERO;
        let setup = (
            vec![their_own(&address(1))],
            U256::ONE,
            delegated.map_or(nobody, |it| theirs(&it)),
            nobody,
        );
        let setup = logged(
            SafeSetup::SIGNATURE_HASH,
            setup.abi_encode_params(),
            transaction(1),
        );
        let creation = (theirs(&address(SAFE)), theirs(&singleton()));
        let creation = Logged {
            by: factory(),
            topics: vec![ProxyCreation::SIGNATURE_HASH.0.into()],
            data: creation.abi_encode_params(),
            transaction: transaction(1),
        };
        Self {
            kept: Kept {
                proxy: "1.4.1",
                singleton: "1.4.1",
                state: SafeState {
                    nonce: 0,
                    owners: [3, 1, 2].map(address).into(),
                    threshold: 2,
                    singleton: singleton(),
                    modules: Vec::new(),
                    guard: None,
                    handler: None,
                },
            },
            log: vec![setup.clone()],
            made: vec![setup, creation],
            sent: BTreeMap::new(),
            codes: [Part::Factory, Part::Singleton, Part::CallOnly]
                .map(|part| known::of(part, "1.4.1").unwrap())
                .into(),
        }
    }

    /// It executes this in a transaction to it.
    fn executes(mut self, number: u8, input: Vec<u8>) -> Self {
        let done = (B256::repeat_byte(number), U256::ZERO).abi_encode_params();
        let done = logged(ExecutionSuccess::SIGNATURE_HASH, done, transaction(number));
        self.log.push(done);
        let sent = Sent {
            to: Some(address(SAFE)),
            input,
        };
        self.sent.insert(transaction(number), sent);
        self.kept.state.nonce += 1;
        self
    }

    fn usual() -> Self {
        Self::new(None)
            .executes(2, execution(address(7), 0))
            .executes(3, execution(multi(), 1))
    }

    fn judged(&self) -> Result<(), Unfit> {
        let seen = Seen {
            at: address(SAFE),
            kept: [&self.kept, &self.kept],
            log: &self.log,
            made: &self.made,
            sent: &self.sent,
            codes: &self.codes,
        };
        seen.judge(&agreed())
    }
}

#[test]
fn a_safe_that_only_its_owners_have_used_and_that_called_is_the_groups_own() {
    assert_eq!(Life::new(None).judged(), Ok(()));
    assert_eq!(Life::usual().judged(), Ok(()));
    // 1.4.1 and later index the proxy.
    let mut indexed = Life::usual();
    let proxy = &mut indexed.made[1];
    let (word, rest) = proxy.data.split_at(32);
    proxy
        .topics
        .push(Root::from(<[u8; 32]>::try_from(word).unwrap()));
    proxy.data = rest.to_vec();
    assert_eq!(indexed.judged(), Ok(()));
    // Safe's own setup, and its own migration.
    let setup = known::of(Part::Setup, "1.4.1").unwrap();
    let migration = known::of(Part::Migration, "1.5.0").unwrap();
    let mut moved = Life::new(Some(setup.0)).executes(2, execution(migration.0, 1));
    moved.codes.extend([setup, migration]);
    assert_eq!(moved.judged(), Ok(()));
}

/// What is changed of a life, in words, and what is said of it.
type Case = (&'static str, fn(&mut Life), Unfit);

/// What acted for it, or might have.
fn of_modules() -> [Case; 2] {
    [
        (
            "a module was enabled, and taken away again",
            |it| {
                let name = EnabledModule::SIGNATURE_HASH;
                it.log.push(logged(name, vec![], transaction(9)));
            },
            Unfit::HadModule(transaction(9)),
        ),
        (
            "a module that no list shows acted",
            |it| {
                let name = ExecutionFromModuleSuccess::SIGNATURE_HASH;
                it.log.push(logged(name, vec![], transaction(9)));
            },
            Unfit::HadModule(transaction(9)),
        ),
    ]
}

/// How it was made.
fn of_its_making() -> [Case; 6] {
    [
        (
            "its setup delegated to a stranger",
            |it| it.log[0] = Life::new(Some(address(0xee))).log[0].clone(),
            Unfit::Other(address(0xee), Part::Setup),
        ),
        (
            "it was set up twice",
            |it| it.log.push(it.log[0].clone()),
            Unfit::Setups(2),
        ),
        (
            "it was set up in another transaction than it was made",
            |it| it.made.truncate(1),
            Unfit::NotMade(transaction(1)),
        ),
        (
            "another one was made there",
            |it| {
                let creation = (theirs(&address(9)), theirs(&singleton()));
                it.made[1].data = creation.abi_encode_params();
            },
            Unfit::NotMade(transaction(1)),
        ),
        (
            "somebody's own factory made it",
            |it| it.made[1].by = address(0xee),
            Unfit::Other(address(0xee), Part::Factory),
        ),
        (
            "it was made with another singleton, and has been given its own back",
            |it| {
                let creation = (theirs(&address(SAFE)), theirs(&address(0xee)));
                it.made[1].data = creation.abi_encode_params();
            },
            Unfit::Other(address(0xee), Part::Singleton),
        ),
    ]
}

/// What it did, and what the node shows of that.
fn of_executions() -> [Case; 6] {
    [
        (
            "it delegated to a stranger",
            |it| {
                let sent = it.sent.get_mut(&transaction(2)).unwrap();
                sent.input = execution(address(0xee), 1);
            },
            Unfit::Other(address(0xee), Part::CallOnly),
        ),
        (
            "it was called through another contract",
            |it| it.sent.get_mut(&transaction(2)).unwrap().to = Some(address(8)),
            Unfit::Through(transaction(2)),
        ),
        (
            "a transaction executed twice and shows one",
            |it| {
                it.log[2].transaction = transaction(2);
            },
            Unfit::Several(transaction(2)),
        ),
        (
            "the node has thrown a transaction away",
            |it| {
                it.sent.remove(&transaction(3));
            },
            Unfit::Pruned(transaction(3)),
        ),
        (
            "the log lacks an execution",
            |it| {
                it.log.pop();
            },
            Unfit::Lacking {
                logged: 1,
                nonce: 2,
            },
        ),
        (
            "an operation that no contract has",
            |it| {
                let sent = it.sent.get_mut(&transaction(2)).unwrap();
                sent.input = execution(address(7), 2);
            },
            Unfit::Misread(transaction(2)),
        ),
    ]
}

#[test]
fn whatever_may_have_left_something_behind_is_refused() {
    let cases = of_modules().into_iter().chain(of_its_making());
    for (what, change, expected) in cases.chain(of_executions()) {
        let mut life = Life::usual();
        change(&mut life);
        assert_eq!(life.judged(), Err(expected), "{what}");
    }
}

#[test]
fn only_safes_own_code_at_its_own_address_is_taken_for_what_it_is() {
    let judged = |change: &dyn Fn(&mut Life)| {
        let mut life = Life::usual();
        change(&mut life);
        life.judged()
    };
    let of = |part| known::of(part, "1.4.1").unwrap();
    // A contract that could be taken away, and Safe's code put in its place.
    let elsewhere = judged(&|it| {
        it.made[1].by = address(0xee);
        it.codes.insert(address(0xee), of(Part::Factory).1);
    });
    let refused = Unfit::Other(address(0xee), Part::Factory);
    assert_eq!(elsewhere, Err(refused));
    // What is called by many is no code of a Safe.
    let other = judged(&|it| {
        it.codes.insert(singleton(), of(Part::CallOnly).1);
    });
    let refused = Err(Unfit::Other(singleton(), Part::Singleton));
    assert_eq!(other, refused);
    let unread = judged(&|it| {
        it.codes.remove(&singleton());
    });
    assert_eq!(unread, refused);
}

#[test]
fn what_is_odd_now_is_refused_at_either_block() {
    type Odd = (fn(&mut SafeState), Unfit);
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
        (
            |it| it.threshold = 1,
            Unfit::Threshold {
                found: 1,
                agreed: 2,
            },
        ),
        (
            |it| it.threshold = 3,
            Unfit::Threshold {
                found: 3,
                agreed: 2,
            },
        ),
    ];
    for (change, expected) in cases {
        let life = Life::usual();
        let mut odd = life.kept.clone();
        change(&mut odd.state);
        for kept in [[&odd, &life.kept], [&life.kept, &odd]] {
            let seen = Seen {
                at: address(SAFE),
                kept,
                log: &life.log,
                made: &life.made,
                sent: &life.sent,
                codes: &life.codes,
            };
            assert_eq!(seen.judge(&agreed()), Err(expected.clone()));
        }
    }
}

#[test]
fn nothing_that_an_unknown_code_answers_is_asked_for() {
    let at = address(SAFE);
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
