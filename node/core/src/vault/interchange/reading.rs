//! EIP-3076 files as the clients write them.
//!
//! | what is met | what it means here |
//! |---|---|
//! | a list that is absent or null, as Go writes an empty one | an empty list |
//! | a list that is absent beside a member unknown to the EIP | refused: it may be that list |
//! | a list twice in one entry, a key in several entries | all of them count |
//! | integers and the format version with or without quotes | the same |
//! | `{}` in a list, as an old Teku writes of a key that has signed nothing | passed over |
//! | one epoch without the other | refused: of the other nothing is known |
//! | no genesis validators root, or null, as Teku writes of old records | refused with words |
//! | hex with or without `0x` | the same |
//! | signing roots: absent, null, empty, zero | passed over: only marks are taken |
//! | other members | passed over |
//! | a byte order mark | passed over |
//! | the answer of a keymanager that has deleted keys | the file in its `slashing_protection` |
//!
//! Source: EIP-3076; keymanager-APIs `DELETE /eth/v1/keystores`.
//!
//! Never here: an entry that is left out because it cannot be read. Then all is refused.

use std::fmt;

use proto::{Epoch, PublicKey, Root, Slot};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{FORMAT_VERSION, InterchangeError};
use crate::record::Watermarks;

/// What a file says.
#[derive(Debug)]
pub(super) struct File {
    /// Which chain it is of.
    pub(super) genesis_validators_root: Root,
    /// The highest marks of each entry; a key may have several.
    pub(super) keys: Vec<(PublicKey, Watermarks)>,
}

/// Reads a file.
pub(super) fn read(json: &[u8]) -> Result<File, InterchangeError> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    // The version first: another one may have another layout, and deserves the better message.
    let outer: Outer = serde_json::from_slice(json)?;
    match (outer.metadata, outer.slashing_protection) {
        (None, Some(inner)) => {
            let inner = inner.into_bytes();
            let metadata: Required = serde_json::from_slice(&inner)?;
            versioned(metadata.metadata, &inner)
        }
        (Some(metadata), _) => versioned(metadata, json),
        (None, None) => Err(serde_json::Error::missing_field("metadata").into()),
    }
}

fn versioned(metadata: FormatVersion, json: &[u8]) -> Result<File, InterchangeError> {
    let version = metadata.interchange_format_version;
    let version = version
        .as_str()
        .map_or_else(|| version.to_string(), str::to_owned);
    if version != FORMAT_VERSION {
        let shown = version.chars().take(16).collect();
        return Err(InterchangeError::Version(shown));
    }
    let file: Interchange = serde_json::from_slice(json)?;
    let entries = file.data.unwrap_or_default();
    Ok(File {
        genesis_validators_root: file
            .metadata
            .genesis_validators_root
            .ok_or(InterchangeError::NoChain)?,
        keys: entries
            .into_iter()
            .map(|entry| (entry.pubkey, entry.highest))
            .collect(),
    })
}

/// A file, or the answer of a keymanager with a file as text in it.
#[derive(Deserialize)]
struct Outer {
    metadata: Option<FormatVersion>,
    slashing_protection: Option<String>,
}

#[derive(Deserialize)]
struct Required {
    metadata: FormatVersion,
}

#[derive(Deserialize)]
struct FormatVersion {
    interchange_format_version: Value,
}

#[derive(Deserialize)]
struct Interchange {
    metadata: Metadata,
    data: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Metadata {
    genesis_validators_root: Option<Root>,
}

#[derive(Deserialize)]
struct Block {
    slot: Slot,
}

#[derive(Deserialize)]
struct Attestation {
    source_epoch: Epoch,
    target_epoch: Epoch,
}

/// A list as it is read: what an item is made of is looked at before it is understood.
type List = Option<Vec<Box<RawValue>>>;

/// The items of a list but those without any member.
fn items<T: DeserializeOwned, E: de::Error>(list: List) -> Result<Vec<T>, E> {
    let is_empty = |item: &RawValue| {
        let members = item.get().strip_prefix('{');
        members.is_some_and(|members| members.trim_start() == "}")
    };
    let items = list.into_iter().flatten().filter(|item| !is_empty(item));
    let read = items.map(|item| serde_json::from_str(item.get()).map_err(E::custom));
    read.collect()
}

/// One member of `data`.
struct Entry {
    pubkey: PublicKey,
    highest: Watermarks,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what one key has signed")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Entry, M::Error> {
        let mut pubkey = None;
        let mut highest = Watermarks::default();
        let (mut blocks, mut attestations) = (false, false);
        let mut unknown: Option<String> = None;
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "pubkey" if pubkey.is_some() => return Err(M::Error::duplicate_field("pubkey")),
                "pubkey" => pubkey = Some(members.next_value()?),
                "signed_blocks" => {
                    let list: Vec<Block> = items(members.next_value()?)?;
                    let slot = list.iter().map(|block| block.slot).max();
                    highest.slot = highest.slot.max(slot);
                    blocks = true;
                }
                "signed_attestations" => {
                    let list: Vec<Attestation> = items(members.next_value()?)?;
                    highest.source = highest
                        .source
                        .max(list.iter().map(|a| a.source_epoch).max());
                    highest.target = highest
                        .target
                        .max(list.iter().map(|a| a.target_epoch).max());
                    attestations = true;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    unknown = Some(name.chars().take(32).collect());
                }
            }
        }
        if let (false, Some(name)) = (blocks && attestations, unknown) {
            return Err(de::Error::custom(format_args!(
                "an entry lacks signed_blocks or signed_attestations and has {name:?}, which \
                 EIP-3076 does not know"
            )));
        }
        Ok(Entry {
            pubkey: pubkey.ok_or_else(|| M::Error::missing_field("pubkey"))?,
            highest,
        })
    }
}
