//! A reader that has gone ends a command quietly, a full disk does not.

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
