//! What the operator is told of peers: who is there, who sees the chain, who says that this record
//! is an old one.

use proto::PeerIndex;
use tracing::{debug, error, info, warn};

use super::{Observer, claims};
use crate::report::metrics::PeerLabels;

impl Observer {
    pub(super) fn connected(&self, peer: PeerIndex, up: bool) {
        let peer = self.name(peer);
        info!(peer, "{}", if up { "connected" } else { "disconnected" });
        let connected = self
            .shown
            .metrics
            .connected
            .get_or_create(&PeerLabels { peer });
        connected.set(i64::from(up));
    }

    /// One peer may lie; what follows from the claims of several, the vault says by itself.
    pub(super) fn rolled_back(&mut self, witness: PeerIndex, seen: u64, held: u64) {
        if !self.is_worth_a_line(Some(witness), "rolled_back") {
            return;
        }
        let name = self.name(witness);
        let words = claims::in_words(&self.shown.names, witness, (seen, held));
        error!(witness = name, seen, held, "{words}");
    }

    /// A peer sent something that this program does not know.
    pub(super) fn passed_over(&self, peer: PeerIndex, what: &'static str) {
        let peer = self.name(peer);
        debug!(peer, "passed over {what} of a later version");
        self.shown.metrics.passed_over(peer, what);
    }

    /// A peer counts its slots from another moment.
    pub(super) fn other_genesis(&mut self, peer: PeerIndex, ours: u64, theirs: u64) {
        if self.is_worth_a_line(Some(peer), "other_genesis") {
            let name = self.name(peer);
            error!(
                peer = name,
                ours,
                theirs,
                "the chain of {name}'s beacon node begins at another time than ours (Unix \
                 seconds): nothing that {name} says is counted. Compare /eth/v1/beacon/genesis of \
                 both nodes; whoever is wrong gives gantry the right node and restarts it"
            );
        }
    }

    /// A peer, or this one, gets nothing from its beacon node, or does again.
    pub(super) fn sight(&mut self, peer: PeerIndex, is_blind: bool) {
        let name = self.name(peer);
        let of = PeerLabels { peer: name.clone() };
        let blind = &self.shown.metrics.blind;
        blind.get_or_create(&of).set(i64::from(is_blind));
        // One that says so again and again fills no disk.
        let rule = if is_blind { "blind" } else { "well_again" };
        if !self.is_worth_a_line(Some(peer), rule) {
            return;
        }
        if is_blind {
            warn!(
                peer = name,
                "its beacon node does not answer, is syncing or optimistic: {name} leads no round \
                 until it is well again"
            );
        } else {
            info!(peer = name, "its beacon node is well again");
        }
    }
}
