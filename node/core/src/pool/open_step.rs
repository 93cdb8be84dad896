//! Steps that an operator takes for a node by hand, from an account of his own: those that the
//! contracts let anybody take, and those of the node's own account or withdrawal address.
//!
//! They are the plan's own, without what an agreement wants: whoever takes one by hand wants it. A
//! step is asked for as long as the contracts show that it has something to do.
//!
//! Never here: whether the contracts let this account take it, which its simulation says.

use thiserror::Error;

use super::megapool::Validator;
use super::plan::{
    Idle, Shown, Step, Wait, assign, balance, claim, debt, distribute, leave, stake,
};

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenStep {
    /// The megapool's rewards are split, and the node's part is kept for it.
    Distribute,
    /// The node's validator at the top of the queue gets its ether, and its first deposit is made.
    Assign,
    /// A validator is proved to be the node's, and gets the other 31 ETH.
    Stake,
    /// A validator is proved to leave.
    NotifyExit,
    /// A validator is proved not to, though somebody says so.
    NotifyNotExit,
    /// What came back of a validator is proved and split.
    FinalBalance,
    /// What the megapool owes is paid.
    RepayDebt,
    /// What the node gets back goes to its withdrawal address.
    Claim,
}

/// Why it is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotNow {
    /// There is nothing to do.
    #[error("there is nothing to do: {0}")]
    Idle(#[from] Idle),
    /// The contracts hold it back.
    #[error("it cannot be done now: {}", joined(.0))]
    Waits(Vec<Wait>),
    /// The megapool has no validator of this number.
    #[error("the megapool has no validator {0}: `gantry pool status` shows them")]
    NoValidator(u32),
}

fn joined(waits: &[Wait]) -> String {
    let waits: Vec<String> = waits.iter().map(ToString::to_string).collect();
    waits.join("; ")
}

impl OpenStep {
    /// Whether it is about one validator, of whom the beacon chain has to be asked.
    pub fn is_of_validator(self) -> bool {
        match self {
            Self::Stake | Self::NotifyExit | Self::NotifyNotExit | Self::FinalBalance => true,
            Self::Distribute | Self::Assign | Self::RepayDebt | Self::Claim => false,
        }
    }

    /// What is to be done, by what is seen: for this validator, by its number in the megapool, or
    /// for the first for which there is something to do.
    ///
    /// # Errors
    /// If there is nothing, or not now.
    pub fn step(self, shown: &Shown<'_>, validator: Option<u32>) -> Result<Step, NotNow> {
        let step = match self {
            Self::Distribute => distribute::open(shown),
            Self::Assign => assign::open(shown, |it| validator.is_none_or(|id| it.id == id)),
            Self::RepayDebt => debt::open(shown),
            Self::Claim => claim::open(shown),
            Self::Stake => return first(shown, validator, stake::open),
            Self::NotifyExit => return first(shown, validator, leave::exit),
            Self::NotifyNotExit => return first(shown, validator, leave::not_exit),
            Self::FinalBalance => return first(shown, validator, balance::open),
        };
        ready(step?)
    }
}

fn ready(step: Step) -> Result<Step, NotNow> {
    match step.waits.is_empty() {
        true => Ok(step),
        false => Err(NotNow::Waits(step.waits)),
    }
}

/// A step of one validator.
type Judge = fn(&Shown<'_>, &Validator) -> Result<Step, Idle>;

fn first(shown: &Shown<'_>, wanted: Option<u32>, judge: Judge) -> Result<Step, NotNow> {
    let all = &shown.megapool()?.validators;
    let is_meant = |it: &&Validator| wanted.is_none_or(|id| it.id == id);
    let mut meant = all.iter().filter(is_meant).peekable();
    if let Some(id) = wanted.filter(|_| meant.peek().is_none()) {
        return Err(NotNow::NoValidator(id));
    }
    let mut none = Idle::NoMegapool;
    for validator in meant {
        match judge(shown, validator) {
            Ok(step) => return ready(step),
            Err(idle) => none = idle,
        }
    }
    Err(none.into())
}
