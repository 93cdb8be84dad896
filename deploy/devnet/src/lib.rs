//! A real devnet on this machine and a cluster of `gantry` peers on it.
//!
//! | module | holds |
//! |---|---|
//! | [`plan`] | what to start: size, preset, fork, strikes; combinations that cannot work refused |
//! | [`place`] | directories, ports, tools: what is missing or busy is found first |
//! | [`children`] | child processes that never outlive this one |
//! | [`execution`], [`chain`] | the execution client; beacon nodes and interop validators |
//! | [`api`], [`ledger`] | what the chain says; which duties its blocks contain |
//! | [`bounded`] | answers over HTTP, bounded |
//! | [`contracts`] | the stand-ins of Rocket Pool's contracts |
//! | [`pool`] | Rocket Pool on the devnet: its accounts, the agreement, what is seen of it |
//! | [`cluster`], [`peer`] | identities, definition, ceremony, deposit; running peers |
//! | [`metrics`], [`usage`] | figures of the peers, from `/metrics` and `/proc` |
//! | [`proxy`] | ways between peers that are slow or can be cut |
//! | [`load`] | the stand-in beacon node of `--load` |
//! | [`progress`], [`report`] | what a person sees, and what a machine reads |
//! | [`show`] | the whole: from nothing to duties, epoch after epoch |
//!
//! Tests use the same parts: start a [`chain::Chain`], found a [`cluster::Cluster`], kill and
//! restart its [`peer::Peer`]s, and ask a [`ledger::Ledger`] what the blocks contain.
//!
//! Never here: keys of the cluster, or anything that would run outside a test bed.

pub mod api;
pub mod bounded;
pub mod chain;
pub mod children;
pub mod cluster;
pub mod contracts;
pub mod error;
pub mod execution;
pub mod flags;
pub mod ledger;
pub mod load;
pub mod metrics;
pub mod peer;
pub mod place;
pub mod plan;
pub mod pool;
pub mod progress;
pub mod proxy;
pub mod report;
pub mod show;
pub mod usage;

pub use error::Error;
