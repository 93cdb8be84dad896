//! How the peer stands, shown from time to time: what `gantry status` says beside what happened.

use std::time::Duration;

use node_core::duties::node::Node;

use super::Observer;
use crate::report::status::ForkStatus;

/// From when on the status calls a disk hung that does not answer.
const HANGS: Duration = Duration::from_secs(5);

impl Observer {
    /// Brings the status up to date.
    pub fn show(&self, node: &Node) {
        let schedule = node.schedule();
        let vault = node.vault();
        let waited = node.waits_for_disk();
        let hangs = (waited >= HANGS).then(|| format!("the disk hangs for {} s", waited.as_secs()));
        let stopped = vault.stopped().map(|why| why.in_words(&self.shown.names));
        let stopped = stopped.or(hangs);
        let is_stopped = &self.shown.metrics.signing_stopped;
        is_stopped.set(i64::from(stopped.is_some()));
        let exits = node.exits();
        self.shown.board.change(|status| {
            // It is much to count with many validators, and changes rarely.
            if status.slot != node.slot().0 {
                status.presigned = self.presigned_status(node);
            }
            status.exits = exits.iter().map(|exit| self.exit_status(exit)).collect();
            status.slot = node.slot().0;
            status.record.sequence = node.recorded().sequence();
            status.record.silent_until = vault.restart_mark().map(|slot| slot.0);
            status.beacon_node.other_chain_from = node.differs_from().map(|epoch| epoch.0);
            status.beacon_node.unserved_fork = node.unserved().map(|fork| ForkStatus {
                name: fork.name.clone(),
                epoch: fork.epoch.0,
            });
            status.record.stopped = stopped;
            status.validators.registered = schedule.known().count();
            status.validators.active = schedule.known().filter(|(_, found)| found.active).count();
        });
    }
}
