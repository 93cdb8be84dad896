//! What a definition must be, beside the rules of [`Terms`], before anybody signs it, and what its
//! signers are told.
//!
//! These rules are younger than the files: a definition or a lock that was signed before they came
//! is read as ever, since a cluster that runs must go on. Nobody signs a new one that breaks them.
//!
//! Sources of the addresses whose keys nobody has: the precompiles of the execution layer, and the
//! system contracts of EIP-2935, EIP-4788, EIP-7002 and EIP-7251.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;
use unicode_security::{MixedScript as _, skeleton};

use super::{FeeRecipient, Host, Operator, PeerAddress, Terms, Version, Withdrawal, checksummed};
use crate::Address;

/// Why nobody should sign a definition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Letters of two alphabets.
    #[error(
        "the cluster's name {0:?} mixes letters of several alphabets, which may only look like \
         those of another name: write it in one alphabet"
    )]
    MixedScripts(String),
    /// An operator's name that a file system or a command line reads in its own way.
    #[error(
        "an operator's name begins with a letter or a digit and has no two dots in a row: change \
         {0:?}"
    )]
    Odd(String),
    /// Two operators' names look the same.
    #[error("the operators' names {0:?} and {1:?} look alike: change one of them")]
    LookAlike(String, String),
    /// Nobody is reached there.
    #[error(
        "{name:?} gives the address {address}, {why}: write the address at which the others reach \
         this peer"
    )]
    Unreachable {
        /// The operator.
        name: String,
        /// The address.
        address: PeerAddress,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two peers at one address.
    #[error(
        "{one:?} and {other:?} give the same address {address}: each peer needs one of its own; \
         behind one router, another port"
    )]
    SameAddress {
        /// An operator.
        one: String,
        /// Another one.
        other: String,
        /// The address of both.
        address: PeerAddress,
    },
    /// Nothing settles the withdrawal address of this version afterwards.
    #[error(
        "the withdrawal address is left open, and a definition of version 1 has nothing that \
         settles it after the ceremony: nothing could ever be deposited. Make a new one with \
         `gantry cluster new`"
    )]
    Unsettled,
    /// Nothing settles the fee recipient of a cluster with a withdrawal address afterwards.
    #[error(
        "whom blocks pay is left open, and the withdrawal address is not: only where both are \
         settled after the ceremony can the first be, so no block would ever be proposed. Name a \
         fee recipient"
    )]
    OpenFees,
}

/// Something that may be meant, and costs money or an evening if it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caution {
    /// Money would go to the deposit contract, which gives none back.
    DepositContract {
        /// What the address is for.
        what: &'static str,
        /// The address.
        address: Address,
    },
    /// Money would go where nobody has a key.
    NobodysAddress {
        /// What the address is for.
        what: &'static str,
        /// The address.
        address: Address,
        /// How that is known.
        why: &'static str,
    },
    /// An operator without an address.
    NoAddress(String),
    /// An address that means another machine to everybody.
    Loopback(String, PeerAddress),
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DepositContract { what, address } => write!(
                f,
                "the {what} {} is the deposit contract: whatever goes there is lost for ever",
                checksummed(address)
            ),
            Self::NobodysAddress { what, address, why } => write!(
                f,
                "the {what} {} is {why}: whatever goes there is lost for ever",
                checksummed(address)
            ),
            Self::NoAddress(name) => write!(
                f,
                "{name} has no address, so nobody can connect to this peer: it must reach all \
                 others itself, or stand in the `[peers]` of their configs"
            ),
            Self::Loopback(name, address) => write!(
                f,
                "{address} of {name} is reached from {name}'s own machine only"
            ),
        }
    }
}

impl Terms {
    /// Whether these terms may be signed today. Terms that all have signed before are used as
    /// they are.
    ///
    /// # Errors
    /// The first thing that speaks against it.
    pub fn fit_to_sign(&self) -> Result<(), Unfit> {
        if !self.name.as_str().is_single_script() {
            return Err(Unfit::MixedScripts(self.name.clone()));
        }
        for (i, operator) in self.operators.iter().enumerate() {
            check_name(operator, &self.operators[..i])?;
            check_addresses(operator, &self.operators[..i])?;
        }
        match (&self.withdrawal, self.version, &self.fee_recipient) {
            (Withdrawal::Later, Version::V1, _) => Err(Unfit::Unsettled),
            (Withdrawal::Later, Version::V2, _) => Ok(()),
            (Withdrawal::One(_) | Withdrawal::Each(_), _, FeeRecipient::Later) => {
                Err(Unfit::OpenFees)
            }
            (
                Withdrawal::One(_) | Withdrawal::Each(_),
                _,
                FeeRecipient::One(_) | FeeRecipient::Each(_),
            ) => Ok(()),
        }
    }

    /// What a signer should think about, each thing once.
    pub fn cautions(&self) -> Vec<Caution> {
        let lists = [
            ("withdrawal address", self.withdrawal.addresses()),
            ("fee recipient", self.fee_recipient.addresses()),
        ];
        let mut cautions: Vec<Caution> = Vec::new();
        for (what, list) in lists {
            for &address in list {
                let caution = if address == self.chain.deposit_contract {
                    Caution::DepositContract { what, address }
                } else if let Some(why) = keyless(&address) {
                    Caution::NobodysAddress { what, address, why }
                } else {
                    continue;
                };
                // One line for each address, however many validators have it.
                if !cautions.contains(&caution) {
                    cautions.push(caution);
                }
            }
        }
        for Operator {
            name, addresses, ..
        } in &self.operators
        {
            if addresses.is_empty() {
                cautions.push(Caution::NoAddress(name.clone()));
            }
            let loopback = addresses.iter().filter(|address| address.is_loopback());
            cautions.extend(loopback.map(|hint| Caution::Loopback(name.clone(), hint.clone())));
        }
        cautions
    }
}

impl PeerAddress {
    /// Why no peer can be reached there, if that can be told from the address alone.
    pub fn unreachable(&self) -> Option<&'static str> {
        let Host::Ip(ip) = self.host() else {
            return None;
        };
        match ip.to_canonical() {
            ip if ip.is_unspecified() => {
                Some("at which a program listens and nobody can be reached")
            }
            ip if ip.is_multicast() => Some("a multicast address"),
            IpAddr::V4(ip) if ip.is_broadcast() => Some("a broadcast address"),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }

    /// Whether both are one place, however they are written.
    pub fn is_same_place(&self, other: &Self) -> bool {
        let same_host = match (self.host(), other.host()) {
            (Host::Ip(one), Host::Ip(other)) => one.to_canonical() == other.to_canonical(),
            (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
            (Host::Ip(_), Host::Name(_)) | (Host::Name(_), Host::Ip(_)) => false,
        };
        same_host && self.port() == other.port()
    }

    fn is_loopback(&self) -> bool {
        match self.host() {
            Host::Ip(ip) => ip.to_canonical().is_loopback(),
            Host::Name(name) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

fn check_name(operator: &Operator, before: &[Operator]) -> Result<(), Unfit> {
    let name = &operator.name;
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !begins_well || name.contains("..") {
        return Err(Unfit::Odd(name.clone()));
    }
    let alike = |other: &&Operator| skeleton(&other.name).eq(skeleton(name));
    match before.iter().find(alike) {
        Some(other) => Err(Unfit::LookAlike(other.name.clone(), name.clone())),
        None => Ok(()),
    }
}

fn check_addresses(operator: &Operator, before: &[Operator]) -> Result<(), Unfit> {
    for address in &operator.addresses {
        if let Some(why) = address.unreachable() {
            return Err(Unfit::Unreachable {
                name: operator.name.clone(),
                address: address.clone(),
                why,
            });
        }
        let shared = |other: &&Operator| other.addresses.iter().any(|a| a.is_same_place(address));
        if let Some(other) = before.iter().find(shared) {
            return Err(Unfit::SameAddress {
                one: other.name.clone(),
                other: operator.name.clone(),
                address: address.clone(),
            });
        }
    }
    Ok(())
}

/// What an address is if nobody can have its key; none if somebody may.
pub fn keyless(address: &Address) -> Option<&'static str> {
    /// Of EIP-4788, EIP-2935, EIP-7002 and EIP-7251.
    const SYSTEM: [&str; 4] = [
        "000f3df6d732807ef1319fb7b8bb8522d0beac02",
        "0000f90827f1c53a10cb7a02335b175320002935",
        "00000961ef480eb55e80d19ad83579a64c007002",
        "0000bbddc7ce488642fb579f8b00f3a590007251",
    ];
    /// Where tokens were burnt often.
    const BURN: [&str; 2] = [
        "dead000000000000000042069420694206942069",
        "deaddeaddeaddeaddeaddeaddeaddeaddeaddead",
    ];
    let digits = hex::encode(address.as_bytes());
    let bytes = address.as_bytes();
    if SYSTEM.contains(&digits.as_str()) {
        Some("a system contract of the chain")
    } else if bytes.iter().all(|byte| *byte == bytes[0])
        || BURN.contains(&digits.as_str())
        || digits == "000000000000000000000000000000000000dead"
    {
        Some("made up, and nobody can have its key")
    } else if bytes[..18].iter().all(|byte| *byte == 0) {
        Some("a precompiled contract or one to burn money, and nobody can have its key")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
