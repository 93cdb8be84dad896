//! The operator's program, `gantry`: a running peer, the key ceremony, and the commands.
//!
//! | module | is |
//! |---|---|
//! | [`cmd`] | the commands: what an operator types, and what is printed |
//! | [`ceremony`] | one peer at the key ceremony, from a signed definition to keys on its disk |
//! | [`keystore`] | shares at rest, and the secret that opens them |
//! | [`config`] | what an operator tells the own peer |
//! | [`disk`] | what is kept on the own disk |
//! | [`io`] | the shell: the clock, sockets, disk and threads of a running peer |
//!
//! Each uses only what stands below it. What is decided, signed and recorded is decided in
//! `node-core`, which knows no clock, socket or file; this crate carries it out.
//!
//! Never here: the words and the wire (`proto`), how peers agree (`consensus`), how keys are made
//! and signatures combined (`dkg`).

pub mod ceremony;
pub mod cmd;
pub mod config;
pub mod disk;
pub mod io;
pub mod keystore;
