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
mod tests {
    use std::fs;
    use std::path::Path;

    use proto::vote::{Commit, MAX_PARTIALS, Partial, Prepare, Scope};
    use proto::{DutyId, DutyKind, Identity, Root, Round, Signed, Slot, Statement};

    use super::*;

    fn identity(position: usize) -> Identity {
        Identity::from_seed(&[position as u8 + 1; 32])
    }

    fn roster() -> Roster {
        Roster::new((0..4).map(|at| identity(at).public()).collect()).unwrap()
    }

    fn open(dir: &Path) -> EvidenceLog {
        EvidenceLog::open(dir.join("evidence.jsonl"), roster()).unwrap()
    }

    fn lines(dir: &Path) -> Vec<String> {
        let text = fs::read_to_string(dir.join("evidence.jsonl")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn scope(slot: u64) -> Scope {
        let (slot, kind) = (Slot(slot), DutyKind::Head);
        Scope {
            lock: Root::ZERO,
            duty: DutyId { slot, kind },
        }
    }

    fn signed<T: Statement>(position: usize, statement: T) -> Signed<T> {
        let peer = roster().size().peer(position).unwrap();
        identity(position).sign(peer, statement).into_signed()
    }

    /// Two votes of a peer in round 0 of a slot.
    fn votes(position: usize, slot: u64) -> Evidence {
        let vote = |value: u8| Prepare {
            scope: scope(slot),
            round: Round::ZERO,
            value: [value; 32].into(),
        };
        Evidence::Prepares(signed(position, vote(1)), signed(position, vote(2)))
    }

    /// Commitments to two values, as long as there are.
    fn commits(position: usize, slot: u64) -> Evidence {
        let partial = Partial {
            validator: 0,
            signature: [0; 96].into(),
        };
        let commit = |value: u8| Commit {
            scope: scope(slot),
            round: Round::ZERO,
            value: [value; 32].into(),
            sequence: 0,
            partials: vec![partial; MAX_PARTIALS],
        };
        Evidence::Commits(signed(position, commit(1)), signed(position, commit(2)))
    }

    #[test]
    fn what_is_kept_can_be_checked_by_anybody_with_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        assert!(open(dir.path()).keep(&votes(2, 7)).unwrap());
        let [line] = &lines(dir.path())[..] else {
            panic!("one line");
        };
        let exhibit = Exhibit::from_line(line).unwrap();
        let verdict = exhibit.verify(&roster(), Root::ZERO).unwrap();
        assert_eq!(verdict, votes(2, 7).claim());
    }

    #[test]
    fn of_one_peer_duty_round_and_kind_only_the_first_is_kept_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = open(dir.path());
        assert!(book.keep(&votes(2, 7)).unwrap());
        assert!(!book.keep(&votes(2, 7)).unwrap());
        let mut book = open(dir.path());
        assert!(!book.keep(&votes(2, 7)).unwrap());
        for other in [votes(1, 7), votes(2, 8), commits(2, 7)] {
            assert!(book.keep(&other).unwrap());
        }
        assert_eq!(lines(dir.path()).len(), 4);
    }

    #[test]
    fn a_peer_fills_its_own_room_only_and_the_oldest_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = open(dir.path());
        assert!(book.keep(&commits(2, 0)).unwrap());
        assert!(!book.keep(&commits(2, 1)).unwrap(), "no room for bytes");
        for slot in 0..MAX_PIECES as u64 {
            assert!(book.keep(&votes(1, slot)).unwrap());
        }
        let mut book = open(dir.path());
        assert!(!book.keep(&votes(1, 9999)).unwrap(), "no room for pieces");
        assert!(!book.keep(&commits(2, 1)).unwrap());
        assert!(book.keep(&votes(3, 0)).unwrap());
        assert!(lines(dir.path())[0].contains("two-commitments"));
    }

    #[test]
    fn a_file_that_was_moved_away_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut book = open(dir.path());
        assert!(book.keep(&votes(1, 7)).unwrap());
        let path = dir.path().join("evidence.jsonl");
        fs::rename(&path, dir.path().join("shown.jsonl")).unwrap();
        assert!(book.keep(&votes(1, 8)).unwrap());
        let [line] = &lines(dir.path())[..] else {
            panic!("one line");
        };
        assert!(Exhibit::from_line(line).is_ok());
    }

    #[test]
    fn a_line_that_a_crash_cut_off_is_replaced_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).keep(&votes(1, 7)).unwrap();
        let path = dir.path().join("evidence.jsonl");
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, whole.clone() + &whole[..100]).unwrap();
        open(dir.path()).keep(&votes(2, 7)).unwrap();
        let kept = lines(dir.path());
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|line| Exhibit::from_line(line).is_ok()));
    }
}
