//! Rules that compare files, chain, slot and deposits with the own nodes, before anything is
//! signed or sent.
//!
//! | module | asks |
//! |---|---|
//! | [`definition`], [`lock`] | is the file one to work with, and is this peer in it? |
//! | [`agreement`] | does it hold for this lock, and is it what the own copy says? |
//! | [`intent`] | what is in force on it that t operators have signed? |
//! | [`chain`] | does the beacon node follow the cluster's chain, and which slot is it? |
//! | [`own_nodes`] | which own beacon node is one view read from, whole? |
//! | [`registered`] | does the beacon node know a deposit that the log does not show? |
//!
//! Never here: what is done with the answer, or how it is printed.

pub(crate) mod agreement;
pub(crate) mod chain;
pub(crate) mod definition;
pub(crate) mod intent;
pub(crate) mod lock;
pub(crate) mod own_nodes;
pub(crate) mod registered;
