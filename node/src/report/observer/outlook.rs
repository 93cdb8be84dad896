//! What the operator is told of what comes, or is owed and not performed: once an epoch.

use proto::Epoch;
use proto::eth::{Unserved, ValidatorIndex};
use tracing::{error, info};

use super::Observer;
use crate::report::metrics::{ForkLabels, KindLabels};

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

    /// What the validators owe in this epoch and this version does not perform.
    pub(super) fn not_performed(&self, seats: &[ValidatorIndex], attesters: usize) {
        let indices: Vec<u64> = seats.iter().map(|index| index.0).collect();
        let sync_committee = seats.len();
        info!(
            sync_committee,
            validators = ?indices,
            attesters,
            "not performed by this version of gantry: sync committee duties, and aggregation where \
             an attester is chosen for it"
        );
        let kind = "sync_committee";
        let gauge = &self.shown.metrics.not_performed;
        let count = i64::try_from(sync_committee).unwrap_or(i64::MAX);
        gauge.get_or_create(&KindLabels { kind }).set(count);
        self.shown
            .board
            .change(|status| status.validators.seats = sync_committee);
    }
}
