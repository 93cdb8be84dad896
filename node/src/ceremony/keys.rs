//! From what the ceremony made to what lies on the disk: keystores, signing record, lock.
//!
//! Every step may be repeated after a crash. Their order is the promise:
//! 1. the content of the lock and keystores of all shares are durable, then this peer acknowledges;
//! 2. everybody has acknowledged: the signing record is begun, enrolled with all group keys. Only
//!    here does a record begin by itself, and nothing can have been signed before;
//! 3. the lock with all signatures is durable, without which nothing signs; before it, the hashes
//!    of other locks that this peer acknowledged in attempts that were left, if there are any;
//! 4. the seed is removed.
//!
//! Never here: what the peers say.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use dkg::bls::{Commitments, PublicPoint};
use dkg::ceremony::Outcome;
use proto::definition::SignedDefinition;
use proto::lock::{BadLock, Contents, Lock, UnsignedLock, Validator};
use proto::{Identity, IdentitySignature, PeerIndex, PublicKey, Root, ShareIndex};
use sha2::{Digest as _, Sha256};

use super::CeremonyError;
use super::saved::{Made, SavedCeremony};
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::{MasterSecret, StoredShare, store_all};
use crate::disk::{DataLock, Files};
use node_core::record::{Entry, History, Journal, JournalError, Owner};

/// The longest list of abandoned locks worth reading, in bytes: one for each attempt.
const MAX_ABANDONED_BYTES: usize = 16 << 10;

/// One operator's place: who this peer is, what all agreed on, and where its files are.
pub struct Site {
    /// What all operators have signed.
    pub definition: SignedDefinition,
    /// This peer's identity key.
    pub identity: Identity,
    /// This peer.
    pub me: PeerIndex,
    /// The data directory, held against other processes.
    pub data: DataLock,
    /// Where the lock is, or will be.
    pub lock_file: PathBuf,
    /// Where the keystores are, or will be.
    pub keystore_dir: PathBuf,
}

/// The salt of every operator's master secret, the same for all and known before the ceremony, so
/// that a passphrase is asked for at the start. It differs from cluster to cluster: the definition
/// holds a random nonce.
pub fn keystore_salt(definition: Root) -> Root {
    let hash =
        Sha256::new_with_prefix(b"gantry/keystore-salt/1").chain_update(definition.as_bytes());
    Root::from(<[u8; 32]>::from(hash.finalize()))
}

/// The public key of a peer's share of the key that has this public polynomial; none if that is
/// none.
pub fn share_key(commitment: &[PublicKey], peer: PeerIndex) -> Option<PublicKey> {
    let points = commitment.iter().map(PublicPoint::from_bytes);
    let points = points.collect::<Result<Vec<_>, _>>().ok()?;
    let share = Commitments::new(points)?.share_key(ShareIndex::from(peer))?;
    Some(share.to_bytes())
}

impl Site {
    /// Removes files that a killed run was about to write. The data directory is held, so nobody
    /// else is writing them.
    ///
    /// # Errors
    /// If one cannot be removed.
    pub fn sweep(&self) -> Result<(), CeremonyError> {
        let of_a_ceremony = |name: &str| {
            let whole = [
                ".keystore-",
                ".cluster-lock.",
                ".deposit-data-",
                ".blame-",
                ".abandoned-",
            ];
            name.ends_with(".tmp") && whole.iter().any(|begin| name.starts_with(begin))
        };
        for dir in [self.data.directory(), &self.keystore_dir] {
            // A directory that is not there yet holds nothing to remove.
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.file_name().to_str().is_some_and(of_a_ceremony) {
                    let path = entry.path();
                    fs::remove_file(&path).map_err(|error| FileError::Write(path, error))?;
                }
            }
        }
        Ok(())
    }

    /// The lock of an earlier run, if the ceremony is finished here.
    ///
    /// # Errors
    /// If it cannot be read, is refused, or is that of another definition.
    pub fn lock(&self) -> Result<Option<Lock>, CeremonyError> {
        if !self.lock_file.exists() {
            return Ok(None);
        }
        let text = files::read(&self.lock_file, Lock::MAX_BYTES)?;
        let lock = Lock::from_json(&text).map_err(|error| self.refused(error))?;
        let there = lock.definition.hash();
        if there == self.definition.hash() {
            Ok(Some(lock))
        } else {
            Err(CeremonyError::OtherLock {
                file: self.lock_file.clone(),
                there,
            })
        }
    }

    /// Step 1: makes the shares durable and gives the hash of the lock.
    ///
    /// # Errors
    /// If something cannot be written.
    pub fn store(
        &self,
        outcome: &Outcome,
        master: &MasterSecret,
        saved: &SavedCeremony,
    ) -> Result<Root, CeremonyError> {
        let validators = outcome.validators.iter();
        let made = Made {
            transcript_hash: outcome.transcript,
            validators: validators
                .clone()
                .map(|keys| Validator {
                    public_key: keys.public_key,
                    share_public_keys: keys.share_public_keys.clone(),
                })
                .collect(),
            seal_commitment: outcome.seal.commitment.clone(),
        };
        let lock = self.unsigned(made.clone())?.hash();
        let shares = validators.map(|keys| StoredShare {
            validator: keys.public_key,
            secret: keys.share.clone(),
        });
        let seal = StoredShare {
            validator: outcome.seal.commitment[0],
            secret: outcome.seal.share.clone(),
        };
        let shares: Vec<StoredShare> = shares.chain([seal]).collect();
        // First what says whose the keystores are, and then they: a start finds no stray ones.
        saved.keep(lock, &made)?;
        store_all(&self.keystore_dir, master, &shares)?;
        Ok(lock)
    }

    /// The lock of these keys with everybody's signatures, in the order of the definition; writes
    /// nothing.
    ///
    /// # Errors
    /// If a signature is not valid.
    pub fn signed(
        &self,
        made: Made,
        signatures: &[IdentitySignature],
    ) -> Result<Lock, CeremonyError> {
        let peers = self.definition.terms().size().all();
        let signatures: BTreeMap<_, _> = peers.zip(signatures.iter().copied()).collect();
        let unsigned = self.unsigned(made)?;
        unsigned
            .with_signatures(signatures)
            .map_err(|error| self.refused(error))
    }

    /// Steps 2 to 4: begins the signing record, writes the lock, forgets the ceremony.
    ///
    /// # Errors
    /// If something cannot be written, or there is a record that is not this lock's.
    pub fn finish(&self, lock: &Lock, saved: &SavedCeremony) -> Result<(), CeremonyError> {
        self.begin_record(lock)?;
        if let Some(dir) = self.lock_file.parent() {
            files::make_dir(dir)?;
        }
        files::write_new(&self.lock_file, lock.to_json().as_bytes(), Mode::Public)?;
        saved.close()
    }

    /// Remembers the hashes of locks that were acknowledged here and then left. There are few.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn abandon(&self, locks: &[Root]) -> Result<(), CeremonyError> {
        if locks.is_empty() {
            return Ok(());
        }
        let text = serde_json::to_vec(locks).expect("a list of hashes fits into JSON");
        files::replace(&self.abandoned_file(), &text, Mode::Public)?;
        Ok(())
    }

    /// What [`Site::abandon`] remembers.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn abandoned(&self) -> Result<Vec<Root>, CeremonyError> {
        let path = self.abandoned_file();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = files::read(&path, MAX_ABANDONED_BYTES)?;
        serde_json::from_str(&text).map_err(|error| CeremonyError::Damaged(path, error))
    }

    fn abandoned_file(&self) -> PathBuf {
        self.data.directory().join("abandoned-locks.json")
    }

    /// The signing record of a lock that is there.
    ///
    /// # Errors
    /// If it is missing or refused.
    pub fn record(&self, lock: &Lock) -> Result<Journal<Files>, CeremonyError> {
        let files = Files::within(&self.data);
        Ok(Journal::open(files, self.owner(lock.hash()))?)
    }

    fn begin_record(&self, lock: &Lock) -> Result<(), CeremonyError> {
        let mut history = History::default();
        let group_keys = lock.validators.iter().map(|v| v.public_key).collect();
        history
            .add(Entry::Enrolled(group_keys))
            .expect("a lock names every key once");
        let files = Files::within(&self.data);
        match Journal::create(files, self.owner(lock.hash()), history) {
            Ok(_) => Ok(()),
            // Begun by an earlier run that did not come to writing the lock.
            Err(JournalError::Exists) => self.record(lock).map(drop),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn owner(&self, cluster: Root) -> Owner {
        Owner {
            cluster,
            identity: self.identity.public(),
        }
    }

    pub(super) fn unsigned(&self, made: Made) -> Result<UnsignedLock, CeremonyError> {
        let contents = Contents {
            definition: self.definition.clone(),
            validators: made.validators,
            seal_commitment: made.seal_commitment,
            transcript_hash: made.transcript_hash,
            keystore_salt: keystore_salt(self.definition.hash()),
        };
        UnsignedLock::new(contents).map_err(|error| self.refused(error))
    }

    fn refused(&self, error: BadLock) -> CeremonyError {
        CeremonyError::Lock(self.lock_file.clone(), error)
    }
}
