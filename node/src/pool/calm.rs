//! Proofs give way to duties: while this peer decides and signs one, it reads and hashes no state.
//! And it makes one at a time, for whomever: each keeps a processor busy for seconds.
//!
//! The duties say whether one is under way, and a proof waits until none is, piece by piece of the
//! state. It does not wait for ever: where too many peers are away no duty comes to its end.
//!
//! Never here: when a duty begins and ends.

use std::mem::replace;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

/// The side of the duties.
#[derive(Debug)]
pub struct Duties(Sender<bool>);

/// The side of the proofs.
#[derive(Debug, Clone)]
pub struct Calm {
    duties: Receiver<bool>,
    longest: Duration,
    /// Held by who makes a proof.
    turn: Arc<Mutex<()>>,
}

/// Both sides; a proof waits for a duty as long as this at most.
pub fn between(longest: Duration) -> (Duties, Calm) {
    let (told, duties) = channel(false);
    let calm = Calm {
        duties,
        longest,
        turn: Arc::default(),
    };
    (Duties(told), calm)
}

impl Duties {
    /// Whether one is under way from now on.
    pub fn are_under_way(&self, are: bool) {
        self.0.send_if_modified(|known| replace(known, are) != are);
    }
}

impl Calm {
    /// Where no duties are done.
    pub fn always() -> Self {
        between(Duration::ZERO).1
    }

    /// Waits until no other proof is made in this calm; none is as long as the answer lives.
    pub async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// Waits until no duty is under way. For one that was waited for in vain nobody waits again.
    pub async fn come(&mut self) {
        // If the duties have ended for good, none is in the way.
        let is_news = self.duties.has_changed().unwrap_or(false);
        if is_news && *self.duties.borrow_and_update() {
            let calm = self.duties.wait_for(|are_under_way| !are_under_way);
            // Whatever ends the waiting, the proof goes on.
            timeout(self.longest, calm).await.ok();
        }
    }
}

#[cfg(test)]
mod tests;
