//! The execution node: what the deposit contract has seen, and transactions that send deposits.
//!
//! Asks only what every client answers, in bounded block ranges, and sets the fees itself. Source
//! of the contract's interface: consensus-specs, `solidity_deposit_contract`; EIP-1559 for fees.
//!
//! | module | is |
//! |---|---|
//! | `rpc` | the node: one question, one answer |
//! | `abi` | the contract's interface |
//! | `log` | reading the contract's log so that nothing is passed over |
//! | `at_block` | the state after one block, of which every answer is |
//! | `history` | what a contract has logged since it is there, and the transactions named in it |
//! | `account` | an account at one block, and what it has sent |
//! | [`exit_request`] | the exit that the owner of a stake asks for |
//! | `span` | what a few blocks in a row show: logs, whom they pay |
//! | `batch` | many questions in few requests |
//! | `old_state` | what a node says of old blocks, if it still can |
//! | `transaction` | what is sent, and what it may cost |
//! | `transport` | the way to the node, with bounds |
//! | `payer` | the account that pays, from a key or a keystore |
//! | `error` | what can go wrong, in words |
//!
//! Never here: whether a deposit is right, and whether it is to be sent: the core decides that.

mod abi;
mod account;
mod at_block;
mod batch;
mod error;
pub mod exit_request;
mod history;
mod log;
mod old_state;
mod payer;
mod rpc;
mod span;
mod transaction;
mod transport;

pub use account::AccountState;
pub use at_block::{Anchor, Anchors, StateAnswer, StateQuestion, States};
pub use error::ExecutionError;
pub use history::{Entry, Wanted};
pub use log::DepositLog;
pub use payer::Sender;
pub use rpc::{Execution, Patience};
pub use span::SpanLogs;
pub use transaction::{DEPOSIT_GAS, EMPTY_GAS, Fees, Taken, Transaction, Unsigned, WEI_PER_GWEI};
pub use transport::rpc_url;

#[cfg(test)]
pub(crate) mod tests;
