//! The words and the wire of Gantry: what every other crate means by a peer, a slot, a vote.
//!
//! | module | holds |
//! |---|---|
//! | [`cluster`] | [`ClusterSize`] (the only quorum arithmetic), peers, shares, sets of peers |
//! | [`duty`] | slots, epochs, rounds, duty ids |
//! | [`root`] | byte strings of fixed length: roots, keys, signatures, addresses |
//! | [`identity`] | identity keys, [`Signed`] and [`Verified`] statements |
//! | [`time`] | [`Timestamp`], and [`Machine`], the shape of every pure core |
//! | [`eth`] | the containers Ethereum signs and posts, in SSZ; forks, domains, presets |
//! | [`definition`], [`lock`] | the files a cluster agrees on before and after the ceremony |
//! | [`agreement`] | the file on what is Rocket Pool's: version by version, signed by all |
//! | [`intent`] | what the node is to do there next: number by number, signed by t |
//! | [`typed`] | how an error repeats what somebody has typed: not if it may be a secret |
//! | [`version`] | [`WireVersion`]: how programs of two versions go on together |
//! | [`session`] | first words between two peers, pings |
//! | [`vote`] | the messages of consensus |
//! | [`frame`] | everything two running peers send each other |
//! | [`exit`] | what operators say about the exit of a validator |
//! | [`control`] | what a command and the running peer of the same operator say to each other |
//! | [`ceremony`] | the messages of the key ceremony |
//! | [`ceremony_session`] | all that two peers of a ceremony send each other, deposits too |
//!
//! Messages are protobuf (`schema/*.proto`); each module turns the generated structs into types
//! that cannot be wrong, with every length bounded, and back.
//!
//! Never here: behaviour. Nothing in this crate decides, waits, stores or sends.

#![warn(missing_docs)]

pub mod agreement;
pub mod ceremony;
pub mod ceremony_session;
pub mod cluster;
pub mod control;
pub mod definition;
pub mod duty;
pub mod eth;
#[cfg(any(test, feature = "example"))]
pub mod example;
pub mod exit;
pub mod frame;
pub mod identity;
pub mod intent;
pub mod lock;
pub mod root;
pub mod session;
pub mod time;
pub mod typed;
pub mod version;
pub mod vote;

pub use cluster::{BadClusterSize, ClusterSize, PeerIndex, PeerSet, ShareIndex};
pub use duty::{DutyId, DutyKind, Epoch, Round, Slot, Subcommittee};
pub use identity::{Identity, IdentityKey, IdentitySignature, Roster, Signed, Statement, Verified};
pub use lock::ValidatorPosition;
pub use root::{Address, PublicKey, Root, SignatureBytes};
pub use time::{Machine, Timestamp};
pub use version::{Versions, WireVersion};
