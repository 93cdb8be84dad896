//! What the operator is told of the own beacon node.

use std::time::Instant;

use proto::Slot;
use tracing::{debug, info, warn};

use super::Observer;
use crate::beacon::BeaconError;
use crate::report::lines::{Quiet, Subject};
use crate::report::status::BeaconNodeStatus;

/// Lines that say why no head events come.
const NO_HEADS: Subject = (None, "no_heads");

impl Observer {
    pub(super) fn head(&mut self, slot: Slot) {
        self.lines.forget(NO_HEADS);
        self.shown.board.change(|status| {
            status.beacon_node.head_slot = Some(slot.0);
            status.beacon_node.problem = None;
        });
    }

    /// Once in a slot a warning for each kind of question: a node that is down is asked again ten
    /// times a second.
    pub(super) fn lacking(&mut self, what: &'static str, why: &str, slot: Option<Slot>) {
        if self
            .lines
            .admit((None, what), Quiet::In(slot), Instant::now())
        {
            warn!("nothing for {what} from the beacon node: {why}");
        } else {
            debug!("nothing for {what} from the beacon node: {why}");
        }
    }

    /// The core asks again while it is of use.
    pub(super) fn no_bid(&mut self, slot: Slot, why: &str) {
        let quiet = Quiet::In(Some(slot));
        if self.lines.admit((None, "no_bid"), quiet, Instant::now()) {
            warn!(%slot, "no relay shows this peer the bid for a builder's block: {why}");
        }
    }

    /// A line for every node that is not sound any more, or again, and for every change of the one
    /// that comes first.
    pub(super) fn beacon_nodes(&mut self, nodes: Vec<BeaconNodeStatus>) {
        let before = self.shown.board.read().beacon_nodes;
        for node in &nodes {
            let was = before.iter().find(|was| was.node == node.node);
            let was_sound = was.is_none_or(|was| was.is_sound);
            let name = &node.node;
            match (was_sound, node.is_sound) {
                (true, false) => {
                    let why = node.problem.as_deref().unwrap_or_default();
                    warn!("beacon node {name} is not waited for: {why}");
                }
                (false, true) => info!("beacon node {name} is sound again"),
                (true, true) | (false, false) => {}
            }
            if node.is_first && !was.is_some_and(|was| was.is_first) {
                info!("beacon node {name} comes first now");
            }
            self.shown.metrics.nodes.show(node);
        }
        self.shown
            .board
            .change(|status| status.beacon_nodes = nodes);
    }

    /// The connection is tried again every few seconds.
    pub(super) fn no_heads(&mut self, error: &BeaconError) {
        let problem = error.to_string();
        let quiet = Quiet::While(problem.clone());
        if self.lines.admit(NO_HEADS, quiet, Instant::now()) {
            warn!(%error, "no head events from the beacon node");
        }
        self.shown
            .board
            .change(|status| status.beacon_node.problem = Some(problem));
    }
}
