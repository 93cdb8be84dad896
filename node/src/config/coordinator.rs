//! What the peer that sends the node account's steps at Rocket Pool is told: one of the group's.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::source::FilePath;

/// The table `[coordinator]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coordinator {
    /// The node account's keystore, of version 3.
    pub node_keystore: PathBuf,
    /// What opens it.
    pub node_password_file: PathBuf,
    /// The highest price of a unit of gas, in gwei.
    pub max_fee_gwei: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoordinatorKeys {
    node_keystore: FilePath,
    node_password_file: FilePath,
    #[serde(default = "usual_fee")]
    max_fee_gwei: u32,
}

fn usual_fee() -> u32 {
    50
}

impl CoordinatorKeys {
    /// With the files looked for in the data directory.
    pub(super) fn within(self, data_dir: &Path) -> Coordinator {
        Coordinator {
            node_keystore: data_dir.join(self.node_keystore.0),
            node_password_file: data_dir.join(self.node_password_file.0),
            max_fee_gwei: self.max_fee_gwei,
        }
    }
}
