//! Why a command and the running peer did not come together, with what to do.

use std::io;
use std::path::PathBuf;

use proto::control::BadMessage;
use thiserror::Error;

use super::bounds::{MAX_PATH, PATIENCE};

/// A command and the running peer did not come together.
#[derive(Debug, Error)]
pub enum ControlError {
    #[error(
        "no peer runs here: nothing answers at {} ({}). Start `gantry run` with this config; it \
         listens there once its log says \"running\". If it is started, it waits for its beacon \
         node: `gantry status` says why", .0.display(), .1
    )]
    NotRunning(PathBuf, #[source] io::Error),
    #[error(
        "{} is longer than the {MAX_PATH} bytes that the system allows for a socket: move the data \
         directory to a shorter path", .0.display()
    )]
    PathTooLong(PathBuf),
    #[error(
        "{} cannot be reached: {}: run this command as the user who runs the peer, or as root",
        .0.display(), .1
    )]
    Denied(PathBuf, #[source] io::Error),
    #[error(
        "{} is there and is no socket of gantry: move it away, then start `gantry run` again",
        .0.display()
    )]
    Taken(PathBuf),
    #[error("cannot listen at {}: {}", .0.display(), .1)]
    Listen(PathBuf, #[source] io::Error),
    #[error(
        "the running peer is {software}, and this command is of another version: both must be the \
         same program. After an upgrade start `gantry run` again"
    )]
    OtherVersion { software: String },
    #[error(
        "the peer that runs here is of another cluster than the lock of this config: name the \
         config with which `gantry run` was started"
    )]
    OtherCluster,
    #[error(
        "the running peer hung up: it answers only the user who runs it and root; else its log \
         says why ({0})"
    )]
    Broken(#[source] io::Error),
    #[error("the running peer does not answer within {} s: see its log", PATIENCE.as_secs())]
    Silent,
    #[error("what the running peer said cannot be read: {0}")]
    Unreadable(#[from] BadMessage),
}
