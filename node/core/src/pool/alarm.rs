//! What of a node should worry its operators, in words that say what to do next.
//!
//! The time is that of the newest block: nothing here has a clock.

mod finding;
mod steps;
mod term;

use proto::definition::checksummed;
use proto::{Address, PublicKey};
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::amount::Wei;
use super::debt::Raised;
use super::upgrade::Upgrade;
pub use steps::Purse;
pub use term::Term;

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
        "the megapool owes {0} ETH: until it is paid (`gantry pool send repay-debt`, by anybody) \
         there are no new validators, and refunds pay it first"
    )]
    Debt(Wei),
    /// What that came of, the newest last.
    #[error("what the megapool owes came of, the newest last: {}", joined(.0))]
    DebtCauses(Vec<Raised>),
    /// A challenge locks a validator, by number, since this Unix second.
    #[error(
        "validator {0} is locked since {1} (Unix seconds) by a challenge that it left: that it did \
         or did not is proved by the peers; by hand: `gantry pool send notify-exit` or \
         `notify-not-exit`. Until then the megapool distributes nothing"
    )]
    Locked(u32, u64),
    /// Validators leave.
    #[error(
        "{0} validators leave: until their final balances are proved (by hand: `gantry pool send \
         final-balance`) the megapool distributes nothing"
    )]
    Exiting(u32),
    /// A validator waits to be staked, by number and key.
    #[error(
        "validator {0} ({1}) has to be staked, {2}: then anybody may dissolve it, which costs a \
         penalty and the ether that is deposited. By hand: `gantry pool send stake`"
    )]
    StakeDue(u32, PublicKey, Term),
    /// A validator was given up, by number.
    #[error(
        "validator {0} was dissolved: never top it up, most of what comes back would go to others"
    )]
    Dissolved(u32),
    /// The megapool's code expires.
    #[error(
        "the megapool's code was replaced, and it may be kept {0}: then the megapool takes the \
         newest by itself. Look at what that changes before"
    )]
    DelegateExpires(Term),
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
        "minipool {at} was dissolved: what is left in it comes to the withdrawal address by \
         `gantry pool file end-minipool {at}`",
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
    /// Nothing was finalised for so many seconds.
    #[error(
        "nothing was finalised for {} min: the contracts take no proof of a state that is more \
         than 60 min old, so validators cannot be staked and exits not be proved in time while \
         this lasts. If other chain explorers see it finalise, look after your nodes", .0 / 60
    )]
    NothingFinal(u64),
    /// A contract of the protocol is about to be replaced.
    #[error(
        "Rocket Pool's own {contract} is replaced{by}: {then}. Read what that changes, and look \
         for a newer gantry before: deposits wait while it does not know a contract's version",
        contract = .0.contract,
        by = .0.to.map_or(String::new(), |at| format!(" by {}", checksummed(&at))),
        then = .1.opening()
    )]
    Upgrade(Upgrade, Term),
    /// RPL of the node is on its way out.
    #[error(
        "{0} RPL are being unstaked and can be withdrawn: {then}. Unstaking more before begins the \
         time anew for all of it",
        then = .1.opening()
    )]
    RplWaits(Wei, Term),
    /// A validator leaves, by number and key, and that is not proved yet.
    #[error(
        "that validator {0} ({1}) leaves has to be proved, {2}: after that it costs a fine. The \
         peers prove it; by hand: `gantry pool send notify-exit`"
    )]
    NotifyDue(u32, PublicKey, Term),
    /// An account that pays for steps has little left, and the gas that it pays for at the price
    /// of now.
    #[error(
        "the account {at}, from which this peer pays for steps, has {1} ETH: {2} gas at the price \
         of now, and proving a single final balance takes half a million. Send it some ether",
        at = checksummed(.0)
    )]
    LowGas(Address, Wei, u64),
    /// Ether that its receiver has to call for.
    #[error(
        "{1} ETH of rewards wait for {at}, which did not take them: it has to call \
         claimOutstandingEth itself",
        at = checksummed(.0)
    )]
    Outstanding(Address, Wei),
}

fn joined(causes: &[Raised]) -> String {
    let words: Vec<String> = causes.iter().map(ToString::to_string).collect();
    words.join("; ")
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
            | Self::DebtCauses(_)
            | Self::Locked(..)
            | Self::DelegateExpires(_)
            | Self::DelegateExpired
            | Self::MinipoolDue(..)
            | Self::Warned(..)
            | Self::Penalised(..)
            | Self::UserDistribution(_)
            | Self::MinipoolFull(..) => true,
            Self::NothingFinal(_) | Self::LowGas(..) => true,
            Self::StakeDue(_, _, term) | Self::NotifyDue(_, _, term) => term.is_near(),
            Self::RplUnset
            | Self::Exiting(_)
            | Self::Dissolved(_)
            | Self::CoolingDown(_)
            | Self::MinipoolDissolved(_)
            | Self::UnknownVersion(..)
            | Self::Upgrade(..)
            | Self::RplWaits(..)
            | Self::Outstanding(..) => false,
        }
    }

    /// A word for its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PendingWithdrawal(_) => "pending_withdrawal",
            Self::PendingRplWithdrawal(_) => "pending_rpl_withdrawal",
            Self::NotFinal(_) => "not_final",
            Self::NodeIsOwner => "node_is_owner",
            Self::RplUnset => "rpl_unset",
            Self::Debt(_) => "debt",
            Self::DebtCauses(_) => "debt_causes",
            Self::Locked(..) => "locked",
            Self::Exiting(_) => "exiting",
            Self::StakeDue(..) => "stake_due",
            Self::Dissolved(_) => "dissolved",
            Self::DelegateExpires(_) => "delegate_expires",
            Self::DelegateExpired => "delegate_expired",
            Self::CoolingDown(_) => "cooling_down",
            Self::MinipoolDue(..) => "minipool_due",
            Self::MinipoolDissolved(_) => "minipool_dissolved",
            Self::Warned(..) => "minipool_warned",
            Self::Penalised(..) => "minipool_penalised",
            Self::UserDistribution(_) => "user_distribution",
            Self::MinipoolFull(..) => "minipool_full",
            Self::UnknownVersion(..) => "unknown_version",
            Self::NothingFinal(_) => "nothing_final",
            Self::Upgrade(..) => "upgrade",
            Self::RplWaits(..) => "rpl_waits",
            Self::NotifyDue(..) => "notify_due",
            Self::LowGas(..) => "low_gas",
            Self::Outstanding(..) => "outstanding",
        }
    }

    /// The term that it names, if it names one.
    pub fn term(&self) -> Option<Term> {
        match self {
            Self::StakeDue(_, _, term)
            | Self::NotifyDue(_, _, term)
            | Self::DelegateExpires(term)
            | Self::MinipoolDue(_, term)
            | Self::Upgrade(_, term)
            | Self::RplWaits(_, term) => Some(*term),
            Self::PendingWithdrawal(_)
            | Self::PendingRplWithdrawal(_)
            | Self::NotFinal(_)
            | Self::NodeIsOwner
            | Self::RplUnset
            | Self::Debt(_)
            | Self::DebtCauses(_)
            | Self::Locked(..)
            | Self::Exiting(_)
            | Self::Dissolved(_)
            | Self::DelegateExpired
            | Self::CoolingDown(_)
            | Self::MinipoolDissolved(_)
            | Self::Warned(..)
            | Self::Penalised(..)
            | Self::UserDistribution(_)
            | Self::MinipoolFull(..)
            | Self::UnknownVersion(..)
            | Self::NothingFinal(_)
            | Self::LowGas(..)
            | Self::Outstanding(..) => None,
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
