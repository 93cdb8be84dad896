//! Addresses as people write them: of the execution chain (EIP-55) and of a peer (`host:port`).
//!
//! Never resolves a name and never connects.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha3::{Digest as _, Keccak256};
use thiserror::Error;

use crate::{Address, typed};

/// A text is not an address of the execution chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadAddress {
    /// It is not 20 bytes of hex.
    #[error("{0} is no address: expected 0x and 40 hex digits")]
    Digits(String),
    /// The capital letters are not those of its EIP-55 checksum.
    #[error("{0} has a wrong checksum (EIP-55): a digit is mistyped; copy the address again")]
    Checksum(String),
}

/// Reads an address. Capital and small letters together are an EIP-55 checksum and must be right;
/// letters of one case carry none and are taken as they are.
///
/// # Errors
/// If it is not 0x and 40 hex digits, or the checksum is wrong.
pub fn parse_address(text: &str) -> Result<Address, BadAddress> {
    let bad = || BadAddress::Digits(shown(text));
    let digits = text.strip_prefix("0x").ok_or_else(bad)?;
    let address: Address = digits.parse().map_err(|_| bad())?;
    let small = digits.chars().any(|c| c.is_ascii_lowercase());
    let capital = digits.chars().any(|c| c.is_ascii_uppercase());
    if small && capital && checksummed(&address) != text {
        return Err(BadAddress::Checksum(text.to_owned()));
    }
    Ok(address)
}

/// A mistyped address is shown, though it is as long as some secrets; what is as long as a key is
/// not.
fn shown(text: &str) -> String {
    let bare = text.bytes().all(|b| b.is_ascii_alphanumeric());
    if bare && text.len() <= 50 {
        format!("{text:?}")
    } else if text.len() > 50 {
        typed::hidden(text)
    } else {
        typed::shown(text)
    }
}

/// The address with the EIP-55 checksum in its capital letters.
pub fn checksummed(address: &Address) -> String {
    let digits = hex::encode(address.as_bytes());
    let hash = Keccak256::digest(digits.as_bytes());
    let mut text = String::from("0x");
    for (i, digit) in digits.chars().enumerate() {
        let nibble = hash[i / 2] >> (4 * (1 - i % 2)) & 0xf;
        text.push(if nibble >= 8 {
            digit.to_ascii_uppercase()
        } else {
            digit
        });
    }
    text
}

/// Serde form of one address: EIP-55 on both ways.
pub(crate) mod eip55 {
    use super::*;

    pub fn serialize<S: Serializer>(address: &Address, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&checksummed(address))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        parse_address(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Serde form of an address that may be absent: EIP-55 on both ways, or `null`.
pub(crate) mod eip55_maybe {
    use super::*;

    pub fn serialize<S: Serializer>(address: &Option<Address>, to: S) -> Result<S::Ok, S::Error> {
        address.as_ref().map(checksummed).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Address>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| parse_address(&text).map_err(D::Error::custom))
            .transpose()
    }
}

/// Serde form of a list of addresses: EIP-55 on both ways.
pub(crate) mod eip55_list {
    use super::*;

    pub fn serialize<S: Serializer>(list: &[Address], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(list.iter().map(checksummed))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Address>, D::Error> {
        Vec::<String>::deserialize(from)?
            .iter()
            .map(|text| parse_address(text).map_err(D::Error::custom))
            .collect()
    }
}

/// Where a peer can be reached: an IP address or a DNS name, and a TCP port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeerAddress {
    host: Host,
    port: u16,
}

/// The host of a [`PeerAddress`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A literal IPv4 or IPv6 address.
    Ip(IpAddr),
    /// A DNS name of at most 253 letters, digits, dots and hyphens, still to be resolved.
    Name(String),
}

/// A text is not the address of a peer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0} is no peer address: write HOST:PORT, such as 203.0.113.7:3610 or [2001:db8::1]:3610")]
pub struct BadPeerAddress(String);

impl PeerAddress {
    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The TCP port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl From<SocketAddr> for PeerAddress {
    fn from(socket: SocketAddr) -> Self {
        Self {
            host: Host::Ip(socket.ip()),
            port: socket.port(),
        }
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        if let Some(v6) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return v6.parse::<Ipv6Addr>().ok().map(|ip| Self::Ip(ip.into()));
        }
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Some(Self::Ip(ip.into()));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // A last label of digits only would be a mistyped IPv4 address.
        let last_is_a_word = text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().any(|b| !b.is_ascii_digit()));
        (text.len() <= 253 && text.split('.').all(label) && last_is_a_word)
            .then(|| Self::Name(text.to_owned()))
    }
}

impl FromStr for PeerAddress {
    type Err = BadPeerAddress;

    fn from_str(text: &str) -> Result<Self, BadPeerAddress> {
        let read = || {
            let (host, port) = text.rsplit_once(':')?;
            let port = port.parse().ok().filter(|port| *port != 0)?;
            Some(Self {
                host: Host::parse(host)?,
                port,
            })
        };
        read().ok_or_else(|| BadPeerAddress(typed::shown(text)))
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}:{}", self.port),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Serialize for PeerAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeerAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
