//! The disk of one peer at the ceremony: reads how far an earlier run came, and does what the
//! ceremony asks for.
//!
//! Never here: the order of things.

use std::path::{Path, PathBuf};

use dkg::blame::{Evidence, Verdict};
use node_core::ceremony::{
    Begun, Finished, NewShare, Participation, Performed, Start, Task, keystore_salt,
};
use node_core::deposit;
use node_core::record::{Journal, Record};
use proto::lock::Lock;
use proto::{PublicKey, SignatureBytes};

use super::error::CeremonyError;
use super::keys::Site;
use super::saved::{Memory, SavedCeremony};
use super::words::{counted, halted};
use super::{earlier, room};
use crate::disk::Files;
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::{self, MasterSecret, SecretSource, SecretUse, StoredShare};

/// The longest deposit file worth reading, in bytes.
const MAX_BYTES: usize = 32 << 20;
/// The most files of evidence that are kept against one peer in one attempt.
const MAX_BLAMES: u32 = 20;

/// What one peer's ceremony writes and reads.
pub(super) struct Desk {
    pub site: Site,
    saved: SavedCeremony,
    /// What opens the keystores; none if nothing is to be opened.
    master: Option<MasterSecret>,
    /// The signing record, once it is open.
    record: Option<Journal<Files>>,
}

impl Desk {
    /// A desk of `site` on which nothing is read yet.
    ///
    /// # Errors
    /// If an unfinished ceremony of another definition is there.
    pub fn new(site: Site) -> Result<Self, CeremonyError> {
        let definition = site.place.definition.hash();
        Ok(Self {
            saved: SavedCeremony::open(site.data.directory(), definition)?,
            site,
            master: None,
            record: None,
        })
    }

    /// Reads from the disk how far an earlier run came: the peer that goes on from there.
    ///
    /// # Errors
    /// If something cannot be read, is in the way, or the end could not be written.
    pub fn begin(
        site: Site,
        secret: &SecretSource,
    ) -> Result<(Self, Participation), CeremonyError> {
        site.sweep()?;
        let mut desk = Self::new(site)?;
        let start = desk.start(secret)?;
        let mut weights = [0; 32];
        getrandom::fill(&mut weights)?;
        let place = desk.site.place.clone();
        let peer =
            Participation::new(place, start, weights).map_err(|halt| halted(halt, &desk.site))?;
        if peer.needs_shares() {
            desk.obtain(secret, SecretUse::Open)?;
        }
        Ok((desk, peer))
    }

    fn start(&mut self, secret: &SecretSource) -> Result<Start, CeremonyError> {
        if let Some(lock) = self.site.lock()? {
            self.saved.close()?;
            return Ok(Start::Finished(Box::new(Finished {
                abandoned: self.site.abandoned()?,
                deposits: self.deposits(&lock)?,
                lock,
            })));
        }
        let memory = self.saved.memory()?;
        earlier::refuse(&self.site, &self.saved, &memory)?;
        room::refuse(&self.site)?;
        match memory {
            Memory::Begun => {
                self.obtain(secret, SecretUse::Open)?;
                let seed = self.saved.seed(self.master())?;
                let position = self.saved.position()?;
                let acked = position.acked.iter();
                let made = acked.map(|acked| Ok((acked.lock, self.saved.made(acked.lock)?)));
                let made = made.collect::<Result<_, CeremonyError>>()?;
                Ok(Start::Begun(Box::new(Begun {
                    seed,
                    position,
                    heard: self.saved.heard(&self.site.place)?,
                    made,
                })))
            }
            Memory::Blank(known) => {
                self.obtain(secret, SecretUse::Choose)?;
                Ok(Start::Blank(known, self.saved.heard(&self.site.place)?))
            }
        }
    }

    fn obtain(&mut self, secret: &SecretSource, choice: SecretUse) -> Result<(), CeremonyError> {
        let salt = keystore_salt(self.site.place.definition.hash());
        self.master = Some(MasterSecret::obtain(secret, &salt, choice)?);
        Ok(())
    }

    /// The signatures in the deposit file of `lock`, if there is one.
    fn deposits(&self, lock: &Lock) -> Result<Option<Vec<SignatureBytes>>, CeremonyError> {
        let file = self.site.data.directory().join(deposit::file_name(lock));
        if !file.exists() {
            return Ok(None);
        }
        let text = files::read(&file, MAX_BYTES)?;
        let there = deposit::from_json(&text, lock);
        let there = there.map_err(|error| CeremonyError::Deposits(file, error))?;
        Ok(Some(
            there.iter().map(|deposit| deposit.signature).collect(),
        ))
    }

    /// Does what the ceremony asks for; what is written is durable when this returns.
    ///
    /// # Errors
    /// If the disk refuses, or what is there is not what it should be.
    pub fn perform(&mut self, task: Task) -> Result<Performed, CeremonyError> {
        match task {
            Task::Begin(position) => {
                let seed = self.saved.begin(self.master(), &position)?;
                return Ok(Performed::Begun(seed));
            }
            Task::Persist(position) => self.saved.persist(&position)?,
            Task::Remember(statements) => self.saved.remember(&statements)?,
            Task::Keep(lock, made) => self.saved.keep(lock, &made)?,
            Task::Store(shares) => self.store(shares)?,
            Task::Abandon(locks) => self.site.abandon(&locks)?,
            Task::BeginRecord(lock, history) => self.site.begin_record(lock, *history)?,
            Task::WriteLock(lock) => self.site.write_lock(&lock)?,
            Task::Forget => self.saved.close()?,
            Task::OpenShares(keys) => return Ok(Performed::Shares(self.open_shares(&keys)?)),
            Task::OpenRecord(lock) => {
                let journal = self.record.insert(self.site.record(lock)?);
                return Ok(Performed::Record(Box::new(journal.history().clone())));
            }
            Task::Append(records) => return self.append(&records),
            Task::WriteDeposits { name, text } => {
                let file = self.site.data.directory().join(name);
                files::write_new(&file, text.as_bytes(), Mode::Public)?;
            }
        }
        Ok(Performed::Written)
    }

    fn master(&self) -> &MasterSecret {
        let master = self.master.as_ref();
        master.expect("the secret is obtained before anything is closed or opened with it")
    }

    fn store(&self, shares: Vec<NewShare>) -> Result<(), CeremonyError> {
        let stored = shares.into_iter().map(|new| StoredShare {
            validator: new.group_key,
            secret: new.share,
        });
        let stored: Vec<StoredShare> = stored.collect();
        keystore::store_all(&self.site.keystore_dir, self.master(), &stored)?;
        Ok(())
    }

    fn open_shares(&self, keys: &[PublicKey]) -> Result<Vec<dkg::bls::SecretShare>, CeremonyError> {
        Ok(keystore::open_all(
            &self.site.keystore_dir,
            self.master(),
            keys,
        )?)
    }

    fn append(&mut self, records: &[Record]) -> Result<Performed, CeremonyError> {
        let journal = self.record.as_mut();
        let journal = journal.expect("the record is opened before it is appended to");
        Ok(Performed::Recorded(journal.append(records)?))
    }

    /// Keeps evidence; what is to be said of it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn blame(
        &self,
        (evidence, verdict): &(Evidence, Verdict),
    ) -> Result<String, CeremonyError> {
        let attempt = evidence
            .statements
            .first()
            .map_or(0, |s| s.context().attempt);
        let attempt = counted(attempt);
        let name = self.site.place.definition.name_of(verdict.culprit);
        let text = serde_json::to_vec_pretty(evidence).expect("texts and numbers fit into JSON");
        let dir = self.site.data.directory();
        let words = match write_beside(dir, &format!("blame-{attempt}-{name}"), &text)? {
            Some(file) => format!(
                "The evidence is in {}; anybody can check it with `gantry dkg verify-blame {}`",
                file.display(),
                files::typed(&file),
            ),
            None => {
                format!("There are {MAX_BLAMES} files of evidence against it, and no more is kept")
            }
        };
        Ok(format!("{name} {}. {words}", verdict.rule))
    }
}

/// Writes `text` to the first free of the files STEM.json, STEM-2.json, … and says to which; it may
/// be there already. Nothing is overwritten, and nobody can fill the disk: there are so many.
fn write_beside(dir: &Path, stem: &str, text: &[u8]) -> Result<Option<PathBuf>, FileError> {
    for number in 1..=MAX_BLAMES {
        let name = match number {
            1 => format!("{stem}.json"),
            _ => format!("{stem}-{number}.json"),
        };
        let path = dir.join(name);
        match files::write_new(&path, text, Mode::Public) {
            Ok(()) => return Ok(Some(path)),
            Err(FileError::Exists(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
