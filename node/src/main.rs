//! `gantry`: reads the command line, runs one command, says what went wrong.
//!
//! Exit codes: 0 done, 1 refused or failed (the reason on stderr), 2 a wrong command line.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match node::cmd::Gantry::from_command_line().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody takes the words, the exit code still tells.
            writeln!(std::io::stderr(), "gantry: {error}").ok();
            ExitCode::FAILURE
        }
    }
}
