//! The shell.
pub mod beacon;
pub mod execution;
pub mod files;
pub mod metrics;
pub mod net;
