//! The operator's program, `gantry`: a running peer, the key ceremony, and the commands.
//!
//! | module | is |
//! |---|---|
//! | [`cmd`] | the commands: what an operator types, and what is printed |
//! | `peer` | a running peer: what it starts from, the loop, its questions to the beacon node |
//! | `ceremony` | one peer at the key ceremony, from a signed definition to keys on its disk |
//! | `deposit` | deposits on their way: planned, sent, waited for |
//! | `pool` | what Rocket Pool says of a node, read at two blocks; plans tried; proofs for it |
//! | `slashing` | what an operator does to the signing record of a peer that does not run |
//! | `checks` | rules that compare files, chain, slot and deposits with the own nodes |
//! | [`report`] | what the operator sees: log, metrics, status, web |
//! | `control` | the socket by which commands reach the running peer |
//! | `config` | what an operator tells the own peer |
//! | [`net`] | sessions with the other peers |
//! | [`beacon`], `execution` | the Beacon API, and the execution client's RPC |
//! | [`disk`] | what is kept: record, keystores, duty history, evidence |
//! | `answers`, `hidden` | HTTP answers within bounds, what of an address stays unsaid |
//! | `clock`, `signals` | the time of day, ends by signal |
//!
//! Each uses only what stands below it: the adapters (`net`, `beacon`, `execution`) know no core,
//! and `disk` only the record. What is decided, signed and recorded is decided in
//! `node-core`, which knows no clock, socket or file; this crate carries it out.
//!
//! Never here: the words and the wire (`proto`), how peers agree (`consensus`), how keys are made
//! and signatures combined (`dkg`).

mod answers;
pub mod beacon;
mod ceremony;
mod checks;
mod clock;
pub mod cmd;
mod config;
mod control;
mod deposit;
pub mod disk;
mod execution;
mod hidden;
pub mod net;
mod peer;
mod pool;
pub mod report;
mod signals;
mod slashing;

pub use pool::ledger::kept as ledger_file;
pub use pool::proof;
