//! Who may build blocks: the part of an agreement on relays.
//!
//! A relay is written as everybody writes it, `https://0x<public key>@<host>`: its key signs the
//! bids that it brings.
//!
//! Never here: whether a relay is honest. It may keep back a payload whose block is signed, or
//! bring one that pays another: nobody who signs can tell.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::PublicKey;
use crate::definition::ContentHash;

/// On which terms others may build blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuilderTerms {
    /// Whose bids are taken; nobody's if it is empty.
    pub relays: Vec<Relay>,
    /// The gas limit that blocks are to move towards.
    pub gas_limit: u64,
    /// How much a bid counts beside the own payload, in percent: 100 is as much.
    pub boost_factor: u64,
    /// When the version was written, Unix seconds: the time of the registrations. Of two the later
    /// one counts, so a new version has a later one.
    pub timestamp: u64,
}

/// A relay, and the key by which it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Its address without the key, and without a slash at its end.
    pub url: String,
    /// The key that signs its bids.
    pub public_key: PublicKey,
}

/// A text names no relay.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a relay is written as its operator does, https://0x…@host, with its public key of 96 hex \
     digits before the @, and without anything behind a ? or #: change {0:?}"
)]
pub struct BadRelay(pub String);

impl Relay {
    /// The longest address, in bytes.
    pub const LONGEST_URL: usize = 256;

    /// Reads `https://0x<public key>@<host>`; http as well, for a relay on the own machine.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, BadRelay> {
        let read = || {
            let (scheme, rest) = text.split_once("://")?;
            let (key, place) = rest.split_once('@')?;
            let relay = Self {
                url: format!("{scheme}://{}", place.trim_end_matches('/')),
                public_key: key.parse().ok()?,
            };
            relay.is_sound().then_some(relay)
        };
        read().ok_or_else(|| BadRelay(text.chars().take(Self::LONGEST_URL).collect()))
    }

    /// Whether its address is one of HTTP, with a host and without a user, a query or blanks.
    pub fn is_sound(&self) -> bool {
        let place = ["https://", "http://"].map(|scheme| self.url.strip_prefix(scheme));
        let place = place.into_iter().flatten().next();
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&b);
        let is_place = |place: &str| {
            let starts = place.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
            starts && !place.ends_with('/') && place.bytes().all(fits)
        };
        self.url.len() <= Self::LONGEST_URL && place.is_some_and(is_place)
    }

    /// As it is written.
    pub fn named(&self) -> String {
        let (scheme, place) = self.url.split_once("://").unwrap_or(("https", &self.url));
        format!("{scheme}://{}@{place}", self.public_key)
    }
}

impl BuilderTerms {
    pub(super) fn feed(&self, hash: &mut ContentHash) {
        hash.length(self.relays.len());
        for relay in &self.relays {
            hash.text(&relay.url).fixed(relay.public_key.as_bytes());
        }
        hash.number(self.gas_limit)
            .number(self.boost_factor)
            .number(self.timestamp);
    }
}
