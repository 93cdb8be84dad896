//! What the operator is told of the own beacon node.

use std::time::Instant;

use proto::Slot;
use tracing::{debug, warn};

use super::Observer;
use crate::beacon::BeaconError;
use crate::report::lines::{Quiet, Subject};

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
