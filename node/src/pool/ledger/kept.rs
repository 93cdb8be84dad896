//! The file of the ledger at Rocket Pool, `pool-ledger.jsonl` in the data directory: one line for
//! each period. Lines are only added, each durably; what a crash has left of one is cut off with
//! the next.
//!
//! Nothing that is signed hangs on it. Two peers have files of their own; who has lost one begins
//! a new one with what there is.
//!
//! Never here: what a period says.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use node_core::pool::ledger::books::{Books, Unfit};
use node_core::pool::ledger::kept::{BadLine, Chain, MAX_LINE};
use node_core::pool::ledger::period::Period;
use proto::Root;
use thiserror::Error;

/// The file's name in the data directory.
pub const FILE: &str = "pool-ledger.jsonl";
/// The longest file, in bytes: of many years.
const MAX_FILE: u64 = 256 << 20;

/// The ledger cannot be read or kept.
#[derive(Debug, Error)]
pub enum LedgerFileError {
    #[error("cannot read or write {}: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    #[error(
        "{}, line {}: it {}. Compare with a copy, or move the file away: then the ledger begins \
         anew with what there is", .0.display(), .1, .2
    )]
    Line(PathBuf, u64, BadLine),
    #[error(
        "{}, line {}: {}. Compare with a copy, or move the file away: then the ledger begins anew \
         with what there is", .0.display(), .1, .2
    )]
    Order(PathBuf, u64, Unfit),
    #[error(
        "{} is as long as it may be: keep it elsewhere, so that a new one begins with what there \
         is", .0.display()
    )]
    Full(PathBuf),
}

/// Whether entries are wanted, or only where the books end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    All,
    None,
}

/// The file as it was read, and room for more.
#[derive(Debug)]
pub struct LedgerFile {
    path: PathBuf,
    chain: Chain,
    /// Where the last whole line ends.
    length: u64,
    wanted: Entries,
    pub books: Books,
}

impl LedgerFile {
    /// Reads the file in this data directory, which need not be there, of the cluster with this
    /// lock.
    ///
    /// # Errors
    /// If it cannot be read, or a line is not what it must be.
    pub fn open(data: &Path, lock: &Root, wanted: Entries) -> Result<Self, LedgerFileError> {
        let mut it = Self {
            path: data.join(FILE),
            chain: Chain::begin(lock),
            length: 0,
            wanted,
            books: Books::default(),
        };
        let file = match File::open(&it.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(it),
            Err(error) => return Err(LedgerFileError::Io(it.path, error)),
        };
        it.read(BufReader::new(file))?;
        Ok(it)
    }

    fn read(&mut self, mut file: BufReader<File>) -> Result<(), LedgerFileError> {
        let failed = |path: &Path, error| LedgerFileError::Io(path.to_owned(), error);
        let mut line = String::new();
        for number in 1.. {
            line.clear();
            let most = MAX_LINE as u64 + 128;
            let read = file.by_ref().take(most).read_line(&mut line);
            read.map_err(|error| failed(&self.path, error))?;
            let Some(whole) = line.strip_suffix('\n') else {
                if line.len() as u64 == most {
                    return Err(LedgerFileError::Line(
                        self.path.clone(),
                        number,
                        BadLine::Form,
                    ));
                }
                // Nothing, or what a crash has left of one.
                return Ok(());
            };
            let period = self.chain.read(whole);
            let period =
                period.map_err(|error| LedgerFileError::Line(self.path.clone(), number, error))?;
            self.length += line.len() as u64;
            if self.length > MAX_FILE {
                return Err(LedgerFileError::Full(self.path.clone()));
            }
            self.take(&period)
                .map_err(|error| LedgerFileError::Order(self.path.clone(), number, error))?;
        }
        Ok(())
    }

    fn take(&mut self, period: &Period) -> Result<(), Unfit> {
        self.books.take(period)?;
        if self.wanted == Entries::None {
            self.books.entries.clear();
        }
        Ok(())
    }

    /// The hash that stands for all lines.
    pub fn hash(&self) -> Root {
        self.chain.hash()
    }

    /// Adds a period, durably.
    ///
    /// # Errors
    /// If it cannot follow, or the file cannot be written. Then it is as it was, or will be with
    /// the next one that is added.
    pub fn add(&mut self, period: &Period) -> Result<(), LedgerFileError> {
        let (line, chain) = self.chain.line(period);
        let length = self.length + line.len() as u64;
        if line.len() > MAX_LINE || length > MAX_FILE {
            return Err(LedgerFileError::Full(self.path.clone()));
        }
        let mut after = self.books.clone();
        let order = |error| LedgerFileError::Order(self.path.clone(), 0, error);
        after.take(period).map_err(order)?;
        let failed = |error| LedgerFileError::Io(self.path.clone(), error);
        self.write(&line).map_err(failed)?;
        (self.chain, self.length) = (chain, length);
        self.books = after;
        if self.wanted == Entries::None {
            self.books.entries.clear();
        }
        Ok(())
    }

    /// Adds a period to the books alone.
    ///
    /// # Errors
    /// If it cannot follow.
    pub fn show(&mut self, period: &Period) -> Result<(), LedgerFileError> {
        let taken = self.books.take(period);
        taken.map_err(|error| LedgerFileError::Order(self.path.clone(), 0, error))
    }

    fn write(&self, line: &str) -> io::Result<()> {
        let mut file = File::options().create(true).append(true).open(&self.path)?;
        // Never with a gap in front.
        if file.metadata()?.len() < self.length {
            return Err(io::Error::other("it was moved away or cut meanwhile"));
        }
        file.set_len(self.length)?;
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests;
