//! The flags of `gantry cluster new`, and the definition they make.

use std::str::FromStr;

use clap::Args;
use proto::definition::{
    BadAddress, BadPeerAddress, BadTerms, Chain, Definition, Draft, FeeRecipient, Gwei, Operator,
    PeerAddress, Terms, Unfit, Version, Withdrawal, parse_address,
};
use proto::eth::ForkVersion;
use proto::{Address, IdentityKey, Root};
use thiserror::Error;

use super::money::is_checked;

/// Why the flags make no definition.
#[derive(Debug, Error)]
pub enum DraftError {
    /// A rule of the definition is broken.
    #[error(transparent)]
    Terms(#[from] BadTerms),
    /// Nobody could sign it.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// An address is mistyped.
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error(
        "chain {0:?} is not known to gantry ({known} are): for a chain of your own also give \
         --chain-id, --genesis-fork-version, --genesis-validators-root and --deposit-contract",
        known = Chain::KNOWN.join(" and ")
    )]
    Chain(String),
    #[error("the operating system gave no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// The content of a definition.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The cluster's name.
    #[arg(long)]
    name: String,
    /// The chain: mainnet, hoodi, or a name of your own with the four flags for its values.
    #[arg(long, value_name = "NAME")]
    chain: String,
    /// Chain id of the execution layer.
    #[arg(long, value_name = "NUMBER")]
    chain_id: Option<u64>,
    /// GENESIS_FORK_VERSION of the beacon chain, such as 0x10000910.
    #[arg(long, value_name = "VERSION")]
    genesis_fork_version: Option<ForkVersion>,
    /// Genesis validators root; your beacon node tells it at /eth/v1/beacon/genesis.
    #[arg(long, value_name = "ROOT")]
    genesis_validators_root: Option<Root>,
    /// Address of the deposit contract.
    #[arg(long, value_name = "ADDRESS")]
    deposit_contract: Option<String>,
    /// An operator as NAME=KEY or NAME=KEY@HOST:PORT,HOST:PORT; once for each, 3 to 13 times.
    /// KEY is what `gantry identity new` printed. The order is that of the key shares.
    #[arg(long = "operator", value_name = "NAME=KEY[@ADDR,…]", required = true)]
    operators: Vec<OperatorFlag>,
    /// How many validators.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    validators: usize,
    /// The deposits of each validator in gwei, comma-separated.
    #[arg(
        long,
        value_name = "GWEI,…",
        value_delimiter = ',',
        default_value = "32000000000"
    )]
    deposit_amounts: Vec<u64>,
    /// Whom the stake returns to: one address for all, or one for each validator, comma-separated;
    /// or `later`, for validators of Rocket Pool: then no deposits are made in the ceremony.
    #[arg(long, value_name = "ADDRESS,…", value_delimiter = ',', required = true)]
    withdrawal: Vec<String>,
    /// Whom blocks must pay: one address for all, or one for each validator, comma-separated; or
    /// `later`, if the withdrawal address is too: until it is agreed on, no block is proposed.
    #[arg(long, value_name = "ADDRESS,…", value_delimiter = ',', required = true)]
    fee_recipient: Vec<String>,
}

#[derive(Debug, Clone)]
struct OperatorFlag(Operator);

/// A text is no operator.
#[derive(Debug, Error)]
enum BadOperator {
    #[error("expected NAME=KEY or NAME=KEY@HOST:PORT,HOST:PORT")]
    Shape,
    #[error("{0}")]
    Key(#[from] proto::identity::BadIdentityKey),
    #[error("{0}")]
    Address(#[from] BadPeerAddress),
}

impl FromStr for OperatorFlag {
    type Err = BadOperator;

    fn from_str(text: &str) -> Result<Self, BadOperator> {
        let (name, rest) = text.split_once('=').ok_or(BadOperator::Shape)?;
        let (key, addresses) = match rest.split_once('@') {
            Some((key, list)) => (key, list.split(',').map(PeerAddress::from_str).collect()),
            None => (rest, Ok(Vec::new())),
        };
        Ok(Self(Operator {
            name: name.to_owned(),
            identity_key: key.parse::<IdentityKey>()?,
            addresses: addresses?,
        }))
    }
}

impl Flags {
    /// The definition, with a fresh nonce and no signature.
    pub fn definition(self) -> Result<Definition, DraftError> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        let chain = self.chain()?;
        let withdrawal = match self.withdrawal.as_slice() {
            [later] if later == "later" => Withdrawal::Later,
            [one] => Withdrawal::One(parse_address(one)?),
            each => Withdrawal::Each(parse_all(each)?),
        };
        let fee_recipient = match self.fee_recipient.as_slice() {
            [later] if later == "later" => FeeRecipient::Later,
            [one] => FeeRecipient::One(parse_address(one)?),
            each => FeeRecipient::Each(parse_all(each)?),
        };
        let terms = Terms::new(Draft {
            version: Version::NEWEST,
            name: self.name,
            nonce: nonce.into(),
            chain,
            operators: self.operators.into_iter().map(|flag| flag.0).collect(),
            validators: self.validators,
            deposit_amounts: self.deposit_amounts.into_iter().map(Gwei).collect(),
            withdrawal,
            fee_recipient,
        })?;
        terms.fit_to_sign()?;
        Ok(Definition::unsigned(terms))
    }

    /// The addresses among the flags that were typed without a checksum. In the definition they
    /// have one, of what was typed.
    pub fn unchecked(&self) -> Vec<Address> {
        let contract = self.deposit_contract.iter();
        let typed = self.withdrawal.iter().chain(&self.fee_recipient);
        let unchecked = typed.chain(contract).filter(|text| !is_checked(text));
        let mut found = Vec::new();
        for address in unchecked.filter_map(|text| parse_address(text).ok()) {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        found
    }

    /// The known chain of this name with the given values in place of its own (which the terms
    /// refuse if they differ), or a chain all of whose values are given.
    fn chain(&self) -> Result<Chain, DraftError> {
        let known = Chain::known(&self.chain);
        let known = known.as_ref();
        let contract = self.deposit_contract.as_deref().map(parse_address);
        let unknown = || DraftError::Chain(self.chain.clone());
        Ok(Chain {
            name: self.chain.clone(),
            execution_chain_id: self
                .chain_id
                .or(known.map(|k| k.execution_chain_id))
                .ok_or_else(unknown)?,
            genesis_fork_version: self
                .genesis_fork_version
                .or(known.map(|k| k.genesis_fork_version))
                .ok_or_else(unknown)?,
            genesis_validators_root: self
                .genesis_validators_root
                .or(known.map(|k| k.genesis_validators_root))
                .ok_or_else(unknown)?,
            deposit_contract: contract
                .transpose()?
                .or(known.map(|k| k.deposit_contract))
                .ok_or_else(unknown)?,
        })
    }
}

fn parse_all(texts: &[String]) -> Result<Vec<Address>, BadAddress> {
    texts.iter().map(|text| parse_address(text)).collect()
}
