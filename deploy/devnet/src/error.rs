//! Why the devnet cannot go on, said to the person who started it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// What went wrong and what to do next.
#[derive(Debug, Error)]
pub enum Error {
    /// Flags that cannot work together, or a value out of range.
    #[error("{0}")]
    Refused(String),
    /// Programs that must be installed first.
    #[error("missing: {}; install and try again", .0.join(", "))]
    MissingTools(Vec<String>),
    /// Somebody else listens where the devnet would.
    #[error(
        "busy on 127.0.0.1: {}; stop who uses them or choose another --port-base",
        .0.join(", ")
    )]
    BusyPorts(Vec<String>),
    /// The stand-in beacon node cannot listen.
    #[error("the stand-in beacon node cannot listen on {address}: {source}; stop who does")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    /// A slow way between the peers cannot begin where it should.
    #[error("no way to a peer can begin at {address}: {source}; stop who listens there")]
    Way {
        address: SocketAddr,
        source: io::Error,
    },
    /// A file or directory cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    /// A program did not start.
    #[error("cannot start {name}: {source}")]
    Start {
        /// What it is in the devnet.
        name: String,
        source: io::Error,
    },
    /// A program ended that should have gone on, or failed at its task.
    #[error("{name} {what}; its last words (all in {}):\n{}", .log.display(), .tail)]
    Ended {
        /// What it is in the devnet.
        name: String,
        what: String,
        /// Where its output is.
        log: PathBuf,
        /// The end of that output.
        tail: String,
    },
    /// Something took longer than it ever should.
    #[error("waited {seconds} s for {what}; see the logs in {}", .logs.display())]
    TooLate {
        /// What did not happen.
        what: String,
        /// How long was waited.
        seconds: u64,
        logs: PathBuf,
    },
    /// A node answered something else than its interface promises, or not at all.
    #[error("{url}: {problem}")]
    Answer { url: String, problem: String },
    /// The chain does not show what it should.
    #[error("not as expected: {0}")]
    Unexpected(String),
    /// The person pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// For `map_err` where the path is known.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
