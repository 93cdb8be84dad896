//! The record's directory on the operator's disk.
//!
//! Never here: a retry of a failed sync, or what the bytes mean.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::lock::DataLock;
use node_core::record::volume::{LogFile, Volume};

/// How much of a new file is written at a time.
const PAGE: usize = 4096;

/// A record's directory on the operator's disk.
#[derive(Debug)]
pub struct Files {
    directory: PathBuf,
    open: BTreeMap<LogFile, Arc<File>>,
    twin: Option<Twin>,
}

impl Files {
    /// The directory of the record inside a data directory.
    pub const DIRECTORY: &'static str = "record";

    /// The record's files inside the data directory that `lock` holds. Makes nothing: the
    /// directory (0700) comes with the first file in it.
    pub fn within(lock: &DataLock) -> Self {
        Self {
            directory: lock.directory().join(Self::DIRECTORY),
            open: BTreeMap::new(),
            twin: None,
        }
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Moves both copies, whatever they hold, into the first free directory `lost-1`, `lost-2`, …
    /// beside them, and says where; none if there is no copy. Nothing is ever deleted.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn set_aside(&mut self) -> io::Result<Option<PathBuf>> {
        self.open.clear();
        let held: Vec<&str> = [LogFile::A, LogFile::B]
            .map(LogFile::name)
            .into_iter()
            .filter(|name| self.directory.join(name).exists())
            .collect();
        if held.is_empty() {
            return Ok(None);
        }
        let aside = (1..)
            .map(|i: u32| self.directory.join(format!("lost-{i}")))
            .find(|path| !path.exists())
            .expect("a directory holds fewer than 2^32 entries");
        DirBuilder::new().mode(0o700).create(&aside)?;
        for name in held {
            fs::rename(self.directory.join(name), aside.join(name))?;
        }
        File::open(&aside)?.sync_all()?;
        self.sync_directory()?;
        Ok(Some(aside))
    }

    fn path(&self, file: LogFile) -> PathBuf {
        self.directory.join(file.name())
    }

    fn opened(&mut self, file: LogFile) -> io::Result<&Arc<File>> {
        let path = self.path(file);
        Ok(match self.open.entry(file) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(free) => {
                let opened = OpenOptions::new().read(true).write(true).open(path)?;
                free.insert(Arc::new(opened))
            }
        })
    }
}

/// A thread that syncs the second copy while the first is synced: two syncs one after the other
/// would take twice as long, and a thread for each sync costs more than the sync.
#[derive(Debug)]
struct Twin {
    files: Sender<Arc<File>>,
    results: Receiver<io::Result<()>>,
}

impl Twin {
    fn start() -> io::Result<Self> {
        let (files, to_sync) = channel::<Arc<File>>();
        let (to_results, results) = channel();
        thread::Builder::new()
            .name("second-copy".to_owned())
            .spawn(move || {
                let synced = to_sync.iter().map(|file| file.sync_data());
                // Whoever asked may be gone: the program is ending.
                for result in synced {
                    to_results.send(result).ok();
                }
            })?;
        Ok(Self { files, results })
    }

    fn begin(&self, file: Arc<File>) -> io::Result<()> {
        self.files.send(file).map_err(|_| ended())
    }

    fn end(&self) -> io::Result<()> {
        self.results.recv().map_err(|_| ended())?
    }
}

fn ended() -> io::Error {
    io::Error::other("the thread of the second copy has ended")
}

impl Volume for Files {
    /// 1 MiB: more than 200 frames, some twenty minutes of slots.
    fn capacity(&self) -> u64 {
        1 << 20
    }

    fn read(&mut self, file: LogFile) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&mut self, file: LogFile, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(file);
        self.open.remove(&file);
        if !self.directory.is_dir() {
            DirBuilder::new().mode(0o700).create(&self.directory)?;
            let data = self.directory.parent().unwrap_or(Path::new("."));
            File::open(data)?.sync_all()?;
        }
        if path.exists() {
            fs::remove_file(&path)?;
        }
        let made = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        // Page by page: a kernel with large folios takes a long write into one of them, and then
        // walks all of it for every frame that is written and synced later.
        for (page, at) in bytes.chunks(PAGE).zip((0..).step_by(PAGE)) {
            made.write_all_at(page, at)?;
        }
        self.open.insert(file, Arc::new(made));
        Ok(())
    }

    fn write(&mut self, file: LogFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.opened(file)?.write_all_at(bytes, offset)
    }

    fn sync(&mut self, [first, second]: [LogFile; 2]) -> io::Result<Duration> {
        let first = Arc::clone(self.opened(first)?);
        let second = Arc::clone(self.opened(second)?);
        let twin = match self.twin.take() {
            Some(twin) => twin,
            None => Twin::start()?,
        };
        let began = Instant::now();
        let other = twin.begin(second);
        let one = first.sync_data();
        let other = other.and_then(|()| twin.end());
        self.twin = Some(twin);
        one.and(other)?;
        Ok(began.elapsed())
    }

    fn rename(&mut self, from: LogFile, to: LogFile) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))?;
        self.open.remove(&to);
        if let Some(handle) = self.open.remove(&from) {
            self.open.insert(to, handle);
        }
        Ok(())
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

#[cfg(test)]
mod tests;
