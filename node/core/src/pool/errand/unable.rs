//! Why there is nothing for the owners of a withdrawal Safe to sign.

use proto::Address;
use proto::definition::checksummed;
use thiserror::Error;

use crate::pool::amount::Wei;
use crate::pool::plan::Call;
use crate::pool::withdrawal::rehearsal::Rehearsal;

/// What is missing, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unable {
    /// There is no node.
    #[error(
        "the node account {} is no node of Rocket Pool yet: the peer that coordinates registers \
         it first", checksummed(.0)
    )]
    NoNode(Address),
    /// Both addresses are what was agreed.
    #[error(
        "both withdrawal addresses are the agreed ones, and none waits to take their place: there \
         is nothing to confirm"
    )]
    Confirmed,
    /// Somebody else comes first.
    #[error("the agreed {what} is not proposed yet: {}", proposing(.by, .node, .call))]
    NotProposed {
        /// Which address.
        what: &'static str,
        /// Who may propose it.
        by: Address,
        /// The node account.
        node: Address,
        /// With which call.
        call: Box<Call>,
    },
    /// The Safe is not the address yet.
    #[error(
        "the node's {what} is {} and not the agreed Safe, which can do nothing for it yet: \
         `gantry pool plan` shows what comes first, and `gantry pool file confirm` writes what the \
         Safe has to do", shown(.now)
    )]
    NotYet {
        /// Which address.
        what: &'static str,
        /// What it is, if it is one.
        now: Option<Address>,
    },
    /// There is none of it.
    #[error("there is no {0}: nothing to sign")]
    Nothing(&'static str),
    /// There is less.
    #[error("{asked} is more than the {there} that there is of {what}: write less")]
    TooMuch {
        /// What was asked for.
        asked: Wei,
        /// What there is.
        there: Wei,
        /// Of what.
        what: &'static str,
    },
    /// There is no megapool.
    #[error("the node has no megapool, and gets no credit before: nothing to sign")]
    NoMegapool,
    /// The contract would refuse.
    #[error(
        "the megapool owes {0} ETH, and Rocket Pool pays out no credit before that is paid: \
         `gantry pool plan` shows the step"
    )]
    Debt(Wei),
    /// The contract would refuse.
    #[error("Rocket Pool takes no deposits now, and pays out no credit meanwhile: try again later")]
    Closed,
    /// It does not follow what is left of one account's payment.
    #[error(
        "{paid} ETH were paid in and {unbonded} ETH are there: some was bonded or went back, and \
         no log says whose. Agree among you how much is to go to that account, and name the amount"
    )]
    NotClear {
        /// All that was paid in.
        paid: Wei,
        /// What is not bonded.
        unbonded: Wei,
    },
    /// That account has paid nothing.
    #[error(
        "nothing that is final was paid in from {}: `gantry pool fund` shows from where it was",
        checksummed(.0)
    )]
    NothingFrom(Address),
    /// It is none of the node's.
    #[error(
        "{} is no minipool of the node: `gantry pool status` lists those there are",
        checksummed(.0)
    )]
    NoMinipool(Address),
    /// Its stake is not there.
    #[error(
        "minipool {} holds {there} ETH beside the refund, and ended with less than {needs} ETH the \
         node would lose what is missing: its stake has not come back. Have its validator leave \
         first, and wait for the withdrawal", checksummed(.of)
    )]
    NotBack {
        /// Which.
        of: Address,
        /// What is in it.
        there: Wei,
        /// What has to be in it.
        needs: Wei,
    },
    /// It has not begun.
    #[error(
        "minipool {} is not staked: stake it first, or wait until it is dissolved", checksummed(.0)
    )]
    NotStaked(Address),
    /// It is over.
    #[error("minipool {} was ended before: nothing to sign", checksummed(.0))]
    Ended(Address),
    /// Nothing has come in.
    #[error(
        "nothing came in to the withdrawal Safe that is final: send {} ETH to {} from an account \
         that the agreement names as paying in or deciding, and wait until that is final, about \
         15 minutes", Rehearsal::amount(), checksummed(.0)
    )]
    NotRehearsed(Address),
    /// It was done.
    #[error(
        "the withdrawal Safe was tried: ether came in, and the owners had it act after that. There \
         is nothing more to rehearse"
    )]
    Rehearsed,
}

fn proposing(by: &Address, node: &Address, call: &Call) -> String {
    if by == node {
        return "the node account does that first, by the peer that coordinates, and `gantry pool \
                plan` shows it"
            .to_owned();
    }
    let data: String = call.data.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "only {} may do that, as it has this place now. If it is an account or an earlier Safe of \
         yours, have it call {} with 0 ETH and data 0x{data}, which is {}; then run this again",
        checksummed(by),
        checksummed(&call.to.address),
        call.spelled
    )
}

fn shown(address: &Option<Address>) -> String {
    let none = || "none".to_owned();
    address.as_ref().map_or_else(none, checksummed)
}
