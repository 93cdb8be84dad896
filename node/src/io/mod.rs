//! The shell.
pub mod beacon;
pub mod net;
