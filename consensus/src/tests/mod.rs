//! What one peer does, input by input, and what whole clusters come to.
//!
//! | file | promises |
//! |---|---|
//! | `steps` | the protocol, as tables of one peer's inputs and outputs |
//! | `blind` | peers without a source of values are not waited for |
//! | `liars` | what a liar shows, hides and denies costs no more than its own turns |
//! | `bugs` | faults that other implementations have had do not occur here |
//! | `anything` | no input in any order does harm |
//! | `schedules` | whole clusters agree, and lose no duty that they need not lose |
//! | `evidence` | contradictions convict before outsiders, and nothing else does |
//!
//! `rig` holds the instance under test and speaks for all its peers.

mod anything;
mod blind;
mod bugs;
mod evidence;
mod liars;
mod rig;
mod schedules;
mod steps;
