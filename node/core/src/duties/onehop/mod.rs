//! Duties whose message is already determined: partial signatures to all, combine, verify.

pub mod randao;
