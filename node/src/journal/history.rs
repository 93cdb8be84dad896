//! Everything the log has said, added up: what the vault checks and a snapshot holds.
//!
//! Per validator it keeps the watermarks of EIP-3076, the last votes and blocks with their signing
//! roots (so that the same root can be signed again), and the deposits. It only ever grows: no
//! record lowers a mark or removes a validator.
//!
//! Never here: whether something may be signed; the vault knows.

use std::collections::BTreeMap;

use proto::{Epoch, PublicKey, Root, Slot};
use thiserror::Error;

use super::codec::{Reader, write_count, write_optional};
use super::record::{Entry, MAX_VALIDATORS, Record, Watermarks};

/// How many signed votes and blocks are remembered by root for each validator. Two, because the
/// certificate of an epoch's last slot may come when the next epoch's first is signed already.
const REMEMBERED: usize = 2;

/// Sequence numbers a new record leaves free for each slot since genesis. A record grows by
/// a few entries a slot, so one that starts here is ahead of every one this peer ever had.
const SEQUENCES_PER_SLOT: u64 = 1 << 10;

/// Everything that one peer has signed or promised, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    sequence: u64,
    mark: Option<Slot>,
    validators: Vec<(PublicKey, Marks)>,
    numbers: BTreeMap<PublicKey, u32>,
}

/// What one validator has signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// The highest of everything, imports included.
    pub watermarks: Watermarks,
    /// The last votes, newest last.
    pub votes: Vec<SignedVote>,
    /// The last blocks, newest last.
    pub blocks: Vec<SignedProposal>,
    /// Deposits, once one is signed.
    pub deposits: Option<Deposits>,
}

/// An attestation that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedVote {
    /// Its source epoch.
    pub source: Epoch,
    /// Its target epoch.
    pub target: Epoch,
    /// What the key signed.
    pub signing_root: Root,
}

/// A block that was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedProposal {
    /// Its slot.
    pub slot: Slot,
    /// What the key signed.
    pub signing_root: Root,
}

/// The deposit messages signed for one key: one withdrawal credentials for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposits {
    /// The withdrawal credentials of all of them.
    pub credentials: Root,
    /// What the key signed for each amount in gwei.
    pub signing_roots: BTreeMap<u64, Root>,
}

/// A record does not follow from those before it. Our own bug, or a log that was tampered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadRecord {
    /// Sequence numbers must grow.
    #[error("record {got} after record {last}")]
    OutOfOrder {
        /// The last sequence number before.
        last: u64,
        /// The one that came.
        got: u64,
    },
    /// A validator that was never enrolled.
    #[error("a record of validator number {0}, which was never enrolled")]
    UnknownValidator(u32),
    /// A group key twice, or more than [`MAX_VALIDATORS`].
    #[error("validators enrolled twice or too many")]
    BadEnrolment,
    /// Another withdrawal credentials than before.
    #[error("deposits of validator number {0} with two different withdrawal credentials")]
    TwoCredentials(u32),
}

impl History {
    /// The sequence number of the last record; 0 before the first.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The last slot that this peer may have voted in, if any.
    pub fn mark(&self) -> Option<Slot> {
        self.mark
    }

    /// The enrolled validators with their marks, in the order of their numbers.
    pub fn validators(&self) -> &[(PublicKey, Marks)] {
        &self.validators
    }

    /// The number of a group key, if it is enrolled.
    pub fn number(&self, key: &PublicKey) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// The marks of validator `number`, if there is one.
    pub fn marks(&self, number: u32) -> Option<&Marks> {
        Some(&self.validators.get(usize::try_from(number).ok()?)?.1)
    }

    /// Adds `entry` as the next record.
    ///
    /// # Errors
    /// If it names validators that are not enrolled, or enrols one again.
    pub fn add(&mut self, entry: Entry) -> Result<Record, BadRecord> {
        let after = self.sequence.saturating_add(1);
        let sequence = match &entry {
            Entry::Renewed { slot, .. } => after.max(slot.0.saturating_mul(SEQUENCES_PER_SLOT)),
            Entry::Enrolled(_)
            | Entry::Mark(_)
            | Entry::Vote { .. }
            | Entry::Block { .. }
            | Entry::Deposit { .. }
            | Entry::Raised { .. } => after,
        };
        let record = Record::new(sequence, entry);
        self.apply(&record)?;
        Ok(record)
    }

    /// Adds a record that was made by [`History::add`] of an equal history. Changes nothing if it
    /// fails.
    ///
    /// # Errors
    /// If it does not follow from the records before it.
    pub fn apply(&mut self, record: &Record) -> Result<(), BadRecord> {
        if record.sequence() <= self.sequence {
            return Err(BadRecord::OutOfOrder {
                last: self.sequence,
                got: record.sequence(),
            });
        }
        self.apply_entry(record.entry())?;
        self.sequence = record.sequence();
        Ok(())
    }

    fn apply_entry(&mut self, entry: &Entry) -> Result<(), BadRecord> {
        match entry {
            Entry::Enrolled(keys) => self.enrol(keys)?,
            Entry::Mark(slot) => self.mark = self.mark.max(Some(*slot)),
            Entry::Vote {
                data,
                signing_root,
                validators,
            } => {
                let vote = SignedVote {
                    source: data.source.epoch,
                    target: data.target.epoch,
                    signing_root: *signing_root,
                };
                if let Some(stranger) = validators.iter().find(|v| self.marks(**v).is_none()) {
                    return Err(BadRecord::UnknownValidator(*stranger));
                }
                for validator in validators {
                    self.marks_mut(*validator)?.voted(vote);
                }
            }
            Entry::Block {
                slot,
                signing_root,
                validator,
            } => self.marks_mut(*validator)?.proposed(SignedProposal {
                slot: *slot,
                signing_root: *signing_root,
            }),
            Entry::Deposit {
                validator,
                credentials,
                gwei,
                signing_root,
            } => {
                let deposits = &mut self.marks_mut(*validator)?.deposits;
                let deposits = deposits.get_or_insert_with(|| Deposits {
                    credentials: *credentials,
                    signing_roots: BTreeMap::new(),
                });
                if deposits.credentials != *credentials {
                    return Err(BadRecord::TwoCredentials(*validator));
                }
                deposits.signing_roots.insert(*gwei, *signing_root);
            }
            Entry::Raised { validator, marks } => {
                self.marks_mut(*validator)?.watermarks.raise(marks);
            }
            Entry::Renewed { slot, epoch } => self.renew(*slot, *epoch),
        }
        Ok(())
    }

    fn enrol(&mut self, keys: &[PublicKey]) -> Result<(), BadRecord> {
        let mut numbers = self.numbers.clone();
        for (number, key) in (self.validators.len()..).zip(keys) {
            let number = u32::try_from(number).map_err(|_| BadRecord::BadEnrolment)?;
            if numbers.insert(*key, number).is_some() || numbers.len() > MAX_VALIDATORS {
                return Err(BadRecord::BadEnrolment);
            }
        }
        self.numbers = numbers;
        self.validators
            .extend(keys.iter().map(|key| (*key, Marks::default())));
        Ok(())
    }

    /// Target = this epoch, source = the one before, block = this slot (design §2). The mark is
    /// set, not raised: it may stem from a clock that was wrong.
    fn renew(&mut self, slot: Slot, epoch: Epoch) {
        let now = Watermarks {
            source: Some(Epoch(epoch.0.saturating_sub(1))),
            target: Some(epoch),
            slot: Some(slot),
        };
        for (_, marks) in &mut self.validators {
            marks.watermarks.raise(&now);
        }
        self.mark = Some(slot);
    }

    fn marks_mut(&mut self, number: u32) -> Result<&mut Marks, BadRecord> {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.validators.get_mut(number))
            .map(|(_, marks)| marks)
            .ok_or(BadRecord::UnknownValidator(number))
    }

    /// The payload of a snapshot.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.sequence.to_le_bytes());
        write_optional(&mut out, self.mark.map(|slot| slot.0));
        write_count(&mut out, self.validators.len());
        for (key, marks) in &self.validators {
            out.extend_from_slice(key.as_bytes());
            marks.encode(&mut out);
        }
        out
    }

    /// Reads what [`History::encode`] wrote.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let mut history = Self {
            sequence: reader.u64()?,
            mark: reader.optional()?.map(Slot),
            ..Self::default()
        };
        for _ in 0..reader.u32()? {
            let key = PublicKey::from(reader.array()?);
            let marks = Marks::decode(&mut reader)?;
            let number = u32::try_from(history.validators.len()).ok()?;
            history.numbers.insert(key, number);
            history.validators.push((key, marks));
        }
        let complete = reader.is_at_end() && history.numbers.len() == history.validators.len();
        complete.then_some(history)
    }
}

impl Marks {
    fn voted(&mut self, vote: SignedVote) {
        self.watermarks.raise(&Watermarks {
            source: Some(vote.source),
            target: Some(vote.target),
            slot: None,
        });
        remember(&mut self.votes, vote);
    }

    fn proposed(&mut self, block: SignedProposal) {
        self.watermarks.raise(&Watermarks {
            slot: Some(block.slot),
            ..Watermarks::default()
        });
        remember(&mut self.blocks, block);
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.watermarks.encode(out);
        write_count(out, self.votes.len());
        for vote in &self.votes {
            out.extend_from_slice(&vote.source.0.to_le_bytes());
            out.extend_from_slice(&vote.target.0.to_le_bytes());
            out.extend_from_slice(vote.signing_root.as_bytes());
        }
        write_count(out, self.blocks.len());
        for block in &self.blocks {
            out.extend_from_slice(&block.slot.0.to_le_bytes());
            out.extend_from_slice(block.signing_root.as_bytes());
        }
        out.push(u8::from(self.deposits.is_some()));
        if let Some(deposits) = &self.deposits {
            out.extend_from_slice(deposits.credentials.as_bytes());
            write_count(out, deposits.signing_roots.len());
            for (gwei, root) in &deposits.signing_roots {
                out.extend_from_slice(&gwei.to_le_bytes());
                out.extend_from_slice(root.as_bytes());
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let mut marks = Self {
            watermarks: Watermarks::decode(reader)?,
            ..Self::default()
        };
        for _ in 0..reader.u32()? {
            marks.votes.push(SignedVote {
                source: Epoch(reader.u64()?),
                target: Epoch(reader.u64()?),
                signing_root: reader.array()?.into(),
            });
        }
        for _ in 0..reader.u32()? {
            marks.blocks.push(SignedProposal {
                slot: Slot(reader.u64()?),
                signing_root: reader.array()?.into(),
            });
        }
        if reader.u8()? == 1 {
            let mut deposits = Deposits {
                credentials: reader.array()?.into(),
                signing_roots: BTreeMap::new(),
            };
            for _ in 0..reader.u32()? {
                deposits
                    .signing_roots
                    .insert(reader.u64()?, reader.array()?.into());
            }
            marks.deposits = Some(deposits);
        }
        Some(marks)
    }
}

fn remember<T>(list: &mut Vec<T>, newest: T) {
    list.push(newest);
    if list.len() > REMEMBERED {
        list.remove(0);
    }
}
