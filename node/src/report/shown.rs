//! What of a running peer is shown to whoever asks: its numbers, its status, its peers' names.

use std::sync::Arc;

use super::metrics::Metrics;
use super::status::StatusBoard;
use crate::disk::duty_history::OutcomeBook;

/// Written by the loop, read by the web server.
#[derive(Clone)]
pub struct Shown {
    pub metrics: Arc<Metrics>,
    /// What `gantry status` shows.
    pub board: Arc<StatusBoard>,
    /// What `gantry duties` shows.
    pub book: OutcomeBook,
    /// The operators' names, in the order of the definition.
    pub names: Arc<[String]>,
}

impl Shown {
    /// Shows that no duty of a validator is signed, and why.
    pub fn halt(&self, words: String) {
        self.board.change(|status| {
            status.validators.halted.push(words);
            let count = i64::try_from(status.validators.halted.len());
            self.metrics.halted.set(count.unwrap_or(i64::MAX));
        });
    }
}
