//! Where a command and the running peer meet, and what they say first.

use std::path::{Path, PathBuf};

use proto::Root;
use proto::control::Hello;

use super::bounds::MAX_PATH;
use super::error::ControlError;

/// The socket's name in the data directory.
pub(super) const FILE: &str = "control.sock";

/// The words of this program.
pub(super) fn hello(cluster: Root) -> Hello {
    Hello::of(cluster, concat!("gantry/", env!("CARGO_PKG_VERSION")))
}

/// Where the socket of the peer of this data directory is.
pub(super) fn place(data: &Path) -> Result<PathBuf, ControlError> {
    let path = data.join(FILE);
    if path.as_os_str().len() > MAX_PATH {
        return Err(ControlError::PathTooLong(path));
    }
    Ok(path)
}
