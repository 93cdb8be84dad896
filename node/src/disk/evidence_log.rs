//! The file of evidence against peers, `evidence.jsonl`: one line for each contradiction, which
//! anybody can check with `gantry evidence verify`.
//!
//! A peer can contradict itself in every slot and every round, and a full disk would stop the
//! signing record. So there is at most one line for each peer, duty, round and kind, each peer has
//! room for [`MAX_PIECES`] lines and [`MAX_BYTES`], and the oldest are kept. No peer's lines take
//! the room of another's, and the first against a peer always fits.
//!
//! Lines are not synced: a power cut may lose the last ones, never a whole line before them.
//!
//! Never here: whether evidence is true. `consensus` finds only what is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use consensus::Evidence;
use consensus::exhibit::{Exhibit, MAX_LINE, Subject};
use proto::{ClusterSize, Roster};

use super::files::{self, FileError};

/// The most lines that are kept against one peer.
pub const MAX_PIECES: usize = 1024;

/// The most bytes that are kept against one peer.
pub const MAX_BYTES: usize = 2 << 20;

/// The longest file that is read, in bytes.
pub const MAX_FILE: usize = ClusterSize::MAX * MAX_BYTES;

const _: () = assert!(MAX_LINE < MAX_BYTES, "the first piece always fits");

/// What is kept, and room for more.
pub struct EvidenceLog {
    path: PathBuf,
    roster: Roster,
    kept: BTreeSet<Subject>,
    /// Lines and bytes against each identity key.
    room: BTreeMap<String, (usize, usize)>,
    /// Where the last whole line ends.
    length: u64,
}

impl EvidenceLog {
    /// Opens the file at `path`, which need not be there. A last line that a crash cut off is
    /// removed with the next one that is kept.
    ///
    /// # Errors
    /// If it cannot be read, or is longer than [`MAX_FILE`].
    pub fn open(path: PathBuf, roster: Roster) -> Result<Self, FileError> {
        let text = if path.exists() {
            files::read(&path, MAX_FILE)?
        } else {
            String::new()
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut book = Self {
            path,
            roster,
            kept: BTreeSet::new(),
            room: BTreeMap::new(),
            length: whole.len() as u64,
        };
        let exhibits = whole
            .lines()
            .filter_map(|l| Some((Exhibit::from_line(l).ok()?, l.len())));
        for (exhibit, length) in exhibits {
            book.note(exhibit.subject(), length + 1);
        }
        Ok(book)
    }

    /// Keeps a piece of evidence, unless its like is there or its peer's room is full. Says whether
    /// it did.
    ///
    /// # Errors
    /// If the file cannot be written. It is as it was, then or with the next piece.
    pub fn keep(&mut self, evidence: &Evidence) -> io::Result<bool> {
        let exhibit = evidence.exhibit(&self.roster);
        let subject = exhibit.subject();
        let line = exhibit.to_line() + "\n";
        if self.kept.contains(&subject) || !self.has_room(&subject.identity_key, line.len()) {
            return Ok(false);
        }
        let mut file = File::options().create(true).append(true).open(&self.path)?;
        // A longer file ends with what a crash or a full disk has left of a line; a shorter one is
        // new, since the operator has moved the old one away.
        self.length = self.length.min(file.metadata()?.len());
        file.set_len(self.length)?;
        file.write_all(line.as_bytes())?;
        self.length += line.len() as u64;
        self.note(subject, line.len());
        Ok(true)
    }

    fn has_room(&self, key: &str, length: usize) -> bool {
        let (lines, bytes) = self.room.get(key).copied().unwrap_or_default();
        lines < MAX_PIECES && bytes + length <= MAX_BYTES
    }

    fn note(&mut self, subject: Subject, length: usize) {
        let room = self.room.entry(subject.identity_key.clone()).or_default();
        room.0 += 1;
        room.1 += length;
        self.kept.insert(subject);
    }
}

#[cfg(test)]
mod tests;
