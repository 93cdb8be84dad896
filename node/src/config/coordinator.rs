//! What the peer that sends the node account's steps at Rocket Pool is told: one of the group's.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::source::FilePath;

/// The table `[coordinator]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coordinator {
    /// The node account's keystore and what opens it; none where the node account is a Safe, which
    /// has no key.
    pub keystore: Option<NodeKeystore>,
    /// The highest price of a unit of gas, in gwei.
    pub max_fee_gwei: u32,
}

/// A node account with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeKeystore {
    /// Its keystore, of version 3.
    pub file: PathBuf,
    /// What opens it.
    pub password_file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoordinatorKeys {
    node_keystore: Option<FilePath>,
    node_password_file: Option<FilePath>,
    #[serde(default = "usual_fee")]
    max_fee_gwei: u32,
}

/// Gwei, where nothing is said.
pub(super) fn usual_fee() -> u32 {
    50
}

impl CoordinatorKeys {
    /// With the files looked for in the data directory.
    ///
    /// # Errors
    /// Names the key that is missing beside another.
    pub(super) fn within(self, data_dir: &Path) -> Result<Coordinator, &'static str> {
        let keystore = match (self.node_keystore, self.node_password_file) {
            (Some(file), Some(password_file)) => Some(NodeKeystore {
                file: data_dir.join(file.0),
                password_file: data_dir.join(password_file.0),
            }),
            (None, None) => None,
            (Some(_), None) => return Err("node_password_file"),
            (None, Some(_)) => return Err("node_keystore"),
        };
        Ok(Coordinator {
            keystore,
            max_fee_gwei: self.max_fee_gwei,
        })
    }
}
