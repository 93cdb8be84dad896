//! The blocks are read where logs do not explain, and what was final is not written over.

use alloy::primitives::U256;
use alloy::sol_types::SolEvent as _;
use node_core::pool::abi::Token;
use node_core::pool::agreement::example::terms;
use node_core::pool::book::theirs;
use node_core::pool::example::{ETHER, MEGAPOOL, NODE, OWNER, STORAGE, World, at};
use node_core::pool::ledger::account::{Account, Entry, Sum};
use node_core::pool::ledger::books::Books;
use node_core::pool::ledger::report::{Report, Since};
use serde_json::{Value, json};

use super::*;
use crate::pool::tests::node::{Fake, HASTE};
use crate::pool::{Lookout, Target};

alloy::sol! {
    event SafeReceived(address indexed sender, uint256 value);
    event DepositFor(
        address indexed nodeAddress, address indexed from, uint256 amount, uint256 time
    );
}

const GWEI: u64 = 1_000_000_000;
/// Another withdrawal Safe.
const OTHER: [u8; 20] = [0x0c; 20];

/// The example, where the megapool has so many gwei.
fn world(megapool: u64) -> World {
    let mut world = World::saturn();
    for safe in [OWNER, OTHER] {
        let balance = Token::balanceOfCall(theirs(&safe.into()));
        world.set(at("rocketTokenRPL"), balance, U256::ZERO);
    }
    world.give(
        MEGAPOOL,
        U256::from(40) * U256::from(ETHER) + U256::from(megapool) * U256::from(GWEI),
    );
    world
}

struct Place {
    fake: Fake,
    terms: PoolTerms,
    books: Books,
}

impl Place {
    async fn begin() -> Self {
        let mut terms = terms();
        (terms.withdrawal, terms.rpl_withdrawal) = (OWNER.into(), OWNER.into());
        let fake = Fake::start(&world(0), &world(0)).await;
        let mut place = Self {
            fake,
            terms,
            books: Books::default(),
        };
        let opening = place.next().await.unwrap().unwrap();
        assert_eq!(opening.after, None);
        place.books.take(&opening).unwrap();
        place
    }

    async fn next(&self) -> Result<Option<Period>, LedgerError> {
        let target = Target {
            node: NODE.into(),
            storage: Some(STORAGE.into()),
            chain_id: None,
            may_be_new: false,
            is_safe: false,
        };
        let mut lookout = Lookout::at(&self.fake.url, HASTE).unwrap();
        let sight = lookout.look(&target).await.unwrap();
        let end = self.books.end.as_ref();
        next(&mut lookout.states, &sight, &self.terms, end).await
    }

    /// So many blocks later the megapool has so many gwei.
    fn goes_on(&self, blocks: u64, megapool: u64) {
        let mut chain = self.fake.state();
        chain.number += blocks;
        chain.finalised = chain.finalised.map(|it| it + blocks);
        chain.old = world(megapool);
    }

    async fn takes(&mut self) -> (Period, Vec<Entry>) {
        let period = self.next().await.unwrap().unwrap();
        let before = self.books.entries.len();
        self.books.take(&period).unwrap();
        (period, self.books.entries[before..].to_vec())
    }
}

fn ways(entries: &[Entry]) -> Vec<(Account, Account, u128)> {
    let moves = entries.iter().flat_map(|it| &it.moves);
    moves
        .map(|it| (it.from, it.to, it.amount.get() / u128::from(GWEI)))
        .collect()
}

#[tokio::test]
async fn what_the_beacon_chain_pays_and_tips_are_found_in_the_blocks() {
    let mut place = Place::begin().await;
    place.goes_on(32, 700);
    {
        let mut chain = place.fake.state();
        chain.withdrawals = vec![
            (940, MEGAPOOL.into(), 500),
            (941, [0x31; 20].into(), 9_000),
            // Before and after.
            (936, MEGAPOOL.into(), 9_000),
            (969, MEGAPOOL.into(), 9_000),
        ];
        chain.payee = MEGAPOOL.into();
    }
    let (period, entries) = place.takes().await;
    assert_eq!(period.blocks, Blocks::Read);
    let megapool = Account::from(Held::Megapool);
    assert_eq!(
        ways(&entries),
        [
            (Outside::BeaconChain.into(), megapool, 500),
            (Outside::Tips.into(), megapool, 200),
        ]
    );
    // Where it is no block of ours, the rest stays unexplained.
    place.fake.state().payee = [0x99; 20].into();
    place.goes_on(32, 9_701);
    let (_, entries) = place.takes().await;
    let unexplained = Account::from(Outside::Unexplained);
    assert_eq!(
        ways(&entries),
        [
            (Outside::BeaconChain.into(), megapool, 9_000),
            (unexplained, megapool, 1),
        ]
    );
    let report = Report::of(&place.books, &place.terms, Since::Ever).unwrap();
    assert_eq!(report.unexplained["ETH"], Sum(i128::from(GWEI)));
}

#[tokio::test]
async fn blocks_are_not_read_where_nothing_has_come_or_there_are_too_many() {
    let mut place = Place::begin().await;
    place.goes_on(32, 0);
    let questions = place.fake.state().questions;
    let (period, entries) = place.takes().await;
    assert_eq!((period.blocks, entries.len()), (Blocks::Unneeded, 0));
    assert!(place.fake.state().questions > questions);
    place.goes_on(MOST_BLOCKS + 1, 5);
    place.fake.state().withdrawals = vec![(1_000, MEGAPOOL.into(), 5)];
    let (period, entries) = place.takes().await;
    assert_eq!(period.blocks, Blocks::Unread);
    let (from, to) = (Outside::Unexplained, Held::Megapool);
    assert_eq!(ways(&entries), [(from.into(), to.into(), 5)]);
}

#[tokio::test]
async fn a_block_that_was_final_and_is_another_now_is_told_and_nothing_follows_it() {
    let place = Place::begin().await;
    assert_eq!(place.next().await.unwrap(), None);
    place.goes_on(32, 0);
    place.fake.state().fork += 1;
    let told = place.next().await.unwrap_err().to_string();
    assert!(told.contains("the ledger ends with block 936"), "{told}");
    assert!(told.contains("Nothing was changed"), "{told}");
    // A node that is behind says nothing new.
    place.fake.state().fork = 0;
    place.fake.state().finalised = Some(900);
    assert_eq!(place.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_log_so_long_that_somebody_has_filled_it_is_unexplained_and_not_taken() {
    let mut place = Place::begin().await;
    place.goes_on(32, 0);
    let event = SafeReceived {
        sender: theirs(&[0xee; 20].into()),
        value: U256::from(1),
    };
    let topics = event.encode_log_data();
    let topics: Vec<String> = topics.topics().iter().map(ToString::to_string).collect();
    let entry = |index: usize| -> Value {
        json!({
            "address": Address::from(OWNER).to_string(), "topics": topics,
            "data": format!("0x{}1", "0".repeat(63)), "logIndex": format!("0x{index:x}"),
            "transactionHash": place.fake.state().hash(7),
            "blockHash": place.fake.state().hash(940),
            "blockNumber": "0x3ac",
        })
    };
    let some: Vec<Value> = (0..3).map(entry).collect();
    let many: Vec<Value> = (0..=MOST_OPEN).map(entry).collect();
    place.fake.state().logs = some;
    let period = place.next().await.unwrap().unwrap();
    assert_eq!((period.facts.len(), period.blocks), (3, Blocks::Unneeded));
    place.fake.state().logs = many;
    let (period, _) = place.takes().await;
    assert_eq!((period.facts.len(), period.blocks), (0, Blocks::Unread));
}

/// An entry of a log in block 940: a payment for the node.
fn paid_in(place: &Place, from: [u8; 20], index: usize) -> Value {
    let event = DepositFor {
        nodeAddress: theirs(&NODE.into()),
        from: theirs(&from.into()),
        amount: U256::from(GWEI),
        time: U256::from(1),
    };
    let it = event.encode_log_data();
    let topics: Vec<String> = it.topics().iter().map(ToString::to_string).collect();
    let chain = place.fake.state();
    json!({
        "address": at("rocketNodeDeposit").to_string(), "topics": topics,
        "data": it.data.to_string(), "logIndex": format!("0x{index:x}"),
        "transactionHash": chain.hash(7), "blockHash": chain.hash(940), "blockNumber": "0x3ac",
    })
}

fn payers(entries: &[Entry]) -> Vec<Account> {
    let moves = entries.iter().filter(|it| it.reason == Reason::PaidIn);
    moves.flat_map(|it| &it.moves).map(|it| it.from).collect()
}

#[tokio::test]
async fn what_somebody_fills_a_log_with_hides_nothing_of_the_operators() {
    let mut place = Place::begin().await;
    let alice = [0x41; 20];
    place.terms.members[0].funding = vec![alice.into()];
    place.goes_on(32, 0);
    let mut logs = vec![paid_in(&place, alice, 0)];
    logs.extend((1..=MOST_OPEN + 1).map(|index| paid_in(&place, [0xee; 20], index)));
    place.fake.state().logs = logs;
    let (period, entries) = place.takes().await;
    assert_eq!(period.blocks, Blocks::Unread);
    assert_eq!(payers(&entries), [Outside::Payer(alice.into()).into()]);
}

#[tokio::test]
async fn before_another_address_begins_anew_what_came_until_then_is_told() {
    let mut place = Place::begin().await;
    place.goes_on(32, 0);
    place.fake.state().logs = vec![paid_in(&place, [0xee; 20], 0)];
    place.terms.rpl_withdrawal = OTHER.into();
    let before = place.books.end.clone();
    let (period, entries) = place.takes().await;
    assert!(is_worth_a_line(&period, before.as_ref(), &place.terms));
    assert_eq!(payers(&entries), [Outside::Payer([0xee; 20].into()).into()]);
    let (opening, _) = place.takes().await;
    assert_eq!((opening.after, opening.to), (None, period.to));
    assert_eq!(opening.arrivals, Arrivals::agreed(&place.terms));
    assert_eq!(place.next().await.unwrap(), None);
}
