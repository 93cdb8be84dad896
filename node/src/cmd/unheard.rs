//! What becomes of a command whose words nobody takes: their reader has gone, as in
//! `gantry status | head -1`, or the disk behind them is full.
//!
//! `println!` can only panic then, and a panic looks like a fault of gantry. So the process ends
//! like any command that could not do what it was asked: without a word if the reader has gone.
//! Nothing durable hangs on such an end; it is written before it is told.

use std::io::{self, Write as _};
use std::{panic, process, thread};

use rustix::io::Errno;

/// How the panic of the standard library begins; its own compiler knows it by the same words.
const UNPRINTED: &str = "failed printing to std";

/// From now on, what the calling thread cannot print ends the process. Other threads panic as they
/// always do: what a library's thread cannot print ends no running peer.
pub(super) fn end_quietly() {
    let own = thread::current().id();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        let words = panicked.payload_as_str().unwrap_or_default();
        if thread::current().id() != own || !words.starts_with(UNPRINTED) {
            return usual(panicked);
        }
        if !is_of_a_gone_reader(words) {
            writeln!(io::stderr(), "gantry: {words}").ok();
        }
        process::exit(1);
    }));
}

fn is_of_a_gone_reader(words: &str) -> bool {
    words.ends_with(&format!("(os error {})", Errno::PIPE.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    use super::*;

    /// Set where this very program prints into a pipe that nobody reads.
    const ALONE: &str = "GANTRY_TEST_ALONE";
    const HEARD: &str = "this line is read, and no other one";

    #[test]
    fn a_command_whose_reader_has_gone_ends_without_a_word() {
        if std::env::var_os(ALONE).is_some() {
            end_quietly();
            println!("{HEARD}");
            io::stdin().read_to_end(&mut Vec::new()).unwrap();
            println!("nobody reads this");
            return;
        }
        let name = thread::current().name().unwrap().to_owned();
        let mut itself = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture"])
            .env(ALONE, "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(itself.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with(HEARD)));
        drop(lines);
        // Its standard input ends here, and it prints on.
        let ended = itself.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
        assert_eq!(ended.status.code(), Some(1));
    }

    #[test]
    fn a_full_disk_is_told_from_a_reader_that_has_gone() {
        let words = |error: Errno| format!("{UNPRINTED}out: {}", io::Error::from(error));
        assert!(is_of_a_gone_reader(&words(Errno::PIPE)));
        assert!(!is_of_a_gone_reader(&words(Errno::NOSPC)));
    }
}
