//! What the operator is told of the disk that the signing record is on.

use node_core::record::JournalError;
use tracing::error;

use super::Observer;

impl Observer {
    pub(super) fn not_durable(error: &JournalError) {
        error!(%error, "nothing is signed until a restart");
    }

    pub(super) fn stuck() {
        error!("the disk does not take the signing record: nothing is signed");
    }

    pub(super) fn disk_hangs(&mut self, seconds: u64) {
        if self.is_worth_a_line(None, "disk-hangs") {
            error!(
                "the disk has not taken the signing record for {seconds} s: nothing is signed \
                 until it does. Look at the disk; if it is dying, stop gantry and move data_dir, \
                 whole, to another"
            );
        }
    }
}
