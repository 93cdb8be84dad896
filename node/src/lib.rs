//! The operator's program, `gantry`: a running peer, the key ceremony, and the commands.
//!
//! | module | is |
//! |---|---|
//! | [`cmd`] | the commands: what an operator types, and what is printed |
//! | `slashing` | what an operator does to the signing record of a peer that does not run |
//! | `checks` | rules that compare files, chain, slot and deposits with the own nodes |
//! | [`peer`] | a running peer: the loop, what reaches it, its questions to the beacon node |
//! | [`ceremony`] | one peer at the key ceremony, from a signed definition to keys on its disk |
//! | [`report`] | what the operator sees: log, metrics, status, web |
//! | [`net`] | sessions with the other peers |
//! | [`beacon`], [`execution`] | the Beacon API, and the execution client's RPC |
//! | [`disk`] | what is kept: record, keystores, duty history, evidence |
//! | [`config`] | what an operator tells the own peer |
//! | [`clock`], [`signals`] | the time of day, ends by signal |
//! | [`answers`], [`hidden`] | HTTP answers within bounds, what of an address stays unsaid |
//!
//! Each uses only what stands below it. What is decided, signed and recorded is decided in
//! `node-core`, which knows no clock, socket or file; this crate carries it out.
//!
//! Never here: the words and the wire (`proto`), how peers agree (`consensus`), how keys are made
//! and signatures combined (`dkg`).

#![allow(
    missing_docs,
    reason = "a program: nobody but its own tests and benches reads it as a library"
)]

pub mod answers;
pub mod beacon;
pub mod ceremony;
mod checks;
pub mod clock;
pub mod cmd;
pub mod config;
pub mod disk;
pub mod execution;
pub mod hidden;
pub mod net;
pub mod peer;
pub mod report;
pub mod signals;
pub mod slashing;
