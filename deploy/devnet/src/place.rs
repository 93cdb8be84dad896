//! Where everything is: the repository's directories, the run's directory, ports, programs. What
//! is missing or busy is found here, before anything starts.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::Arc;

use crate::Error;
use crate::children::Children;
use crate::plan::{Engine, Entry, Plan};

/// Marks a directory as one the devnet made and may empty.
const MARK: &str = ".gantry-devnet";

/// The ports of one devnet: a block of a hundred from a base, all on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    base: u16,
}

impl Ports {
    /// The block that starts at `base`, 1024 to 65435.
    pub fn from_base(base: u16) -> Result<Self, Error> {
        if (1024..=65_435).contains(&base) {
            Ok(Self { base })
        } else {
            Err(Error::Refused(
                "--port-base: choose 1024 to 65435".to_owned(),
            ))
        }
    }

    /// A block whose ports nobody uses that `plan` needs: there may be other devnets on this
    /// machine, so each process begins to look elsewhere. It lies below the ports that the kernel
    /// gives away, unless those begin so low that there is no room.
    ///
    /// # Panics
    /// If the machine has no such block.
    pub fn free(plan: &Plan) -> Self {
        let given = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
        let given = given.unwrap_or_default();
        let first_given = given.split_whitespace().next();
        let first_given = first_given.and_then(|first| first.parse().ok());
        let blocks = first_given.unwrap_or(32_768_u16).clamp(20_000, 32_000) / 100 - 110;
        let begin = u16::try_from(process::id() % u32::from(blocks)).expect("below the blocks");
        (0..blocks)
            .map(|i| Self {
                base: (110 + (begin + i) % blocks) * 100,
            })
            .find(|ports| ports.check(plan).is_ok())
            .expect("one of a hundred blocks of ports is free")
    }

    /// JSON RPC of the execution client.
    pub fn rpc(self) -> u16 {
        self.base
    }

    /// Engine API of the execution client.
    pub fn engine(self) -> u16 {
        self.base + 1
    }

    /// Where the execution client would talk to others of its kind.
    pub fn execution_p2p(self) -> u16 {
        self.base + 2
    }

    /// REST API of the beacon node `position`, from 0.
    pub fn beacon(self, position: usize) -> u16 {
        self.base + 10 + small(position)
    }

    /// The addresses of these beacon nodes.
    pub fn beacon_urls(self, positions: &[usize]) -> Vec<String> {
        let url = |position: &usize| format!("http://127.0.0.1:{}", self.beacon(*position));
        positions.iter().map(url).collect()
    }

    /// Where the peer `position` listens for the others.
    pub fn peer(self, position: usize) -> u16 {
        self.base + 30 + small(position)
    }

    /// `/metrics` of the peer `position`.
    pub fn metrics(self, position: usize) -> u16 {
        self.base + 50 + small(position)
    }

    /// Where a way to the peer `position` begins, if one is laid: by `--delay-ms` or by a test.
    pub fn way(self, position: usize) -> u16 {
        self.base + 70 + small(position)
    }

    /// Where the others reach the peer `position`.
    pub fn reached(self, plan: &Plan, position: usize) -> u16 {
        match plan.delay_ms {
            0 => self.peer(position),
            _ => self.way(position),
        }
    }

    /// Every port the plan needs, with what it is for.
    fn needed(self, plan: &Plan) -> Vec<(u16, String)> {
        let mut all = Vec::new();
        if plan.engine == Engine::Npm {
            all.push((self.rpc(), "execution client, JSON RPC".to_owned()));
            all.push((self.engine(), "execution client, engine API".to_owned()));
            all.push((self.execution_p2p(), "execution client, devp2p".to_owned()));
        }
        for i in 0..plan.beacon_node_count() {
            all.push((self.beacon(i), format!("beacon node {}", i + 1)));
        }
        for i in 0..plan.size.peers() {
            all.push((self.peer(i), format!("peer {}", i + 1)));
            all.push((self.metrics(i), format!("metrics of peer {}", i + 1)));
            all.push((self.way(i), format!("way to peer {}", i + 1)));
        }
        all
    }

    /// Finds ports of the plan that somebody else listens on.
    ///
    /// # Errors
    /// Names each of them and what it was for.
    pub fn check(self, plan: &Plan) -> Result<(), Error> {
        let taken = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err();
        let busy = self
            .needed(plan)
            .into_iter()
            .filter(|(port, _)| taken(*port));
        let busy: Vec<String> = busy
            .map(|(port, what)| format!("{port} ({what})"))
            .collect();
        if busy.is_empty() {
            Ok(())
        } else {
            Err(Error::BusyPorts(busy))
        }
    }
}

fn small(position: usize) -> u16 {
    u16::try_from(position).expect("there are at most 13 peers and as many nodes")
}

/// Where one devnet runs: directories, ports, and the children that live there.
#[derive(Debug)]
pub struct Site {
    /// The directories.
    pub place: Place,
    pub ports: Ports,
    /// The processes and their logs.
    pub children: Children,
}

impl Site {
    /// Checks that tools are there and ports free, and starts the watchdog.
    ///
    /// # Errors
    /// Names all that is missing or busy.
    pub fn prepare(plan: &Plan, place: Place, ports: Ports) -> Result<Self, Error> {
        place.check_tools(plan)?;
        ports.check(plan)?;
        let children = Children::new(place.file("logs"))?;
        Ok(Self {
            place,
            ports,
            children,
        })
    }
}

/// The directories of one run.
#[derive(Debug, Clone)]
pub struct Place {
    scripts: PathBuf,
    dir: PathBuf,
    gantry: PathBuf,
    /// Locked for as long as this devnet runs, so that no other one empties the directory.
    _mark: Arc<File>,
}

impl Place {
    /// `scripts` is `deploy/devnet` of the repository, `gantry` the built binary. `dir` is made,
    /// or emptied if an earlier devnet made it.
    pub fn new(scripts: &Path, gantry: &Path, dir: &Path) -> Result<Self, Error> {
        if dir.exists() && !dir.join(MARK).exists() {
            let is_empty = fs::read_dir(dir)
                .map_err(Error::file(dir))?
                .next()
                .is_none();
            if !is_empty {
                return Err(Error::Refused(format!(
                    "--dir {}: not made by a devnet and not empty; choose another",
                    dir.display()
                )));
            }
        }
        let mark = dir.join(MARK);
        if mark.exists() {
            claim(File::open(&mark).map_err(Error::file(&mark))?, dir)?;
        }
        if dir.exists() {
            fs::remove_dir_all(dir).map_err(Error::file(dir))?;
        }
        fs::create_dir_all(dir).map_err(Error::file(dir))?;
        let mark = claim(File::create(&mark).map_err(Error::file(&mark))?, dir)?;
        let absolute = |path: &Path| path.canonicalize().map_err(Error::file(path));
        let gantry = gantry.to_path_buf();
        Ok(Self {
            scripts: absolute(scripts)?,
            dir: absolute(dir)?,
            gantry,
            _mark: Arc::new(mark),
        })
    }

    /// The directory of the run: everything written is below it.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file or directory below it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The `gantry` binary.
    pub fn gantry(&self) -> &Path {
        &self.gantry
    }

    /// A script of the beacon node's package.
    pub fn beacon_script(&self, name: &str) -> PathBuf {
        self.scripts.join("beacon").join(name)
    }

    /// A script of the execution client's package.
    pub fn execution_script(&self, name: &str) -> PathBuf {
        self.scripts.join("execution").join(name)
    }

    /// The package of the stand-ins of Rocket Pool's contracts.
    pub fn contracts(&self) -> PathBuf {
        self.scripts.join("contracts")
    }

    /// Finds programs that are missing: node 20, and the packages of the lock files.
    ///
    /// # Errors
    /// Names all that is missing.
    pub fn check_tools(&self, plan: &Plan) -> Result<(), Error> {
        let mut missing = Vec::new();
        match node_major() {
            Some(20..) => {}
            Some(old) => missing.push(format!("node 20 or newer (this is {old})")),
            None => missing.push("node 20 or newer".to_owned()),
        }
        if !self.gantry.is_file() {
            let path = self.gantry.display();
            missing.push(format!("{path} (cargo build --release --bin gantry)"));
        }
        let folder = |name| self.scripts.join(name).join("node_modules");
        if !folder("beacon").is_dir() {
            missing.push("the beacon node's packages (npm ci in deploy/devnet/beacon)".to_owned());
        }
        if plan.engine == Engine::Npm && !folder("execution").is_dir() {
            let text = "the execution client's packages (npm ci in deploy/devnet/execution)";
            missing.push(text.to_owned());
        }
        if plan.entry == Entry::RocketPool && !folder("contracts").is_dir() {
            let text = "the contracts' packages (npm ci in deploy/devnet/contracts)";
            missing.push(text.to_owned());
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::MissingTools(missing))
        }
    }
}

fn node_major() -> Option<u32> {
    let shown = Command::new("node")
        .arg("--version")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(shown.stdout).ok()?;
    text.trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Installs the npm packages of `deploy/devnet` where the lock file has changed since.
pub fn install_packages(scripts: &Path) -> Result<(), Error> {
    for name in ["beacon", "execution", "contracts"] {
        install_packages_in(&scripts.join(name))?;
    }
    Ok(())
}

/// Installs the npm packages of one directory where its lock file has changed since.
pub fn install_packages_in(dir: &Path) -> Result<(), Error> {
    let lock = dir.join("package-lock.json");
    let done = dir.join("node_modules").join(".installed-lock.json");
    let wanted = fs::read(&lock).map_err(Error::file(&lock))?;
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.arg("ci").current_dir(dir);
    crate::children::output(&format!("npm ci in {}", dir.display()), &mut npm)?;
    fs::write(&done, wanted).map_err(Error::file(&done))
}

/// Locks the mark of a directory, as long as it stays open.
fn claim(mark: File, dir: &Path) -> Result<File, Error> {
    match mark.try_lock() {
        Ok(()) => Ok(mark),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Refused(format!(
            "--dir {}: another devnet runs in it; stop that one, or choose another --dir (and \
             --port-base)",
            dir.display()
        ))),
        Err(fs::TryLockError::Error(error)) => Err(Error::file(dir)(error)),
    }
}

#[cfg(test)]
mod tests;
