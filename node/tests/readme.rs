//! The README's "Setting up a cluster", typed as it stands: four operators, each with a home of
//! their own, run its commands with the real program from a folder that has nothing to do with
//! them. Keys, host names and addresses are filled in, and what the words tell people to send is
//! sent; nothing else is changed. Only what needs a chain is left out.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod ports;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use ports::free_port;
use tempfile::TempDir;

const README: &str = include_str!("../../README.md");
const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// Where stake and fees go: the first address of EIP-55.
const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// Who types a block of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Everybody,
    OneOfYou,
}

/// The blocks of commands, each with who types it, in their order: as the file has them, with the
/// blanks of the list around them, which a page does not show.
fn blocks() -> Vec<(Who, String)> {
    let section = README
        .split("\n## ")
        .find(|part| part.starts_with("Setting up a cluster"));
    let mut who = None;
    let mut block: Option<String> = None;
    let mut blocks = Vec::new();
    for line in section.unwrap().lines() {
        match &mut block {
            None if line.trim() == "```sh" => block = Some(String::new()),
            None if line.contains("**Everybody**") => who = Some(Who::Everybody),
            None if line.contains("**One of you**") => who = Some(Who::OneOfYou),
            None => {}
            Some(_) if line.trim() == "```" => {
                blocks.push((who.unwrap(), block.take().unwrap()));
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    blocks
}

/// Four people, their homes, and what their machines have.
struct Club {
    root: TempDir,
    ports: Vec<u16>,
    /// Where the one shows how it is that is started.
    status: u16,
}

impl Club {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in NAMES.into_iter().chain(["elsewhere", "bin"]) {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_gantry"), root.path().join("bin/gantry")).unwrap();
        let ports = NAMES.map(|_| free_port()).into();
        let status = free_port();
        Self {
            root,
            ports,
            status,
        }
    }

    fn home(&self, i: usize) -> PathBuf {
        self.root.path().join(NAMES[i])
    }

    fn file(&self, i: usize, name: &str) -> PathBuf {
        self.home(i).join("gantry").join(name)
    }

    /// The program `name` as operator `i` runs it. One machine has all four peers, so each listens
    /// on a port of its own.
    fn command(&self, i: usize, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .env_clear()
            .env("HOME", self.home(i))
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.root.path().join("bin").display()),
            )
            .env(
                "GANTRY_LISTEN",
                format!("[\"127.0.0.1:{}\"]", self.ports[i]),
            )
            .env("GANTRY_METRICS", format!("127.0.0.1:{}", self.status))
            .current_dir(self.root.path().join("elsewhere"));
        command
    }

    /// What stands for what people fill in.
    fn filled_in(&self, keys: &[String], block: &str) -> String {
        let mut text = block.replace("ADDRESS", ADDRESS);
        for ((name, key), port) in NAMES.iter().zip(keys).zip(&self.ports) {
            text = text.replace(
                &format!("{name}=KEY@{name}.example:3610"),
                &format!("{name}={key}@127.0.0.1:{port}"),
            );
        }
        text
    }

    /// Types the block at a terminal of operator `i`, where a question is answered with yes.
    fn types(&self, i: usize, block: &str) -> Child {
        let typed = self.root.path().join(format!("{}.sh", NAMES[i]));
        fs::write(&typed, block).unwrap();
        let mut command = self.command(i, "script");
        command
            .args(["--quiet", "--return", "--command"])
            .arg(format!("sh -e {}", typed.display()))
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"yes\n").unwrap();
        child
    }

    /// Whoever has to type the block does so, at the same time; what each saw.
    fn all_type(&self, who: Who, block: &str) -> Vec<String> {
        let count = match who {
            Who::Everybody => NAMES.len(),
            Who::OneOfYou => 1,
        };
        let typing: Vec<Child> = (0..count).map(|i| self.types(i, block)).collect();
        typing
            .into_iter()
            .map(|child| seen(child.wait_with_output().unwrap(), block))
            .collect()
    }

    /// What the first operator has is sent to the others, who put it in the same place.
    fn send_round(&self) {
        for i in 1..NAMES.len() {
            let name = "cluster-definition.json";
            fs::copy(self.file(0, name), self.file(i, name)).unwrap();
        }
    }

    /// What the others have signed is sent back to the first.
    fn send_back(&self) {
        for (i, name) in NAMES.iter().enumerate().skip(1) {
            let signed = self.file(i, "cluster-definition.json");
            fs::copy(signed, self.file(0, &format!("from-{name}.json"))).unwrap();
        }
    }
}

fn seen(output: Output, block: &str) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{block}\n{text}");
    text
}

#[test]
fn setting_up_a_cluster_works_as_it_is_written() {
    let club = Club::new();
    let mut keys: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for (who, block) in blocks() {
        if block.contains("gantry run") {
            starts(&club, &block);
            done.push("run");
            continue;
        }
        if block.contains("gantry deposit") {
            // Who pays needs a chain to pay on.
            continue;
        }
        let said = club.all_type(who, &club.filled_in(&keys, &block));
        if block.contains("gantry identity new") {
            let is_key = |line: &&str| line.len() == 64;
            keys = said
                .iter()
                .map(|text| text.lines().find(is_key).unwrap().to_owned())
                .collect();
            done.push("identity");
        }
        if block.contains("gantry cluster new") || block.contains("gantry cluster merge") {
            club.send_round();
            done.push("definition");
        }
        if block.contains("gantry cluster sign") {
            for text in &said {
                assert!(
                    text.contains("Are these 45 digits the same for all of them"),
                    "{text}"
                );
            }
            club.send_back();
            done.push("signed");
        }
        if block.contains("gantry dkg") {
            for text in &said {
                assert!(text.contains("Back up now"), "{text}");
                assert!(leads_to_the_deposit(text), "{text}");
                assert!(!text.contains("passphrase"), "the secret is in use: {text}");
            }
            done.push("keys");
        }
        if block.contains("gantry lock verify") {
            assert!(
                said.iter()
                    .all(|text| text.contains("All good.") && leads_to_the_deposit(text)),
                "{said:?}"
            );
            done.push("verified");
        }
    }
    let steps = [
        "identity",
        "definition",
        "signed",
        "definition",
        "keys",
        "verified",
        "run",
    ];
    assert_eq!(done, steps);
    let lock = |i| fs::read_to_string(club.file(i, "cluster-lock.json")).unwrap();
    assert!((1..NAMES.len()).all(|i| lock(i) == lock(0)));
    let left: Vec<_> = fs::read_dir(club.root.path().join("elsewhere"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "nothing depends on the folder: {left:?}");
}

/// Whether it says how the deposits are sent that stand in a file which is there.
fn leads_to_the_deposit(text: &str) -> bool {
    let mut after = text.split("gantry deposit ").skip(1);
    let mut words = after.next().into_iter().flat_map(str::split_whitespace);
    let (file, flag) = (words.next(), words.next());
    file.is_some_and(|file| Path::new(file).is_file()) && flag == Some("--lock")
}

/// Starts one peer, which finds all that was made and comes as far as one without a chain can: it
/// shows how it is.
fn starts(club: &Club, block: &str) {
    let typed = club.root.path().join("run.sh");
    fs::write(&typed, format!("exec {}", block.trim())).unwrap();
    let mut shell = club.command(0, "sh");
    let mut peer = shell.arg(&typed).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(peer.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let waits = lines.find(|line| line.contains("waiting for the beacon node"));
    let status = block.trim().replacen("run", "status", 1);
    fs::write(&typed, &status).unwrap();
    let page = club.command(0, "sh").arg(&typed).output().unwrap();
    peer.kill().unwrap();
    peer.wait().unwrap();
    assert!(waits.is_some());
    let page = seen(page, &status);
    assert!(page.contains("gantry waits for it"), "{page}");
    assert!(page.contains("bob: not connected yet"), "{page}");
}

/// What the words say is done by whom; the test above would run nothing if it found nothing.
#[test]
fn every_step_has_commands_and_says_who_types_them() {
    let blocks = blocks();
    assert!(blocks.len() >= 7, "{blocks:?}");
    assert!(Path::new(env!("CARGO_BIN_EXE_gantry")).exists());
    let ones = blocks.iter().filter(|(who, _)| *who == Who::OneOfYou);
    assert_eq!(ones.count(), 3, "definition, signatures, deposits");
}
