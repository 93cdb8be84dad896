//! What a peer keeps on its disk.
//!
//! | module | is |
//! |---|---|
//! | [`lock`] | one process for one data directory |
//! | [`record_files`] | the two copies of the signing record |
//!
//! Never here: what the bytes mean.

pub mod lock;
pub mod record_files;

pub use lock::{DataLock, LockError};
pub use record_files::Files;
