//! What the operator is told of intents at Rocket Pool: who wants what, and what holds.

use node_core::duties::note::IntentNote;
use proto::PeerIndex;
use proto::intent::{Aims, IntentId};
use tracing::{error, info, warn};

use super::Observer;
use crate::disk::files::FileError;

impl Observer {
    pub(super) fn intent(&mut self, note: &IntentNote) {
        match note {
            IntentNote::Open(id, signers) => self.open_intent(id, signers),
            IntentNote::InForce(id, aims) => Self::intent_in_force(id, aims),
        }
    }

    fn open_intent(&mut self, IntentId { number, hash }: &IntentId, signers: &[PeerIndex]) {
        if self.is_worth_a_line(signers.last().copied(), "intent") {
            let names: Vec<String> = signers.iter().map(|peer| self.name(*peer)).collect();
            let names = names.join(", ");
            warn!(
                number,
                %hash,
                "intent {number} at Rocket Pool is signed by {names} and not in force: `gantry \
                 pool intent show`"
            );
        }
    }

    fn intent_in_force(IntentId { number, hash }: &IntentId, aims: &Aims) {
        let fields = aims.fields();
        let fields = fields.iter().map(|(name, value)| format!("{name} {value}"));
        let fields: Vec<String> = fields.collect();
        let aims = fields.join(", ");
        info!(number, %hash, "intent {number} at Rocket Pool is in force: {aims}");
    }

    /// The disk does not take the intents.
    pub(super) fn intents_not_kept(&mut self, why: &FileError) {
        if self.is_worth_a_line(None, "intents_not_kept") {
            error!("the intents at Rocket Pool are not kept, so no new one holds here: {why}");
        }
    }
}
