//! Four operators who type what stands in the README: each has a home of their own, and runs the
//! real program from a folder that has nothing to do with them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::ports::free_port;

const README: &str = include_str!("../../../README.md");
pub const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// Where stake and fees go: the first address of EIP-55.
pub const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// Who types a block of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Everybody,
    OneOfYou,
    TheOthers,
}

/// The blocks of commands of a section, each with who types it, in their order: as the file has
/// them, with the blanks of the list around them, which a page does not show.
pub fn blocks(title: &str) -> Vec<(Who, String)> {
    let section = README.split("\n## ").find(|part| part.starts_with(title));
    let mut who = None;
    let mut block: Option<String> = None;
    let mut blocks = Vec::new();
    for line in section.unwrap().lines() {
        match &mut block {
            None if line.trim() == "```sh" => block = Some(String::new()),
            None if line.contains("**Everybody**") => who = Some(Who::Everybody),
            None if line.contains("**One of you**") => who = Some(Who::OneOfYou),
            None if line.contains("**The others**") => who = Some(Who::TheOthers),
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
pub struct Club {
    pub root: TempDir,
    pub ports: Vec<u16>,
    /// Where the one shows how it is that is started.
    pub status: u16,
}

impl Club {
    pub fn new() -> Self {
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

    pub fn home(&self, i: usize) -> PathBuf {
        self.root.path().join(NAMES[i])
    }

    pub fn file(&self, i: usize, name: &str) -> PathBuf {
        self.home(i).join("gantry").join(name)
    }

    /// The program `name` as operator `i` runs it. One machine has all four peers, so each listens
    /// on a port of its own.
    pub fn command(&self, i: usize, name: &str) -> Command {
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

    /// Types the block at a terminal of operator `i`, where a question is answered with yes.
    pub fn types(&self, i: usize, block: &str) -> Child {
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
    pub fn all_type(&self, who: Who, block: &str) -> Vec<String> {
        let typists = match who {
            Who::Everybody => 0..NAMES.len(),
            Who::OneOfYou => 0..1,
            Who::TheOthers => 1..NAMES.len(),
        };
        let typing: Vec<Child> = typists.map(|i| self.types(i, block)).collect();
        typing
            .into_iter()
            .map(|child| seen(child.wait_with_output().unwrap(), block))
            .collect()
    }

    /// What has been signed is typed once more, and nobody is asked.
    pub fn all_have_signed(&self, who: Who, block: &str) {
        for text in self.all_type(who, block) {
            assert!(text.contains("Already signed by you"), "{text}");
            assert!(!text.contains("Type yes"), "{text}");
        }
    }

    /// What the others have signed is sent back to the first.
    pub fn send_back(&self, file: &str) {
        for (i, name) in NAMES.iter().enumerate().skip(1) {
            let signed = self.file(i, file);
            fs::copy(signed, self.file(0, &format!("from-{name}.json"))).unwrap();
        }
    }
}

pub fn seen(output: Output, block: &str) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{block}\n{text}");
    text
}
