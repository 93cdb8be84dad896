//! What this peer has sent from one account: which step each nonce belongs to, and every
//! transaction that was signed for it.
//!
//! An entry is durable before its transaction leaves. The outbox itself refuses what would break
//! the rule of this room: another step at a nonce that is taken, other calldata for a step that
//! must not happen twice, a second nonce for such a step while the first may still get in.

use std::collections::BTreeMap;

use proto::{Address, Root};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use super::call::{Effect, MOST_DATA, StepId};
use super::fees::Offer;

/// The most bytes of an outbox, as it is written.
pub const MAX_BYTES: usize = 8 << 20;
/// The most transactions that are signed for one nonce: the last costs six times the first.
pub const MOST_ATTEMPTS: usize = 16;
/// The most steps that are kept in all.
const MOST_ENTRIES: usize = 64;
/// The most that are kept of those that are over.
const MOST_OVER: usize = 40;
/// The most bytes of a signed transaction beside those of its call.
const ENVELOPE: usize = 512;
/// The newest version of what is written: a step that may happen twice was emptied without its
/// operator, which to a program of [`PLAIN`] contradicts itself.
const VERSION: u64 = 2;
/// The version without any such.
const PLAIN: u64 = 1;

/// Why an outbox cannot be read, or does not take a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutboxError {
    /// It is none.
    #[error("it is no outbox that this gantry reads: {0}")]
    Shape(String),
    /// It is of a later version.
    #[error(
        "its version is {0}, and this gantry writes {VERSION} at most: a newer one has sent from \
         this account. Start that one again"
    )]
    Newer(u64),
    /// It is of another account or chain.
    #[error("it is that of account {account} on chain {chain_id}")]
    Other {
        /// In its file.
        account: Address,
        /// In its file.
        chain_id: u64,
    },
    /// What it says cannot be.
    #[error("it contradicts itself at nonce {0}")]
    Contradiction(u64),
    /// The rule of this room.
    #[error(
        "step {step} was to be signed at nonce {nonce} against what was sent before: this is a \
         fault in gantry, and nothing was sent"
    )]
    Against {
        /// The step.
        step: StepId,
        /// The nonce.
        nonce: u64,
    },
    /// There is no room.
    #[error("it is full: {MOST_ENTRIES} steps have been sent and are not final")]
    Full,
}

/// A signed transaction's bytes, as a node takes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Raw(pub Vec<u8>);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        hex::decode(text).map(Self).map_err(D::Error::custom)
    }
}

/// One transaction that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Its hash.
    pub transaction: Root,
    /// The digest of its call; none if it only uses up the nonce.
    pub call: Option<Root>,
    /// The highest price of a unit of gas, wei.
    pub max_fee: u64,
    /// Of which goes to the proposer, wei.
    pub tip: u64,
    /// Unix seconds.
    pub signed_at: u64,
}

impl Attempt {
    /// Its prices.
    pub fn offer(&self) -> Offer {
        Offer {
            max_fee: self.max_fee,
            tip: self.tip,
        }
    }
}

/// A step at its nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The account's nonce.
    pub nonce: u64,
    /// The step.
    pub step: StepId,
    /// What a second time would be.
    pub effect: Effect,
    /// Whether the operator has asked for nothing in its place.
    pub cancelled: bool,
    /// In the order in which they were signed; never empty.
    pub attempts: Vec<Attempt>,
    /// The newest of them whole; nothing once it is over.
    pub raw: Raw,
}

impl Entry {
    /// The last transaction that was signed for it.
    pub fn newest(&self) -> &Attempt {
        self.attempts.last().expect("an entry has an attempt")
    }

    /// Whether a transaction that does nothing was signed for it, though its operator has not asked
    /// for that.
    fn gave_way(&self) -> bool {
        !self.cancelled && self.attempts.iter().any(|attempt| attempt.call.is_none())
    }

    fn is_sound(&self) -> bool {
        let mut calls = self.attempts.iter().filter_map(|attempt| attempt.call);
        let first = self.attempts.first().and_then(|attempt| attempt.call);
        let is_one = self.effect == Effect::Idempotent || calls.all(|call| Some(call) == first);
        let is_short = self.raw.0.len() <= MOST_DATA + ENVELOPE;
        let fits = (1..=MOST_ATTEMPTS + 1).contains(&self.attempts.len()) && is_short;
        let may_give_way = self.effect == Effect::Idempotent;
        fits && first.is_some() && is_one && (may_give_way || !self.gave_way())
    }
}

/// A transaction that was signed and is to be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The account's nonce.
    pub nonce: u64,
    /// The step.
    pub step: StepId,
    /// What a second time would be.
    pub effect: Effect,
    /// The transaction.
    pub attempt: Attempt,
    /// The transaction whole.
    pub raw: Raw,
}

/// What was sent from one account on one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    account: Address,
    chain_id: u64,
    /// The highest nonce that was seen at a finalised block: all below are used up for ever.
    settled: u64,
    entries: BTreeMap<u64, Entry>,
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    chain_id: u64,
    account: Address,
    settled: u64,
    entries: Vec<Entry>,
}

impl Outbox {
    /// One of which nothing was sent yet.
    pub fn new(account: Address, chain_id: u64) -> Self {
        Self {
            account,
            chain_id,
            settled: 0,
            entries: BTreeMap::new(),
        }
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// If it is another account's or chain's, or cannot be.
    pub fn from_json(text: &str, account: Address, chain_id: u64) -> Result<Self, OutboxError> {
        let shape = |error: serde_json::Error| OutboxError::Shape(error.to_string());
        // A later version may hold what this one does not know.
        let Versioned { version } = serde_json::from_str(text).map_err(shape)?;
        if version > VERSION {
            return Err(OutboxError::Newer(version));
        }
        let document: Document = serde_json::from_str(text).map_err(shape)?;
        if document.version < PLAIN {
            let words = format!("its version is {}", document.version);
            return Err(OutboxError::Shape(words));
        }
        if document.account != account || document.chain_id != chain_id {
            return Err(OutboxError::Other {
                account: document.account,
                chain_id: document.chain_id,
            });
        }
        let mut outbox = Self::new(account, chain_id);
        outbox.settled = document.settled;
        for entry in document.entries {
            let nonce = entry.nonce;
            let is_full = outbox.entries.len() == MOST_ENTRIES;
            let is_sound = entry.is_sound() && !is_full;
            if !is_sound || outbox.entries.insert(nonce, entry).is_some() {
                return Err(OutboxError::Contradiction(nonce));
            }
        }
        Ok(outbox)
    }

    /// The whole, in lines.
    pub fn to_json(&self) -> String {
        let document = Document {
            version: self.version(),
            chain_id: self.chain_id,
            account: self.account,
            settled: self.settled,
            entries: self.entries.values().cloned().collect(),
        };
        let text = serde_json::to_string_pretty(&document);
        text.expect("hex and numbers have a JSON form")
    }

    /// The lowest version of a file that can hold all of this.
    fn version(&self) -> u64 {
        match self.entries.values().any(Entry::gave_way) {
            true => VERSION,
            false => PLAIN,
        }
    }

    /// The account that sends.
    pub fn account(&self) -> Address {
        self.account
    }

    /// The chain that it sends on.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The nonce below which all are known to be used up for ever.
    pub fn settled(&self) -> u64 {
        self.settled
    }

    /// What was sent, by nonce.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.values()
    }

    /// What is under way from an account that uses up this nonce next.
    pub fn under_way(&self, nonce: u64) -> Option<&Entry> {
        self.entries.range(nonce..).next().map(|(_, entry)| entry)
    }

    /// Whether an account that uses up this nonce next has used up more already: who shows it so is
    /// behind.
    pub fn is_ahead_of(&self, nonce: u64) -> bool {
        nonce < self.settled() || self.under_way(nonce).is_some_and(|it| it.nonce > nonce)
    }

    /// What was sent at this nonce.
    pub fn at(&self, nonce: u64) -> Option<&Entry> {
        self.entries.get(&nonce)
    }

    /// What was sent for this step, the latest last.
    pub fn of<'a>(&'a self, step: &'a StepId) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.entries().filter(move |entry| entry.step == *step)
    }

    /// Takes a signed transaction in. It may leave once the whole is durable.
    ///
    /// # Errors
    /// If it would break the rule of this room, or there is no room.
    pub fn add(&mut self, made: Made) -> Result<(), OutboxError> {
        let (nonce, step) = (made.nonce, made.step.clone());
        let against = || OutboxError::Against { step, nonce };
        let may_get_in = |entry: &&Entry| entry.nonce >= self.settled;
        let has_other_nonce = match made.effect {
            Effect::Once => {
                let mut open = self.of(&made.step).filter(may_get_in);
                open.any(|entry| entry.nonce != nonce)
            }
            Effect::Idempotent => false,
        };
        let is_last = self.entries.range(nonce + 1..).next().is_none();
        let entry = match self.entries.get(&nonce) {
            Some(entry) => {
                let is_its = entry.step == made.step && entry.effect == made.effect;
                // What the operator has emptied stays so.
                let is_fit = match (entry.cancelled, made.effect) {
                    (false, Effect::Idempotent) => true,
                    (true, Effect::Idempotent) | (_, Effect::Once) => {
                        entry.cancelled == made.attempt.call.is_none()
                    }
                };
                let is_allowed = is_its && is_fit;
                let mut entry = entry.clone();
                entry.attempts.push(made.attempt);
                entry.raw = made.raw;
                (is_allowed && entry.is_sound()).then_some(entry)
            }
            None if self.entries.len() == MOST_ENTRIES => return Err(OutboxError::Full),
            None => {
                let entry = Entry {
                    nonce,
                    step: made.step,
                    effect: made.effect,
                    cancelled: false,
                    attempts: vec![made.attempt],
                    raw: made.raw,
                };
                let is_next = is_last && nonce >= self.settled;
                (is_next && !has_other_nonce && entry.is_sound()).then_some(entry)
            }
        };
        self.entries.insert(nonce, entry.ok_or_else(against)?);
        Ok(())
    }

    /// Has nothing in the place of this step, if it is under way. Says whether it is.
    pub fn cancel(&mut self, step: &StepId) -> bool {
        let open = self.entries.range_mut(self.settled..);
        let its = open.map(|(_, entry)| entry).rfind(|it| it.step == *step);
        its.is_some_and(|entry| {
            entry.cancelled = true;
            true
        })
    }

    /// Forgets what became of a step that is over: the operator has looked, and wants it again.
    pub fn forget(&mut self, step: &StepId) {
        let settled = self.settled;
        let keeps = |entry: &Entry| entry.nonce >= settled || entry.step != *step;
        self.entries.retain(|_, entry| keeps(entry));
    }

    /// Learns the account's nonce at a finalised block. Says whether anything is new.
    pub fn settle(&mut self, nonce: u64) -> bool {
        if nonce <= self.settled {
            return false;
        }
        self.settled = nonce;
        for (_, entry) in self.entries.range_mut(..nonce) {
            entry.raw = Raw::default();
        }
        let over: Vec<u64> = self.entries.range(..nonce).map(|(at, _)| *at).collect();
        for nonce in over.iter().take(over.len().saturating_sub(MOST_OVER)) {
            self.entries.remove(nonce);
        }
        true
    }
}
