//! The shares of this peer, each with what the cluster lock says of its validator.
//!
//! Never here: what was signed with them.

use dkg::bls::SecretShare;
use proto::eth::DepositMessage;
use proto::lock::Lock;
use proto::{PublicKey, Root, ValidatorPosition};

use super::Refusal;
use crate::deposit;

/// One validator of which this peer holds a share.
#[derive(Debug, Clone)]
pub struct Held {
    /// The validator's group key.
    pub group_key: PublicKey,
    /// This peer's share of it.
    pub share: SecretShare,
    /// The deposits that the cluster lock provides for; none to refuse every deposit.
    pub deposits: Option<DepositTerms>,
}

/// The deposits that a cluster lock provides for one validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositTerms {
    /// The withdrawal credentials of all of them.
    pub credentials: Root,
    /// The allowed amounts in gwei.
    pub gwei: Vec<u64>,
}

impl Held {
    /// This peer's `shares`, which are in the order of the lock, with what the lock says of each.
    pub fn of_lock(lock: &Lock, shares: Vec<SecretShare>) -> Vec<Self> {
        let terms = lock.definition.terms();
        let validators = lock.validators.iter().zip(shares).enumerate();
        let held = validators.map(|(position, (validator, share))| {
            let address = terms.withdrawal.of(position);
            Self {
                group_key: validator.public_key,
                share,
                deposits: address.map(|address| DepositTerms {
                    credentials: deposit::credentials(address),
                    gwei: terms.deposit_amounts.iter().map(|gwei| gwei.0).collect(),
                }),
            }
        });
        held.collect()
    }

    /// Whether the lock leaves it to an agreement on Rocket Pool where the stake of `validator`
    /// returns to, as the message says it.
    pub(super) fn joins(
        &self,
        message: &DepositMessage,
        validator: ValidatorPosition,
    ) -> Result<(), Refusal> {
        self.is_of_its_key(message, validator)?;
        match self.deposits {
            Some(_) => Err(Refusal::Settled(validator)),
            None => Ok(()),
        }
    }

    /// Whether the lock provides for this deposit of `validator`.
    pub(super) fn provides_for(
        &self,
        message: &DepositMessage,
        validator: ValidatorPosition,
    ) -> Result<(), Refusal> {
        self.is_of_its_key(message, validator)?;
        let credentials = message.withdrawal_credentials;
        let gwei = message.amount;
        match &self.deposits {
            Some(terms) if terms.credentials == credentials && terms.gwei.contains(&gwei) => Ok(()),
            Some(_) | None => Err(Refusal::NotInLock { credentials, gwei }),
        }
    }

    fn is_of_its_key(
        &self,
        message: &DepositMessage,
        validator: ValidatorPosition,
    ) -> Result<(), Refusal> {
        match message.pubkey == self.group_key {
            true => Ok(()),
            false => Err(Refusal::OtherKey(validator)),
        }
    }
}
