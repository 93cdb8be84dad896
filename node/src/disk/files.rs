//! Small files an operator owns: read with a bound, written whole or not at all, secrets for the
//! owner's eyes only.
//!
//! Never overwrites what it was not told to replace. Not for the signing record, which has a
//! journal of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("cannot read {}: {}{}", .0.display(), .1, advice(.1))]
    Read(PathBuf, #[source] io::Error),
    #[error("{} is longer than {} bytes: it is not what gantry expects there", .0.display(), .1)]
    TooLong(PathBuf, usize),
    #[error(
        "{} begins with a byte order mark, as some editors write it: save it as UTF-8 without one, \
         or run `sed -i '1s/^\\xEF\\xBB\\xBF//' {}`", .0.display(), typed(.0)
    )]
    Mark(PathBuf),
    #[error("{} is not text: it is not the file gantry expects there", .0.display())]
    NotText(PathBuf),
    #[error(
        "{} holds a secret, and its mode {:03o} lets others read it: run `chmod 600 {}`, and think \
         about who could have read it", .0.display(), .1, typed(.0)
    )]
    Permissions(PathBuf, u32),
    #[error("{}", taken(.0))]
    Exists(PathBuf),
    #[error("cannot write {}: {}{}", .0.display(), .1, folder_to_make(.0, .1))]
    Write(PathBuf, #[source] io::Error),
}

/// What begins a text that some editors save: no program of ours writes it.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// A path as it is typed into a shell: in quotation marks if the shell would take it apart.
pub fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,=".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// What to do when the operating system does not let a file be read.
fn advice(error: &io::Error) -> &'static str {
    let cases = [
        (
            io::ErrorKind::NotFound,
            ": check the name, and the folder in which gantry was started if it is a relative one",
        ),
        (
            io::ErrorKind::PermissionDenied,
            ": run gantry as the user whose file it is",
        ),
        (io::ErrorKind::IsADirectory, ": name the file in it"),
    ];
    let case = cases.into_iter().find(|(kind, _)| *kind == error.kind());
    case.map_or("", |(_, advice)| advice)
}

/// What to do where a new file was to be and something is.
fn taken(path: &Path) -> String {
    let shown = path.display();
    if path.is_dir() {
        format!("{shown} is a folder: name the file to write in it")
    } else {
        format!("{shown} exists and gantry does not overwrite it: move it away first")
    }
}

/// Which folder is missing, if that is why `path` cannot be written.
fn folder_to_make(path: &Path, error: &io::Error) -> String {
    let parent = path.parent().filter(|parent| !parent.exists());
    match parent {
        Some(parent) if error.kind() == io::ErrorKind::NotFound => {
            format!(": make the folder {} first", parent.display())
        }
        Some(_) | None => String::new(),
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 0600: the owner only.
    Secret,
    /// 0644: everybody.
    Public,
}

impl Mode {
    fn bits(self) -> u32 {
        match self {
            Self::Secret => 0o600,
            Self::Public => 0o644,
        }
    }
}

/// Reads a text of at most `max` bytes.
///
/// # Errors
/// If it cannot be read, is longer, is not UTF-8, or begins with a byte order mark.
pub fn read(path: &Path, max: usize) -> Result<String, FileError> {
    let text = read_marked(path, max)?;
    match text.starts_with(BYTE_ORDER_MARK) {
        true => Err(FileError::Mark(path.to_owned())),
        false => Ok(text),
    }
}

/// Reads a text of at most `max` bytes, which may begin with a byte order mark.
///
/// # Errors
/// If it cannot be read, is longer, or is not UTF-8.
pub fn read_marked(path: &Path, max: usize) -> Result<String, FileError> {
    let file = File::open(path).map_err(|e| FileError::Read(path.to_owned(), e))?;
    let mut bytes = read_bounded(file, path, max)?;
    String::from_utf8(std::mem::take(&mut *bytes)).map_err(|_| FileError::NotText(path.to_owned()))
}

/// Reads a secret text of at most `max` bytes, wiped from memory when dropped.
///
/// # Errors
/// If group or others may read the file, or as [`read_marked`].
pub fn read_secret(path: &Path, max: usize) -> Result<Zeroizing<String>, FileError> {
    let file = File::open(path).map_err(|e| FileError::Read(path.to_owned(), e))?;
    // Asked of the open file, so that nobody can swap it in between.
    check_secret(&file, path)?;
    let mut bytes = read_bounded(file, path, max)?;
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(FileError::NotText(path.to_owned()))
        }
    }
}

/// Whether group or others may read the file at `path`; false if it cannot be told.
pub fn is_open_to_others(path: &Path) -> bool {
    let file = File::open(path);
    let checked = file.map(|file| check_secret(&file, path));
    matches!(checked, Ok(Err(FileError::Permissions(..))))
}

fn check_secret(file: &File, path: &Path) -> Result<(), FileError> {
    let metadata = file
        .metadata()
        .map_err(|e| FileError::Read(path.to_owned(), e))?;
    let mode = metadata.permissions().mode() & 0o777;
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    if mode & 0o077 == 0 || is_credential(path, mode, credentials.as_deref().map(Path::new)) {
        Ok(())
    } else {
        Err(FileError::Permissions(path.to_owned(), mode))
    }
}

/// Whether this is a credential that systemd keeps for this service alone. Its access list shows
/// as the mode of the group (systemd.exec(5), "Credentials"), which has no other member.
fn is_credential(path: &Path, mode: u32, credentials: Option<&Path>) -> bool {
    let is_there = |dir: &Path| {
        let parent = path.parent().map(fs::canonicalize);
        let dir = fs::canonicalize(dir);
        matches!((parent, dir), (Some(Ok(parent)), Ok(dir)) if parent == dir)
    };
    mode & 0o037 == 0 && credentials.is_some_and(is_there)
}

fn read_bounded(file: File, path: &Path, max: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let length = file.metadata().map(|m| m.len()).unwrap_or(0);
    let capacity = usize::try_from(length).unwrap_or(max).min(max) + 1;
    // With room from the start the buffer never moves, so no copy of a secret stays behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| FileError::Read(path.to_owned(), e))?;
    if bytes.len() > max {
        return Err(FileError::TooLong(path.to_owned(), max));
    }
    Ok(bytes)
}

/// Writes a new file, durably and whole: a crash leaves it complete or absent. If the same content
/// is there already, nothing happens.
///
/// # Errors
/// If the file exists with other content, or cannot be written.
pub fn write_new(path: &Path, content: &[u8], mode: Mode) -> Result<(), FileError> {
    write_new_unsynced(path, content, mode)?;
    sync_parent(path).map_err(|e| FileError::Write(path.to_owned(), e))
}

/// As [`write_new`], but the name is durable only after `sync_dir`: for many files at once.
///
/// # Errors
/// As [`write_new`].
pub fn write_new_unsynced(path: &Path, content: &[u8], mode: Mode) -> Result<(), FileError> {
    let failed = |e| FileError::Write(path.to_owned(), e);
    let temporary = write_temporary(path, content, mode).map_err(failed)?;
    match name_new(&temporary, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&temporary).map_err(failed)?;
            let there = Zeroizing::new(fs::read(path).map_err(failed)?);
            if **there == *content {
                Ok(())
            } else {
                Err(FileError::Exists(path.to_owned()))
            }
        }
        Err(error) => {
            fs::remove_file(&temporary).ok();
            Err(failed(error))
        }
    }
}

/// Gives `temporary` the name `path`, which nothing may have yet.
fn name_new(temporary: &Path, path: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, temporary, CWD, path, RenameFlags::NOREPLACE) {
        // Network filesystems know no such rename, those of memory sticks no link. A link, too,
        // fails where a plain rename would overwrite.
        Err(Errno::INVAL | Errno::NOSYS) => {
            fs::hard_link(temporary, path)?;
            fs::remove_file(temporary)
        }
        renamed => Ok(renamed?),
    }
}

/// Replaces a file, durably and whole: after a crash it has the old content or the new.
///
/// # Errors
/// If it cannot be written.
pub fn replace(path: &Path, content: &[u8], mode: Mode) -> Result<(), FileError> {
    let failed = |e| FileError::Write(path.to_owned(), e);
    let temporary = write_temporary(path, content, mode).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    sync_parent(path).map_err(failed)
}

/// Makes a directory that only the owner may enter, with its parents, if it is not there.
///
/// # Errors
/// If it cannot be made.
pub fn make_dir(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(path)
        .map_err(|e| FileError::Write(path.to_owned(), e))
}

/// Writes and syncs a file beside `path`; its name starts with a dot.
fn write_temporary(path: &Path, content: &[u8], mode: Mode) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let unique = format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id());
    let temporary = path.with_file_name(unique);
    // What an earlier process of this id left behind by a crash.
    match fs::remove_file(&temporary) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode.bits());
    let mut file = options.open(&temporary)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // What is left of it takes room on a disk that may be full.
        fs::remove_file(&temporary).ok();
        return Err(error);
    }
    Ok(temporary)
}

/// Makes the name of a new file or directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
