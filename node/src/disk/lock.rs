//! One process for one data directory: an advisory lock held by the kernel.
//!
//! The kernel frees it when the process ends, however it ends, so a crash leaves nothing to clean
//! up and no stale lock can ever be "broken" by hand. Two processes on one data directory would be
//! two signers with one record.
//!
//! Never here: a decision by process id. The id in the file is for the message only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The exclusive right to a data directory, for as long as this value lives.
#[derive(Debug)]
pub struct DataLock {
    directory: PathBuf,
    held: File,
}

/// The data directory cannot be taken.
#[derive(Debug, Error)]
pub enum LockError {
    #[error(
        "{directory} is in use by {holder}: stop that process first; two on one data directory \
         could get the validators slashed"
    )]
    Held {
        directory: PathBuf,
        /// The other process as far as it is known.
        holder: String,
    },
    #[error(
        "cannot lock the data directory {directory}: {source}: check that it exists and is yours"
    )]
    Io {
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no room for a line in the lock file, so there is none for the record.
    #[error(
        "there is no room on the disk of the data directory {directory}, or not for this user \
         ({source}): make room or raise the limit, then start gantry again"
    )]
    NoRoom {
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl LockError {
    fn io(directory: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let directory = directory.to_owned();
        if [FileTooLarge, QuotaExceeded, StorageFull].contains(&source.kind()) {
            Self::NoRoom { directory, source }
        } else {
            Self::Io { directory, source }
        }
    }
}

impl DataLock {
    /// Takes `directory`, which must exist.
    ///
    /// # Errors
    /// If another process has it, which is named if it has left its name, or the disk refuses.
    pub fn take(directory: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::io(directory, source);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(directory.join("lock"))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    directory: directory.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        leave_name(&mut file).map_err(failed)?;
        Ok(Self {
            directory: directory.to_owned(),
            held: file,
        })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Holds it until this process has ended with all its threads: one of them may still be
    /// writing when all else is done.
    pub fn hold_to_the_end(self) {
        std::mem::forget(self);
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        // Closing alone frees it only once no child that is being started has a copy of the file.
        // Where this fails, the kernel frees it then.
        self.held.unlock().ok();
    }
}

fn leave_name(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(64).read_to_string(&mut text);
    let name = text.trim();
    if read.is_ok() && !name.is_empty() {
        name.to_owned()
    } else {
        "another process".to_owned()
    }
}

#[cfg(test)]
mod tests;
