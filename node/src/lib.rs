//! The operator's program.
pub mod ceremony;
pub mod cmd;
pub mod config;
pub mod deposit;
pub mod duties;
pub mod io;
pub mod journal;
pub mod keystore;
pub mod vault;
