//! Log lines: for people, or one JSON object each.

use std::io::IsTerminal as _;

use tracing::warn;
use tracing_subscriber::EnvFilter;

use super::private::keep_memory_private;
use crate::config::{LogFilter, LogFormat};

/// Begins to write log lines to standard error: those that `filter` lets through. Colours are for
/// a terminal only: in a file or a journal their codes hide the words. The first line is a warning
/// if the memory of this process is not its own.
///
/// A line that nobody takes (the volume of the log is full, its reader has gone) is lost, and
/// nothing else: to complain of it on standard error, too, would end the thread that has logged it.
pub(super) fn start(filter: &LogFilter, format: LogFormat) {
    let filter = EnvFilter::new(filter.as_str());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start, as in tests of several commands in one process, keeps the first.
    match format {
        LogFormat::Text => lines.with_target(false).try_init().ok(),
        LogFormat::Json => lines.json().try_init().ok(),
    };
    if let Some(warning) = keep_memory_private() {
        warn!("{warning}");
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::process::Command;

    use tracing::error;

    use super::*;

    /// Set where this very program runs with a log that takes nothing.
    const FULL: &str = "GANTRY_TEST_FULL_LOG";
    const GOES_ON: &str = "nobody took a line, and it goes on";

    /// `/dev/full` refuses every byte, as a full volume does.
    #[test]
    fn a_log_that_takes_nothing_ends_nothing() {
        if let Some(format) = std::env::var_os(FULL) {
            let format = if format == "json" {
                LogFormat::Json
            } else {
                LogFormat::Text
            };
            start(&LogFilter::default(), format);
            error!("lost");
            println!("{GOES_ON}");
            return;
        }
        let name = std::thread::current().name().unwrap().to_owned();
        for format in ["text", "json"] {
            let full = File::options().write(true).open("/dev/full").unwrap();
            let itself = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &name, "--nocapture"])
                .env(FULL, format)
                .stderr(full)
                .output()
                .unwrap();
            let said = String::from_utf8(itself.stdout).unwrap();
            assert!(itself.status.success(), "{said}");
            assert!(said.contains(GOES_ON), "{said}");
        }
    }
}
