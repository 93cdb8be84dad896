//! What an execution node can do wrong, in words for the operator.

use alloy::primitives::TxHash;
use alloy::transports::TransportError;
use thiserror::Error;

/// Why the execution node did not do what it was asked.
#[derive(Debug, Error)]
pub enum ExecutionError {
    /// The node cannot be reached or refused a request.
    #[error("the execution node did not answer {question}: {cause}")]
    Rpc {
        /// What was asked.
        question: &'static str,
        /// What it said.
        #[source]
        cause: TransportError,
    },
    /// The node has stopped in the middle of an answer, or before it.
    #[error(
        "the execution node was asked {question} and sent nothing for {ms} ms: it hangs. Start \
         again when it answers: what is on the chain by then is not sent again"
    )]
    Hangs {
        /// What was asked.
        question: &'static str,
        /// How long it was waited for, in milliseconds.
        ms: u128,
    },
    /// No client for HTTP can be made.
    #[error("no connection to an execution node can be made: {0}")]
    Client(#[source] reqwest::Error),
    /// The node follows another chain.
    #[error(
        "the execution node is on chain {found}, and the definition names {expected}: give the URL \
         of a node of the right chain"
    )]
    OtherChain {
        /// The node's chain id.
        found: u64,
        /// The definition's.
        expected: u64,
    },
    /// There is no contract at the deposit contract's address.
    #[error("there is no deposit contract at {0} on this chain: compare the definition's address")]
    NoContract(String),
    /// A log of the deposit contract cannot be read.
    #[error("the deposit contract at {0} writes logs that are none of deposits: it is another one")]
    BadLog(String),
    /// The node has no block to take a base fee from.
    #[error("the execution node does not show its newest block with a base fee: is it syncing?")]
    NoBlock,
    /// The node does not show what has happened lately.
    #[error(
        "the newest block of the execution node is {0} s old: it is syncing or cut off, and may \
         not show a deposit that is on the chain: start again when it follows"
    )]
    Behind(u64),
    /// The first block to look at is still to come.
    #[error(
        "the log cannot be looked at from block {first} on, because the newest block is {head}: \
         what was deposited before would be paid twice. Give a block of before the ceremony"
    )]
    BeyondHead {
        /// The first block to look at.
        first: u64,
        /// The newest block.
        head: u64,
    },
    /// The sender's key is malformed.
    #[error("the sender's key is not 32 bytes of hex")]
    Key,
    /// The sender has too little.
    #[error("the sender {sender} has {has} ETH and needs {needs} ETH: send the difference first")]
    Funds {
        /// The sender's address.
        sender: String,
        /// Its balance.
        has: String,
        /// Deposits and the highest fees.
        needs: String,
    },
    /// Transactions of the sender are under way.
    #[error(
        "the sender {0} has a transaction under way, maybe one of these deposits: wait until it is \
         in a block, then start again"
    )]
    UnderWay(String),
    /// A transaction was included and failed.
    #[error("the transaction {0} failed: look at it in a block explorer; nothing was deposited")]
    Reverted(TxHash),
    /// A transaction was not included in time.
    #[error(
        "the transaction {0} is not in a block after {1} s: it may still come. Start again later: \
         what is there by then is not sent again"
    )]
    Late(TxHash, u64),
    /// Signing failed.
    #[error("the transaction could not be signed: {0}")]
    Sign(String),
}
