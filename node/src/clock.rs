//! The wall clock, read in the shell only; a core is told the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::Timestamp;

/// The time of day. A clock before 1970 counts as 1970.
pub fn now() -> Timestamp {
    Timestamp::from_unix(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO),
    )
}
