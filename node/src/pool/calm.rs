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
pub struct Calm(Option<Waiting>);

#[derive(Debug, Clone)]
struct Waiting {
    duties: Receiver<bool>,
    longest: Duration,
    /// Held by who makes a proof.
    turn: Arc<Mutex<()>>,
}

/// As long as it lives no other proof is made.
#[derive(Debug)]
pub struct Turn {
    _held: Option<OwnedMutexGuard<()>>,
}

/// Both sides; a proof waits for a duty as long as this at most.
pub fn between(longest: Duration) -> (Duties, Calm) {
    let (told, duties) = channel(false);
    let turn = Arc::default();
    let waiting = Waiting {
        duties,
        longest,
        turn,
    };
    (Duties(told), Calm(Some(waiting)))
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
        Self(None)
    }

    /// Waits until no other proof is made in this calm.
    pub async fn turn(&self) -> Turn {
        let held = match &self.0 {
            Some(waiting) => Some(Arc::clone(&waiting.turn).lock_owned().await),
            None => None,
        };
        Turn { _held: held }
    }

    /// Waits until no duty is under way. For one that was waited for in vain nobody waits again.
    pub async fn come(&mut self) {
        let Some(waiting) = &mut self.0 else { return };
        let Waiting {
            duties, longest, ..
        } = waiting;
        // If the duties have ended for good, none is in the way.
        let is_news = duties.has_changed().unwrap_or(false);
        if is_news && *duties.borrow_and_update() {
            let calm = duties.wait_for(|are_under_way| !are_under_way);
            // Whatever ends the waiting, the proof goes on.
            timeout(*longest, calm).await.ok();
        }
    }
}

#[cfg(test)]
mod tests;
