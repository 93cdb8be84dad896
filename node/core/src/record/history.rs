//! Everything the log has said, added up: what the vault checks and a snapshot holds.
//!
//! It keeps the marks of every validator, and of the last duties which value was signed, whichever
//! validators it was for. No record removes a validator or lowers what one has signed.
//!
//! A snapshot is this, with numbers as in a record:
//!
//! ```text
//! snapshot    sequence u64 | mark 0 or 1 and u64 | count u32 | values | count u32 | validators
//!             | joined: nothing, or as in a record, since version 3
//!             | 1 if more was ever agreed on than heads and blocks, since version 4; else nothing
//! value       slot u64 | kind u8, as in messages | signing root 32, or value where a record
//!             has that
//! validator   group key 48 | source, target, slot, each 0 or 1 and u64
//!             | count u32 | votes: source u64 | target u64 | signing root 32
//!             | count u32 | blocks: slot u64 | signing root 32
//!             | 0, or 1 and credentials 32 | count u32 | gwei u64 | signing root 32
//! ```
//!
//! Never here: whether something may be signed; the vault knows.

use std::collections::BTreeMap;

use proto::{DutyId, DutyKind, Epoch, PublicKey, Root, Slot};
use thiserror::Error;

use super::bytes::{Reader, write_count, write_optional};
use super::entry::{Entry, Joined, MAX_VALIDATORS, Record, RecordNumber, Watermarks};
use super::frame::{JOINED, PLAIN, VERSION};
use super::marks::{Deposits, Marks, SignedProposal, SignedVote, remember};

/// Of how many duties the signed value is remembered: a run is open in its slot and the one after.
const REMEMBERED: usize = 2 * DutyKind::ALL.len();

/// Sequence numbers a new record leaves free for each slot since genesis. A record grows by
/// a few entries a slot, so one that starts here is ahead of every one this peer ever had.
const SEQUENCES_PER_SLOT: u64 = 1 << 10;

/// Everything that one peer has signed or promised, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    sequence: u64,
    mark: Option<Slot>,
    values: Vec<(DutyId, Root)>,
    validators: Vec<(PublicKey, Marks)>,
    numbers: BTreeMap<PublicKey, RecordNumber>,
    joined: Option<Joined>,
    /// Whether anything but heads and blocks was ever agreed on.
    has_agreed: bool,
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
    UnknownValidator(RecordNumber),
    /// A group key twice, or more than [`MAX_VALIDATORS`].
    #[error("validators enrolled twice or too many")]
    BadEnrolment,
    /// Another withdrawal credentials than before.
    #[error("deposits of validator number {0} with two different withdrawal credentials")]
    TwoCredentials(RecordNumber),
    /// Another node of Rocket Pool than the one before.
    #[error("two different nodes of Rocket Pool were joined")]
    TwoNodes,
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

    /// What stands since the first share of a deposit at Rocket Pool left, if one has.
    pub fn joined(&self) -> Option<&Joined> {
        self.joined.as_ref()
    }

    /// The lowest version of a file that can hold all of this.
    pub(super) fn version(&self) -> u32 {
        match (self.has_agreed, self.joined) {
            (true, _) => VERSION,
            (false, Some(_)) => JOINED,
            (false, None) => PLAIN,
        }
    }

    /// The value that was signed in `duty`, if that was lately: of a head or block its signing
    /// root, of any other kind the hash that was agreed on.
    pub fn value(&self, duty: DutyId) -> Option<Root> {
        let mut newest_first = self.values.iter().rev();
        newest_first
            .find(|(of, _)| *of == duty)
            .map(|(_, root)| *root)
    }

    /// The enrolled validators with their marks, in the order of their numbers.
    pub fn validators(&self) -> &[(PublicKey, Marks)] {
        &self.validators
    }

    /// The number of a group key, if it is enrolled.
    pub fn number(&self, key: &PublicKey) -> Option<RecordNumber> {
        self.numbers.get(key).copied()
    }

    /// The marks of validator `number`, if there is one.
    pub fn marks(&self, number: RecordNumber) -> Option<&Marks> {
        Some(&self.validators.get(usize::try_from(number.0).ok()?)?.1)
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
            | Entry::Raised { .. }
            | Entry::Joined(_)
            | Entry::Agreed { .. } => after,
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
                let (slot, kind) = (data.slot, DutyKind::Head);
                self.decided(DutyId { slot, kind }, *signing_root);
            }
            Entry::Block {
                slot,
                signing_root,
                validator,
            } => {
                self.marks_mut(*validator)?.proposed(SignedProposal {
                    slot: *slot,
                    signing_root: *signing_root,
                });
                let (slot, kind) = (*slot, DutyKind::Block);
                self.decided(DutyId { slot, kind }, *signing_root);
            }
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
            Entry::Joined(joined) => {
                let before = *self.joined.get_or_insert(*joined);
                if before.fixed != joined.fixed {
                    return Err(BadRecord::TwoNodes);
                }
            }
            Entry::Agreed { duty, value } => {
                self.has_agreed = true;
                self.decided(*duty, *value);
            }
        }
        Ok(())
    }

    fn enrol(&mut self, keys: &[PublicKey]) -> Result<(), BadRecord> {
        let mut numbers = self.numbers.clone();
        for (number, key) in (self.validators.len()..).zip(keys) {
            let number = u32::try_from(number).map_err(|_| BadRecord::BadEnrolment)?;
            if numbers.insert(*key, RecordNumber(number)).is_some()
                || numbers.len() > MAX_VALIDATORS
            {
                return Err(BadRecord::BadEnrolment);
            }
        }
        self.numbers = numbers;
        self.validators
            .extend(keys.iter().map(|key| (*key, Marks::default())));
        Ok(())
    }

    /// Target = this epoch, source = the one before, block = this slot. The mark is
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

    fn decided(&mut self, duty: DutyId, value: Root) {
        if self.value(duty).is_none() {
            remember(&mut self.values, (duty, value), REMEMBERED);
        }
    }

    fn marks_mut(&mut self, number: RecordNumber) -> Result<&mut Marks, BadRecord> {
        usize::try_from(number.0)
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
        write_count(&mut out, self.values.len());
        for (duty, signing_root) in &self.values {
            out.extend_from_slice(&duty.slot.0.to_le_bytes());
            out.push(duty.kind.code());
            out.extend_from_slice(signing_root.as_bytes());
        }
        write_count(&mut out, self.validators.len());
        for (key, marks) in &self.validators {
            out.extend_from_slice(key.as_bytes());
            marks.encode(&mut out);
        }
        if let Some(joined) = &self.joined {
            joined.encode(&mut out);
        }
        if self.has_agreed {
            out.push(1);
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
            let duty = DutyId {
                slot: Slot(reader.u64()?),
                kind: DutyKind::from_code(reader.u8()?)?,
            };
            history.values.push((duty, reader.array()?.into()));
        }
        for _ in 0..reader.u32()? {
            let key = PublicKey::from(reader.array()?);
            let marks = Marks::decode(&mut reader)?;
            let number = u32::try_from(history.validators.len()).ok()?;
            history.numbers.insert(key, RecordNumber(number));
            history.validators.push((key, marks));
        }
        if reader.left() >= Joined::BYTES {
            history.joined = Some(Joined::decode(&mut reader)?);
        }
        if !reader.is_at_end() {
            history.has_agreed = (reader.u8()? == 1).then_some(true)?;
        }
        let complete = reader.is_at_end() && history.numbers.len() == history.validators.len();
        complete.then_some(history)
    }
}

#[cfg(test)]
mod tests;
