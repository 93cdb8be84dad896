//! The shell.
pub mod beacon;
pub mod files;
pub mod metrics;
pub mod net;
