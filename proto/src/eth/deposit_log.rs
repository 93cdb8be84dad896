//! What an execution node shows of the deposit contract: plain data, which whoever asks the node
//! makes and whoever judges it reads.
//!
//! Never here: asking a node, and what follows from what it shows.

use std::collections::BTreeMap;

use super::DepositData;
use crate::{Address, Root};

/// A deposit in the log of the contract; nothing says that its signature is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedDeposit {
    /// The deposit.
    pub deposit: DepositData,
    /// The hash of the transaction that made it.
    pub transaction: Root,
    /// The number of the block it is in.
    pub block: u64,
}

/// What a node shows of the chain up to one block, all of it of that same block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositView {
    /// The first block whose log was read.
    pub first: u64,
    /// The block of this view.
    pub last: u64,
    /// The deposits for our keys in these blocks, oldest first.
    pub seen: Vec<LoggedDeposit>,
    /// The nonce of each account's next transaction, of those that were asked for.
    pub nonces: BTreeMap<Address, u64>,
    /// The same two epochs of blocks earlier: another chain may take the blocks since then away,
    /// and bring back a transaction that they have overtaken. An account whose nonce the node no
    /// longer knows is not in it: what has failed there stays unsettled, however old it is.
    pub settled_nonces: BTreeMap<Address, u64>,
    /// How many deposits the contract has counted that the log does not show.
    pub lacking: u64,
    /// Whether the node has said how many deposits there were before the first block. If not, a
    /// log that has lost its beginning looks whole.
    pub is_counted: bool,
}
