//! What lies in a data directory, and what a power cut between two moments could have left there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Every file of a directory, by its path in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct State(BTreeMap<PathBuf, Vec<u8>>);

impl State {
    pub fn read(dir: &Path) -> Self {
        let mut state = Self::default();
        state.add(dir, Path::new(""));
        state
    }

    fn add(&mut self, dir: &Path, below: &Path) {
        for entry in fs::read_dir(dir.join(below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            match fs::read(dir.join(&path)) {
                Ok(bytes) => drop(self.0.insert(path, bytes)),
                Err(_) => self.add(dir, &path),
            }
        }
    }

    /// Makes `dir` hold these files and no others.
    pub fn write(&self, dir: &Path) {
        fs::remove_dir_all(dir).unwrap();
        fs::create_dir(dir).unwrap();
        for (path, bytes) in &self.0 {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    pub fn names(&self) -> Vec<String> {
        let names = self.0.keys();
        names.map(|path| path.display().to_string()).collect()
    }
}

/// The place of a change in the order that `node_core::ceremony` promises.
fn rank(path: &str, gone: bool, was_there: bool) -> u8 {
    match path {
        "ceremony/seed.json" if gone => 6,
        _ if path.starts_with("ceremony/") && gone => 7,
        "lock" | "ceremony/seed.json" => 0,
        "ceremony/heard.json" => 1,
        _ if path.starts_with("ceremony/keys-") => 1,
        _ if path.starts_with("keystores/") => 2,
        "ceremony/position.json" => 3,
        _ if path.starts_with("record/") && !was_there => 4,
        "cluster-lock.json" => 5,
        _ if path.starts_with("record/") => 8,
        _ if path.starts_with("deposit-data-") => 9,
        _ => panic!("{path} is written, and nobody has thought of when"),
    }
}

/// Every state on the way from `before` to `after`, both included, one file after the other: with
/// the next file missing, and with a piece of it under the name it is written under.
pub fn states_between(before: &State, after: &State) -> Vec<State> {
    let mut changed: Vec<(u8, PathBuf)> = Vec::new();
    for path in before.0.keys().chain(after.0.keys()) {
        let (old, new) = (before.0.get(path), after.0.get(path));
        let rank = || rank(path.to_str().unwrap(), new.is_none(), old.is_some());
        if old != new && changed.iter().all(|(_, known)| known != path) {
            changed.push((rank(), path.clone()));
        }
    }
    changed.sort();
    let mut state = before.clone();
    let mut states = vec![state.clone()];
    for (_, path) in changed {
        match after.0.get(&path) {
            Some(bytes) => {
                if !path.starts_with("record") {
                    let mut torn = state.clone();
                    let name = format!(".{}.1.tmp", path.file_name().unwrap().display());
                    let piece = bytes[..bytes.len() / 2].to_vec();
                    torn.0.insert(path.with_file_name(name), piece);
                    states.push(torn);
                }
                state.0.insert(path, bytes.clone());
            }
            None => drop(state.0.remove(&path)),
        }
        states.push(state.clone());
    }
    states
}
