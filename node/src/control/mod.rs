//! The socket by which commands reach the running peer of the same operator.
//!
//! | module | is |
//! |---|---|
//! | `client` | a command's side: one request, one answer |
//! | `server` | the running peer's side: a few visits at once, each of one request |
//! | `place` | where they meet, and what they say first |
//! | `bounds`, `error` | how much a visit may take; why nothing came of it |
//! | `stream` | messages with their length before them, within bounds |
//!
//! Commands that act never open a session of their own: there is one peer with one identity, and
//! it is the one that runs. It listens on `control.sock` in its data directory, a unix socket of
//! mode 0600, and answers only its own user and root. What both sides say stands in
//! [`proto::control`].
//!
//! Never here: what is done with a request. The loop of the peer hands it to the core.

mod bounds;
mod client;
mod error;
mod place;
mod server;
mod stream;
#[cfg(test)]
mod tests;

pub use client::ask;
pub use error::ControlError;
pub use server::{Visit, listen};
