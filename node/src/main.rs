//! `gantry`: reads the command line, runs one command, says what went wrong.
//!
//! Exit codes: 0 done, 1 refused or failed (the reason on stderr), 2 a wrong command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    match node::cmd::Gantry::from_command_line().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gantry: {error}");
            ExitCode::FAILURE
        }
    }
}
