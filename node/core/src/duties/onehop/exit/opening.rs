//! Exits that were signed in advance, from what operators say to what the beacon node is given.

use proto::ValidatorPosition;
use proto::frame::{ExitOpening, LackedExit, SentSealedExit};
use proto::{Epoch, PeerIndex};

use super::signing::Decided;
use super::standing::{Leaving, may_leave};
use super::{Exits, epoch};
use crate::duties::facts::{ClusterFacts, Step};
use crate::vault::ApprovedOpening;

impl Exits {
    /// Takes in what was sealed before this start.
    pub fn recall_sealed(&mut self, kept: Vec<SentSealedExit>, facts: &ClusterFacts) {
        self.presigned.recall(kept, facts);
    }

    /// What was sealed cannot be read: nothing is written over it.
    pub fn bar_sealed(&mut self) {
        self.presigned.bar();
    }

    /// What `peer` has sealed, or passes on.
    pub fn hear_sealed(
        &mut self,
        peer: PeerIndex,
        sealed: Vec<SentSealedExit>,
        step: &mut Step<'_>,
    ) {
        self.presigned.hear(peer, sealed, step);
    }

    /// What `peer` lacks of it.
    pub fn hear_lacked(&mut self, peer: PeerIndex, lacked: &[LackedExit], step: &mut Step<'_>) {
        self.presigned.wanted(peer, lacked, step);
    }

    /// A peer's parts of the keys to one exit.
    pub fn hear_opening(&mut self, peer: PeerIndex, opening: &ExitOpening, step: &mut Step<'_>) {
        self.presigned.take(peer, opening, step);
    }

    /// How validators stand in the last finalised state.
    pub fn finalised(
        &mut self,
        found: Option<Vec<(ValidatorPosition, Option<Leaving>)>>,
        step: &mut Step<'_>,
    ) {
        self.presigned.looked(found, step);
    }

    /// One piece of work that was put off.
    pub fn work(&mut self, step: &mut Step<'_>) {
        let Some(validator) = self.presigned.work(step) else {
            return;
        };
        if self.is_whole(validator) || self.approved_opening(validator, step).is_none() {
            return;
        }
        let whole = self.presigned.unseal(validator, step);
        if let Some((whole, exit)) = whole.zip(self.presigned.exit(validator)) {
            let decided = Decided::opened(exit, whole);
            self.open.entry(validator).or_default().decided = Some(decided);
            self.submit(validator, step);
        }
        self.tell(validator, step);
    }

    /// Whether n - t + 1 operators let this exit be opened, by what they have said.
    pub(super) fn is_to_be_opened(&self, validator: ValidatorPosition, step: &Step<'_>) -> bool {
        let openers = self.words.openers(validator, step.now.unix_seconds());
        openers.count() >= step.facts.roster.size().halting()
    }

    /// The same, with every word checked.
    fn approved_opening(
        &self,
        validator: ValidatorPosition,
        step: &Step<'_>,
    ) -> Option<ApprovedOpening> {
        let now = step.now.unix_seconds();
        let cluster = (&*step.facts.roster, step.facts.lock);
        ApprovedOpening::by(cluster, self.words.opening(validator, now), now)
    }

    fn is_whole(&self, validator: ValidatorPosition) -> bool {
        let open = self.open.get(&validator);
        let decided = open.and_then(|open| open.decided.as_ref());
        decided.is_some_and(Decided::is_whole)
    }

    /// Lets go of this peer's parts of the keys if n - t + 1 operators, its own among them, let the
    /// exit be opened, and the chain, as the own beacon node has just shown it, would take it.
    pub(super) fn open_up(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let is_held_up = self.barred.is_some() || self.is_being_withdrawn(validator);
        let is_over = is_held_up || self.is_whole(validator);
        if is_over || !self.is_to_be_opened(validator, step) {
            return;
        }
        let known = self.open.get(&validator).and_then(|open| open.standing);
        let exit = self.presigned.exit(validator);
        let Some(((slot, standing), exit)) = known.zip(exit) else {
            return;
        };
        let epochs = (exit.message().epoch, epoch(step));
        let may = may_leave(standing.as_ref(), epochs, &step.facts.chain);
        if slot != step.slot() || may != Ok(exit.message().validator_index) {
            return;
        }
        let Some(approved) = self.approved_opening(validator, step) else {
            return;
        };
        let mut own = self.words.openers(validator, step.now.unix_seconds());
        if own.any(|(operator, _)| operator == step.facts.me) {
            self.presigned.give(validator, &approved, step);
        }
        self.presigned.ripen(validator, step);
    }

    /// Whether this operator may let the exit be opened now.
    ///
    /// # Errors
    /// Why not, for the operator.
    pub(super) fn may_open(
        &self,
        validator: ValidatorPosition,
        step: &Step<'_>,
    ) -> Result<Epoch, String> {
        if step.vault.exit_key().is_none() {
            return Err(NO_KEY.to_owned());
        }
        let now = epoch(step);
        let standing = self.standing(validator);
        // As soon as it may leave at all, its pre-signed exit is ripe.
        may_leave(standing, (now, now), &step.facts.chain).map_err(|why| why.to_string())?;
        let exit = self.presigned.exit(validator);
        let epoch = exit.ok_or_else(|| NOT_FINAL.to_owned())?.message().epoch;
        let size = step.facts.roster.size();
        let (held, needed) = (
            self.presigned.parts(validator, size).held.len(),
            size.threshold(),
        );
        match held >= needed {
            true => Ok(epoch),
            false => Err(format!(
                "{held} sealed parts of this exit are here and {needed} are needed, so there is \
                 nothing to open yet: have another peer started that may hold more, and look with \
                 `gantry exit --list`"
            )),
        }
    }
}

/// Why nothing is signed in advance in a cluster of the first form.
const NO_KEY: &str = "no seal key for pre-signed exits can be used here: either the cluster was \
     made before there was one, as `gantry status` says then, and gantry cannot add one yet, so \
     that only t operators together can exit this validator (`gantry exit`); or its keystore does \
     not open, as the log of `gantry run` says";

const NOT_FINAL: &str = "the own beacon node has not shown this validator active in a final state \
     yet, so nothing was signed in advance: try again in half an hour";
