//! How much a visit may take: every bound of the socket in one place.

use std::time::Duration;

/// The longest path that the system takes for a socket, in bytes (`sun_path`, without its end).
pub(super) const MAX_PATH: usize = 107;
/// How long the loop may take for its answer: its beacon node is asked, and its disk.
pub(super) const ANSWER: Duration = Duration::from_secs(15);
/// How long a command waits for its answer: longer than the peer lets it stay.
pub(super) const PATIENCE: Duration = Duration::from_secs(25);
/// How many may wait in the system's queue.
pub(super) const QUEUE: u32 = 32;
/// A person and a few scripts.
pub(super) const BOUNDS: Bounds = Bounds {
    places: 8,
    visit: Duration::from_secs(20),
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How many visits there may be at once. Who comes later waits in the system's queue.
    pub(super) places: usize,
    /// How long each may take.
    pub(super) visit: Duration,
}
