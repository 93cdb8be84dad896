//! cmd
pub mod slashing;
