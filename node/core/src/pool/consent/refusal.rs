//! Why this peer gives no share of a deposit: the rule by its name, in words, and who is at fault.

mod rules;

use std::fmt;

use proto::definition::checksummed;
use proto::{Address, PublicKey, Root, ValidatorPosition};
use thiserror::Error;

use super::MOST_KEYS;
use crate::pool::amount::Wei;
use crate::pool::misuse::{Misuse, Source};
use crate::pool::safe::Odd;
use crate::pool::withdrawal::Unfit;
use crate::pool::withdrawal::rehearsal::Rehearsal;

/// The block at which a rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The newest.
    Head,
    /// The finalised one.
    Finalised,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "at the newest block",
            Self::Finalised => "at the finalised block",
        })
    }
}

/// Who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Culprit {
    /// Nobody, or nobody that can be told from here.
    Nobody,
    /// The peer that demands it: no honest one demands this.
    Demander,
    /// Whoever holds the key of the node account: only it can have done this.
    NodeAccount,
}

/// The rule that is broken. The message is for operators, of this peer and of the one that asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The lock names a withdrawal address.
    #[error(
        "the cluster's lock says whom the stake returns to, so its keys never join Rocket Pool"
    )]
    Settled,
    /// No version is in force.
    #[error(
        "no agreement on Rocket Pool is in force here: every operator has to have the signed one"
    )]
    NotAgreed,
    /// The execution node is on another chain.
    #[error("the execution node is on chain {found}, and the lock names {ours}")]
    ExecutionChain {
        /// The lock's.
        ours: u64,
        /// The node's.
        found: u64,
    },
    /// The beacon node is on another chain.
    #[error(
        "the {what} of the beacon node is not that of the lock: give this peer a node of its chain"
    )]
    BeaconChain {
        /// What differs.
        what: &'static str,
    },
    /// Deposits go elsewhere.
    #[error("the deposit contract of {of} is not that of the lock, {when}")]
    DepositContract {
        /// Whose.
        of: &'static str,
        /// Where it was seen.
        when: When,
    },
    /// There was none at the finalised block.
    #[error("there is no RocketStorage at the finalised block: wait until it is final")]
    NoStorage,
    /// Another node was looked at than the agreed one.
    #[error("what was looked at is not the RocketStorage and node account of the agreement")]
    OtherSight,
    /// Contracts were replaced lately.
    #[error("contracts of Rocket Pool were replaced, and that is not final: wait until it is")]
    Moved,
    /// A contract that this program does not know.
    #[error(
        "{contract} has {version}, which this gantry does not know: look for a newer one",
        version = .version.map_or("no version".to_owned(), |it| format!("version {it}"))
    )]
    UnknownVersion {
        /// Its name.
        contract: &'static str,
        /// What it says.
        version: Option<u64>,
    },
    /// The demand is by another agreement.
    #[error(
        "the demand is by the agreement {theirs}, and in force here is {ours}: compare the files"
    )]
    OtherAgreement {
        /// In force here.
        ours: Root,
        /// In the demand.
        theirs: Root,
    },
    /// What is fixed has changed.
    #[error(
        "deposits were signed for the node account {} and its RocketStorage, which are fixed since \
         then: this agreement names others",
        checksummed(.recorded)
    )]
    OtherFixed {
        /// The account of the first deposit.
        recorded: Address,
    },
    /// The node account is none.
    #[error("the node account is not registered {0}")]
    NotRegistered(When),
    /// One person has the node account.
    #[error(
        "the node account is one person's key, behind which no bond is put on mainnet: agree on a \
         Safe of all operators, of a new node"
    )]
    OneKey,
    /// The Safe is another one than was agreed on.
    #[error("the node account is not the Safe that was agreed on {when}: {odd}")]
    Safe {
        /// Where it was seen.
        when: When,
        /// What is odd.
        odd: Odd,
    },
    /// An owner has still to be exchanged.
    #[error(
        "the Safe that is the node account is owned by {} and not by {} {when}: wait until the \
         exchange is final", checksummed(.old), checksummed(.new)
    )]
    SafeOwner {
        /// Where it was seen.
        when: When,
        /// Who owns it.
        old: Address,
        /// Who is to.
        new: Address,
    },
    /// Ether would go elsewhere.
    #[error(
        "the withdrawal address is {}, not the agreed one, {when}: everything would go there",
        checksummed(.found)
    )]
    Withdrawal {
        /// Where it was seen.
        when: When,
        /// What it is.
        found: Address,
    },
    /// Nobody has said who decides at the withdrawal address.
    #[error(
        "the agreement does not name an account of each operator that decides at the withdrawal \
         address, and no bond is put behind one that nobody can check: agree anew, with \
         --owner NAME=ADDRESS for each"
    )]
    NoOwners,
    /// What comes back would come to somebody else.
    #[error(
        "the withdrawal address {} is no Safe of the operators' own: {why}. Make a fresh one with \
         any wallet, owned by the agreed accounts, and agree on it", checksummed(.at)
    )]
    WithdrawalSafe {
        /// Which.
        at: Address,
        /// What speaks against it.
        why: Unfit,
    },
    /// Nobody knows yet whether anything can be taken out of it.
    #[error(
        "the withdrawal Safe {} was not tried, and no bond moves before: {so_far}",
        checksummed(.at)
    )]
    Untried {
        /// Which Safe.
        at: Address,
        /// How far the operators are with it.
        so_far: Rehearsal,
    },
    /// Ether could go elsewhere.
    #[error(
        "{} waits as withdrawal address {when}, can confirm itself at any time, and then owns \
         everything: the present one sets itself as pending, without confirming, and confirms that",
        checksummed(.pending)
    )]
    PendingWithdrawal {
        /// Where it was seen.
        when: When,
        /// Who waits.
        pending: Address,
    },
    /// RPL would go elsewhere, or the node account decides.
    #[error(
        "the RPL withdrawal address is {found}, not the agreed one, {when}",
        found = .found.map_or("not set".to_owned(), |it| checksummed(&it))
    )]
    RplWithdrawal {
        /// Where it was seen.
        when: When,
        /// What it is, if it is set.
        found: Option<Address>,
    },
    /// RPL could go elsewhere.
    #[error("{} waits as RPL withdrawal address {when}", checksummed(.pending))]
    PendingRplWithdrawal {
        /// Where it was seen.
        when: When,
        /// Who waits.
        pending: Address,
    },
    /// There is nobody yet to whom the stake would return.
    #[error("the megapool of the node account is not there {0}")]
    NoMegapool(When),
    /// The address is not the computed one.
    #[error("the megapool {0} is not at the address that follows from the node account's")]
    MegapoolAddress(When),
    /// The stake would return elsewhere.
    #[error("the stake would return to {theirs}, and the credentials of the megapool are {ours}")]
    Credentials {
        /// Built here.
        ours: Root,
        /// In the demand.
        theirs: Root,
    },
    /// Rocket Pool takes none.
    #[error("Rocket Pool takes no deposits {0}")]
    Closed(When),
    /// The megapool owes.
    #[error("the megapool owes {0} ETH: until it is paid (repayDebt) the call would fail")]
    Debt(Wei),
    /// The bond cannot be right.
    #[error("the next validator is to bring a bond of {0} ETH, which no contract of 1.4 asks for")]
    Bond(Wei),
    /// There is not enough for one.
    #[error("the node account and its credit hold {has} ETH, and the next bond is {bond} ETH")]
    Funds {
        /// What the next validator has to bring.
        bond: Wei,
        /// What is there.
        has: Wei,
    },
    /// None, or too many.
    #[error("{0} keys are demanded at once, of 1 to {MOST_KEYS}")]
    Count(usize),
    /// Not in the order of the lock.
    #[error("the keys are not demanded in the order of the lock, each once")]
    Order,
    /// Not in the lock.
    #[error("the lock has no validator {0}")]
    NotOurs(ValidatorPosition),
    /// Nobody wishes for it.
    #[error(
        "{key} is none of the {wished} validators that are wished for by what is in force here: \
         compare `gantry pool intent show`"
    )]
    NotWished {
        /// The key.
        key: PublicKey,
        /// How many are wished for.
        wished: u64,
    },
    /// The group means it to leave.
    #[error(
        "the intent in force here means {0} to leave: no bond is put behind it. Compare `gantry \
         pool intent show`"
    )]
    Leaves(PublicKey),
    /// It is a validator already.
    #[error("{0} is in the beacon chain's registry already, for the megapool")]
    Registered(PublicKey),
    /// A valid deposit of it waits.
    #[error("a deposit of {0} for the megapool, with a valid signature, waits on the beacon chain")]
    Pending(PublicKey),
    /// A valid deposit of it was made.
    #[error("the deposit contract has a deposit of {0} for the megapool, with a valid signature")]
    Deposited(PublicKey),
    /// It is deposited for others.
    #[error(
        "{key} {shown}, for {credentials} and not for the megapool: so many operators as sign \
         together have given it to others, and nothing more is signed: call the others"
    )]
    ForOthers {
        /// The key.
        key: PublicKey,
        /// Whom its stake returns to.
        credentials: Root,
        /// Where that shows.
        shown: Source,
    },
    /// It is a minipool's.
    #[error("{key} is the key of the minipool {}", checksummed(.minipool))]
    Minipool {
        /// The key.
        key: PublicKey,
        /// The minipool.
        minipool: Address,
    },
    /// Nobody has asked the contracts about it.
    #[error("the contracts were not asked about {0}")]
    NotLooked(PublicKey),
    /// It is in the megapool already.
    #[error(
        "{key} is validator {id} of the megapool{burnt}",
        burnt = match .is_burnt {
            true => ", has left its queue, and can never come back",
            false => " already",
        }
    )]
    InMegapool {
        /// The key.
        key: PublicKey,
        /// Its number.
        id: u32,
        /// Whether it was dequeued.
        is_burnt: bool,
    },
    /// The key of the node account was misused.
    #[error(transparent)]
    Misused(Box<Misuse>),
    /// The own nodes do not show what has to be known.
    #[error("its own nodes do not show what has to be known: {0}")]
    Unseen(String),
    /// A deposit of the key with other credentials was signed before.
    #[error("a deposit of {key} for {recorded} was signed before, and none for others ever is")]
    OtherCredentials {
        /// The key.
        key: PublicKey,
        /// Its credentials.
        recorded: Root,
    },
}
