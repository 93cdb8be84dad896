//! What of a node should worry its operators, in words that say what to do next.
//!
//! The time is that of the newest block: nothing here has a clock.

mod finding;

use std::fmt;

use proto::definition::checksummed;
use proto::{Address, PublicKey};
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::amount::Wei;

/// With less than this left, seconds, a term is urgent.
const A_WEEK: u64 = 7 * 86_400;

/// Something that should worry the operators.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Alarm {
    /// An address that may make itself the owner of all ether.
    #[error(
        "{at} waits as withdrawal address. It can confirm itself at any time, and then owns \
         everything. Unless you have set it yourselves just now, put no money in: the present \
         withdrawal address sets itself as pending, without confirming, and then confirms that",
        at = checksummed(.0)
    )]
    PendingWithdrawal(Address),
    /// The same for RPL.
    #[error(
        "{at} waits as RPL withdrawal address, and can confirm itself at any time. Unless you have \
         set it yourselves just now, the present one sets itself as pending, without confirming, \
         and then confirms that",
        at = checksummed(.0)
    )]
    PendingRplWithdrawal(Address),
    /// These values are not final yet, and money goes by them.
    #[error("not final yet: {}. Move no money before it is", .0.join(", "))]
    NotFinal(Vec<&'static str>),
    /// The node account owns what it earns.
    #[error(
        "the node account is its own withdrawal address: who holds its key gets everything. Set \
         another one before any money goes in"
    )]
    NodeIsOwner,
    /// The node account decides over RPL.
    #[error(
        "no RPL withdrawal address is set: the node account decides over locking and unstaking \
         RPL. Set it, to the same address as the withdrawal address if you like"
    )]
    RplUnset,
    /// The megapool owes.
    #[error(
        "the megapool owes {0} ETH: until it is paid (repayDebt, by anybody) there are no new \
         validators, and refunds pay it first"
    )]
    Debt(Wei),
    /// A challenge locks a validator, by number, since this Unix second.
    #[error(
        "validator {0} is locked since {1} (Unix seconds) by a challenge that it left: prove that \
         it did (notifyExit) or did not (notifyNotExit). Until then the megapool distributes \
         nothing"
    )]
    Locked(u32, u64),
    /// Validators leave.
    #[error(
        "{0} validators leave: until their final balances are proved (notifyFinalBalance) the \
         megapool distributes nothing"
    )]
    Exiting(u32),
    /// A validator waits to be staked, by number and key.
    #[error(
        "validator {0} ({1}) has to be staked, {2}: then anybody may dissolve it, which costs a \
         penalty and the ether that is deposited"
    )]
    StakeDue(u32, PublicKey, Term),
    /// A validator was given up, by number.
    #[error(
        "validator {0} was dissolved: never top it up, most of what comes back would go to others"
    )]
    Dissolved(u32),
    /// The megapool's code expires at this Unix second.
    #[error(
        "the megapool's code was replaced and expires at {0} (Unix seconds): then the megapool \
         takes the newest by itself. Look at it before (delegateUpgrade)"
    )]
    DelegateExpires(u64),
    /// The megapool's code has expired.
    #[error("the megapool's code has expired: it uses the newest. Look at what changed")]
    DelegateExpired,
    /// It must still pay into the smoothing pool, which it left at this Unix second.
    #[error(
        "the node left the smoothing pool at {0} (Unix seconds) and has to pay into it until the \
         epoch after that is final: keep it as fee recipient"
    )]
    CoolingDown(u64),
    /// A minipool waits to be staked.
    #[error(
        "minipool {at} has to be staked or promoted, {1}: then anybody may dissolve it",
        at = checksummed(.0)
    )]
    MinipoolDue(Address, Term),
    /// A minipool was given up.
    #[error(
        "minipool {at} was dissolved: close() pays back what is left of the bond",
        at = checksummed(.0)
    )]
    MinipoolDissolved(Address),
    /// A minipool was given penalties, and none that cost anything.
    #[error(
        "minipool {at} has {1} penalties, and the third costs a part of its bond. Look at its fee \
         recipient",
        at = checksummed(.0)
    )]
    Warned(Address, u64),
    /// A minipool was given penalties.
    #[error(
        "minipool {at} has {1} penalties: it loses a part of its bond at the end, and the node \
         gets nothing from the smoothing pool. Look at its fee recipient",
        at = checksummed(.0)
    )]
    Penalised(Address, u64),
    /// Anybody may distribute a minipool for good.
    #[error("anybody may distribute minipool {} for good now", checksummed(.0))]
    UserDistribution(Address),
    /// A minipool holds so much that its owner's call to distribute can end it.
    #[error(
        "minipool {at} holds {1} ETH: with 8 or more, distributeBalance(true) reverts, and \
         distributeBalance(false) by its owner ends it for good. Only do that if its validator has \
         left",
        at = checksummed(.0)
    )]
    MinipoolFull(Address, Wei),
    /// A contract has a version that this program does not know.
    #[error(
        "{0} has {version}, which this gantry does not know: look for a newer one before more \
         money goes in",
        version = .1.map_or("no version".to_owned(), |it| format!("version {it}"))
    )]
    UnknownVersion(&'static str, Option<u64>),
    /// Ether that its receiver has to call for.
    #[error(
        "{1} ETH of rewards wait for {at}, which did not take them: it has to call \
         claimOutstandingEth itself",
        at = checksummed(.0)
    )]
    Outstanding(Address, Wei),
}

/// Until when something has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Unix seconds.
    pub until: u64,
    /// Seconds that are left; none if it is over.
    pub left: Option<u64>,
}

impl Term {
    fn new(until: u64, now: u64) -> Self {
        Self {
            until,
            left: until.checked_sub(now),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "until {} (Unix seconds), ", self.until)?;
        match self.left {
            None => f.write_str("and the term is over"),
            Some(left @ 0..=7_199) => write!(f, "{} min are left", left / 60),
            Some(left @ 7_200..=172_799) => write!(f, "{} h are left", left / 3_600),
            Some(left) => write!(f, "{} days are left", left / 86_400),
        }
    }
}

impl Alarm {
    /// Whether somebody may lose money by it.
    pub fn is_urgent(&self) -> bool {
        match self {
            Self::PendingWithdrawal(_)
            | Self::PendingRplWithdrawal(_)
            | Self::NotFinal(_)
            | Self::NodeIsOwner
            | Self::Debt(_)
            | Self::Locked(..)
            | Self::DelegateExpires(_)
            | Self::DelegateExpired
            | Self::MinipoolDue(..)
            | Self::Warned(..)
            | Self::Penalised(..)
            | Self::UserDistribution(_)
            | Self::MinipoolFull(..) => true,
            Self::StakeDue(_, _, term) => term.left.is_none_or(|left| left < A_WEEK),
            Self::RplUnset
            | Self::Exiting(_)
            | Self::Dissolved(_)
            | Self::CoolingDown(_)
            | Self::MinipoolDissolved(_)
            | Self::UnknownVersion(..)
            | Self::Outstanding(..) => false,
        }
    }
}

impl Serialize for Alarm {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape {
            urgent: bool,
            text: String,
        }
        Shape {
            urgent: self.is_urgent(),
            text: self.to_string(),
        }
        .serialize(to)
    }
}
