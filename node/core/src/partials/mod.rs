//! Partial signatures, and the one place that combines them.
//!
//! | module | is |
//! |---|---|
//! | [`keys`] | the public keys of the validators and of their shares |
//! | [`share`] | one partial signature, as sent or as made here |
//! | [`collector`] | partial signatures in, verified group signatures out, liars named |
//!
//! Never here: a secret share.

pub mod collector;
pub mod keys;
pub mod share;
