//! How the exit of one validator stands, as its peer sees it.

use std::fmt;

use crate::eth::ValidatorIndex;
use crate::{Epoch, ValidatorPosition};

/// How the exit of one validator stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The validator.
    pub validator: ValidatorPosition,
    /// Its index on the chain, if the beacon node has said it.
    pub index: Option<ValidatorIndex>,
    /// The epoch that is signed, or would be if the exit were approved now.
    pub epoch: Epoch,
    /// Who approves, each operator once.
    pub approvals: Vec<Approval>,
    /// Positions of the operators that are connected and whose programs do not know exits.
    pub too_old: Vec<u32>,
    /// How far it has come.
    pub stage: Stage,
    /// What was signed of it in advance.
    pub presigned: Presigned,
}

/// What was signed in advance of the exit of one validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presigned {
    /// The validator.
    pub validator: ValidatorPosition,
    /// The epoch of the exit; none if the validator was active in no final state yet, or the
    /// cluster has no key for it.
    pub epoch: Option<Epoch>,
    /// Positions of the operators whose peers' sealed parts are held.
    pub sealers: Vec<u32>,
    /// Who lets them be opened, each operator once.
    pub openers: Vec<Opener>,
}

/// One operator's word that lets them be opened, and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opener {
    /// Position in the definition.
    pub operator: u32,
    /// Until when, in Unix seconds.
    pub until: u64,
}

/// One operator's approval that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// Position in the definition.
    pub operator: u32,
    /// For which epoch.
    pub epoch: Epoch,
    /// Until when, in Unix seconds.
    pub until: u64,
}

/// How far an exit has come on one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Fewer than t operators approve.
    Waiting,
    /// t approve, and the own beacon node has not said yet how the validator stands.
    Asking,
    /// The chain would not take the exit: why.
    Held(String),
    /// So many partial signatures are there.
    Signing(u32),
    /// What was signed in advance is being opened: so many parts are open.
    Opening(u32),
    /// It is signed, and the own beacon node has not taken it yet.
    Signed,
    /// The own beacon node has taken it, and the chain does not show it yet.
    Accepted,
    /// The own beacon node refused it: what it said.
    Refused(String),
    /// The chain shows that the validator leaves.
    Leaving {
        /// Its first epoch without duties.
        exit_epoch: Epoch,
        /// The epoch from which on its balance is withdrawn.
        withdrawable_epoch: Epoch,
    },
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting for approvals"),
            Self::Asking => f.write_str(
                "approved; the own beacon node has not said yet whether the validator may leave",
            ),
            Self::Held(why) => write!(f, "not signed: {why}"),
            Self::Signing(shares) => {
                write!(f, "approved; {shares} partial signatures are here")
            }
            Self::Opening(parts) => {
                write!(
                    f,
                    "approved; {parts} parts that were signed in advance are open"
                )
            }
            Self::Signed => f.write_str("signed; the own beacon node has not taken it yet"),
            Self::Accepted => f.write_str("exit accepted by node; the chain does not show it yet"),
            Self::Refused(why) => {
                write!(f, "signed; the own beacon node refused it: {why}")
            }
            Self::Leaving {
                exit_epoch,
                withdrawable_epoch,
            } => write!(
                f,
                "exiting, exit epoch {exit_epoch}, withdrawable epoch {withdrawable_epoch}"
            ),
        }
    }
}
