//! A running peer: the loop, what reaches it, and the core's questions to the beacon node.
//!
//! | module | is |
//! |---|---|
//! | [`shell`] | the loop: one input into the core, its outputs performed in their order |
//! | [`inlet`] | what comes next, in the order of its urgency |
//! | [`asking`] | the core's questions, put to the beacon node |
//!
//! Never here: a decision. The core decides; this carries out.

pub mod asking;
pub mod inlet;
pub mod shell;
