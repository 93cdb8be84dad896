//! The intent of a cluster at Rocket Pool: what its node is to do next. Unlike the agreement, which
//! all operators sign, it is in force once t of them have signed it, each on their own peer.
//!
//! | field | is |
//! |---|---|
//! | `lock` | the lock hash: whose intent it is |
//! | `agreement` | the hash of the version of the agreement on which it stands |
//! | `number` | from 1 on, counted anew on each version of the agreement |
//! | `previous` | the hash of the intent that was in force before; of the first, of the version |
//! | `aims` | what the node is to do |
//!
//! **Encoding.** Lock hash, agreement hash, number, previous hash, validators, tickets as 0 (to be
//! used) or 1 (saved), smoothing pool as 0 or 1, claims as 0 or 1, number of exits, and then their
//! keys, ascending. Numbers are 8 bytes, little endian; hashes and keys stand as they are. One
//! content has one encoding. **The hash** is SHA-256 of the purpose `gantry/intent/1`, preceded by
//! its length as such a number, and of the encoding. Operators sign it with their identity keys.
//!
//! Never here: which one is in force, and who may sign what: `node_core::pool::intent`.

mod codec;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use codec::{BadIntent, MAX_BYTES};

use crate::agreement::{Tickets, Wishes};
use crate::definition::ContentHash;
use crate::{IdentitySignature, PublicKey, Root, Statement};

/// The most keys that one intent means to leave.
pub const MAX_EXITS: usize = 64;

/// What an operator signs: the hash of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentHash(pub Root);

impl Statement for IntentHash {
    const PURPOSE: &'static str = "gantry/intent/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.0.as_bytes());
    }
}

/// What the node is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aims {
    /// How many of the lock's validators are to be deposited, the first ones.
    pub validators: u64,
    /// Tickets for the express queue.
    pub tickets: Tickets,
    /// Whether the node is to be in the smoothing pool.
    pub smoothing_pool: bool,
    /// Whether the plan claims rewards: distributes them, and has them paid out.
    pub claims: bool,
    /// The validators that the group means to leave, their group keys ascending; at most
    /// [`MAX_EXITS`]. An intent exits none: the exit of each is approved by itself.
    pub exits: Vec<PublicKey>,
}

impl Aims {
    /// What holds while there is no intent: what the agreement wishes for, rewards claimed, nobody
    /// meant to leave.
    pub fn of(wishes: &Wishes) -> Self {
        Self {
            validators: wishes.validators,
            tickets: wishes.tickets,
            smoothing_pool: wishes.smoothing_pool,
            claims: true,
            exits: Vec::new(),
        }
    }

    /// Its fields in their order, each with its name and its value in words.
    pub fn fields(&self) -> [(&'static str, String); 5] {
        let tickets = match self.tickets {
            Tickets::Use => "use",
            Tickets::Save => "save",
        };
        let pick = |is: bool, yes: &str, no: &str| if is { yes } else { no }.to_owned();
        let exits: Vec<String> = self.exits.iter().map(ToString::to_string).collect();
        [
            ("validators", self.validators.to_string()),
            ("tickets", tickets.to_owned()),
            ("smoothing pool", pick(self.smoothing_pool, "in", "out")),
            ("claims", pick(self.claims, "yes", "no")),
            (
                "exits",
                match exits.is_empty() {
                    true => "none".to_owned(),
                    false => exits.join(", "),
                },
            ),
        ]
    }

    /// The fields in which another one differs: name, value here, value there.
    pub fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        let pairs = self.fields().into_iter().zip(other.fields());
        let differ = pairs.filter(|((_, here), (_, there))| here != there);
        differ
            .map(|((name, here), (_, there))| (name, here, there))
            .collect()
    }
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The hash of the cluster's lock.
    pub lock: Root,
    /// The hash of the version of the agreement on which it stands.
    pub agreement: Root,
    /// Its number, from 1 on.
    pub number: u64,
    /// The hash of the intent in force before; of the first, that of the agreement.
    pub previous: Root,
    /// What the node is to do.
    pub aims: Aims,
}

impl Intent {
    /// Its hash.
    pub fn hash(&self) -> Root {
        let mut hash = ContentHash::new(IntentHash::PURPOSE);
        hash.fixed(&self.encode());
        hash.finish()
    }

    /// Its number and hash.
    pub fn id(&self) -> IntentId {
        IntentId {
            number: self.number,
            hash: self.hash(),
        }
    }
}

/// Which intent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentId {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Root,
}

/// By what a peer acts at Rocket Pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandsOn {
    /// The hash of the version of the agreement that it has in force.
    pub agreement: Root,
    /// The intent on it that it has in force, if there is one.
    pub intent: Option<IntentId>,
}

impl fmt::Display for StandsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.intent {
            Some(IntentId { number, hash }) => write!(f, "intent {number} ({hash})"),
            None => write!(f, "no intent, on the agreement {}", self.agreement),
        }
    }
}

/// An intent on its way, and signatures that are said to be operators'. None is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentIntent {
    /// What is signed.
    pub intent: Intent,
    /// At most one of each operator.
    pub signatures: Vec<SentSignature>,
}

/// A signature, and whose it is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentSignature {
    /// Position in the definition, counted from 0.
    pub operator: u32,
    /// Of the [`IntentHash`].
    pub signature: IdentitySignature,
}

#[cfg(test)]
mod tests;
