//! Why `gantry deposit` does not send, or does not go on.

use std::path::PathBuf;

use proto::definition::{Gwei, checksummed};
use proto::{Address, PublicKey, Root};
use thiserror::Error;

use crate::execution::ExecutionError;

/// Why nothing is sent, or nothing more.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("whose money? give --key-file or set GANTRY_DEPOSIT_KEY, or only look with --dry-run")]
    NoSender,
    #[error(
        "nothing was sent: the answer was not yes. Start again when all is right; nothing has to \
         be undone"
    )]
    NotConfirmed,
    #[error(
        "--from-block leaves out what was deposited before that block, and then only a beacon node \
         can tell that nothing was: give --beacon-node as well"
    )]
    FromBlockAlone,
    #[error(
        "the beacon node knows of more ETH for validator {key} than the log from block {first} on \
         shows: it would be paid twice. Start again with an earlier --from-block, or with --rpc of \
         another node"
    )]
    Earlier { key: PublicKey, first: u64 },
    #[error(
        "the proposer would get {offered} gwei by unit of gas, far more than the node suggests \
         ({suggested} gwei): nothing was sent. If that is what you want, say --high-fee as well; \
         if not, give a lower --priority-fee. What is replaced has to offer an eighth more than \
         before"
    )]
    HighFee {
        /// Gwei by unit of gas.
        offered: String,
        suggested: String,
    },
    /// An account has sent a deposit that may still come.
    #[error(
        "the deposit for {key} was sent before from {from} with its nonce {nonce} ({transaction}), \
         and may still come: start again with the key of that account. Only when it has used this \
         nonce for something else can another one pay", from = checksummed(.sender)
    )]
    OtherSender {
        key: PublicKey,
        sender: Address,
        nonce: u64,
        transaction: Root,
    },
    /// Somebody else was faster, and ours may still come.
    #[error(
        "the deposit for {key} is on the chain by a transaction that is not from here ({other}), \
         and the one from here with nonce {nonce} may still come: {amount} would be paid twice. \
         Start again AT ONCE with --replace: it puts a transaction that does nothing in its place"
    )]
    Overtaken {
        key: PublicKey,
        other: Root,
        nonce: u64,
        amount: Gwei,
    },
    #[error(
        "--replace: nothing of this file is under way, so there is nothing to replace: start again \
         without it"
    )]
    NothingToReplace,
    #[error(
        "the account {} has a transaction under way that is none of this file's, maybe one of \
         these deposits sent from another machine: wait until it is in a block, or replace it \
         where it was sent, then start again", checksummed(.0)
    )]
    UnderWay(Address),
    #[error(
        "while this was being decided, somebody deposited for these validators or used this \
         account: nothing more was sent. Start again and look at what is missing now"
    )]
    Changed,
    #[error(
        "a unit of gas costs {now} gwei now, more than the {agreed} gwei you agreed to: nothing \
         more was sent. Start again to see what it would cost"
    )]
    Dearer {
        /// Gwei, base fee and tip.
        now: String,
        /// Gwei.
        agreed: String,
    },
    /// The node did not take a transaction, or nobody knows whether it did.
    #[error(
        "{cause}. What was sent stands in {}: start again, and what is under way or on the chain \
         is not paid again", .file.display()
    )]
    Stopped {
        cause: ExecutionError,
        file: PathBuf,
    },
    /// A transaction used up its nonce and made no deposit.
    #[error(
        "nonce {nonce} of {from} is used up and the deposit for {key} is not in the log: the \
         transaction failed, or another one took its place. Look at {transaction} in a block \
         explorer; it has deposited nothing. Started again in a quarter of an hour, when no other \
         chain can bring it back, gantry sends this deposit anew",
        from = checksummed(.sender)
    )]
    Failed {
        key: PublicKey,
        sender: Address,
        nonce: u64,
        transaction: Root,
    },
    /// The same in an earlier start, and it is too early to send the deposit anew.
    #[error(
        "nonce {nonce} of {from} is used up and the deposit for {key} is not in the log, but \
         blocks as young as that may still be replaced by others with the deposit in them \
         ({transaction}): start again in a quarter of an hour; what is missing then is sent anew",
        from = checksummed(.sender)
    )]
    Unsettled {
        key: PublicKey,
        sender: Address,
        nonce: u64,
        transaction: Root,
    },
    /// The same, and the node cannot say whether it is too early. Waiting would not help.
    #[error(
        "nonce {nonce} of {from} is used up and the deposit for {key} is not in the log. It can be \
         sent anew once that is two epochs old, and this execution node keeps no state of 64 \
         blocks ago to tell by: start again with --rpc of a node that keeps more, such as an \
         archive node. Nothing is lost, and nothing more was sent", from = checksummed(.sender)
    )]
    Forgotten {
        key: PublicKey,
        sender: Address,
        nonce: u64,
    },
    #[error(
        "while this was being decided, the execution node has forgotten how many deposits there \
         were before --from-block, or another node answers at its address: nothing was sent. Start \
         again, or give the URL of one single node that keeps old state"
    )]
    Uncounted,
    #[error(
        "{open} transactions are not in a block after {seconds} s{trouble}: they may still come. \
         They stand in {}: start again to go on waiting, with --replace to offer a higher fee at \
         the same nonces; nothing is paid twice by that", .file.display()
    )]
    Late {
        open: usize,
        /// How long they were waited for.
        seconds: u64,
        /// What the node said last, if it did not answer.
        trouble: String,
        file: PathBuf,
    },
}
