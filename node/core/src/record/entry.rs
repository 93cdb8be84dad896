//! What the log says: one record for each thing that was decided, in order.
//!
//! Validators are numbered in the order in which the log enrolled their group keys, and never
//! renumbered: a number outlives reshare, removal and a new lock.
//!
//! ```text
//! record      sequence u64 | kind u8 | fields
//! 1 enrolled  count u32 | group key 48 each
//! 2 mark      slot u64
//! 3 vote      AttestationData 128 (SSZ) | signing root 32 | members
//! 4 block     slot u64 | signing root 32 | validator u32
//! 5 deposit   validator u32 | credentials 32 | gwei u64 | signing root 32
//! 6 raised    validator u32 | source, target, slot, each 0 or 1 and u64
//! 7 renewed   slot u64 | epoch u64
//! 8 joined    number u64 | RocketStorage 20 | node account 20; since version 3
//! 9 agreed    slot u64 | kind u8, as in messages | value 32; since version 4
//! members     count of bytes u32 | bitmap, bit i for validator i, lowest bit first
//! ```
//!
//! Never here: whether something may be signed; the vault knows.

use std::fmt;

use proto::agreement::Fixed;
use proto::eth::AttestationData;
use proto::{DutyId, DutyKind, Epoch, PublicKey, Root, Slot};

use super::bytes::{Reader, write_count, write_optional};

/// The most validators in one record.
pub const MAX_VALIDATORS: usize = 16_384;

/// The number of a validator in the log: how many were enrolled before it. Not its position in the
/// lock, of which there may be several in the life of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordNumber(pub u32);

impl fmt::Display for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One entry of the log with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    sequence: u64,
    entry: Entry,
}

/// What a record says. Validators are named by their number in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// These group keys may sign from now on; they get the next numbers.
    Enrolled(Vec<PublicKey>),
    /// The peer may vote in slots up to this one, and after a restart in none of them.
    Mark(Slot),
    /// An attestation, the same for all its validators.
    Vote {
        /// What is signed.
        data: AttestationData,
        /// Its root under its domain.
        signing_root: Root,
        /// Who signs, ascending.
        validators: Vec<RecordNumber>,
    },
    /// A block.
    Block {
        /// Its slot.
        slot: Slot,
        /// Its root under its domain.
        signing_root: Root,
        /// Its proposer.
        validator: RecordNumber,
    },
    /// A deposit message.
    Deposit {
        /// Whose key it is for.
        validator: RecordNumber,
        /// The withdrawal credentials.
        credentials: Root,
        /// The amount in gwei.
        gwei: u64,
        /// The message's root under its domain.
        signing_root: Root,
    },
    /// Marks of somebody else's record of this key (EIP-3076 import).
    Raised {
        /// Whose marks.
        validator: RecordNumber,
        /// The marks.
        marks: Watermarks,
    },
    /// The operator said that the record was lost: nothing at or before this moment is signed.
    Renewed {
        /// The slot at that moment.
        slot: Slot,
        /// Its epoch.
        epoch: Epoch,
    },
    /// The first share of a deposit at Rocket Pool leaves: from here on this stands.
    Joined(Joined),
    /// This value of a duty whose signatures cannot be slashed: it gets no other.
    Agreed {
        /// The duty.
        duty: DutyId,
        /// The hash of what was agreed on.
        value: Root,
    },
}

/// What stands for ever once a share of a deposit at Rocket Pool has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// The number of the agreement's version that was in force.
    pub number: u64,
    /// What was fixed by that: the deposits return to the megapool of this node.
    pub fixed: Fixed,
}

/// The highest epochs and slot signed by one key: EIP-3076's complete history, reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watermarks {
    /// The highest source epoch of an attestation.
    pub source: Option<Epoch>,
    /// The highest target epoch of an attestation.
    pub target: Option<Epoch>,
    /// The highest slot of a block.
    pub slot: Option<Slot>,
}

impl Watermarks {
    /// Takes the higher of both, mark by mark.
    pub fn raise(&mut self, other: &Self) {
        self.source = self.source.max(other.source);
        self.target = self.target.max(other.target);
        self.slot = self.slot.max(other.slot);
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        write_optional(out, self.source.map(|epoch| epoch.0));
        write_optional(out, self.target.map(|epoch| epoch.0));
        write_optional(out, self.slot.map(|slot| slot.0));
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            source: reader.optional()?.map(Epoch),
            target: reader.optional()?.map(Epoch),
            slot: reader.optional()?.map(Slot),
        })
    }
}

impl Joined {
    /// Bytes of its encoding.
    pub(super) const BYTES: usize = 8 + 20 + 20;

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(self.fixed.rocket_storage.as_bytes());
        out.extend_from_slice(self.fixed.node_account.as_bytes());
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            number: reader.u64()?,
            fixed: Fixed {
                rocket_storage: reader.array()?.into(),
                node_account: reader.array()?.into(),
            },
        })
    }
}

impl Record {
    pub(super) fn new(sequence: u64, entry: Entry) -> Self {
        Self { sequence, entry }
    }

    /// Its place: higher than that of every record before it.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What it says.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sequence.to_le_bytes());
        match &self.entry {
            Entry::Enrolled(keys) => {
                out.push(1);
                write_count(out, keys.len());
                keys.iter()
                    .for_each(|key| out.extend_from_slice(key.as_bytes()));
            }
            Entry::Mark(slot) => {
                out.push(2);
                out.extend_from_slice(&slot.0.to_le_bytes());
            }
            Entry::Vote {
                data,
                signing_root,
                validators,
            } => {
                out.push(3);
                out.extend_from_slice(&data.to_ssz());
                out.extend_from_slice(signing_root.as_bytes());
                write_members(out, validators);
            }
            Entry::Block {
                slot,
                signing_root,
                validator,
            } => {
                out.push(4);
                out.extend_from_slice(&slot.0.to_le_bytes());
                out.extend_from_slice(signing_root.as_bytes());
                out.extend_from_slice(&validator.0.to_le_bytes());
            }
            Entry::Deposit {
                validator,
                credentials,
                gwei,
                signing_root,
            } => {
                out.push(5);
                out.extend_from_slice(&validator.0.to_le_bytes());
                out.extend_from_slice(credentials.as_bytes());
                out.extend_from_slice(&gwei.to_le_bytes());
                out.extend_from_slice(signing_root.as_bytes());
            }
            Entry::Raised { validator, marks } => {
                out.push(6);
                out.extend_from_slice(&validator.0.to_le_bytes());
                marks.encode(out);
            }
            Entry::Renewed { slot, epoch } => {
                out.push(7);
                out.extend_from_slice(&slot.0.to_le_bytes());
                out.extend_from_slice(&epoch.0.to_le_bytes());
            }
            Entry::Joined(joined) => {
                out.push(8);
                joined.encode(out);
            }
            Entry::Agreed { duty, value } => {
                out.push(9);
                out.extend_from_slice(&duty.slot.0.to_le_bytes());
                out.push(duty.kind.code());
                out.extend_from_slice(value.as_bytes());
            }
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let sequence = reader.u64()?;
        let entry = match reader.u8()? {
            1 => Entry::Enrolled(read_keys(reader)?),
            2 => Entry::Mark(Slot(reader.u64()?)),
            3 => Entry::Vote {
                data: AttestationData::from_ssz(reader.bytes(AttestationData::SSZ_LEN)?).ok()?,
                signing_root: reader.array()?.into(),
                validators: read_members(reader)?,
            },
            4 => Entry::Block {
                slot: Slot(reader.u64()?),
                signing_root: reader.array()?.into(),
                validator: RecordNumber(reader.u32()?),
            },
            5 => Entry::Deposit {
                validator: RecordNumber(reader.u32()?),
                credentials: reader.array()?.into(),
                gwei: reader.u64()?,
                signing_root: reader.array()?.into(),
            },
            6 => Entry::Raised {
                validator: RecordNumber(reader.u32()?),
                marks: Watermarks::decode(reader)?,
            },
            7 => Entry::Renewed {
                slot: Slot(reader.u64()?),
                epoch: Epoch(reader.u64()?),
            },
            8 => Entry::Joined(Joined::decode(reader)?),
            9 => Entry::Agreed {
                duty: DutyId {
                    slot: Slot(reader.u64()?),
                    kind: DutyKind::from_code(reader.u8()?)?,
                },
                value: reader.array()?.into(),
            },
            _ => return None,
        };
        Some(Self { sequence, entry })
    }
}

fn read_keys(reader: &mut Reader<'_>) -> Option<Vec<PublicKey>> {
    let count = usize::try_from(reader.u32()?).ok()?;
    if count > MAX_VALIDATORS {
        return None;
    }
    let bytes = reader.bytes(count * 48)?;
    bytes
        .chunks_exact(48)
        .map(|key| PublicKey::try_from(key).ok())
        .collect()
}

fn write_members(out: &mut Vec<u8>, validators: &[RecordNumber]) {
    let highest = validators.iter().max();
    let highest = highest.map_or(0, |RecordNumber(highest)| highest / 8 + 1);
    let mut bitmap = vec![0; highest as usize];
    for RecordNumber(validator) in validators {
        bitmap[(validator / 8) as usize] |= 1u8 << (validator % 8);
    }
    write_count(out, bitmap.len());
    out.extend_from_slice(&bitmap);
}

fn read_members(reader: &mut Reader<'_>) -> Option<Vec<RecordNumber>> {
    let length = usize::try_from(reader.u32()?).ok()?;
    if length > MAX_VALIDATORS / 8 {
        return None;
    }
    let bitmap = reader.bytes(length)?;
    let bits = u32::try_from(length * 8).ok()?;
    let is_set = |i: &u32| bitmap[(i / 8) as usize] & (1 << (i % 8)) != 0;
    Some((0..bits).filter(is_set).map(RecordNumber).collect())
}

/// The payload of a frame of records.
pub(super) fn encode_records(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    write_count(&mut out, records.len());
    records.iter().for_each(|record| record.encode(&mut out));
    out
}

/// Reads what [`encode_records`] wrote: every record, and nothing behind the last.
pub(super) fn decode_records(payload: &[u8]) -> Option<Vec<Record>> {
    let mut reader = Reader::new(payload);
    let count = reader.u32()?;
    let records = (0..count)
        .map(|_| Record::decode(&mut reader))
        .collect::<Option<Vec<_>>>()?;
    reader.is_at_end().then_some(records)
}

#[cfg(test)]
pub(super) mod tests;
