//! The intents at Rocket Pool, kept in `intents.json` in the data directory: written whole,
//! durably, whenever something came that counts. Beside the loop, so that no disk holds up a duty.
//!
//! Never here: what stands in it.

use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, watch};

use super::files::{self, FileError, Mode};

/// The file's name in the data directory.
const FILE: &str = "intents.json";

/// Where it is.
pub fn place(data: &Path) -> PathBuf {
    data.join(FILE)
}

/// What was kept, at most `most` bytes; none if nothing ever was.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn read(data: &Path, most: usize) -> Result<Option<String>, FileError> {
    match files::read(&place(data), most) {
        Err(FileError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}

/// Keeps this text in place of what was kept before, durably.
///
/// # Errors
/// If the file cannot be written.
pub fn write(data: &Path, text: &str) -> Result<(), FileError> {
    files::replace(&place(data), text.as_bytes(), Mode::Public)
}

/// What became of the text of this number and all before.
#[derive(Debug)]
pub struct IntentsKept {
    pub keeping: u64,
    pub written: Result<(), FileError>,
}

/// The way to the disk: of texts that wait for it only the last is written.
#[derive(Debug)]
pub struct IntentKeeper(watch::Sender<(u64, String)>);

impl IntentKeeper {
    /// Keeps texts in the directory `data`; what becomes of them arrives in `results`.
    pub fn start(data: PathBuf, results: mpsc::Sender<IntentsKept>) -> Self {
        let (to_disk, mut waiting) = watch::channel((0, String::new()));
        tokio::spawn(async move {
            while waiting.changed().await.is_ok() {
                let (keeping, text) = waiting.borrow_and_update().clone();
                let data = data.clone();
                let write = move || write(&data, &text);
                let written = tokio::task::spawn_blocking(write).await;
                let written = written.expect("writing a file does not panic");
                // If the loop has ended, nobody wants to know any more.
                let kept = IntentsKept { keeping, written };
                if results.send(kept).await.is_err() {
                    return;
                }
            }
        });
        Self(to_disk)
    }

    /// Hands a text over.
    pub fn keep(&self, keeping: u64, text: String) {
        self.0.send_replace((keeping, text));
    }
}

#[cfg(test)]
mod tests;
