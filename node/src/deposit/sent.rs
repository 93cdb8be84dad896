//! What was sent for the deposits of a file: one line of JSON for each signed transaction, in a
//! file beside it.
//!
//! A line is on the disk before its transaction leaves this process, so that whatever happens
//! next, a later start knows which account and nonce the deposit belongs to. What the lines mean
//! is decided in [`node_core::deposit::standing`].

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::disk::files::{self, FileError};
use node_core::deposit::standing::Sent;

/// The longest file worth reading, in bytes: tens of thousands of transactions.
const MAX_BYTES: u64 = 16 << 20;

/// Why it is not known what was sent.
#[derive(Debug, Error)]
pub enum SentError {
    #[error(
        "what is sent must stand on the disk before it leaves, and {} cannot be read or written \
         ({}): nothing more was sent. Put the deposit file where you may write", .0.display(), .1
    )]
    File(PathBuf, #[source] io::Error),
    #[error(
        "another `gantry deposit` is sending this file ({} is locked): wait until it has ended",
        .0.display()
    )]
    Busy(PathBuf),
    #[error(
        "line {} of {} cannot be read: it says what was sent, so nothing is sent without it. Take \
         the file from a backup; do not delete it", .1, .0.display()
    )]
    Damaged(PathBuf, usize),
    /// It is too long.
    #[error(transparent)]
    Length(#[from] FileError),
}

/// The file, locked against other processes while it is open. One in which nothing stands in the
/// end is taken away.
#[derive(Debug)]
pub struct SentFile {
    path: PathBuf,
    file: File,
    sent: Vec<Sent>,
}

impl SentFile {
    /// Where it stands for this deposit file.
    pub fn beside(deposits: &Path) -> PathBuf {
        let mut name = OsString::from(deposits);
        name.push(".sent");
        name.into()
    }

    /// Opens or makes it. A line that a crash has cut off was never sent: it goes.
    ///
    /// # Errors
    /// If it cannot be written, another process has it open, or a line is damaged.
    pub fn open(path: PathBuf) -> Result<Self, SentError> {
        let failed = |error| SentError::File(path.clone(), error);
        let mut file = locked(&path)?;
        files::sync_parent(&path).map_err(failed)?;
        let text = whole_lines(&mut file, &path)?;
        let end = u64::try_from(text.len()).unwrap_or(u64::MAX);
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        let sent = read_lines(&text, &path)?;
        Ok(Self { path, file, sent })
    }

    /// What it holds, if it is there, for one who only looks.
    ///
    /// # Errors
    /// If it cannot be read or a line is damaged.
    pub fn look(path: &Path) -> Result<Vec<Sent>, SentError> {
        match File::open(path) {
            Ok(mut file) => read_lines(&whole_lines(&mut file, path)?, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(SentError::File(path.to_owned(), error)),
        }
    }

    /// What was signed so far, oldest first.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a transaction. When this returns, the line survives a loss of power, and the
    /// transaction may leave.
    ///
    /// # Errors
    /// If that cannot be said: then it may not.
    pub fn append(&mut self, sent: Sent) -> Result<(), SentError> {
        let mut line = serde_json::to_string(&sent).expect("hex and numbers have a JSON form");
        line.push('\n');
        let written = self.file.write_all(line.as_bytes());
        let durable = written.and_then(|()| self.file.sync_data());
        durable.map_err(|error| SentError::File(self.path.clone(), error))?;
        self.sent.push(sent);
        Ok(())
    }
}

impl Drop for SentFile {
    fn drop(&mut self) {
        // A file that says nothing is in the way of nobody who looks what was sent.
        let is_empty = self.file.metadata().is_ok_and(|it| it.len() == 0);
        let is_file = self.path.symlink_metadata().is_ok_and(|it| it.is_file());
        if self.sent.is_empty() && is_empty && is_file {
            fs::remove_file(&self.path).ok();
        }
        // Closing alone frees it only once no child that is being started has a copy of the file.
        // Where this fails, the kernel frees it then.
        self.file.unlock().ok();
    }
}

/// The file at `path`, made if it is not there, and locked.
fn locked(path: &Path) -> Result<File, SentError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    loop {
        let file = options.open(path);
        let file = file.map_err(|error| SentError::File(path.to_owned(), error))?;
        if let Some(file) = lock(file, path)? {
            return Ok(file);
        }
    }
}

/// The file that was opened at `path`, locked; none if it is no longer there. Whoever had it locked
/// before may have taken it away, empty: then what is written to it would be lost.
fn lock(file: File, path: &Path) -> Result<Option<File>, SentError> {
    let failed = |error| SentError::File(path.to_owned(), error);
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(SentError::Busy(path.to_owned())),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let own = file.metadata().map_err(failed)?;
    match fs::metadata(path) {
        Ok(there) => {
            let is_there = (there.dev(), there.ino()) == (own.dev(), own.ino());
            Ok(is_there.then_some(file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The lines that are whole: a part of one is no JSON, a line whose end an editor took away is.
fn whole_lines(file: &mut File, path: &Path) -> Result<String, SentError> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| SentError::File(path.to_owned(), error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let most = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
        return Err(FileError::TooLong(path.to_owned(), most).into());
    }
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    let end = end.map_or(0, |end| end + 1);
    if serde_json::from_slice::<Sent>(&bytes[end..]).is_err() {
        bytes.truncate(end);
    }
    String::from_utf8(bytes).map_err(|_| FileError::NotText(path.to_owned()).into())
}

fn read_lines(text: &str, path: &Path) -> Result<Vec<Sent>, SentError> {
    let read = |(line, text): (usize, &str)| {
        serde_json::from_str(text).map_err(|_| SentError::Damaged(path.to_owned(), line + 1))
    };
    text.lines().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests;
