//! A disk that can lose power, fill up and fail to sync: for the simulation and the tests.
//!
//! It keeps what is durable apart from what is only written. After [`SimulatedDisk::power_loss`]
//! a file holds its synced bytes and, of each unsynced write, a random set of 512-byte sectors, the
//! last of them torn; of the unsynced directory operations a random prefix holds. A process that
//! merely dies loses nothing: whatever it wrote is in the kernel's cache.
//!
//! Never here: time. Every call takes no time at all.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::volume::{LogFile, Volume};

const SECTOR: usize = 512;

/// What goes wrong with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// The power fails just before it: it and all later ones fail until
    /// [`SimulatedDisk::power_loss`].
    PowerCut,
    /// No space is left: a write or creation stores nothing and says so.
    Full,
    /// The medium fails: an error, and of a sync the bytes are lost although later syncs succeed,
    /// as on Linux.
    Broken,
}

/// A handle to a disk; clones are the same disk, so that it outlives the process that used it.
#[derive(Debug, Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    contents: BTreeMap<usize, Content>,
    made: usize,
    names: BTreeMap<LogFile, usize>,
    durable_names: BTreeMap<LogFile, usize>,
    renames: Vec<NameChange>,
    operations: u64,
    planned: BTreeMap<u64, DiskFault>,
    off: bool,
}

/// The bytes of a file whatever its name.
#[derive(Debug, Default)]
struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy)]
enum NameChange {
    Made(LogFile, usize),
    Renamed(LogFile, LogFile),
}

impl SimulatedDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many operations that change the disk were asked for so far: creations, writes, syncs
    /// (one per file), renames, directory syncs.
    pub fn operations(&self) -> u64 {
        self.platter().operations
    }

    /// Lets the operation of this number (the first is 0) and, for a power cut, all after it fail.
    pub fn plan(&self, operation: u64, fault: DiskFault) {
        self.platter().planned.insert(operation, fault);
    }

    /// The power fails and returns: what was not synced survives in part, as `seed` decides.
    pub fn power_loss(&self, seed: u64) {
        let mut random = Random(seed);
        let mut platter = self.platter();
        let platter = &mut *platter;
        let kept = random.below(platter.renames.len() + 1);
        for change in platter.renames.drain(..).take(kept) {
            change.apply(&mut platter.durable_names);
        }
        platter.names = platter.durable_names.clone();
        for content in platter.contents.values_mut() {
            for (offset, bytes) in std::mem::take(&mut content.unsynced) {
                tear(&mut content.durable, offset, &bytes, &mut random);
            }
            content.seen = content.durable.clone();
        }
        platter.off = false;
        platter.planned.clear();
    }

    /// The process dies and the machine goes on: everything written stays, planned faults end.
    pub fn process_crash(&self) {
        let mut platter = self.platter();
        platter.off = false;
        platter.planned.clear();
    }

    /// The bytes of `file` as a reader sees them now.
    pub fn bytes(&self, file: LogFile) -> Option<Vec<u8>> {
        let platter = self.platter();
        let content = *platter.names.get(&file)?;
        Some(platter.contents[&content].seen.clone())
    }

    /// The bytes of `file` that a power loss at this moment would leave for certain.
    pub fn durable(&self, file: LogFile) -> Option<Vec<u8>> {
        let platter = self.platter();
        let content = *platter.durable_names.get(&file)?;
        Some(platter.contents[&content].durable.clone())
    }

    /// Puts `bytes` into `file`, durably: a restored backup, bit rot, a cut tail; none removes it.
    pub fn tamper(&self, file: LogFile, bytes: Option<Vec<u8>>) {
        let mut platter = self.platter();
        let Some(bytes) = bytes else {
            platter.names.remove(&file);
            platter.durable_names.remove(&file);
            return;
        };
        let content = platter.add(Content {
            seen: bytes.clone(),
            durable: bytes,
            unsynced: Vec::new(),
        });
        platter.names.insert(file, content);
        platter.durable_names.insert(file, content);
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().expect("nobody panics while holding the disk")
    }
}

impl Platter {
    /// Counts an operation and says what goes wrong with it.
    fn begin(&mut self) -> Result<Option<DiskFault>, io::Error> {
        let fault = self.planned.remove(&self.operations);
        self.operations += 1;
        self.off |= fault == Some(DiskFault::PowerCut);
        if self.off {
            return Err(io::Error::other("the power is off"));
        }
        Ok(fault)
    }

    fn begin_whole(&mut self) -> io::Result<()> {
        match self.begin()? {
            None => Ok(()),
            Some(fault) => Err(fault.error()),
        }
    }

    fn content(&mut self, file: LogFile) -> io::Result<&mut Content> {
        let content = self.names.get(&file).ok_or(io::ErrorKind::NotFound)?;
        Ok(self
            .contents
            .get_mut(content)
            .expect("a name has a content"))
    }

    fn add(&mut self, content: Content) -> usize {
        self.made += 1;
        self.contents.insert(self.made, content);
        self.made
    }

    fn sync(&mut self, file: LogFile) -> io::Result<()> {
        let fault = self.begin()?;
        let content = self.content(file)?;
        match fault {
            None => {
                for (offset, bytes) in std::mem::take(&mut content.unsynced) {
                    put(&mut content.durable, offset, &bytes);
                }
                Ok(())
            }
            Some(fault) => {
                content.unsynced.clear();
                Err(fault.error())
            }
        }
    }
}

impl DiskFault {
    fn error(self) -> io::Error {
        match self {
            Self::PowerCut => io::Error::other("the power is off"),
            Self::Full => io::Error::from(io::ErrorKind::StorageFull),
            Self::Broken => io::Error::other("the medium failed"),
        }
    }
}

impl NameChange {
    fn apply(self, names: &mut BTreeMap<LogFile, usize>) {
        match self {
            Self::Made(file, content) => {
                names.insert(file, content);
            }
            Self::Renamed(from, to) => {
                if let Some(content) = names.remove(&from) {
                    names.insert(to, content);
                }
            }
        }
    }
}

impl Volume for SimulatedDisk {
    /// 64 KiB: a dozen frames, so that rotations are met often.
    fn capacity(&self) -> u64 {
        64 << 10
    }

    fn read(&mut self, file: LogFile) -> io::Result<Option<Vec<u8>>> {
        Ok(self.bytes(file))
    }

    fn create(&mut self, file: LogFile, bytes: &[u8]) -> io::Result<()> {
        let mut platter = self.platter();
        platter.begin_whole()?;
        let content = platter.add(Content {
            seen: bytes.to_vec(),
            durable: Vec::new(),
            unsynced: vec![(0, bytes.to_vec())],
        });
        let change = NameChange::Made(file, content);
        change.apply(&mut platter.names);
        platter.renames.push(change);
        Ok(())
    }

    fn write(&mut self, file: LogFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut platter = self.platter();
        platter.begin_whole()?;
        let content = platter.content(file)?;
        put(&mut content.seen, offset, bytes);
        content.unsynced.push((offset, bytes.to_vec()));
        Ok(())
    }

    fn sync(&mut self, files: [LogFile; 2]) -> io::Result<Duration> {
        let mut platter = self.platter();
        let results = files.map(|file| platter.sync(file));
        results.into_iter().collect::<io::Result<()>>()?;
        Ok(Duration::ZERO)
    }

    fn rename(&mut self, from: LogFile, to: LogFile) -> io::Result<()> {
        let mut platter = self.platter();
        platter.begin_whole()?;
        platter.content(from)?;
        let change = NameChange::Renamed(from, to);
        change.apply(&mut platter.names);
        platter.renames.push(change);
        Ok(())
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        let mut platter = self.platter();
        platter.begin_whole()?;
        platter.renames.clear();
        let platter = &mut *platter;
        platter.durable_names = platter.names.clone();
        let named: Vec<usize> = platter.names.values().copied().collect();
        platter
            .contents
            .retain(|content, _| named.contains(content));
        Ok(())
    }
}

fn put(target: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if target.len() < end {
        target.resize(end, 0);
    }
    target[offset..end].copy_from_slice(bytes);
}

/// Of an unsynced write all, nothing, or a random set of its sectors reaches the disk, and one of
/// them only in part.
fn tear(durable: &mut Vec<u8>, offset: usize, bytes: &[u8], random: &mut Random) {
    let fate = random.below(4);
    for (i, sector) in bytes.chunks(SECTOR).enumerate() {
        let at = offset + i * SECTOR;
        match fate {
            0 => {}
            1 => put(durable, at, sector),
            _ => match random.below(4) {
                0 => put(durable, at, &sector[..random.below(sector.len())]),
                1 => {}
                _ => put(durable, at, sector),
            },
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough for the fate of sectors.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % (bound.max(1) as u64)).expect("below a usize")
    }
}

#[cfg(test)]
mod tests;
