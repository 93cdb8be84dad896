//! What a group writes down: the operators, the validators and their money. Plain data; whether it
//! keeps the rules is decided in [`super::Terms`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::{eip55, eip55_list};
use super::{Chain, PeerAddress};
use crate::{Address, IdentityKey, Root};

/// The most validators one definition can name: as many as one ceremony makes keys for.
pub const MAX_VALIDATORS: usize = crate::ceremony::MAX_VALIDATORS as usize;
/// The most addresses one operator can give.
pub const MAX_ADDRESSES: usize = 8;

/// An amount of ether in gwei (10^-9 ETH).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gwei(pub u64);

impl Gwei {
    /// 1 ETH: the least the deposit contract takes.
    pub const ONE_ETH: Self = Self(1_000_000_000);
    /// 32 ETH: what a validator with 0x01 credentials needs, and the most it earns on.
    pub const FULL: Self = Self(32_000_000_000);
}

impl fmt::Display for Gwei {
    /// In ETH, with as many decimals as it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / Self::ONE_ETH.0, self.0 % Self::ONE_ETH.0);
        if rest == 0 {
            return write!(f, "{whole} ETH");
        }
        let decimals = format!("{rest:09}");
        write!(f, "{whole}.{} ETH", decimals.trim_end_matches('0'))
    }
}

/// Which form a definition has, and with it which keys the ceremony makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The first: one seal key, and blocks pay addresses that are named.
    V1,
    /// Two seal keys, the second for pre-signed exits; whom blocks pay may be settled later.
    V2,
}

impl Version {
    /// The version that new definitions have.
    pub const NEWEST: Self = Self::V2;

    /// Its number in the file.
    pub const fn number(self) -> u64 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// The version of this number, if this program knows it.
    pub fn of(number: u64) -> Option<Self> {
        [Self::V1, Self::V2]
            .into_iter()
            .find(|version| version.number() == number)
    }

    /// Whether the ceremony makes a second seal key, for pre-signed exits.
    pub fn has_exit_key(self) -> bool {
        match self {
            Self::V1 => false,
            Self::V2 => true,
        }
    }
}

/// One operator and the peer this operator runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// 1 to 32 ASCII letters, digits, `-`, `_`, `.`; it names the peer in logs and metrics.
    pub name: String,
    /// The key printed by `gantry identity new`.
    pub identity_key: IdentityKey,
    /// Where the peer can be reached, unless the others' configs say otherwise. May be empty.
    pub addresses: Vec<PeerAddress>,
}

/// Whom the validators' stake returns to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// Not known yet: keys are made now, deposits are signed in a session of their own.
    Later,
    /// One address for all validators.
    One(#[serde(with = "eip55")] Address),
    /// One address for each validator, in the order of the lock.
    Each(#[serde(with = "eip55_list")] Vec<Address>),
}

/// Whom a block of ours must pay: every peer checks it before it votes for the block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeRecipient {
    /// Not known yet: until it is, no block is proposed. From version 2 on.
    Later,
    /// One address for all validators.
    One(#[serde(with = "eip55")] Address),
    /// One address for each validator, in the order of the lock.
    Each(#[serde(with = "eip55_list")] Vec<Address>),
}

impl Withdrawal {
    /// The address of the validator at `position` of the lock, if it is settled.
    pub fn of(&self, position: usize) -> Option<&Address> {
        match self {
            Self::Later => None,
            Self::One(address) => Some(address),
            Self::Each(list) => list.get(position),
        }
    }

    /// Every address named.
    pub fn addresses(&self) -> &[Address] {
        match self {
            Self::Later => &[],
            Self::One(address) => std::slice::from_ref(address),
            Self::Each(list) => list,
        }
    }
}

impl FeeRecipient {
    /// The expected recipient of the validator at `position` of the lock, if it is settled.
    pub fn of(&self, position: usize) -> Option<&Address> {
        match self {
            Self::Later => None,
            Self::One(address) => Some(address),
            Self::Each(list) => list.get(position),
        }
    }

    /// Every address named.
    pub fn addresses(&self) -> &[Address] {
        match self {
            Self::Later => &[],
            Self::One(address) => std::slice::from_ref(address),
            Self::Each(list) => list,
        }
    }
}

/// What a group writes down, before the rules are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The form.
    pub version: Version,
    /// The cluster's name for people: 1 to 64 letters, digits, spaces and `-_.'`.
    pub name: String,
    /// 32 random bytes: two clusters with equal terms are still two.
    pub nonce: Root,
    /// The chain.
    pub chain: Chain,
    /// The operators; their order is that of the shares.
    pub operators: Vec<Operator>,
    /// How many validator keys the ceremony makes.
    pub validators: usize,
    /// The deposits each validator gets, one signature for each: `[32 ETH]`, or for a minipool of
    /// Rocket Pool `[1 ETH, 31 ETH]`.
    pub deposit_amounts: Vec<Gwei>,
    /// Whom the stake returns to.
    pub withdrawal: Withdrawal,
    /// Whom blocks pay.
    pub fee_recipient: FeeRecipient,
}
