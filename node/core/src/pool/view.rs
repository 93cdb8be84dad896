//! All that Rocket Pool says about one node at one block, read in rounds.

use proto::{Address, Root};
use serde::Serialize;

use super::account::Account;
use super::book::{Answers, Book, Fault, Round};
use super::contracts::Contracts;
use super::megapool::{Deployed, Megapool, Validator};
use super::minipool::{self, Minipool};
use super::network::Network;
use super::safe::{self, SafeState};

/// A block of the execution chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Root,
    /// Its time, Unix seconds.
    pub time: u64,
}

/// What Rocket Pool says about one node at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// The contracts.
    pub contracts: Contracts,
    /// What holds for everybody.
    pub network: Network,
    /// The node, if it is registered.
    pub node: Option<Node>,
    /// The node account, if it is a Safe and was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe: Option<SafeState>,
}

/// A registered node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its account.
    pub account: Account,
    /// Its megapool, where there are megapools.
    pub megapool: Option<Megapool>,
    /// Its minipools.
    pub minipools: Vec<Minipool>,
}

impl Node {
    /// Its megapool, once it is made.
    pub fn deployed(&self) -> Option<&Deployed> {
        self.megapool.as_ref()?.deployed.as_ref()
    }

    /// The validators of its megapool, in their order.
    pub fn validators(&self) -> &[Validator] {
        self.deployed().map_or(&[], |it| &it.validators)
    }
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The address of `RocketStorage`.
    pub storage: Address,
    /// The node's account.
    pub node: Address,
    /// Whether that is to be a Safe.
    pub is_safe: bool,
}

/// One round: with the answers so far, what else is to be asked at the same block, or the view.
/// The rounds are few and end: each asks only what none before has asked.
///
/// # Errors
/// If an answer cannot be right.
pub fn read(subject: &Subject, answers: &Answers) -> Result<Round<View>, Fault> {
    let mut book = Book::new(answers);
    let contracts = Contracts::read(&mut book, &subject.storage);
    // Without the addresses there is nobody to ask anything else.
    let mut contracts = match book.close(contracts)? {
        Round::Ask(questions) => return Ok(Round::Ask(questions)),
        Round::Done(contracts) => contracts,
    };
    let mut book = Book::new(answers);
    contracts.read_versions(&mut book);
    let network = Network::read(&mut book, &contracts);
    let of = (&subject.node, &network);
    let account = Account::read(&mut book, &contracts, of);
    let node = account.map(|account| Node {
        account,
        megapool: Megapool::read(&mut book, &contracts, of),
        minipools: minipool::read(&mut book, &contracts, of),
    });
    let safe = subject.is_safe.then_some(&subject.node);
    let safe = safe.and_then(|safe| SafeState::read(&mut book, safe::place(safe)));
    book.close(View {
        contracts,
        network,
        node,
        safe,
    })
}
