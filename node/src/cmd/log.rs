//! Log lines: for people, or one JSON object each.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
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
    let filter = quiet(filter);
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

/// The filter without what libp2p says of its own identity at level info: an operator knows peers
/// by their names. Who looks at more than info, or names libp2p, sees it.
fn quiet(filter: &LogFilter) -> EnvFilter {
    let text = filter.as_str();
    let env = EnvFilter::new(text);
    if env.max_level_hint() == Some(LevelFilter::INFO) && !text.contains("libp2p") {
        let directive = "libp2p_swarm=warn".parse().expect("a target and a level");
        env.add_directive(directive)
    } else {
        env
    }
}

#[cfg(test)]
mod tests;
