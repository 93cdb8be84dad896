//! Tests of the whole, by what they run:
//!
//! | test | runs |
//! |---|---|
//! | `tests/tidy.rs` | the house rules: who may know whom, purity of the cores, size and names |
//! | `sim/` | n nodes in one deterministic world with faults, one seed |
//! | `tests/e2e/` | the real binary on the real devnet |
//! | `tests/pool/` | the real binary against stand-ins of Rocket Pool's contracts, on anvil |
//! | `tests/interop.rs` | files and signatures against foreign tools |
//!
//! [`cluster`] makes the keys and the lock that they start from; [`program`] finds the binary.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

pub mod cluster;
pub mod program;
