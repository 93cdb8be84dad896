//! The pure core of a Gantry peer: what is decided, signed and recorded, as values.
//!
//! | room | holds |
//! |---|---|
//! | [`ceremony`] | one peer at the key ceremony, from a signed definition to deposits |
//! | [`duties`] | from the schedule of duties to verified group signatures |
//! | [`outcome`] | what became of duties, read back from the chain's blocks |
//! | [`partials`] | partial signatures: the validators' keys, and the one place that combines |
//! | [`vault`] | the shares, and every rule that a signature must pass |
//! | [`record`] | what was signed: durable in two copies before a share leaves |
//! | [`deposit`] | what a cluster deposits, its file, and the session that signs it |
//! | [`pool`] | what Rocket Pool's contracts say about a node account, and what is agreed on it |
//! | [`proof`] | proofs of the beacon chain that contracts take |
//! | [`safe`] | a Safe that the operators own: where it is, what is signed for it, and by whom |
//! | [`sending`] | calls sent from an account so that each has its effect once |
//!
//! Each uses only what stands below it. Nothing here reads a clock, opens a socket or a file,
//! starts a thread or draws randomness: time, bytes and seeds come in, outputs go out in their
//! order. So the simulator runs whole clusters of it, and what was signed does not depend on how
//! it was asked for.
//!
//! Never here: the words and the wire (`proto`), how peers agree (`consensus`), how keys are made
//! and signatures combined (`dkg`), and the program around it (`node`).

#![warn(missing_docs)]

pub mod ceremony;
pub mod deposit;
pub mod duties;
pub mod outcome;
pub mod partials;
pub mod pool;
pub mod proof;
pub mod record;
pub mod safe;
pub mod sending;
pub mod vault;
