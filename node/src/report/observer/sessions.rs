//! What the operator is told of the sessions with the other peers.

use std::time::Duration;

use proto::{PeerIndex, WireVersion};
use tracing::{debug, error, info, warn};

use super::Observer;
use crate::net::{Disconnect, Refusal};
use crate::report::metrics::PeerLabels;
use crate::report::status::PeerStatus;

impl Observer {
    pub(super) fn up(&self, peer: PeerIndex, software: String, version: WireVersion) {
        self.peer(peer, |status| {
            status.connected = true;
            status.software = software;
            status.wire_version = Some(version.number());
            status.problem = None;
        });
    }

    pub(super) fn down(&self, peer: PeerIndex, reason: &Disconnect) {
        warn!(%reason, "session ended");
        self.peer(peer, |status| {
            status.connected = false;
            status.wire_version = None;
            status.problem = Some(reason.to_string());
        });
    }

    pub(super) fn measured(&self, peer: PeerIndex, rtt: Duration, clock_offset_micros: i64) {
        let (rtt, offset) = (rtt.as_secs_f64(), clock_offset_micros as f64 / 1e6);
        debug!(%peer, rtt, offset, "measured");
        let labels = PeerLabels {
            peer: self.name(peer),
        };
        let metrics = &self.shown.metrics;
        metrics.rtt.get_or_create(&labels).set(rtt);
        metrics.clock_offset.get_or_create(&labels).set(offset);
        self.peer(peer, |status| {
            status.rtt_ms = Some(rtt * 1e3);
            status.clock_offset_ms = Some(offset * 1e3);
        });
    }

    /// The network says it once until something changes.
    pub(super) fn refused(&self, peer: Option<PeerIndex>, reason: &Refusal) {
        match reason {
            // Nobody need be at fault: a peer may only be late.
            Refusal::Unreached { .. } => info!("{reason}"),
            Refusal::Stranger { .. }
            | Refusal::WrongIdentity { .. }
            | Refusal::WireVersion { .. }
            | Refusal::Purpose { .. }
            | Refusal::Context { .. }
            | Refusal::Position { .. }
            | Refusal::Malformed { .. }
            | Refusal::HungUp { .. }
            | Refusal::Left { .. } => warn!(%reason, "no session"),
        }
        if let Some(peer) = peer {
            self.peer(peer, |status| status.problem = Some(reason.to_string()));
        }
    }

    /// Two processes run with one identity. They meet again many times a second, each as often as
    /// the other is cut off.
    pub(super) fn second_session(&mut self, peer: PeerIndex, is_me: bool) {
        if !self.is_worth_a_line(Some(peer), "second_session") {
            return;
        }
        if is_me {
            error!(
                "another process runs with this peer's identity: nothing is signed here any more. \
                 Stop both, make sure that only one is ever started, then start it"
            );
        } else {
            let name = self.name(peer);
            error!(
                name,
                "two processes run with this peer's identity: tell its operator"
            );
        }
    }

    pub(super) fn peer(&self, peer: PeerIndex, change: impl FnOnce(&mut PeerStatus)) {
        let name = self.name(peer);
        self.shown.board.change(|status| {
            if let Some(found) = status.peers.iter_mut().find(|status| status.name == name) {
                change(found);
            }
        });
    }
}
