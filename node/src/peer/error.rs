//! Why a peer does not start.

use thiserror::Error;

use crate::beacon::BadUrl;
use crate::checks::chain::BadChain;
use crate::checks::lock::LockFileError;
use crate::config::ConfigError;
use crate::disk::LockError;
use crate::disk::denials::DenialError;
use crate::disk::duty_history::DutyHistoryError;
use crate::disk::halts::HaltError;
use crate::disk::keystore::{SecretFileError, StoreError};
use crate::net::NetError;
use crate::pool::sending::node_account::NodeAccountError;
use crate::report::web::WebError;
use node_core::record::JournalError;
use node_core::vault::VaultError;

/// Something that must be right before the first vote is not.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory is in use or not accessible.
    #[error(transparent)]
    DataDirectory(#[from] LockError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Keystores(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The signing record and the lock do not belong together.
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Denials(#[from] DenialError),
    #[error(transparent)]
    Halts(#[from] HaltError),
    #[error(transparent)]
    DutyHistory(#[from] DutyHistoryError),
    #[error(transparent)]
    BeaconUrl(#[from] BadUrl),
    #[error(transparent)]
    Chain(#[from] BadChain),
    #[error(transparent)]
    NodeAccount(#[from] NodeAccountError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error(transparent)]
    Web(#[from] WebError),
    #[error("the operating system gives no timer: {0}")]
    Timer(#[source] std::io::Error),
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(#[source] getrandom::Error),
}
