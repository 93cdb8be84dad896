//! Where a record's bytes live: the few operations that a log needs.
//!
//! `SimulatedDisk` is a disk that can lose power; the program's own implementor is a
//! directory of the operator's disk. Nothing here knows what the bytes mean.
//!
//! Never here: a retry. After a failed fdatasync the kernel may already have forgotten the bytes
//! (Linux marks the pages clean), so a second, successful call would prove nothing.

use std::io;
use std::time::Duration;

/// The files of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogFile {
    /// The first copy.
    A,
    /// The second copy, byte for byte the same.
    B,
    /// The first copy's next generation while it is written.
    NewA,
    /// The second copy's next generation while it is written.
    NewB,
}

impl LogFile {
    /// The file's name in the record's directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "record-a.log",
            Self::B => "record-b.log",
            Self::NewA => "record-a.new",
            Self::NewB => "record-b.new",
        }
    }
}

/// A place for the files of one record.
pub trait Volume {
    /// How many bytes a log is given when it is made, at least; a multiple of 4096. When it is
    /// full, the next generation begins.
    fn capacity(&self) -> u64;

    /// Every byte of `file`; none if it does not exist.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn read(&mut self, file: LogFile) -> io::Result<Option<Vec<u8>>>;

    /// Makes or replaces `file` with these bytes, readable by its owner only. Durable only after
    /// [`Volume::sync`] of it and [`Volume::sync_directory`].
    ///
    /// # Errors
    /// Whatever the disk says.
    fn create(&mut self, file: LogFile, bytes: &[u8]) -> io::Result<()>;

    /// Overwrites `bytes.len()` bytes of `file` from `offset`. Durable only after [`Volume::sync`].
    ///
    /// # Errors
    /// Whatever the disk says.
    fn write(&mut self, file: LogFile, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes the bytes of both files durable (fdatasync), at the same time where the volume can.
    /// Returns how long the calls took.
    ///
    /// # Errors
    /// Whatever the disk says; then nothing is known about either file until it is made anew.
    fn sync(&mut self, files: [LogFile; 2]) -> io::Result<Duration>;

    /// Gives the bytes of `from` the name `to`, whose old bytes are gone.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn rename(&mut self, from: LogFile, to: LogFile) -> io::Result<()>;

    /// Makes the names of files durable (fsync of the directory).
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sync_directory(&mut self) -> io::Result<()>;
}
