//! The outbox on the disk: a file of its own for each account and chain in the data directory,
//! written whole, and a lock beside it so that one process sends from an account.
//!
//! What the file says is decided in [`node_core::sending::outbox`]; what remains possible when it
//! is lost, on the page of [`node_core::sending`].

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use node_core::sending::outbox::{MAX_BYTES, Outbox, OutboxError};
use proto::Address;
use thiserror::Error;

use crate::disk::files::{self, FileError, Mode};

/// Why it is not known what was sent.
#[derive(Debug, Error)]
pub enum KeptError {
    #[error("what is sent must stand on the disk before it leaves, so nothing was sent: {0}")]
    File(#[from] FileError),
    #[error(
        "cannot lock {} ({}): nothing was sent. Check that the data directory is yours and has \
         room", .0.display(), .1
    )]
    Lock(PathBuf, #[source] io::Error),
    #[error(
        "another gantry sends from this account ({} is locked): wait until it has ended, or stop \
         it",
        .0.display()
    )]
    Busy(PathBuf),
    #[error(
        "{}: {}. It says what was sent, so nothing is sent without it: take it from a backup. If \
         it is lost, move it away: gantry then waits until all that the account has sent is final",
        .0.display(), .1
    )]
    Damaged(PathBuf, #[source] OutboxError),
    #[error("{}: {}. Nothing was sent", .0.display(), .1)]
    Newer(PathBuf, #[source] OutboxError),
}

/// The file, locked against other processes while this value lives.
#[derive(Debug)]
pub struct KeptOutbox {
    path: PathBuf,
    lock: File,
}

impl KeptOutbox {
    /// Opens the outbox of this account in `data_dir`; an empty one if nothing was sent yet.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or another process has it.
    pub fn open(
        data_dir: &Path,
        account: Address,
        chain_id: u64,
    ) -> Result<(Self, Outbox), KeptError> {
        let folder = data_dir.join("outbox");
        files::make_dir(&folder)?;
        files::sync_parent(&folder).map_err(|e| FileError::Write(folder.clone(), e))?;
        let path = folder.join(format!("{account}-{chain_id}.json"));
        let beside = path.with_extension("lock");
        let failed = |error| KeptError::Lock(beside.clone(), error);
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(&beside).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(KeptError::Busy(beside)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let outbox = match files::read(&path, MAX_BYTES) {
            Ok(text) => {
                let read = Outbox::from_json(&text, account, chain_id);
                read.map_err(|error| match error {
                    OutboxError::Newer(_) => KeptError::Newer(path.clone(), error),
                    OutboxError::Shape(_)
                    | OutboxError::Other { .. }
                    | OutboxError::Contradiction(_)
                    | OutboxError::Against { .. }
                    | OutboxError::Full => KeptError::Damaged(path.clone(), error),
                })?
            }
            Err(FileError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                Outbox::new(account, chain_id)
            }
            Err(error) => return Err(error.into()),
        };
        Ok((Self { path, lock }, outbox))
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it. When this returns, it survives a loss of power, and what it says may leave.
    ///
    /// # Errors
    /// If that cannot be said: then it may not.
    pub fn store(&self, outbox: &Outbox) -> Result<(), KeptError> {
        let text = outbox.to_json();
        Ok(files::replace(&self.path, text.as_bytes(), Mode::Secret)?)
    }
}

impl Drop for KeptOutbox {
    fn drop(&mut self) {
        // Closing alone frees it only once no child that is being started has a copy of the file.
        // Where this fails, the kernel frees it then.
        self.lock.unlock().ok();
    }
}
