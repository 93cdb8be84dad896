//! What a session and the driver have in common, and what they say to each other.
//!
//! Never here: what either of them decides.

use std::sync::Arc;

use libp2p::swarm::ConnectionId;
use proto::PeerIndex;
use proto::session::{Claim, Goodbye, Instance};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::count::{Meters, add};
use super::event::{Disconnect, Event, Refusal};
use super::outbox::Queue;
use super::settings::Settings;

/// What all sessions of this program share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// This start of this program.
    pub(super) instance: Instance,
    /// All pings of this program keep step with this moment, so that it wakes once for all.
    pub(super) started: Instant,
    /// Where the outbox finds the queue of each peer's live session.
    pub(super) queues: Vec<watch::Sender<Option<Queue>>>,
    pub(super) meters: Arc<Meters>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) session_events: mpsc::Sender<SessionEvent>,
}

/// What a session tells the driver.
#[derive(Debug)]
pub(super) struct SessionEvent {
    pub(super) peer: PeerIndex,
    pub(super) connection: ConnectionId,
    pub(super) what: Occurrence,
}

/// See [`SessionEvent`].
#[derive(Debug)]
pub(super) enum Occurrence {
    /// The hellos fit; the session waits for [`SessionCommand::Welcome`].
    Greeted(Candidate),
    /// Both sides said welcome, and the core was told.
    Up,
    /// The answer to a challenge: its form is right, its signature is the peer's.
    Claimed(Claim),
    /// Over. The connection is of no more use.
    Ended(Ending),
}

/// A connection that could become the session with its peer.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) connection: ConnectionId,
    pub(super) dialled: bool,
    pub(super) instance: Instance,
    pub(super) commands: mpsc::Sender<SessionCommand>,
}

/// What the driver tells a session.
#[derive(Debug)]
pub(super) enum SessionCommand {
    /// You are the session with this peer.
    Welcome,
    /// Ask your side for a claim beside this instance.
    Challenge(Instance),
    /// Show your side this proof of a second program with its identity.
    Show(Claim),
    End(Goodbye, Ending),
}

/// How a session, or what did not become one, ended.
#[derive(Debug)]
pub(super) enum Ending {
    Down(Disconnect),
    /// It was none, and the operator should know why.
    Refused(Refusal),
    /// It was none, and nobody needs to know.
    Quiet,
}

/// A connection, before its stream is open.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) shared: Arc<Shared>,
    pub(super) peer: PeerIndex,
    pub(super) connection: ConnectionId,
    pub(super) dialled: bool,
}

impl Link {
    /// The operator's name of the peer.
    pub(super) fn name(&self) -> String {
        self.shared.settings.name(self.peer)
    }

    pub(super) async fn tell(&self, what: Occurrence) {
        let event = SessionEvent {
            peer: self.peer,
            connection: self.connection,
            what,
        };
        // The driver outlives every session; if it is gone, the program is ending.
        self.shared.session_events.send(event).await.ok();
    }

    /// Counts what a read or a write moved.
    pub(super) fn count(&self, sent: usize, received: usize) {
        let meter = self.shared.meters.peer(self.peer);
        add(&meter.sent_bytes, sent);
        add(&meter.received_bytes, received);
    }
}
