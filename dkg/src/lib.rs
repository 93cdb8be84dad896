//! The shared key: make it in a ceremony, sign with its shares, combine.

pub mod blame;
pub mod bls;
pub mod ceremony;
pub mod seal;
