//! A peer of a group that runs, and what it logs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A peer that runs. It is killed with this value.
pub struct Peer {
    child: Child,
    told: Receiver<String>,
}

impl Peer {
    /// Starts it with this command.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, told }
    }

    /// Waits for a line of its log with these words.
    pub fn wait_for(&mut self, words: &str) -> String {
        let mut all = String::new();
        while let Ok(line) = self.told.recv_timeout(PATIENCE) {
            if line.contains(words) {
                return line;
            }
            all += &line;
            all.push('\n');
        }
        panic!("it does not say {words:?}: {all}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
