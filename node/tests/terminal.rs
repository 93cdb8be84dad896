//! At the prompt for a passphrase, on a terminal of its own: nothing is shown of what is typed,
//! every signal ends the program, and then the terminal shows again what is typed. So it does while
//! the program is stopped.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use proto::example;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal: the end of the person, and that of the program.
struct Terminal {
    person: File,
    program: File,
}

impl Terminal {
    fn open() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let mut options = File::options();
        let program = options.read(true).write(true);
        let program = program.open(name.to_str().unwrap()).unwrap();
        Self {
            person: File::from(person),
            program,
        }
    }

    fn shows_what_is_typed(&self) -> bool {
        let modes = tcgetattr(&self.program).unwrap().local_modes;
        modes.contains(LocalModes::ECHO)
    }

    /// Starts the ceremony in `dir`, up to its prompt.
    fn prompt(&mut self, dir: &Path) -> Child {
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(env!("CARGO_BIN_EXE_gantry"));
        command.args(["dkg", "--data-dir", "."]).current_dir(dir);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"GANTRY_") {
                command.env_remove(name);
            }
        }
        let end = || self.program.try_clone().unwrap();
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().unwrap();
        self.read_prompt();
        child
    }

    /// Reads what the program writes, up to its prompt.
    fn read_prompt(&mut self) {
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains("Choose a passphrase") {
            let mut some = [0; 256];
            let length = self.person.read(&mut some).unwrap();
            said.extend_from_slice(&some[..length]);
        }
    }
}

/// What `wait` gives, if that does not take for ever; else the program is killed.
fn in_time<T: Send + 'static>(pid: Pid, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, comes) = channel();
    thread::spawn(move || sender.send(wait()));
    comes.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        kill_process(pid, Signal::KILL).unwrap();
        panic!("the program neither ends nor stops");
    })
}

/// A directory in which the ceremony can begin.
fn place() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let identities = example::identities(4);
    let definition = example::agreed(example::draft(&identities), &identities);
    let file = dir.path().join("cluster-definition.json");
    fs::write(file, definition.to_json()).unwrap();
    let key = format!(
        "gantry-identity-secret {}\n",
        hex::encode(identities[0].seed())
    );
    let file = dir.path().join("identity.key");
    fs::write(&file, key).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    dir
}

/// Waits for the end.
fn ended(mut child: Child) -> ExitStatus {
    in_time(Pid::from_child(&child), move || child.wait().unwrap())
}

#[test]
fn whatever_ends_the_program_at_a_prompt_the_terminal_shows_again_what_is_typed() {
    let dir = place();
    let typed = [(b"\x03", Signal::INT), (b"\x1c", Signal::QUIT)];
    let typed = typed.map(|(key, signal)| (Some(key), signal));
    let sent = [Signal::INT, Signal::TERM, Signal::HUP].map(|signal| (None, signal));
    for (key, signal) in typed.into_iter().chain(sent) {
        let mut terminal = Terminal::open();
        assert!(terminal.shows_what_is_typed());
        let child = terminal.prompt(dir.path());
        assert!(!terminal.shows_what_is_typed());
        match key {
            Some(key) => terminal.person.write_all(key).unwrap(),
            None => kill_process(Pid::from_child(&child), signal).unwrap(),
        }
        assert_eq!(ended(child).signal(), Some(signal.as_raw()), "{signal:?}");
        assert!(terminal.shows_what_is_typed(), "{signal:?}");
    }
}

#[test]
fn a_program_that_is_stopped_at_a_prompt_gives_the_terminal_back_and_asks_again() {
    let dir = place();
    let mut terminal = Terminal::open();
    let child = terminal.prompt(dir.path());
    let pid = Pid::from_child(&child);
    // Twice: what was hidden again is shown again.
    for _ in 0..2 {
        assert!(!terminal.shows_what_is_typed());
        terminal.person.write_all(b"\x1a").unwrap();
        let wait = move || waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
        let (_, status) = in_time(pid, wait);
        assert!(status.stopped());
        assert!(terminal.shows_what_is_typed());
        kill_process(pid, Signal::CONT).unwrap();
        terminal.read_prompt();
    }
    assert!(!terminal.shows_what_is_typed());
    terminal.person.write_all(b"\x03").unwrap();
    assert_eq!(ended(child).signal(), Some(Signal::INT.as_raw()));
    assert!(terminal.shows_what_is_typed());
}
