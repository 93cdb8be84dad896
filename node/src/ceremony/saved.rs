//! What an unfinished ceremony keeps in the data directory, so that a crash at any point costs
//! nothing: the folder `ceremony`.
//!
//! | file | is |
//! |---|---|
//! | `seed.json` | the ceremony seed, encrypted; written before the first message that is signed |
//! | `position.json` | attempt and acknowledgements, durable before a peer hears of them |
//! | `heard.json` | what others have signed and may not contradict; public, each is shown its own |
//! | `keys-….json` | what goes into the lock of that hash; public |
//!
//! Whoever knows the seed knows this peer's polynomials, and t such seeds are the validator keys.
//! So it is encrypted with a key derived from the operator's keystore secret, like the shares: the
//! identity key would not do, since it lies in the clear beside it. The definition hash is bound to
//! it. The folder is removed when the lock is durable, and not before.
//!
//! Never here: the shares. They are keystores from the start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use dkg::ceremony::{Heard, NotHeard, Position};
use node_core::ceremony::{Made, Place, terms};
use proto::Root;
use proto::ceremony::Spoken;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::CeremonyError;
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::MasterSecret;

/// The version of the files that this code reads and writes.
const VERSION: u64 = 1;
/// The longest file worth reading, in bytes: keys of 1,000 validators and 13 peers.
const MAX_BYTES: usize = 16 << 20;

/// The folder `ceremony` of a data directory.
#[derive(Debug)]
pub struct SavedCeremony {
    dir: PathBuf,
    definition: Root,
}

/// What a saved ceremony says of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// It has begun, and nothing is lost.
    Begun,
    /// There is no seed. Of an earlier run nothing is known but that it came to this attempt, or
    /// nothing at all: it may be lost, or there was none.
    Blank(Option<u32>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile {
    version: u64,
    definition: Root,
    nonce: String,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeardFile {
    version: u64,
    /// In hex, as they are sent.
    statements: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionFile {
    version: u64,
    position: Position,
}

impl SavedCeremony {
    /// The saved ceremony for `definition` in `data_dir`; nothing is written yet.
    ///
    /// # Errors
    /// If an unfinished ceremony of another definition is there.
    pub fn open(data_dir: &Path, definition: Root) -> Result<Self, CeremonyError> {
        let dir = data_dir.join("ceremony");
        let saved = Self { dir, definition };
        if saved.has_begun() {
            let there = saved.seed_file()?.definition;
            if there != definition {
                return Err(CeremonyError::OtherCeremony {
                    dir: saved.dir,
                    there,
                });
            }
        }
        Ok(saved)
    }

    fn has_begun(&self) -> bool {
        self.path("seed.json").exists()
    }

    /// What is known of an earlier run.
    ///
    /// # Errors
    /// If the seed is missing beside a position that tells of an acknowledgement, or the position
    /// cannot be read.
    pub fn memory(&self) -> Result<Memory, CeremonyError> {
        if self.has_begun() {
            return Ok(Memory::Begun);
        }
        if !self.path("position.json").exists() {
            return Ok(Memory::Blank(None));
        }
        let position = self.position()?;
        if position.acked.is_empty() {
            Ok(Memory::Blank(Some(position.attempt.max(position.opened))))
        } else {
            Err(CeremonyError::SeedLost(self.path("seed.json")))
        }
    }

    /// The seed of the earlier run.
    ///
    /// # Errors
    /// If it cannot be read or does not decrypt.
    pub fn seed(&self, master: &MasterSecret) -> Result<Zeroizing<[u8; 32]>, CeremonyError> {
        self.decrypt(&self.seed_file()?, master)
    }

    /// Begins the ceremony at `position` with a new seed, which is given back; both are durable
    /// when this returns. The position comes first: a seed alone would begin with attempt 1.
    ///
    /// # Errors
    /// If something cannot be written.
    pub fn begin(
        &self,
        master: &MasterSecret,
        position: &Position,
    ) -> Result<Zeroizing<[u8; 32]>, CeremonyError> {
        files::make_dir(&self.dir)?;
        if *position != Position::default() {
            self.persist(position)?;
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: &*seed,
            aad: self.definition.as_bytes(),
        };
        let ciphertext = cipher(master)
            .encrypt(&Nonce::from(nonce), payload)
            .expect("32 bytes are within the cipher's limits");
        let file = SeedFile {
            version: VERSION,
            definition: self.definition,
            nonce: hex::encode(nonce),
            ciphertext: hex::encode(ciphertext),
        };
        files::write_new(&self.path("seed.json"), &json(&file), Mode::Secret)?;
        let failed = |error| FileError::Write(self.dir.clone(), error);
        files::sync_parent(&self.dir).map_err(failed)?;
        Ok(seed)
    }

    /// Where the ceremony is, as last persisted.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn position(&self) -> Result<Position, CeremonyError> {
        let path = self.path("position.json");
        if !path.exists() {
            return Ok(Position::default());
        }
        let file: PositionFile = read(&path)?;
        check_version(&path, file.version)?;
        Ok(file.position)
    }

    /// Makes `position` durable.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn persist(&self, position: &Position) -> Result<(), CeremonyError> {
        let file = PositionFile {
            version: VERSION,
            position: position.clone(),
        };
        files::replace(&self.path("position.json"), &json(&file), Mode::Secret)?;
        Ok(())
    }

    /// What this peer has heard of others, as last remembered; nothing, if an older gantry has
    /// begun here.
    ///
    /// # Errors
    /// If the file cannot be read, or holds anything else.
    pub fn heard(&self, place: &Place) -> Result<Heard, CeremonyError> {
        let path = self.path("heard.json");
        if !path.exists() {
            return Ok(Heard::default());
        }
        let file: HeardFile = read(&path)?;
        check_version(&path, file.version)?;
        let statements = file.statements.iter().map(|text| {
            let bytes = hex::decode(text).ok()?;
            Spoken::decode(place.size(), &bytes).ok()
        });
        let statements = statements.collect::<Option<Vec<_>>>();
        let heard = statements
            .ok_or(NotHeard)
            .and_then(|statements| Heard::read(&terms(&place.definition), place.me, statements));
        heard.map_err(|error| CeremonyError::NotHeard(path, error))
    }

    /// Makes durable what this peer has heard of others, in place of what was.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn remember(&self, statements: &[Spoken]) -> Result<(), CeremonyError> {
        let statements = statements.iter().map(|spoken| hex::encode(spoken.encode()));
        let file = HeardFile {
            version: VERSION,
            statements: statements.collect(),
        };
        files::replace(&self.path("heard.json"), &json(&file), Mode::Public)?;
        Ok(())
    }

    /// Makes durable what goes into the lock with this hash.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, lock: Root, made: &Made) -> Result<(), CeremonyError> {
        files::replace(&self.made_path(lock), &json(made), Mode::Public)?;
        Ok(())
    }

    /// What goes into the lock with this hash.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn made(&self, lock: Root) -> Result<Made, CeremonyError> {
        read(&self.made_path(lock))
    }

    /// All that [`SavedCeremony::keep`] has kept.
    ///
    /// # Errors
    /// If a file of it cannot be read.
    pub fn all_made(&self) -> Result<Vec<Made>, CeremonyError> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let kept = names.filter(|name| name.starts_with("keys-") && name.ends_with(".json"));
        kept.map(|name| read(&self.path(&name))).collect()
    }

    /// Removes the folder. Only for when the lock is durable; the seed goes first.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn close(&self) -> Result<(), CeremonyError> {
        let failed = |error| CeremonyError::from(FileError::Write(self.dir.clone(), error));
        match fs::remove_file(self.path("seed.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed.map_err(failed)?,
        }
        files::sync_parent(&self.dir).map_err(failed)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn made_path(&self, lock: Root) -> PathBuf {
        self.path(&format!("keys-{}.json", hex::encode(lock.as_bytes())))
    }

    fn seed_file(&self) -> Result<SeedFile, CeremonyError> {
        let path = self.path("seed.json");
        let file: SeedFile = read(&path)?;
        check_version(&path, file.version)?;
        Ok(file)
    }

    fn decrypt(
        &self,
        file: &SeedFile,
        master: &MasterSecret,
    ) -> Result<Zeroizing<[u8; 32]>, CeremonyError> {
        let opened = || {
            let mut nonce = [0; 12];
            hex::decode_to_slice(&file.nonce, &mut nonce).ok()?;
            let ciphertext = hex::decode(&file.ciphertext).ok()?;
            let payload = Payload {
                msg: &ciphertext,
                aad: self.definition.as_bytes(),
            };
            let opened = cipher(master).decrypt(&Nonce::from(nonce), payload).ok()?;
            let opened = Zeroizing::new(opened);
            Some(Zeroizing::new(
                <[u8; 32]>::try_from(opened.as_slice()).ok()?,
            ))
        };
        opened().ok_or_else(|| CeremonyError::SeedClosed(self.path("seed.json")))
    }
}

fn cipher(master: &MasterSecret) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*master.seed_key()))
}

fn json<T: Serialize>(file: &T) -> Vec<u8> {
    let mut text = serde_json::to_vec(file).expect("numbers, strings and lists fit into JSON");
    text.push(b'\n');
    text
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CeremonyError> {
    let text = files::read(path, MAX_BYTES)?;
    serde_json::from_str(&text).map_err(|error| CeremonyError::Damaged(path.to_owned(), error))
}

fn check_version(path: &Path, version: u64) -> Result<(), CeremonyError> {
    if version == VERSION {
        Ok(())
    } else {
        Err(CeremonyError::Version(path.to_owned(), version))
    }
}

#[cfg(test)]
mod tests;
