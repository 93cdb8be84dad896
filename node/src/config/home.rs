//! `~` in a path, as a shell reads it: config files and flags written as `--dir=~/gantry` come
//! without a shell having done so. And a key in the place of the path of a file that holds it.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use proto::typed;
use thiserror::Error;

/// What was given as a path cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadPath {
    #[error("{}: gantry knows only ~/ (your own home): write the whole path", .0.display())]
    OtherUser(PathBuf),
    #[error("{}: nothing says where your home is: set HOME, or write the whole path", .0.display())]
    Homeless(PathBuf),
    /// It is a secret, not repeated here.
    #[error(
        "this is no path but 64 hex digits, as of a secret key (not shown): write the key into a \
         file of mode 0600 and give the file's path. Shell history and process lists may hold \
         what was typed: if money or a validator hangs on that key, change to another"
    )]
    Key,
}

/// The path with the user's home in place of a leading `~`.
///
/// # Errors
/// If it begins with another user's `~name`, this user has no home, or it is a key.
pub fn expanded(path: &Path) -> Result<PathBuf, BadPath> {
    expanded_in(path, std::env::home_dir())
}

/// The same for what stands on the command line.
///
/// # Errors
/// As [`expanded`].
pub fn expanded_argument(argument: OsString) -> Result<PathBuf, BadPath> {
    expanded(Path::new(&argument))
}

fn expanded_in(path: &Path, home: Option<PathBuf>) -> Result<PathBuf, BadPath> {
    if path.to_str().is_some_and(typed::is_key) {
        return Err(BadPath::Key);
    }
    let mut parts = path.components();
    let first = match parts.next() {
        Some(Component::Normal(first)) if first.as_encoded_bytes().starts_with(b"~") => first,
        Some(_) | None => return Ok(path.to_owned()),
    };
    if first != "~" {
        return Err(BadPath::OtherUser(path.to_owned()));
    }
    let home = home.filter(|home| !home.as_os_str().is_empty());
    let home = home.ok_or_else(|| BadPath::Homeless(path.to_owned()))?;
    Ok(home.join(parts.as_path()))
}

#[cfg(test)]
mod tests;
