//! What the operator is told of what comes: once an epoch.

use proto::eth::{Unserved, ValidatorIndex};
use proto::{Epoch, PublicKey};
use tracing::{error, info, warn};

use super::{Observer, words};
use crate::report::metrics::{ForkLabels, KindLabels};
use node_core::duties::note::Halt;

impl Observer {
    /// The beacon node's chain is not the one of the start any more.
    pub(super) fn other_chain(from: Epoch) {
        error!(
            from_epoch = from.0,
            "the beacon node says other forks or constants than when gantry started: nothing is \
             signed from that epoch on. Make sure that the beacon node is right, then restart \
             gantry"
        );
    }

    /// A fork is scheduled that this version cannot sign for.
    pub(super) fn unserved(&self, fork: &Unserved) {
        let Unserved { name, epoch } = fork;
        error!(
            fork = name,
            epoch = epoch.0,
            "the chain forks to {name} in epoch {epoch}, which this version of gantry cannot sign \
             for: upgrade before, or nothing is signed from that epoch on"
        );
        let fork = name.clone();
        let gauge = &self.shown.metrics.unserved_fork;
        let first = i64::try_from(epoch.0).unwrap_or(i64::MAX);
        gauge.get_or_create(&ForkLabels { fork }).set(first);
    }

    /// No duty of this validator is signed any more.
    pub(super) fn halted(&self, index: ValidatorIndex, key: &PublicKey, why: Halt) {
        let seen = words::of_halt(why, key);
        let words = format!("no duty is signed for validator {index} any more: {seen}");
        error!(
            %key,
            "{words}. Find out who signs before anything else is started: a second cluster or \
             program with this key, or a signing record put back to an older one; the other \
             operators' logs say what their peers have seen"
        );
        self.shown.halt(words);
    }

    /// Who sits in the sync committee in this epoch, and whether that is performed.
    pub(super) fn seats(&self, seats: &[ValidatorIndex], are_performed: bool) {
        let indices: Vec<u64> = seats.iter().map(|index| index.0).collect();
        if !seats.is_empty() && are_performed {
            info!(validators = ?indices, "in the sync committee");
        } else if !seats.is_empty() {
            warn!(
                validators = ?indices,
                "in the sync committee, and too few peers that are connected know its duties: \
                 upgrade them"
            );
        }
        let missed = if are_performed { 0 } else { seats.len() };
        let kind = "sync_committee";
        let gauge = &self.shown.metrics.not_performed;
        let count = i64::try_from(missed).unwrap_or(i64::MAX);
        gauge.get_or_create(&KindLabels { kind }).set(count);
        self.shown
            .board
            .change(|status| status.validators.seats = missed);
    }
}
