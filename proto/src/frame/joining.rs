//! The frames of deposits at Rocket Pool: a demand for shares, shares, and why there are none.
//! Since version 4.

use super::{BadFrame, wire};
use crate::vote::Partial;
use crate::{Root, SignatureBytes, ValidatorPosition};

/// The most deposits of one frame: as many as one call of Rocket Pool's contracts makes.
pub const MAX_DEPOSITS: usize = 25;
/// The longest name of a rule in a refusal, bytes.
pub const MAX_RULE: usize = 64;
/// The longest words of a refusal, bytes.
pub const MAX_WORDS: usize = 1_024;

/// The sender demands a share of the deposit of each of these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositDemand {
    /// The hash of the version of the agreement that its sender holds to be in force.
    pub agreement: Root,
    /// The withdrawal credentials that its sender expects.
    pub credentials: Root,
    /// The validators by their place in the lock; whether ascending is not checked yet.
    pub validators: Vec<ValidatorPosition>,
}

/// The sender's partial signatures of deposits of 1 ETH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositShares {
    /// The withdrawal credentials of all of them.
    pub credentials: Root,
    /// The validator of each with its partial signature; at most [`MAX_DEPOSITS`].
    pub shares: Vec<Partial>,
}

/// Why the sender gives no shares for what the receiver has demanded last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositRefusal {
    /// The name of the rule: at most [`MAX_RULE`] bytes, letters, digits and `_` only.
    pub rule: String,
    /// In words: at most [`MAX_WORDS`] bytes, and whatever its sender likes.
    pub words: String,
}

impl DepositDemand {
    pub(super) fn to_wire(&self) -> wire::DepositDemand {
        wire::DepositDemand {
            agreement: self.agreement.as_bytes().to_vec(),
            credentials: self.credentials.as_bytes().to_vec(),
            validators: self.validators.iter().map(|at| at.0).collect(),
        }
    }

    pub(super) fn of_wire(demand: &wire::DepositDemand) -> Result<Self, BadFrame> {
        bounded(demand.validators.len())?;
        let validators = demand.validators.iter().copied();
        Ok(Self {
            agreement: root(&demand.agreement)?,
            credentials: root(&demand.credentials)?,
            validators: validators.map(ValidatorPosition).collect(),
        })
    }
}

impl DepositShares {
    pub(super) fn to_wire(&self) -> wire::DepositShares {
        let share = |partial: &Partial| wire::DepositShare {
            validator: partial.validator.0,
            signature: partial.signature.as_bytes().to_vec(),
        };
        wire::DepositShares {
            credentials: self.credentials.as_bytes().to_vec(),
            shares: self.shares.iter().map(share).collect(),
        }
    }

    pub(super) fn of_wire(shares: &wire::DepositShares) -> Result<Self, BadFrame> {
        bounded(shares.shares.len())?;
        let share = |share: &wire::DepositShare| {
            let signature = SignatureBytes::try_from(share.signature.as_slice())
                .map_err(|_| BadFrame::SignatureLength(share.signature.len()))?;
            Ok(Partial {
                validator: ValidatorPosition(share.validator),
                signature,
            })
        };
        Ok(Self {
            credentials: root(&shares.credentials)?,
            shares: shares
                .shares
                .iter()
                .map(share)
                .collect::<Result<_, BadFrame>>()?,
        })
    }
}

impl DepositRefusal {
    /// A refusal, its words cut to what a frame holds.
    pub fn new(rule: &'static str, mut words: String) -> Self {
        words.truncate(words.floor_char_boundary(MAX_WORDS));
        Self {
            rule: rule.to_owned(),
            words,
        }
    }

    pub(super) fn to_wire(&self) -> wire::DepositRefusal {
        wire::DepositRefusal {
            rule: self.rule.clone(),
            words: self.words.clone(),
        }
    }

    pub(super) fn of_wire(refusal: wire::DepositRefusal) -> Result<Self, BadFrame> {
        let wire::DepositRefusal { rule, words } = refusal;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if rule.is_empty() || rule.len() > MAX_RULE || !rule.bytes().all(is_name) {
            return Err(BadFrame::RuleName);
        }
        match words.len() > MAX_WORDS {
            true => Err(BadFrame::WordsLength(words.len())),
            false => Ok(Self { rule, words }),
        }
    }
}

fn bounded(deposits: usize) -> Result<(), BadFrame> {
    match deposits > MAX_DEPOSITS {
        true => Err(BadFrame::TooManyDeposits(deposits)),
        false => Ok(()),
    }
}

fn root(bytes: &[u8]) -> Result<Root, BadFrame> {
    Root::try_from(bytes).map_err(|_| BadFrame::HashLength(bytes.len()))
}
