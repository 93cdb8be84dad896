//! The other way out, that of who owns the stake: said where the lock names a plain address that it
//! returns to.

use proto::definition::{Gwei, checksummed};
use proto::lock::Lock;
use proto::{Address, PublicKey, ValidatorPosition};

use crate::config::Config;
use crate::execution::exit_request;

/// Whom the stake of a validator returns to, if that is an address that can send a request.
#[derive(Debug)]
pub(super) struct Owner<'a> {
    address: &'a Address,
    key: &'a PublicKey,
}

impl<'a> Owner<'a> {
    /// None where it returns to a contract of Rocket Pool: to a megapool that is agreed on later,
    /// or to a minipool, which gets its stake in two deposits.
    pub(super) fn of(lock: &'a Lock, validator: ValidatorPosition) -> Option<Self> {
        let terms = lock.definition.terms();
        if terms.deposit_amounts != [Gwei::FULL] {
            return None;
        }
        Some(Self {
            address: terms.withdrawal.of(validator.index())?,
            key: &lock.validators.get(validator.index())?.public_key,
        })
    }

    /// What its wallet sends, with the fee of the moment if there is a node to ask.
    pub(super) async fn words(&self, config: &Config) -> String {
        let fee = match config.execution_node() {
            Err(_) => UNKNOWN.to_owned(),
            Ok(url) => match exit_request::fee(url.as_str()).await {
                Ok(Some(fee)) => format!(
                    "at least {fee} wei, the fee now: it rises while many ask, and what is more \
                     is not given back"
                ),
                Ok(None) => return NO_CONTRACT.to_owned(),
                Err(_) => UNKNOWN.to_owned(),
            },
        };
        self.request(&fee)
    }

    fn request(&self, fee: &str) -> String {
        format!(
            "Who owns {}, whom the stake returns to, can have it leave without any operator \
             (EIP-7002), by a transaction or a call from that very address:\n\
             \x20 to     {}\n\
             \x20 value  {fee}\n\
             \x20 data   0x{}",
            checksummed(self.address),
            checksummed(&exit_request::contract()),
            hex::encode(exit_request::data(self.key)),
        )
    }
}

const UNKNOWN: &str = "the contract's fee, which it answers to a call without data; name an \
                       `execution_node` in the config, and it stands here";

const NO_CONTRACT: &str = "This chain takes no exit from the owner of a stake: it has no contract \
                           of EIP-7002.";

#[cfg(test)]
mod tests;
