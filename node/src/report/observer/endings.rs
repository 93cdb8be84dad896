//! What became of duties beside their signatures, and what held them up, told to the operator.

use proto::eth::ValidatorIndex;
use proto::{DutyId, PeerIndex, PeerSet};
use tracing::{debug, info};

use super::Observer;

impl Observer {
    pub(super) fn not_taken(&mut self, duty: DutyId, index: ValidatorIndex, why: &str) {
        self.count(duty, "refused", 1);
        let words = format!("{duty}, validator {index}: my beacon node refused: {why}");
        self.say_refused("not_taken", &words);
    }

    pub(super) fn pulled(&self, duty: DutyId, from: PeerIndex) {
        let from = self.name(from);
        info!(
            %duty,
            from,
            "my beacon node does not know the signed block: submitting it with blobs from a peer"
        );
    }

    pub(super) fn moved(duty: DutyId, validators: usize) {
        info!(%duty, validators, "the chain has turned: the duty is others' now");
    }

    pub(super) fn absent(&mut self, duty: DutyId, peers: PeerSet) {
        let absent = self.names_of(peers);
        debug!(%duty, ?absent, "gave no share");
        self.timelines.of(duty).absent = absent;
        self.end(duty);
    }
}
