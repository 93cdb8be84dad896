//! Operators who agreed on a definition, and their peers as processes of the real program.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::definition::PeerAddress;
use proto::definition::{Definition, SignedDefinition};
use tempfile::TempDir;

use super::ports::free_port;

/// Longer than anything here takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// One ceremony after the other: each has a process for every operator.
static MACHINE: Mutex<()> = Mutex::new(());

/// n operators with identities, secrets and a definition that all have signed. While they are
/// there no other test starts a process, which for a moment would hold every lock of this one.
pub struct Operators {
    _alone: MutexGuard<'static, ()>,
    root: TempDir,
    keys: Vec<String>,
    ports: Vec<u16>,
    validators: usize,
    /// Whom stake and fees go to; none if that is settled later.
    owners: Option<[&'static str; 2]>,
}

/// Whom stake and fees go to.
const OWNERS: [&str; 2] = [
    "0x00000000000000000000000000000000000000aa",
    "0x00000000000000000000000000000000000000bb",
];

impl Operators {
    pub fn agree(n: usize, validators: usize) -> Self {
        Self::agree_on(n, validators, Some(OWNERS))
    }

    /// The same, and nobody has said yet whom stake and fees go to.
    pub fn agree_later(n: usize, validators: usize) -> Self {
        Self::agree_on(n, validators, None)
    }

    fn agree_on(n: usize, validators: usize, owners: Option<[&'static str; 2]>) -> Self {
        let mut operators = Self {
            // What an earlier test left in a bad state does not matter to the next.
            _alone: MACHINE.lock().unwrap_or_else(PoisonError::into_inner),
            root: tempfile::tempdir().unwrap(),
            keys: Vec::new(),
            ports: (0..n).map(|_| free_port()).collect(),
            validators,
            owners,
        };
        for i in 0..n {
            let dir = operators.dir(i);
            let dir = dir.to_str().unwrap();
            let key = operators.gantry(&["identity", "new", "--dir", dir]).stdout;
            operators
                .keys
                .push(String::from_utf8(key).unwrap().trim().to_owned());
            operators.gantry(&[
                "keystore",
                "secret",
                "--out",
                &format!("{dir}/keystore.secret"),
            ]);
        }
        operators.define(&operators.definition_file());
        operators
    }

    /// Another definition of the same operators.
    pub fn agree_again(&self) -> PathBuf {
        let file = self.root.path().join("other.json");
        self.define(&file);
        file
    }

    /// One writes it, each signs a copy, the copies are merged.
    fn define(&self, file: &Path) {
        let validators = self.validators.to_string();
        let mut arguments: Vec<String> = "cluster new --name test --chain dev --chain-id 1337 \
            --genesis-fork-version 0x00000001 \
            --deposit-contract 0x4242424242424242424242424242424242424242"
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let [stake, fees] = self.owners.unwrap_or(["later"; 2]);
        arguments.extend(["--withdrawal", stake, "--fee-recipient", fees].map(str::to_owned));
        let root = format!("0x{}", "11".repeat(32));
        arguments.extend(["--genesis-validators-root".to_owned(), root]);
        arguments.extend(["--validators".to_owned(), validators]);
        for (i, (key, port)) in self.keys.iter().zip(&self.ports).enumerate() {
            let operator = format!("op{}={key}@127.0.0.1:{port}", i + 1);
            arguments.extend(["--operator".to_owned(), operator]);
        }
        let name = |path: &Path| path.to_str().unwrap().to_owned();
        arguments.extend(["--out".to_owned(), name(file)]);
        self.gantry(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let text = std::fs::read_to_string(file).unwrap();
        let hash = Definition::from_json(&text).unwrap().hash().to_string();
        let mut merge = vec!["cluster".to_owned(), "merge".to_owned(), name(file)];
        for i in 0..self.keys.len() {
            let copy = file.with_extension(format!("copy{i}"));
            std::fs::copy(file, &copy).unwrap();
            self.gantry(&[
                "cluster",
                "sign",
                &name(&copy),
                "--dir",
                &name(&self.dir(i)),
                "--hash",
                &hash,
            ]);
            merge.push(name(&copy));
        }
        self.gantry(&merge.iter().map(String::as_str).collect::<Vec<_>>());
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn dir(&self, i: usize) -> PathBuf {
        self.root.path().join(format!("op{}", i + 1))
    }

    pub fn definition_file(&self) -> PathBuf {
        self.root.path().join("definition.json")
    }

    pub fn definition(&self) -> SignedDefinition {
        let text = std::fs::read_to_string(self.definition_file()).unwrap();
        Definition::from_json(&text).unwrap().into_signed().unwrap()
    }

    pub fn socket(&self, i: usize) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports[i]))
    }

    pub fn addresses(&self) -> Vec<Vec<PeerAddress>> {
        (0..self.ports.len())
            .map(|i| vec![self.socket(i).into()])
            .collect()
    }

    /// Runs `gantry` to its end.
    pub fn gantry(&self, arguments: &[&str]) -> Output {
        gantry().args(arguments).output().unwrap()
    }

    /// Starts the ceremony of one peer.
    pub fn start(&self, i: usize) -> Peer {
        self.launch(i, &self.definition_file(), &[])
    }

    pub fn start_with(&self, i: usize, definition: &Path) -> Peer {
        self.launch(i, definition, &[])
    }

    pub fn start_again(&self, i: usize, flags: &[&str]) -> Peer {
        self.launch(i, &self.definition_file(), flags)
    }

    fn launch(&self, i: usize, definition: &Path, flags: &[&str]) -> Peer {
        let dir = self.dir(i);
        let mut child = gantry()
            .arg("dkg")
            .arg("--definition")
            .arg(definition)
            .arg("--data-dir")
            .arg(&dir)
            .arg("--secret-file")
            .arg(dir.join("keystore.secret"))
            .arg("--listen")
            .arg(self.socket(i).to_string())
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Peer {
            child,
            lines,
            said: Vec::new(),
            read: 0,
        }
    }
}

/// One peer as a process; killed when dropped.
pub struct Peer {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    /// How many of the lines were looked at.
    read: usize,
}

impl Peer {
    /// Waits until the peer has said a line with `words`, since the last one waited for.
    pub fn wait_for(&mut self, words: &str) {
        assert!(
            self.reaches(words),
            "{words:?} was not said:\n{}",
            self.said()
        );
    }

    /// Whether the peer comes to say `words` before it ends.
    pub fn reaches(&mut self, words: &str) -> bool {
        let until = Instant::now() + PATIENCE;
        loop {
            while let Some(line) = self.said.get(self.read) {
                self.read += 1;
                if line.contains(words) {
                    return true;
                }
            }
            if !self.hear(until) {
                return false;
            }
        }
    }

    fn hear(&mut self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.said.push(line);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    /// Everything said so far.
    pub fn said(&self) -> String {
        self.said.join("\n")
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end; whether the exit code was 0.
    pub fn ends_well(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        // Its standard error closes when it ends.
        while self.hear(until) {}
        let ended = Instant::now() < until;
        ended && self.child.wait().unwrap().success()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The program, which nobody's own settings reach.
fn gantry() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
    command.env_clear();
    command
}
