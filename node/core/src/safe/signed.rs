//! What this peer has signed for a Safe: at each nonce one call, and beside it nothing at all.
//!
//! It is durable before a signature leaves. A Safe does one thing at each nonce, so whatever is
//! signed at one, one of it is done; and a signature never runs out. So a peer says no second call
//! at a nonce: what it said first may still be done. What cannot be done any more, or got too few
//! signatures, gives way to nothing, which uses the nonce up; whoever has signed nothing at a
//! nonce signs no call there after that.
//!
//! If the file is lost, a second call may be signed at the nonce that is next. One of the two is
//! done all the same, never both, and only if t owners have signed it. A call that must not happen
//! twice is signed only once all nonces before are used up finally, which the chain says and not
//! this file.
//!
//! Never here: a signature, and whether a call is right.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use proto::{Address, Root};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::transaction::{Account, Transaction};
use crate::sending::call::{Call, MOST_DATA, StepId};

/// The most bytes of what is kept, as it is written.
pub const MAX_BYTES: usize = MOST_NONCES * (2 * MOST_DATA + 1024) + 1024;
/// The most nonces that are kept: those that are not final.
const MOST_NONCES: usize = 16;
/// The version of what is written.
const VERSION: u64 = 1;

/// Why something is not signed, or what is kept cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignedError {
    /// It is none.
    #[error("it does not say what was signed for the Safe, as gantry writes it: {0}")]
    Shape(String),
    /// It is of a later version.
    #[error("its version is {0}, and this gantry writes {VERSION}: start the newer one again")]
    Newer(u64),
    /// It is of another Safe or chain.
    #[error("it is that of the Safe {address} on chain {chain_id}")]
    Other {
        /// In its file.
        address: Address,
        /// In its file.
        chain_id: u64,
    },
    /// Another call was signed there.
    #[error(
        "at nonce {nonce} of the Safe this peer has signed {step}, so it signs no other call there"
    )]
    OtherCall {
        /// The nonce.
        nonce: u64,
        /// What was signed there.
        step: StepId,
    },
    /// Nothing was signed there.
    #[error("at nonce {0} of the Safe this peer has signed nothing, so it signs no call there")]
    Emptied(u64),
    /// There is no room.
    #[error(
        "calls at {MOST_NONCES} nonces of the Safe are signed and not final: wait for finality"
    )]
    Full,
}

/// A call that the Safe is to make, of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The step.
    pub step: StepId,
    /// Whom it calls.
    pub to: Address,
    /// Wei that go with it.
    pub value: U256,
    /// Selector and arguments, at most [`MOST_DATA`] bytes.
    pub data: Vec<u8>,
}

impl Proposal {
    /// This call.
    pub fn of(call: &Call) -> Self {
        Self {
            step: call.step.clone(),
            to: call.to,
            value: call.value,
            data: call.data.clone(),
        }
    }

    /// What differs from another one, the first of it, in words: of this one and of the other.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let pairs = [
            ("step", self.step.to_string(), other.step.to_string()),
            ("target", self.to.to_string(), other.to.to_string()),
            ("value", self.value.to_string(), other.value.to_string()),
            ("data", hex::encode(&self.data), hex::encode(&other.data)),
        ];
        let mut differ = pairs.into_iter().filter(|(_, one, two)| one != two);
        let short = |text: String| match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        };
        let (what, one, two) = differ.next()?;
        Some(format!("{what} {} and not {}", short(one), short(two)))
    }
}

/// The most letters of a value that are shown where two calls differ.
const SHOWN: usize = 90;

/// What is signed at a nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// This call.
    Call(Proposal),
    /// Nothing: the nonce is used up.
    Nothing,
}

impl Contents {
    /// The transaction at this nonce.
    pub fn transaction(&self, account: &Account, nonce: u64) -> Transaction {
        match self {
            Self::Call(proposal) => Transaction {
                to: proposal.to,
                value: proposal.value,
                data: proposal.data.clone(),
                nonce,
            },
            Self::Nothing => Transaction::nothing(account, nonce),
        }
    }
}

/// What was signed at one nonce.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The call, and when, in Unix seconds.
    pub call: Option<(Proposal, u64)>,
    /// Whether nothing was signed, too.
    pub is_emptied: bool,
}

/// What was signed for one Safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    account: Account,
    entries: BTreeMap<u64, Entry>,
}

impl Signed {
    /// Nothing yet.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            entries: BTreeMap::new(),
        }
    }

    /// Of which Safe.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What was signed at this nonce.
    pub fn at(&self, nonce: u64) -> Option<&Entry> {
        self.entries.get(&nonce)
    }

    /// Takes in that this is signed at a nonce, at `now` in Unix seconds. The same again changes
    /// nothing.
    ///
    /// # Errors
    /// If another call, or nothing, was signed there.
    pub fn add(&mut self, nonce: u64, contents: &Contents, now: u64) -> Result<(), SignedError> {
        if self.entries.len() >= MOST_NONCES && !self.entries.contains_key(&nonce) {
            return Err(SignedError::Full);
        }
        let there = self.entries.get(&nonce).cloned().unwrap_or_default();
        let call = match (contents, there.call) {
            (Contents::Nothing, call) => call,
            (Contents::Call(new), Some((old, at))) if *new == old => Some((old, at)),
            (Contents::Call(_), Some((old, _))) => {
                let step = old.step;
                return Err(SignedError::OtherCall { nonce, step });
            }
            (Contents::Call(_), None) if there.is_emptied => {
                return Err(SignedError::Emptied(nonce));
            }
            (Contents::Call(new), None) => Some((new.clone(), now)),
        };
        let is_emptied = there.is_emptied || *contents == Contents::Nothing;
        self.entries.insert(nonce, Entry { call, is_emptied });
        Ok(())
    }

    /// Learns the Safe's nonce at a finalised block: what was signed before it is over. Says
    /// whether anything is new.
    pub fn settle(&mut self, nonce: u64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|at, _| *at >= nonce);
        self.entries.len() != before
    }

    /// The text of its file.
    pub fn to_json(&self) -> String {
        let shape = Shape {
            version: VERSION,
            safe: self.account.address,
            chain_id: self.account.chain_id,
            signed: self.entries.iter().map(Line::of).collect(),
        };
        let text = serde_json::to_string_pretty(&shape);
        text.expect("texts, numbers and lists can be written as JSON")
    }

    /// Reads its file; the caller bounds its length by [`MAX_BYTES`].
    ///
    /// # Errors
    /// If it is none, or of another Safe.
    pub fn from_json(text: &str, account: Account) -> Result<Self, SignedError> {
        let shape = |error: serde_json::Error| SignedError::Shape(error.to_string());
        let read: Versioned = serde_json::from_str(text).map_err(shape)?;
        if read.version > VERSION {
            return Err(SignedError::Newer(read.version));
        }
        let read: Shape = serde_json::from_str(text).map_err(shape)?;
        if read.safe != account.address || read.chain_id != account.chain_id {
            return Err(SignedError::Other {
                address: read.safe,
                chain_id: read.chain_id,
            });
        }
        let mut signed = Self::new(account);
        for line in read.signed {
            let (nonce, entry) = line.entry()?;
            if signed.entries.insert(nonce, entry).is_some() {
                return Err(SignedError::Shape(format!("nonce {nonce} is there twice")));
            }
        }
        Ok(signed)
    }
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    version: u64,
    safe: Address,
    chain_id: u64,
    signed: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    nonce: u64,
    emptied: bool,
    call: Option<CallLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallLine {
    step: StepId,
    to: Address,
    /// Wei, in decimal digits.
    value: String,
    data: String,
    /// Unix seconds.
    signed_at: u64,
}

impl Line {
    fn of((nonce, entry): (&u64, &Entry)) -> Self {
        let call = entry.call.as_ref().map(|(proposal, at)| CallLine {
            step: proposal.step.clone(),
            to: proposal.to,
            value: proposal.value.to_string(),
            data: hex::encode(&proposal.data),
            signed_at: *at,
        });
        Self {
            nonce: *nonce,
            emptied: entry.is_emptied,
            call,
        }
    }

    fn entry(self) -> Result<(u64, Entry), SignedError> {
        let odd = |what: &str| SignedError::Shape(format!("{what} at nonce {}", self.nonce));
        let read = |line: CallLine| {
            let value = U256::from_str_radix(&line.value, 10).map_err(|_| odd("an odd value"))?;
            let data = hex::decode(&line.data).map_err(|_| odd("odd data"))?;
            let proposal = Proposal {
                step: line.step,
                to: line.to,
                value,
                data,
            };
            Ok((proposal, line.signed_at))
        };
        let entry = Entry {
            call: self.call.map(read).transpose()?,
            is_emptied: self.emptied,
        };
        match entry == Entry::default() {
            true => Err(SignedError::Shape(format!(
                "nothing at nonce {}",
                self.nonce
            ))),
            false => Ok((self.nonce, entry)),
        }
    }
}

/// The hash that is signed for these contents.
pub fn hash_of(contents: &Contents, account: &Account, nonce: u64) -> Root {
    contents.transaction(account, nonce).hash(account)
}
