//! The pure core: from the schedule of duties to verified group signatures.
//!
//! A duty is data that moves one way:
//!
//! ```text
//! schedule ─► trigger ─► own value ─► Instance ─► Vault ─► record ─► Collector ─► submission
//!  (when)     (head or    (beacon     (t agree)   (signs)  (durable)  (t shares)   (beacon node)
//!             deadline)    node)
//! ```
//!
//! | module | is |
//! |---|---|
//! | [`node`] | [`Node`](node::Node): one [`Machine`](proto::Machine) for everything a peer does |
//! | [`schedule`] | who has a duty when, and what to ask the beacon node to know it |
//! | `request` | [`Request`] to the beacon node, and its [`Response`] |
//! | [`agreed`] | one duty from its trigger to its signatures: what is agreed on and signed |
//! | [`onehop`] | duties that need no agreement: RANDAO reveals, exits, registrations |
//! | [`sight`] | how the own beacon node is: whether this peer can lead |
//! | `watch` | whether somebody else has signed what the chain shows |
//! | [`beacons`] | several own beacon nodes as one |
//! | [`payees`] | whom blocks pay, and what speaks against another |
//! | [`peers`] | who is there, who keeps silent, how far away |
//! | [`pool`] | errands to Rocket Pool's contracts, and what was found there |
//! | [`note`], [`fault`] | what the operator is told; which rules a peer can break |
//! | [`facts`] | the unchanging facts, and what one step may use |
//!
//! # How to add a duty
//!
//! A duty whose message is already determined (as a RANDAO reveal is) is a file in [`onehop`], and
//! a field of [`OneHop`](onehop::OneHop), which the node holds. What it signs is a constructor of
//! [`Signable`](crate::vault::Signable), with an arm in each `match` of the vault; its shares go
//! into a [`Collector`](crate::partials::collector::Collector); its frame names the wire version
//! that it came with, and is one arm in `node/hearing.rs`. What it asks of the beacon node, or
//! hands to it, is a [`Request`] and a [`Response`] with an arm in `node/learning.rs`, and in
//! `beacons/manner.rs`, which says how several nodes answer it; what time brings it is a line in
//! `node/tick.rs`; what the operator is told of it, a [`Note`].
//!
//! A duty on whose value the peers agree is a kind of its own. What it does in its own way is one
//! file in [`agreed`], as `head.rs` and `block.rs` are. `match` has no rest anywhere, so the
//! compiler leads through what is left, a line or an arm each:
//! 1. [`proto::DutyKind`]: code, names, largest value, and the version from which it is performed.
//! 2. [`agreed::kind`] and [`Value`](agreed::value::Value), the two lists of kinds, which lead to
//!    its file: how it opens and when, whose it is and by which [`Topic`](schedule::Topic), what
//!    the own beacon node is asked, when a value is acceptable, what is submitted.
//! 3. [`Signable`](crate::vault::Signable), and if signing it twice could be slashed, the
//!    [`record`](crate::record): an entry, a mark and a rule of the vault before the first share.
//! 4. The beacon client: a [`Request`] for the value, and a [`Submission`].
//!
//! Nothing else knows kinds: the run, its judging, signing and closing, the node, the schedule's
//! table, consensus and what the operator is told do not change.
//!
//! Last the simulator's chain, which must refuse what a real one would, and a villain for it.
//!
//! Never here: a clock, a socket, a file, randomness. They are [`Input`]s and [`Output`]s, and the
//! order of outputs is a contract: what follows a [`Output::Persist`] does not depend on it, and
//! what depends on it follows [`Input::Recorded`].

pub mod agreed;
pub mod beacons;
pub mod facts;
pub mod fault;
pub mod node;
pub mod note;
pub mod onehop;
pub mod payees;
pub mod peers;
pub mod pool;
mod request;
pub mod schedule;
pub mod sight;
mod watch;

use std::time::Duration;

use proto::control::{Answer, ExitRequest, IntentRequest};
use proto::frame::{Electorate, SafeStep, SentExitWord, SentSealedExit};
use proto::{DutyId, PeerIndex, ValidatorPosition, WireVersion};

pub use request::{Origin, Produced, Request, Response, Submission};

use crate::outcome::{Followed, Foreign, Stray};
use crate::pool::agreement::BuilderPolicy;
use crate::record::{Record, Recorded};
use note::Note;
use pool::{Errand, Found, Stand};
use schedule::Head;

/// What can happen to a node.
#[derive(Debug)]
pub enum Input {
    /// Time has passed. Also the first input.
    Tick,
    /// What [`Output::Later`] put off.
    Later(Deferred),
    /// A session to this peer began, in which both sides speak this version.
    Up(PeerIndex, WireVersion),
    /// The session to this peer ended.
    Down(PeerIndex),
    /// A frame from this peer.
    Frame(PeerIndex, Vec<u8>),
    /// A measured round trip to this peer.
    RoundTrip(PeerIndex, Duration),
    /// The beacon node has a new head.
    Head(Head),
    /// Whether head events come: a connection for them stands, or has ended.
    Hears(bool),
    /// What came of an [`Output::Ask`].
    Response(Response),
    /// Every record up to this one is durable.
    Recorded(Recorded),
    /// The record could not be made durable: nothing is signed until a restart.
    NotRecorded,
    /// Another process runs with this peer's identity: nothing is signed until a restart.
    SecondSession,
    /// What the operator orders, to be answered with [`Output::Answer`] of this number.
    Order(u64, ExitRequest),
    /// Whether what [`Output::Keep`] gave up to this number is durable.
    Kept(u64, bool),
    /// What the operator orders of intents, to be answered with [`Output::Answer`] of this number.
    Intend(u64, IntentRequest),
    /// Whether what [`Output::KeepIntents`] gave up to this number is durable.
    IntentsKept(u64, bool),
    /// What was found at Rocket Pool.
    Pool(Found),
    /// On which terms others may build blocks from now on, if they may.
    Builders(Option<BuilderPolicy>),
    /// Something in the chain that bears the signature of one of our validators, and is not what
    /// this peer knows to be signed.
    Stray(Stray),
}

/// What a node asks of its shell, to be performed in this order.
#[derive(Debug)]
pub enum Output {
    /// Send this frame to every connected peer.
    Broadcast(Vec<u8>),
    /// Send this frame to one peer.
    Send(PeerIndex, Vec<u8>),
    /// Send this frame to one peer when nothing else waits for it, or drop it if much does.
    SendLast(PeerIndex, Vec<u8>),
    /// Append these records to both logs, make them durable, and answer with [`Input::Recorded`].
    Persist(Vec<Record>),
    /// Ask the beacon node, and answer with [`Input::Response`].
    Ask(Request),
    /// Hand this back as [`Input::Later`] once everything before it is performed.
    Later(Deferred),
    /// Keep this for the next start: the highest record sequence this peer has shown.
    Remember {
        /// The peer.
        peer: PeerIndex,
        /// The sequence number.
        sequence: u64,
    },
    /// Keep these in place of those that were kept before, and answer with [`Input::Kept`]. Of
    /// several that wait only the last need be kept.
    Keep {
        /// Counts up.
        keeping: u64,
        /// What operators have said about exits.
        words: Vec<SentExitWord>,
    },
    /// Keep this in place of what was kept before, and answer with [`Input::IntentsKept`]. Of
    /// several that wait only the last need be kept.
    KeepIntents {
        /// Counts up.
        keeping: u64,
        /// The whole file of intents.
        text: String,
    },
    /// Keep these in place of those that were kept before: what peers have sealed of exits. Of
    /// several that wait only the last need be kept.
    KeepSealed(Vec<SentSealedExit>),
    /// Answer the order of this number.
    Answer(u64, Answer),
    /// Run this errand to Rocket Pool, and answer with [`Input::Pool`] if anything comes of it.
    Errand(Errand),
    /// This peer has signed this for the Safe that is the node account. Nothing of it is verified;
    /// it is for the thread that looks at Rocket Pool, beside its errands.
    Hear(PeerIndex, Box<SafeStep>),
    /// Read this at Rocket Pool at once, and answer with [`Input::Pool`] if anything comes of it.
    Stand(Stand),
    /// Read what becomes of these in the chain, for the operator.
    Follow(Vec<Followed>),
    /// Keep durably that no duty of this validator is signed until an operator says otherwise.
    Halt(ValidatorPosition, Foreign),
    /// Tell the operator.
    Note(Note),
}

/// Work that may wait until what is urgent has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deferred {
    /// Compute the partial signatures of this duty ahead.
    Presign(DutyId),
    /// Combine the partial signatures of this duty, of which t are there.
    Combine(DutyId),
    /// Sign or combine the selection proofs of these.
    Select(Electorate),
    /// Sign the next deposit at Rocket Pool, or combine one.
    Deposits,
    /// Sign the next registration with builders, or combine one.
    Registrations,
    /// Seal the next part of an exit, look into one, or open one.
    Presigned,
}
