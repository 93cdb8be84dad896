//! What a peer keeps on its disk.
//!
//! | module | is |
//! |---|---|
//! | `lock` | one process for one data directory |
//! | `record_files` | the two copies of the signing record |
//! | `writer` | the thread that makes records durable |
//! | [`keystore`] | shares at rest, and the secret that opens them |
//! | [`duty_history`] | what may be lost: duties that are over, sequences of the peers' records |
//! | `denials` | claims of an old record that operators found to be untrue |
//! | `halts` | validators for which somebody else signs |
//! | `exit_file` | what operators have said about exits |
//! | `intent_file` | intents at Rocket Pool |
//! | `sealed_exits` | what peers have sealed of exits in advance |
//! | `evidence_log` | evidence against peers, for anybody to check |
//! | [`files`] | small files, written whole |
//!
//! Never here: what the bytes mean.

pub(crate) mod denials;
pub mod duty_history;
pub(crate) mod evidence_log;
pub(crate) mod exit_file;
pub mod files;
pub(crate) mod halts;
pub(crate) mod intent_file;
pub mod keystore;
mod lock;
mod record_files;
pub(crate) mod sealed_exits;
pub(crate) mod writer;

pub use lock::{DataLock, LockError};
pub use record_files::Files;
