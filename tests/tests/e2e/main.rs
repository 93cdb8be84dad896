//! The real program on the real devnet: beacon nodes and execution client from npm packages, four
//! `gantry` peers as processes, everything over sockets and disks.
//!
//! | module | holds |
//! |---|---|
//! | [`whole`] | the main job: ceremony, deposit, activation, duties; a peer gone for two epochs |
//! | [`beacons`] | two beacon nodes for every peer, of which one stands still; then [`outcomes`] |
//! | [`built`] | blocks of a builder with the cluster's own sums; then its relay keeps some back |
//! | [`troubles`] | one chain on which one peer after the other gets into trouble |
//! | [`kills`] | SIGKILL in mid-slot, again and again |
//! | [`cuts`] | a peer cut off and back, and one far away |
//! | [`full`] | the record's volume full |
//! | [`namespaces`] | every peer in a network namespace; one whose cable is pulled and back |
//! | [`memory`] | what a peer remembers of the others' records is told after its restart |
//! | [`outcomes`] | what peers read of their duties in the chain, beside the chain's own count |
//! | [`proving`] | a running peer makes a proof on trial when its operator wants one |
//! | [`rocket_pool`] | a megapool's validators from their founding to the last wei |
//! | [`rollback`] | an older data directory put in place |
//! | [`relay`] | a relay that speaks the Builder API and signs |
//! | [`sums`] | what blocks show that carry only what the cluster aggregates and contributes |
//! | [`stand`] | the devnet that they share, and what they ask of it |
//! | [`count`] | which duties the blocks contain, counted beside everything else |
//! | [`lan`] | a network of namespaces, with cables that can be pulled |
//!
//! Crashes in the ceremony are tested with the program itself, in `node/tests/dkg.rs`.
//!
//! Here is no sleep and no retry: everything waits for a moment of the slot clock or for a state
//! that a peer or the chain shows, with a limit.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod beacons;
mod built;
mod count;
mod cuts;
mod full;
mod kills;
mod lan;
mod memory;
mod namespaces;
mod outcomes;
mod proving;
mod relay;
mod rocket_pool;
mod rollback;
mod stand;
mod sums;
mod troubles;
mod whole;
