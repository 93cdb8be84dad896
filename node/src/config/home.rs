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
mod tests {
    use super::*;

    fn read(path: &str) -> Result<PathBuf, BadPath> {
        expanded_in(Path::new(path), Some("/home/alice".into()))
    }

    #[test]
    fn a_leading_tilde_is_the_home_and_nothing_else_changes() {
        assert_eq!(read("~/gantry").unwrap(), Path::new("/home/alice/gantry"));
        assert_eq!(read("~").unwrap(), Path::new("/home/alice"));
        for path in ["/etc/~", "keys/~/a", "./~/a", ".", "", "a~", "../~"] {
            assert_eq!(read(path).unwrap(), Path::new(path));
        }
    }

    #[test]
    fn a_key_is_no_path_and_is_not_repeated() {
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        for given in [key.to_owned(), format!("0x{key}")] {
            let words = read(&given).unwrap_err().to_string();
            assert!(words.contains("write the key into a file"), "{words}");
            assert!(!words.contains(&key[..8]), "{words}");
        }
    }

    #[test]
    fn a_home_that_is_not_known_is_refused_in_words() {
        let words = read("~bob/gantry").unwrap_err().to_string();
        assert!(words.contains("write the whole path"), "{words}");
        for home in [None, Some(PathBuf::new())] {
            let refused = expanded_in(Path::new("~/gantry"), home);
            assert!(matches!(refused, Err(BadPath::Homeless(_))));
        }
    }
}
