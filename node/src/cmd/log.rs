//! Log lines: for people, or one JSON object each.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFilter, LogFormat};

/// Begins to write log lines to standard error: those that `filter` lets through. Colours are for
/// a terminal only: in a file or a journal their codes hide the words.
pub(super) fn start(filter: &LogFilter, format: LogFormat) {
    let filter = EnvFilter::new(filter.as_str());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start, as in tests of several commands in one process, keeps the first.
    match format {
        LogFormat::Text => lines.with_target(false).try_init().ok(),
        LogFormat::Json => lines.json().try_init().ok(),
    };
}
