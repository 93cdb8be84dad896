//! A state is hashed in a thread of its own that stands back: what it takes seconds of processor
//! for is in no hurry, and the thread that reads it from the beacon node has other things to do.
//!
//! Never here: what is proven, and where the state comes from.

use std::io;
use std::thread;

use bytes::Bytes;
use node_core::proof::{BadState, StateProofs, StateReader};
use rustix::process::nice;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tracing::debug;

/// Pieces of the state that wait to be hashed, of some tens of kilobytes each.
const PIECES: usize = 4;
/// How far it stands back: where all processors are wanted by threads of the usual priority it
/// still gets about a tenth of one, so that it ends.
const NICE: i32 = 10;

/// The way to the thread, and what it comes to.
pub(super) struct Hashing {
    pieces: Sender<Bytes>,
    end: oneshot::Receiver<Result<StateProofs, BadState>>,
}

impl Hashing {
    /// Begins to hash what `reader` is to read.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn begin(reader: StateReader) -> io::Result<Self> {
        let (to_pieces, pieces) = channel(PIECES);
        let (to_end, end) = oneshot::channel();
        thread::Builder::new()
            .name("hashing".to_owned())
            .spawn(move || {
                stand_back();
                // If nobody waits for it any more, it was for nothing.
                to_end.send(hash(reader, pieces)).ok();
            })?;
        Ok(Self {
            pieces: to_pieces,
            end,
        })
    }

    /// Hands the next bytes over once there is room; whether more are wanted.
    pub(super) async fn take(&self, bytes: Bytes) -> bool {
        self.pieces.send(bytes).await.is_ok()
    }

    /// What the state proves, now that all of it was handed over.
    ///
    /// # Errors
    /// If its bytes cannot be those of the state.
    pub(super) async fn end(self) -> Result<StateProofs, BadState> {
        drop(self.pieces);
        self.end.await.expect("hashing does not panic")
    }
}

/// Linux gives each thread a priority of its own, and this is the calling thread's (nice(2)). A
/// system that refuses costs time, and nothing else.
fn stand_back() {
    if let Err(error) = nice(NICE) {
        debug!(%error, "the thread that hashes keeps the usual priority");
    }
}

/// Without the end of the state nothing comes of it: who has handed over is gone.
fn hash(mut reader: StateReader, mut pieces: Receiver<Bytes>) -> Result<StateProofs, BadState> {
    while let Some(bytes) = pieces.blocking_recv() {
        reader.push(&bytes)?;
    }
    reader.finish()
}

#[cfg(test)]
mod tests;
