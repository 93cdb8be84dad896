//! Child processes that never outlive the devnet.
//!
//! Each child leads a process group of its own, so that a Ctrl-C of the terminal reaches this
//! process only, and so that killing a child also reaches what it started. Two things end them:
//! - [`stop_all`]: SIGTERM to every group, SIGKILL after a grace. A dropped [`Child`] is killed.
//! - The watchdog, for when this process is killed and can do nothing: a small shell that reads
//!   the groups from a pipe. The kernel closes the pipe when this process ends, however it ends,
//!   and the shell then kills what is left. (Linux's parent-death signal would need unsafe code
//!   between fork and exec, and reaches children only, not theirs.)

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::Error;

/// How long a child may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How often a child that is to end is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Reads `born GROUP` and `gone GROUP` lines; at the end of input kills every group still alive.
const WATCHDOG: &str = r#"
alive=
while read -r word group; do
  case $word in
    born) alive="$alive $group" ;;
    gone) rest=
      for g in $alive; do [ "$g" = "$group" ] || rest="$rest $g"; done
      alive=$rest ;;
  esac
done
for g in $alive; do kill -s KILL -- "-$g"; done
"#;

/// The children of one devnet, and the directory of their logs.
#[derive(Debug)]
pub struct Children {
    logs: PathBuf,
    watchdog: Arc<Watchdog>,
}

#[derive(Debug)]
struct Watchdog {
    pipe: Mutex<ChildStdin>,
}

impl Watchdog {
    /// If the pipe is broken somebody killed the watchdog, and there is nothing to do about it:
    /// the children still end with [`Children::stop`].
    fn tell(&self, word: &str, pid: Pid) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if writeln!(pipe, "{word} {}", pid.as_raw_nonzero()).is_err() {
            eprintln!("the devnet's watchdog is gone: children may outlive a killed devnet");
        }
    }
}

impl Children {
    /// No children yet; their logs will be in `logs`, which is created.
    pub fn new(logs: PathBuf) -> Result<Self, Error> {
        fs::create_dir_all(&logs).map_err(Error::file(&logs))?;
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Start {
                name: "the watchdog (sh)".to_owned(),
                source,
            })?;
        let pipe = watchdog.stdin.take().expect("its standard input is a pipe");
        Ok(Self {
            logs,
            watchdog: Arc::new(Watchdog {
                pipe: Mutex::new(pipe),
            }),
        })
    }

    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// Starts `command` as the child `name`; what it prints goes to `NAME.log`, after what an
    /// earlier child of that name printed.
    pub fn start(&self, name: &str, mut command: Command) -> Result<Child, Error> {
        let log = self.logs.join(format!("{name}.log"));
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(Error::file(&log))?;
        let err = out.try_clone().map_err(Error::file(&log))?;
        shield(&mut command);
        let process = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Start {
                name: name.to_owned(),
                source,
            })?;
        let pid = Pid::from_child(&process);
        self.watchdog.tell("born", pid);
        let watchdog = Arc::clone(&self.watchdog);
        Ok(Child {
            name: name.to_owned(),
            log,
            process,
            pid,
            ended: None,
            watchdog,
        })
    }
}

/// A started process. Dropping it kills its whole group.
#[derive(Debug)]
pub struct Child {
    name: String,
    log: PathBuf,
    process: process::Child,
    pid: Pid,
    ended: Option<ExitStatus>,
    watchdog: Arc<Watchdog>,
}

impl Child {
    /// What it is in the devnet.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id, for `/proc`.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.process.try_wait().ok().flatten();
            if self.ended.is_some() {
                self.watchdog.tell("gone", self.pid);
            }
        }
        self.ended
    }

    /// Fails with the end of its log if it has ended.
    pub fn must_run(&mut self) -> Result<(), Error> {
        match self.ended() {
            Some(status) => Err(self.failure(format!("ended ({status})"))),
            None => Ok(()),
        }
    }

    /// An error about this child, with the end of its log.
    pub fn failure(&self, what: String) -> Error {
        let (name, log) = (self.name.clone(), self.log.clone());
        Error::Ended {
            name,
            what,
            tail: tail(&log),
            log,
        }
    }

    /// SIGKILL to its group, and waits until it is gone: at once, in whatever it was doing.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        if self.ended.is_none() {
            self.ended = self.process.wait().ok();
            self.watchdog.tell("gone", self.pid);
        }
    }

    /// SIGSTOP to its group: it stands still, with its connections open, until it goes on.
    pub fn pause(&mut self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT to its group.
    pub fn go_on(&mut self) {
        self.signal(Signal::CONT);
    }

    /// SIGTERM, and SIGKILL after five seconds.
    pub async fn stop(&mut self) {
        stop_all(&mut [self]).await;
    }

    fn signal(&mut self, signal: Signal) {
        // A group that is gone cannot be signalled, and that is what was wanted.
        if self.ended().is_none() {
            kill_process_group(self.pid, signal).ok();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends all of them together: SIGTERM, five seconds, SIGKILL.
pub async fn stop_all(children: &mut [&mut Child]) {
    children
        .iter_mut()
        .for_each(|child| child.signal(Signal::TERM));
    let last = Instant::now() + GRACE;
    while Instant::now() < last && children.iter_mut().any(|child| child.ended().is_none()) {
        tokio::time::sleep(LOOK).await;
    }
    children.iter_mut().for_each(|child| child.kill());
}

/// Takes from `command` every `GANTRY_*` variable that it was not given itself: the settings of
/// an operator's own peer are none of the devnet's.
pub fn shield(command: &mut Command) {
    let given: Vec<OsString> = command.get_envs().map(|(name, _)| name.into()).collect();
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"GANTRY_") && !given.contains(&name) {
            command.env_remove(name);
        }
    }
    // What a peer costs is read from /proc, and a peer that died is looked into.
    command.env("GANTRY_ALLOW_TRACING", "1");
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    const LINES: usize = 12;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let shown: Vec<String> = lines[lines.len().saturating_sub(LINES)..]
        .iter()
        .map(|l| format!("  {l}"))
        .collect();
    shown.join("\n")
}

/// Runs `command` to its end and answers with what it printed.
pub fn output(name: &str, command: &mut Command) -> Result<String, Error> {
    let start = |source: io::Error| Error::Start {
        name: name.to_owned(),
        source,
    };
    shield(command);
    let done = command.stdin(Stdio::null()).output().map_err(start)?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(Error::Unexpected(format!(
        "{name} ended with {}: {said}",
        done.status
    )))
}

#[cfg(test)]
mod tests;
