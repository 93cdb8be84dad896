//! Everything that the operator of a running peer is told of, in one type: what the core notes, and
//! what the sessions, the beacon node and the disk show.
//!
//! Never here: words, and how often they are said. Those are the observer's.

use std::time::Duration;

use node_core::duties::note::Note;
use node_core::outcome::effect::Effect;
use node_core::outcome::{Owed, Shown};
use node_core::pool::alarm::Alarm;
use node_core::pool::misuse::Misuse;
use node_core::record::JournalError;
use proto::{Epoch, PeerIndex, Root, Slot, WireVersion};

use crate::beacon::BeaconError;
use crate::disk::files::FileError;
use crate::net::{Disconnect, Refusal};
use crate::report::status::{BeaconNodeStatus, CoordinatorStatus};

/// Own beacon nodes that speak against each other about a vote that nobody here may have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disputed {
    /// Whose, of which slot.
    pub owed: Owed,
    /// The block that carries it.
    pub block: Root,
    /// The nodes that show it, by their shown addresses.
    pub shown_by: Vec<String>,
    /// Those that do not.
    pub denied_by: Vec<String>,
}

#[derive(Debug)]
pub enum News {
    Core(Note),
    Up {
        peer: PeerIndex,
        /// Name and version of its program.
        software: String,
        version: WireVersion,
    },
    Down {
        peer: PeerIndex,
        reason: Disconnect,
    },
    Measured {
        peer: PeerIndex,
        rtt: Duration,
        /// By which its clock is ahead of ours.
        clock_offset_micros: i64,
    },
    /// No session, and why; without a peer, with a stranger.
    Refused {
        peer: Option<PeerIndex>,
        reason: Refusal,
    },
    /// Two processes run with one identity.
    SecondSession {
        peer: PeerIndex,
        is_me: bool,
    },
    /// A peer has shown its signing record up to this number.
    RecordSeen {
        peer: PeerIndex,
        sequence: u64,
    },
    /// The beacon node has a new head.
    Head(Slot),
    /// In this slot it gave nothing, or not all, for what was asked; without a slot, before the
    /// chain begins.
    Lacking {
        what: &'static str,
        why: String,
        slot: Option<Slot>,
    },
    /// Of the relays that the operators have named none has shown the bid for a block of this
    /// slot, and some did not answer as they should.
    NoBid {
        slot: Slot,
        why: String,
    },
    /// How each of several beacon nodes is now.
    BeaconNodes(Vec<BeaconNodeStatus>),
    /// No head events come.
    NoHeads(BeaconError),
    /// An append to the signing record became durable, after this time.
    Durable(Duration),
    /// The signing record could not be made durable.
    NotDurable(JournalError),
    /// The disk takes nothing more of the signing record.
    Stuck,
    /// What operators say about exits could not be kept.
    ExitsNotKept(FileError),
    /// The intents at Rocket Pool could not be kept.
    IntentsNotKept(FileError),
    /// How the key of the node account at Rocket Pool was misused; empty once it is mended.
    Misused(Vec<Misuse>),
    /// What should worry of the steps at Rocket Pool, and of the account that pays for them.
    PoolAlarms(Vec<Alarm>),
    /// Nothing is seen of Rocket Pool, and why.
    PoolBlind(String),
    /// What the coordinator does, as it stands now.
    Coordinates(CoordinatorStatus),
    /// The chain shows what became of these duties.
    Seen {
        duties: Vec<(Owed, Shown)>,
        /// What the duties of these epochs have earned.
        effects: Vec<(Epoch, Effect)>,
    },
    /// Own beacon nodes speak against each other about a vote.
    Disputed(Disputed),
    /// What became of duties cannot be read.
    NotRead(BeaconError),
    /// An errand to Rocket Pool was lost, since too many wait.
    PoolBusy,
}
