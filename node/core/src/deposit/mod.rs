//! Deposits: the messages a cluster signs, and the launchpad's file of signed ones.
//!
//! The file is the `deposit_data-*.json` that staking tools write and read. Nothing in one is
//! believed: roots are computed anew, the BLS signature is verified, and credentials and amount
//! must be what every operator signed in the definition.
//!
//! Never here: signing, sending. How each one stands on the chain is [`standing`].

#[cfg(any(test, feature = "example"))]
pub mod example;
pub mod session;
pub mod standing;

use std::collections::{BTreeMap, BTreeSet};

use dkg::bls::{self, Message, PublicPoint, SignaturePoint};
use proto::definition::{Chain, Gwei};
use proto::eth::{DepositData, DepositMessage, ForkVersion};
use proto::lock::Lock;
use proto::{Address, PublicKey, Root};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The version of the tool whose format this is: readers ask for one of theirs.
const FORMAT: &str = "2.8.0";

/// Why a deposit is refused.
#[derive(Debug, Error)]
pub enum DepositError {
    /// The file is not JSON of the right shape.
    #[error("this is no deposit file ({0}): take the one that the ceremony wrote")]
    Json(#[from] serde_json::Error),
    /// There is nothing in it.
    #[error("there is no deposit in this file: take the one that the ceremony wrote")]
    Empty,
    /// Deposits are lacking.
    #[error(
        "{lacking} of the {all} deposits of this cluster are not in this file, the first of {key}: \
         take the file that the ceremony wrote, or another operator's"
    )]
    Lacking {
        /// How many are lacking.
        lacking: usize,
        /// How many the cluster has.
        all: usize,
        /// The validator of the first that is lacking.
        key: PublicKey,
    },
    /// A field does not follow from the others.
    #[error("deposit {position}: the {field} is not that of this deposit: make the file anew")]
    Field {
        /// Position in the file, from 0.
        position: usize,
        /// Which field.
        field: &'static str,
    },
    /// The file is for another chain.
    #[error(
        "deposit {position} is for fork version {found}, and the cluster's chain has {expected}"
    )]
    Chain {
        /// Position in the file, from 0.
        position: usize,
        /// What the file says.
        found: ForkVersion,
        /// What the definition says.
        expected: ForkVersion,
    },
    /// The key is none of the cluster's.
    #[error("deposit {position}: {key} is no validator of this cluster")]
    Stranger {
        /// Position in the file, from 0.
        position: usize,
        /// The key.
        key: PublicKey,
    },
    /// The definition leaves the withdrawal address open.
    #[error("the definition does not say whom the stake returns to: nothing can be deposited yet")]
    Unsettled,
    /// The money would return to somebody else than agreed.
    #[error(
        "deposit {position}: the stake would return to {found}, and the operators agreed on \
         {expected}: do not send it, and find out who made the file"
    )]
    Credentials {
        /// Position in the file, from 0.
        position: usize,
        /// What the file says.
        found: Root,
        /// What follows from the definition.
        expected: Root,
    },
    /// An amount nobody agreed on.
    #[error("deposit {position}: {amount} is none of the amounts in the definition")]
    Amount {
        /// Position in the file, from 0.
        position: usize,
        /// The amount.
        amount: Gwei,
    },
    /// The same key and amount twice.
    #[error("deposit {position}: this key and amount are in the file twice")]
    Twice {
        /// Position in the file, from 0.
        position: usize,
    },
    /// The signature is not the validator's.
    #[error(
        "deposit {position}: the signature is not that of {key}: do not send it. The chain \
         would keep the money and make no validator"
    )]
    Signature {
        /// Position in the file, from 0.
        position: usize,
        /// The key.
        key: PublicKey,
    },
}

/// Withdrawal credentials of type 0x01: the stake returns to `address`.
pub fn credentials(address: &Address) -> Root {
    let mut bytes = [0; 32];
    bytes[0] = 0x01;
    bytes[12..].copy_from_slice(address.as_bytes());
    Root::from(bytes)
}

/// The address that credentials of type 0x01 return the stake to; none for others.
pub fn owner(credentials: &Root) -> Option<Address> {
    let (kind, address) = credentials.as_bytes().split_at(12);
    let address = <[u8; 20]>::try_from(address).ok()?;
    (kind == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).then(|| address.into())
}

/// What the cluster signs so that its validators can be deposited: for every validator one message
/// for each amount, in the order of the lock.
///
/// # Errors
/// If the definition leaves the withdrawal address open.
pub fn messages(lock: &Lock) -> Result<Vec<DepositMessage>, DepositError> {
    let terms = lock.definition.terms();
    let mut messages = Vec::new();
    for (position, validator) in lock.validators.iter().enumerate() {
        let address = terms.withdrawal.of(position);
        let withdrawal_credentials = credentials(address.ok_or(DepositError::Unsettled)?);
        for amount in &terms.deposit_amounts {
            messages.push(DepositMessage {
                pubkey: validator.public_key,
                withdrawal_credentials,
                amount: amount.0,
            });
        }
    }
    Ok(messages)
}

/// The name of the file that the ceremony writes.
pub fn file_name(lock: &Lock) -> String {
    let hash = hex::encode(&lock.hash().as_bytes()[..4]);
    format!("deposit-data-{hash}.json")
}

/// Whether every deposit of the cluster is among these.
///
/// # Errors
/// Counts those that are lacking.
pub fn check_all(lock: &Lock, deposits: &[DepositData]) -> Result<(), DepositError> {
    let all = messages(lock)?;
    let there: BTreeSet<(PublicKey, u64)> = deposits
        .iter()
        .map(|deposit| (deposit.pubkey, deposit.amount))
        .collect();
    let is_lacking = |m: &&DepositMessage| !there.contains(&(m.pubkey, m.amount));
    let lacking: Vec<&DepositMessage> = all.iter().filter(is_lacking).collect();
    match lacking.first() {
        None => Ok(()),
        Some(first) => Err(DepositError::Lacking {
            lacking: lacking.len(),
            all: all.len(),
            key: first.pubkey,
        }),
    }
}

/// Whether the chain would accept the signature of a first deposit.
pub fn has_valid_signature(deposit: &DepositData, version: ForkVersion) -> bool {
    let message = DepositMessage {
        pubkey: deposit.pubkey,
        withdrawal_credentials: deposit.withdrawal_credentials,
        amount: deposit.amount,
    };
    let key = PublicPoint::from_bytes(&deposit.pubkey);
    let signature = SignaturePoint::from_bytes(&deposit.signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => {
            let hashed = Message::hash(message.signing_root(version));
            bls::verify(&key, &hashed, &signature)
        }
        _ => false,
    }
}

/// Which of our deposits are not among those `seen` on the chain. Those with an invalid signature
/// make no validator, so they do not count, whoever sent them.
///
/// # Errors
/// If one of our keys was deposited for somebody else: then no more money may go there.
pub fn missing(
    version: ForkVersion,
    ours: &[DepositData],
    seen: &[DepositData],
) -> Result<Vec<DepositData>, DepositError> {
    let keys: BTreeSet<PublicKey> = ours.iter().map(|deposit| deposit.pubkey).collect();
    let counts =
        |seen: &&DepositData| keys.contains(&seen.pubkey) && has_valid_signature(seen, version);
    let seen: Vec<&DepositData> = seen.iter().filter(counts).collect();
    let mut missing = Vec::new();
    for (position, deposit) in ours.iter().enumerate() {
        let mut there = false;
        for seen in seen.iter().filter(|seen| seen.pubkey == deposit.pubkey) {
            if seen.withdrawal_credentials != deposit.withdrawal_credentials {
                return Err(DepositError::Credentials {
                    position,
                    found: seen.withdrawal_credentials,
                    expected: deposit.withdrawal_credentials,
                });
            }
            there |= seen.amount == deposit.amount;
        }
        if !there {
            missing.push(*deposit);
        }
    }
    Ok(missing)
}

/// One deposit as it is read; other tools may have written keys of their own beside these.
#[derive(Debug, Deserialize)]
struct Entry {
    pubkey: PublicKey,
    withdrawal_credentials: Root,
    amount: u64,
    signature: proto::SignatureBytes,
    deposit_message_root: Root,
    deposit_data_root: Root,
    fork_version: ForkVersion,
}

/// One deposit as it is written: hex without 0x, keys in the order of other tools.
#[derive(Serialize)]
struct Written<'a> {
    pubkey: String,
    withdrawal_credentials: String,
    amount: u64,
    signature: String,
    deposit_message_root: String,
    deposit_data_root: String,
    fork_version: String,
    network_name: &'a str,
    deposit_cli_version: &'static str,
}

/// The text of the launchpad's file for these deposits.
pub fn to_json(deposits: &[DepositData], chain: &Chain) -> String {
    let write = |deposit: &DepositData| Written {
        pubkey: hex::encode(deposit.pubkey.as_bytes()),
        withdrawal_credentials: hex::encode(deposit.withdrawal_credentials.as_bytes()),
        amount: deposit.amount,
        signature: hex::encode(deposit.signature.as_bytes()),
        deposit_message_root: hex::encode(deposit.message().root().as_bytes()),
        deposit_data_root: hex::encode(deposit.root().as_bytes()),
        fork_version: hex::encode(chain.genesis_fork_version.as_bytes()),
        network_name: &chain.name,
        deposit_cli_version: FORMAT,
    };
    let list: Vec<Written<'_>> = deposits.iter().map(write).collect();
    serde_json::to_string(&list).expect("strings and numbers can be written as JSON") + "\n"
}

/// Reads a deposit file and checks every entry against the lock; the caller bounds its length.
///
/// # Errors
/// If there is none, or the first entry that is not what the operators agreed on, or not validly
/// signed.
pub fn from_json(text: &str, lock: &Lock) -> Result<Vec<DepositData>, DepositError> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let chain = &lock.definition.terms().chain;
    let mut expected = BTreeMap::new();
    for message in messages(lock)? {
        let amounts: &mut Vec<u64> = &mut expected
            .entry(message.pubkey)
            .or_insert((message.withdrawal_credentials, Vec::new()))
            .1;
        amounts.push(message.amount);
    }
    if entries.is_empty() {
        return Err(DepositError::Empty);
    }
    let mut seen = BTreeSet::new();
    let mut deposits = Vec::with_capacity(entries.len());
    for (position, entry) in entries.into_iter().enumerate() {
        let deposit = entry.check(position, chain)?;
        let key = deposit.pubkey;
        let Some((credentials, amounts)) = expected.get(&key) else {
            return Err(DepositError::Stranger { position, key });
        };
        if deposit.withdrawal_credentials != *credentials {
            return Err(DepositError::Credentials {
                position,
                found: deposit.withdrawal_credentials,
                expected: *credentials,
            });
        }
        if !amounts.contains(&deposit.amount) {
            let amount = Gwei(deposit.amount);
            return Err(DepositError::Amount { position, amount });
        }
        if !seen.insert((key, deposit.amount)) {
            return Err(DepositError::Twice { position });
        }
        if !has_valid_signature(&deposit, chain.genesis_fork_version) {
            return Err(DepositError::Signature { position, key });
        }
        deposits.push(deposit);
    }
    Ok(deposits)
}

impl Entry {
    /// The deposit, if the fields that follow from others are right.
    fn check(self, position: usize, chain: &Chain) -> Result<DepositData, DepositError> {
        if self.fork_version != chain.genesis_fork_version {
            return Err(DepositError::Chain {
                position,
                found: self.fork_version,
                expected: chain.genesis_fork_version,
            });
        }
        let message = DepositMessage {
            pubkey: self.pubkey,
            withdrawal_credentials: self.withdrawal_credentials,
            amount: self.amount,
        };
        let deposit = message.signed(self.signature);
        let wrong = |field| Err(DepositError::Field { position, field });
        if self.deposit_message_root != message.root() {
            return wrong("deposit_message_root");
        }
        if self.deposit_data_root != deposit.root() {
            return wrong("deposit_data_root");
        }
        Ok(deposit)
    }
}

#[cfg(test)]
mod tests;
