//! Asks on the terminal: for the passphrase, unseen, and for a yes.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};

use zeroize::Zeroizing;

use super::secret_file::SecretFileError;
use crate::signals::Unseen;

/// The longest passphrase, in bytes.
const MAX_BYTES: u64 = 1024;

/// Why a secret is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretUse {
    /// Keystores exist and are to be opened.
    Open,
    /// Keystores will be made: a passphrase is typed twice and may not be short.
    Choose,
}

/// Asks once, or twice if a passphrase is chosen.
pub(super) fn ask(purpose: SecretUse) -> Result<Zeroizing<String>, SecretFileError> {
    let failed = SecretFileError::Terminal;
    match purpose {
        SecretUse::Open => prompt("Passphrase of the keystores: ").map_err(failed),
        SecretUse::Choose => {
            let first = prompt("Choose a passphrase for the keystores: ").map_err(failed)?;
            let second = prompt("Type it again: ").map_err(failed)?;
            if first == second {
                Ok(first)
            } else {
                Err(SecretFileError::Differ)
            }
        }
    }
}

/// Asks for a passphrase that is none of the keystores'.
///
/// # Errors
/// If there is no terminal.
pub fn passphrase(words: &str) -> Result<Zeroizing<String>, SecretFileError> {
    prompt(words).map_err(SecretFileError::Terminal)
}

/// Asks a question that only `yes` answers.
///
/// # Errors
/// If there is no terminal.
pub fn confirmed(question: &str) -> Result<bool, SecretFileError> {
    let ask = || -> io::Result<String> {
        let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        terminal.write_all(question.as_bytes())?;
        let mut line = String::new();
        BufReader::new(io::Read::take(&terminal, MAX_BYTES)).read_line(&mut line)?;
        Ok(line)
    };
    let answer = ask().map_err(SecretFileError::Terminal)?;
    Ok(answer.trim() == "yes")
}

fn prompt(words: &str) -> io::Result<Zeroizing<String>> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let unseen = Unseen::start(terminal.try_clone()?, words)?;
    let mut line = Zeroizing::new(String::with_capacity(MAX_BYTES as usize));
    let read = BufReader::new(io::Read::take(&terminal, MAX_BYTES)).read_line(&mut line);
    drop(unseen);
    terminal.write_all(b"\n")?;
    read?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}
