//! The shared key: make it in a ceremony, sign with its shares, combine.

pub mod bls;
