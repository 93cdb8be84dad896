//! A log is told by who wrote it, and what it is not is nothing.

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall as _, SolEvent};
use proto::{Address, Root};

use crate::pool::agreement::example::terms;
use crate::pool::book::theirs;
use crate::pool::example::{MEGAPOOL, NODE, OWNER, World, at};
use crate::pool::ledger::account::*;
use crate::pool::ledger::example::transaction;
use crate::pool::ledger::fact::{Fact, Scene, Seen, Sent, What};
use crate::pool::ledger::holdings::Arrivals;
use crate::pool::withdrawal::birth::Logged;
use crate::safe::Safe;

alloy_sol_types::sol! {
    event DepositFor(address indexed node, address indexed from, uint256 amount, uint256 time);
    event Withdrawal(address indexed node, address indexed to, uint256 amount, uint256 time);
    event CreditWithdrawn(address indexed node, uint256 amount, uint256 time);
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event SafeReceived(address indexed sender, uint256 value);
    event ExecutionSuccess(bytes32 txHash, uint256 payment);
    event RewardsClaimed(uint256 amount, uint256 time);
    event EtherReceived(address indexed from, uint256 amount, uint256 time);
    function multiSend(bytes transactions) external payable;
}

const GIVER: [u8; 20] = [0xee; 20];

fn scene() -> Scene {
    let mut world = World::saturn();
    world.register("rocketTokenRETH");
    let (view, _) = world.view().unwrap();
    let arrivals = Arrivals {
        withdrawal: OWNER.into(),
        rpl_withdrawal: OWNER.into(),
    };
    Scene::of(&view, NODE.into(), arrivals, &terms())
}

fn logged(by: impl Into<Address>, number: u64, event: impl SolEvent) -> Seen {
    let it = event.encode_log_data();
    Seen {
        entry: Logged {
            by: by.into(),
            topics: it.topics().iter().map(|topic| topic.0.into()).collect(),
            data: it.data.to_vec(),
            transaction: transaction(number),
        },
        place: (5, number),
    }
}

fn ones(facts: &[Fact]) -> Vec<(Reason, Asset, Account, Account, u128)> {
    let one = |fact: &Fact| {
        let What::Moved(reason, it) = &fact.what else {
            panic!("{fact:?}");
        };
        (*reason, it.asset, it.from, it.to, it.amount.get())
    };
    facts.iter().map(one).collect()
}

fn their(address: [u8; 20]) -> alloy_primitives::Address {
    address.into()
}

fn at_place(mut seen: Seen, place: u64) -> Seen {
    seen.place.1 = place;
    seen
}

fn paid_in(node: [u8; 20]) -> DepositFor {
    DepositFor {
        node: their(node),
        from: their(GIVER),
        amount: U256::from(7),
        time: U256::from(1),
    }
}

fn transfer(from: [u8; 20], to: [u8; 20]) -> Transfer {
    Transfer {
        from: their(from),
        to: their(to),
        amount: U256::from(9),
    }
}

fn received(from: impl Into<Address>, value: u64) -> SafeReceived {
    SafeReceived {
        sender: theirs(&from.into()),
        value: U256::from(value),
    }
}

#[test]
fn what_another_contract_or_node_logs_is_nothing_and_a_spam_token_is_not_looked_at() {
    let scene = scene();
    let deposit = at("rocketNodeDeposit");
    let facts = scene.facts(vec![
        logged(deposit, 1, paid_in(NODE)),
        logged(deposit, 2, paid_in(GIVER)),
        logged(GIVER, 3, paid_in(NODE)),
        // The same name by a token that nobody has asked for.
        logged(GIVER, 4, transfer(GIVER, OWNER)),
        logged(at("rocketTokenRPL"), 5, transfer(GIVER, NODE)),
        // What a Safe logs, at a contract that is none of ours.
        logged(GIVER, 6, received(GIVER, 5)),
        // Twice the same entry, as two questions bring it.
        logged(deposit, 1, paid_in(NODE)),
    ]);
    let payer = Outside::Payer(GIVER.into()).into();
    let expected = (
        Reason::PaidIn,
        Asset::Ether,
        payer,
        Held::NodeEther.into(),
        7,
    );
    assert_eq!(ones(&facts), [expected]);
    let asked = scene.sought();
    let by: Vec<&Address> = asked.iter().flat_map(|it| &it.by).collect();
    assert!(!by.contains(&&Address::from(GIVER)));
}

#[test]
fn ether_that_comes_to_the_safe_is_a_gift_unless_rocket_pool_tells_it_itself() {
    let merkle = at("rocketMerkleDistributorMainnet");
    // What it names is nothing here: any log of it on this node is a claim.
    let claimed = CreditWithdrawn {
        node: their(NODE),
        amount: U256::from(10),
        time: U256::from(1),
    };
    let mut facts = scene().facts(vec![
        logged(OWNER, 1, received(GIVER, 5)),
        logged(OWNER, 2, received(MEGAPOOL, 6)),
        logged(OWNER, 3, received(at("rocketNodeDeposit"), 7)),
        logged(OWNER, 4, received(merkle, 8)),
        logged(merkle, 5, claimed),
        at_place(logged(OWNER, 5, received(merkle, 9)), 6),
    ]);
    let (giver, safe) = (Outside::Giver(GIVER.into()).into(), Held::Withdrawal.into());
    let intervals = Outside::Intervals.into();
    let waited = Held::Outstanding.into();
    facts.retain(|fact| fact.what != What::Intervals);
    assert_eq!(
        ones(&facts),
        [
            (Reason::Gift, Asset::Ether, giver, safe, 5),
            (Reason::Outstanding, Asset::Ether, waited, safe, 8),
            (Reason::Interval, Asset::Ether, intervals, safe, 9),
        ]
    );
}

#[test]
fn a_token_that_comes_is_told_by_what_was_logged_of_the_node_in_its_transaction() {
    let (rpl, reth) = (at("rocketTokenRPL"), at("rocketTokenRETH"));
    let credit = |node: [u8; 20]| CreditWithdrawn {
        node: their(node),
        amount: U256::from(10),
        time: U256::from(1),
    };
    let pool = at("rocketDepositPool");
    let facts = scene().facts(vec![
        logged(reth, 1, transfer([0; 20], OWNER)),
        at_place(logged(pool, 1, credit(NODE)), 100),
        logged(reth, 2, transfer([0; 20], OWNER)),
        at_place(logged(pool, 2, credit(GIVER)), 101),
        logged(rpl, 3, transfer(GIVER, OWNER)),
        logged(rpl, 4, transfer(OWNER, GIVER)),
    ]);
    let safe = Account::from(Held::Withdrawal);
    let (nobody, giver) = (Outside::Giver([0; 20].into()), Outside::Giver(GIVER.into()));
    let exchange = Account::from(Outside::Exchange);
    let receiver = Outside::Receiver(GIVER.into());
    assert_eq!(
        ones(&facts),
        [
            (Reason::CreditPaid, Asset::Reth, exchange, safe, 9),
            (Reason::Gift, Asset::Reth, nobody.into(), safe, 9),
            (Reason::Gift, Asset::Rpl, giver.into(), safe, 9),
            (Reason::PaidOut, Asset::Rpl, safe, receiver.into(), 9),
            (
                Reason::CreditPaid,
                Asset::Ether,
                Held::Credit.into(),
                exchange,
                10
            ),
        ]
    );
}

#[test]
fn the_megapools_own_words_count_and_nobody_elses() {
    let claimed = || RewardsClaimed {
        amount: U256::from(4),
        time: U256::from(1),
    };
    let sent = EtherReceived {
        from: their(GIVER),
        amount: U256::from(3),
        time: U256::from(1),
    };
    let facts = scene().facts(vec![
        logged(MEGAPOOL, 1, claimed()),
        logged(GIVER, 2, claimed()),
        logged(MEGAPOOL, 3, sent),
    ]);
    assert_eq!(facts.len(), 2);
    assert_eq!(
        facts[0].what,
        What::Claimed {
            amount: Amount::of(4).unwrap()
        }
    );
    assert_eq!(ones(&facts[1..])[0].3, Held::Megapool.into());
}

fn execution(to: [u8; 20], value: u64, (operation, data): (u8, Vec<u8>)) -> Vec<u8> {
    let call = Safe::execTransactionCall {
        to: their(to),
        value: U256::from(value),
        data: data.into(),
        operation,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: their([0; 20]),
        refundReceiver: their([0; 20]),
        signatures: Bytes::new(),
    };
    call.abi_encode()
}

fn packed(to: [u8; 20], value: u64) -> Vec<u8> {
    let word = |it: u64| U256::from(it).to_be_bytes::<32>().to_vec();
    [vec![0], to.to_vec(), word(value), word(2), vec![1, 2]].concat()
}

#[test]
fn what_a_safe_paid_is_read_from_what_it_was_sent_one_call_or_several() {
    let scene = scene();
    let done = || ExecutionSuccess {
        txHash: [1; 32].into(),
        payment: U256::ZERO,
    };
    let seen = vec![logged(OWNER, 1, done()), logged(GIVER, 2, done())];
    let executions = scene.executions(&seen);
    let it = (5, Address::from(OWNER), transaction(1));
    assert_eq!(executions, [it]);
    let paid = |to: [u8; 20], input| {
        let sent = Sent {
            to: to.into(),
            input,
        };
        let facts = scene.paid(it, &sent);
        ones(&facts)
            .into_iter()
            .map(|it| (it.3, it.4))
            .collect::<Vec<_>>()
    };
    let giver = Account::from(Outside::Receiver(GIVER.into()));
    assert_eq!(paid(OWNER, execution(GIVER, 5, (0, vec![]))), [(giver, 5)]);
    // Through another contract it is not read, and to Rocket Pool its own log tells it.
    assert_eq!(paid(GIVER, execution(GIVER, 5, (0, vec![]))), []);
    let deposit = *at("rocketNodeDeposit").as_bytes();
    assert_eq!(paid(OWNER, execution(deposit, 5, (0, vec![]))), []);
    let several = |mut bytes: Vec<u8>, cut: usize| {
        bytes.truncate(bytes.len() - cut);
        let call = multiSendCall {
            transactions: bytes.into(),
        };
        execution(GIVER, 0, (1, call.abi_encode()))
    };
    let both = [packed(GIVER, 3), packed(MEGAPOOL, 4), packed(OWNER, 6)].concat();
    let expected = [(giver, 3), (Outside::Helper.into(), 4)];
    assert_eq!(paid(OWNER, several(both.clone(), 0)), expected);
    assert_eq!(paid(OWNER, several(both, 1)), []);
    assert_eq!(paid(OWNER, vec![1, 2, 3]), []);
}

#[test]
fn a_withdrawal_and_tips_are_ours_only_at_our_addresses() {
    let scene = scene();
    let root: Option<Root> = None;
    let found = scene.withdrawn(6, &MEGAPOOL.into(), 17).unwrap();
    assert_eq!((found.block, found.transaction), (6, root));
    assert_eq!(scene.withdrawn(6, &GIVER.into(), 17), None);
    assert_eq!(scene.proposed(6, &GIVER.into()), None);
    let to = Held::Megapool;
    assert_eq!(
        scene.proposed(6, &MEGAPOOL.into()).unwrap().what,
        What::Proposed { to }
    );
}

#[test]
fn what_another_than_the_safe_took_back_has_left_us() {
    let taken = |to: [u8; 20]| Withdrawal {
        node: their(NODE),
        to: their(to),
        amount: U256::from(8),
        time: U256::from(1),
    };
    let deposit = at("rocketNodeDeposit");
    let facts = scene().facts(vec![
        logged(deposit, 1, taken(OWNER)),
        logged(deposit, 2, taken(GIVER)),
    ]);
    let to: Vec<Account> = ones(&facts).into_iter().map(|it| it.3).collect();
    let thief = Outside::Receiver(GIVER.into());
    assert_eq!(to, [Held::Withdrawal.into(), thief.into()]);
}

#[test]
fn what_one_safe_of_ours_sends_to_the_other_is_no_gift() {
    let (view, _) = World::saturn().view().unwrap();
    let arrivals = Arrivals {
        withdrawal: OWNER.into(),
        rpl_withdrawal: GIVER.into(),
    };
    let scene = Scene::of(&view, NODE.into(), arrivals, &terms());
    let facts = scene.facts(vec![
        logged(GIVER, 1, received(OWNER, 5)),
        logged(OWNER, 2, received(OWNER, 6)),
        logged(OWNER, 3, received(GIVER, 0)),
    ]);
    let (ether, rpl) = (Held::Withdrawal.into(), Held::RplWithdrawal.into());
    assert_eq!(
        ones(&facts),
        [(Reason::PaidOut, Asset::Ether, ether, rpl, 5)]
    );
}
