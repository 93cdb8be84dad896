//! Rules that compare the own nodes with the lock and the clock, before anything is signed.

pub(crate) mod chain;
