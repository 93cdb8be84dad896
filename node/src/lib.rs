//! The operator's program, `gantry`: a running peer, the key ceremony, and the commands.
//!
//! | module | is |
//! |---|---|
//! | [`cmd`] | the commands: what an operator types, and what is printed |
//! | [`ceremony`] | one peer at the key ceremony, from a signed definition to keys on its disk |
//! | [`keystore`] | shares at rest, and the secret that opens them |
//! | [`config`] | what an operator tells the own peer |
//! | [`io`] | the shell: the clock, sockets, disk and threads of a running peer |
//! | [`duties`] | the pure core: from the schedule of duties to verified group signatures |
//! | [`vault`] | the pure core that signs, where the rules and the record allow it |
//! | [`deposit`] | what a cluster deposits, and the file of it |
//! | [`journal`] | the record: what was signed, on the disk before a share leaves |
//!
//! Each uses only what stands below it. So a core does not know who drives it, and what was signed
//! does not depend on how it was asked for. [`duties`], [`vault`] and [`deposit`] are values: no
//! clock, socket or disk of their own.
//!
//! Never here: the words and the wire (`proto`), how peers agree (`consensus`), how keys are made
//! and signatures combined (`dkg`).

pub mod ceremony;
pub mod cmd;
pub mod config;
pub mod deposit;
pub mod duties;
pub mod io;
pub mod journal;
pub mod keystore;
pub mod vault;
