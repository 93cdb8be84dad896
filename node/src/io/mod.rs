//! The shell: everything that touches a clock, a socket or a disk while a peer runs.
//!
//! | module | is |
//! |---|---|
//! | [`shell`] | the loop: one input into the core, its outputs performed in their order |
//! | [`inlet`] | what comes next, in the order of its urgency |
//! | [`net`] | sessions with the other peers |
//! | [`beacon`], [`asking`] | the Beacon API, and the core's questions put to it |
//! | [`execution`] | the execution client's RPC, for deposits |
//! | [`writer`] | the thread that makes records durable |
//! | [`memory`] | what may be lost: duty history, sequences of the peers' records |
//! | [`denials`] | claims of an old record that operators found to be untrue |
//! | [`casebook`] | evidence against peers, for anybody to check |
//! | [`observer`], [`metrics`], [`status`], [`web`] | what the operator sees |
//! | `visits` | HTTP visits, bounded |
//! | [`curve_cost`] | what the curve work costs on this machine |
//! | [`sent`] | what was sent for deposits, durably beside their file |
//! | [`answers`] | the bodies of HTTP answers, bounded |
//! | [`hidden`] | what of a node's address is not shown |
//! | [`files`] | reading and writing whole files safely |
//! | [`home`] | `~` in a path |
//! | `listening` | why an address cannot be listened on |
//! | [`clock`] | the time of day |
//! | [`ending`] | how a signal ends the program, and a terminal that shows nothing meanwhile |

pub mod answers;
pub mod asking;
pub mod beacon;
pub mod casebook;
pub mod clock;
pub mod curve_cost;
pub mod denials;
pub mod ending;
pub mod execution;
pub mod files;
pub mod hidden;
pub mod home;
pub mod inlet;
mod listening;
pub mod memory;
pub mod metrics;
pub mod net;
pub mod observer;
pub mod sent;
pub mod shell;
pub mod status;
mod visits;
pub mod web;
pub mod writer;
