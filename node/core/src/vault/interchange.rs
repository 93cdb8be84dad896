//! EIP-3076 files: taking over what a key has signed elsewhere, and handing it on.
//!
//! Format version 5, integers quoted. An import only ever raises marks: of all entries of a key the
//! highest source, target and slot count, whatever else the file holds. An export holds the
//! watermarks of every key, which is the "minimal" form of the EIP. What other clients make of the
//! format is read in `reading`.
//!
//! Source: EIP-3076.
//!
//! Never here: a file that is half taken. What cannot be read completely changes nothing.

mod reading;

use std::collections::BTreeMap;
use std::fmt::Display;

use proto::{Epoch, PublicKey, Root, Slot};
use serde::Serialize;
use thiserror::Error;

use crate::record::{Entry, History, Marks, Record, Watermarks};

/// The format version of the EIP.
const FORMAT_VERSION: &str = "5";

/// A file cannot be taken over. Nothing was changed.
#[derive(Debug, Error)]
pub enum InterchangeError {
    /// Not the JSON of the EIP.
    #[error("not a slashing protection file of EIP-3076: {0}: nothing was imported")]
    Malformed(#[from] serde_json::Error),
    /// Another version of the format.
    #[error(
        "the file has interchange format version {0:?}, only \"5\" is known: export it again in \
         that version; nothing was imported"
    )]
    Version(String),
    /// No chain.
    #[error(
        "the file does not say of which chain it is (its genesis_validators_root is missing): let \
         the client that wrote it follow its chain once, export again, and import that; nothing \
         was imported"
    )]
    NoChain,
    /// Another chain.
    #[error(
        "the file is of another chain (genesis validators root {found}, this cluster's is \
         {expected}): nothing was imported"
    )]
    OtherChain {
        /// What the file says.
        found: Root,
        /// What the cluster says.
        expected: Root,
    },
    /// Epochs or slots that are still to come would stop the validator until then.
    #[error(
        "the file says that {key} signed for the future (target epoch {}, slot {}): check the file \
         and the time of this machine; nothing was imported",
        shown(&.marks.target), shown(&.marks.slot)
    )]
    AheadOfClock {
        /// Whose history.
        key: PublicKey,
        /// What the file says.
        marks: Watermarks,
    },
    /// No key of the file is enrolled in this record.
    #[error(
        "none of the {0} keys in the file is a validator of this cluster: check that it is the \
         right file; nothing was imported"
    )]
    NoneOfOurs(usize),
}

/// The current slot with its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The slot.
    pub slot: Slot,
    /// The epoch that it is in.
    pub epoch: Epoch,
}

/// What a file says, read completely: the highest marks of every key in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    marks: BTreeMap<PublicKey, Watermarks>,
}

/// What an import does to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// What must be made durable, already added to the history.
    pub records: Vec<Record>,
    /// Keys of this record in the file whose marks were as high already.
    pub unchanged: usize,
    /// Keys in the file that this record does not know, left out.
    pub unknown: Vec<PublicKey>,
}

impl Claims {
    /// What the EIP-3076 file `json` says, which must be of the chain with this genesis validators
    /// root; the caller bounds its length.
    ///
    /// # Errors
    /// If the file is malformed, or of another version or chain.
    pub fn read(genesis_validators_root: Root, json: &[u8]) -> Result<Self, InterchangeError> {
        let file = reading::read(json)?;
        if file.genesis_validators_root != genesis_validators_root {
            return Err(InterchangeError::OtherChain {
                found: file.genesis_validators_root,
                expected: genesis_validators_root,
            });
        }
        let mut marks = BTreeMap::<PublicKey, Watermarks>::new();
        for (key, highest) in file.keys {
            marks.entry(key).or_default().raise(&highest);
        }
        Ok(Self { marks })
    }
}

/// Adds the marks of an EIP-3076 file to `history`. A file that says of one of our keys more than
/// that it is `now` is wrong, and would stop the validator until then; what it says of other keys
/// does not matter here.
///
/// # Errors
/// If the file is ahead of the clock, or holds no key of this record. Then `history` is as before.
pub fn import(
    history: &mut History,
    claims: Claims,
    now: Moment,
) -> Result<Import, InterchangeError> {
    let keys = claims.marks.len();
    let mut ours = Vec::new();
    let mut unknown = Vec::new();
    for (key, marks) in claims.marks {
        match history.number(&key) {
            None => unknown.push(key),
            Some(_) if is_ahead(&marks, now) => {
                return Err(InterchangeError::AheadOfClock { key, marks });
            }
            Some(validator) => ours.push((validator, marks)),
        }
    }
    if keys > 0 && ours.is_empty() {
        return Err(InterchangeError::NoneOfOurs(keys));
    }
    let mut import = Import {
        records: Vec::new(),
        unchanged: 0,
        unknown,
    };
    for (validator, marks) in ours {
        let before = history.marks(validator).map(|marks| marks.watermarks);
        let mut after = before.unwrap_or_default();
        after.raise(&marks);
        if before == Some(after) {
            import.unchanged += 1;
            continue;
        }
        let record = history.add(Entry::Raised { validator, marks });
        import
            .records
            .push(record.expect("the validator is enrolled"));
    }
    Ok(import)
}

fn is_ahead(marks: &Watermarks, now: Moment) -> bool {
    // One slot and epoch of tolerance for a clock that is a little behind.
    marks.source.max(marks.target) > Some(now.epoch.next()) || marks.slot > Some(now.slot.next())
}

fn shown<T: Display>(mark: &Option<T>) -> String {
    mark.as_ref().map_or("none".to_owned(), T::to_string)
}

/// The EIP-3076 file of `history`.
pub fn export(history: &History, genesis_validators_root: Root) -> Vec<u8> {
    let file = Interchange {
        metadata: Metadata {
            interchange_format_version: FORMAT_VERSION.to_owned(),
            genesis_validators_root,
        },
        data: history
            .validators()
            .iter()
            .map(|(key, marks)| KeyHistory::of(*key, marks))
            .collect(),
    };
    serde_json::to_vec_pretty(&file).expect("a struct of texts and lists is JSON")
}

#[derive(Serialize)]
struct Interchange {
    metadata: Metadata,
    data: Vec<KeyHistory>,
}

#[derive(Serialize)]
struct Metadata {
    interchange_format_version: String,
    genesis_validators_root: Root,
}

#[derive(Serialize)]
struct KeyHistory {
    pubkey: PublicKey,
    signed_blocks: Vec<Block>,
    signed_attestations: Vec<Attestation>,
}

#[derive(Serialize)]
struct Block {
    slot: Slot,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_root: Option<Root>,
}

#[derive(Serialize)]
struct Attestation {
    source_epoch: Epoch,
    target_epoch: Epoch,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_root: Option<Root>,
}

impl KeyHistory {
    fn of(pubkey: PublicKey, marks: &Marks) -> Self {
        let Watermarks {
            source,
            target,
            slot,
        } = marks.watermarks;
        let block = slot.map(|slot| Block {
            slot,
            signing_root: marks
                .blocks
                .iter()
                .find(|block| block.slot == slot)
                .map(|block| block.signing_root),
        });
        // The highest source and the highest target may stem from two attestations; then the entry
        // stands for both, and has no root.
        let attestation = target.or(source).map(|target| {
            let source = source.unwrap_or(Epoch(0));
            let signed = marks
                .votes
                .iter()
                .find(|vote| vote.source == source && vote.target == target);
            Attestation {
                source_epoch: source,
                target_epoch: target,
                signing_root: signed.map(|vote| vote.signing_root),
            }
        });
        Self {
            pubkey,
            signed_blocks: block.into_iter().collect(),
            signed_attestations: attestation.into_iter().collect(),
        }
    }
}
