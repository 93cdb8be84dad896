//! The part of a run that knows whose duty it is, while the chain turns.
//!
//! The beacon node may draw other duties for an epoch that has begun. A validator that does not
//! attest in this slot any more gets no partial signature of it: that would burn its vote of the
//! epoch, which is due in another slot now. (What the vault has signed by then and the disk has not
//! written down yet, is not sent any more.) The slot's own vote goes on for all others. From the
//! moment at which a head event contradicts what is known, until the node has answered anew,
//! nothing is signed here; what a quorum has agreed on is owed, and a quorum's proof does not age.

use super::run::Run;
use crate::duties::facts::{Owners, Step};
use crate::duties::note::Note;
use crate::duties::{Deferred, Output};
use proto::ValidatorPosition;

impl Run {
    /// Whether it knows already that it is the duty of these, and in doubt or not.
    pub(crate) fn is_owned(&self, owners: &Owners, held: bool) -> bool {
        self.owners == *owners && self.held == held
    }

    /// Whether it is certain whose duty it is, so that something may be signed.
    pub(crate) fn is_certain(&self) -> bool {
        !self.held && self.owners != Owners::Nobody
    }

    /// Whose duty it is from now on, and whether that is in doubt.
    pub(crate) fn own(&mut self, owners: Owners, held: bool, step: &mut Step<'_>) {
        let before = std::mem::replace(&mut self.owners, owners);
        self.held = held;
        let now = self.owners.positions();
        // Of one that is halted the chain has said nothing.
        let gone = |validator: &ValidatorPosition| {
            !now.contains(validator) && !step.vault.is_halted(*validator)
        };
        let gone: Vec<ValidatorPosition> = before.positions().into_iter().filter(gone).collect();
        if !gone.is_empty() {
            step.note(Note::Moved {
                duty: self.duty,
                validators: gone,
            });
        }
        self.kind.own(&before, &self.owners);
        if held {
            return;
        }
        // The record of what was signed may have become durable meanwhile.
        let durable = step.recorded;
        self.recorded(&durable, step);
        // Shares may lie here for whom it was not known that the duty is theirs.
        if self.stage.signed().is_some() {
            step.out.push(Output::Later(Deferred::Combine(self.duty)));
        }
    }
}
