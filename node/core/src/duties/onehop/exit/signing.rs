//! From t approvals to an exit that the beacon node has.

use dkg::bls::Message;
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{ValidatorIndex, VoluntaryExit};
use proto::exit::Says;
use proto::frame::{ExitShare, Frame};
use proto::vote::Partial;
use proto::{Epoch, PeerIndex, PeerSet, Root, SignatureBytes, ValidatorPosition};

use super::standing::may_leave;
use super::{Exits, epoch};
use crate::duties::Request;
use crate::duties::facts::Step;
use crate::duties::note::{ExitNote, Note};
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::vault::{ApprovedExit, Presigned, Signable};

/// An exit that t operators have approved and that the chain would take.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) epoch: Epoch,
    index: ValidatorIndex,
    root: Root,
    /// This peer's part, unless its vault refused.
    own: Option<Partial>,
    /// Whose parts were combined last, and gave no whole.
    tried: Option<PeerSet>,
    whole: Option<SignatureBytes>,
    pub(super) sent: Sent,
}

/// What became of the whole exit at the own beacon node, and in which epoch.
#[derive(Debug)]
pub(super) enum Sent {
    Nothing,
    Unanswered(Epoch),
    Accepted(Epoch),
    Refused(Epoch, String),
}

impl Decided {
    /// One that was signed in advance, and is whole.
    pub(super) fn opened(exit: &Presigned, whole: SignatureBytes) -> Self {
        Self {
            epoch: exit.message().epoch,
            index: exit.message().validator_index,
            root: exit.signing_root(),
            own: None,
            tried: None,
            whole: Some(whole),
            sent: Sent::Nothing,
        }
    }

    /// Whether it is signed.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    #[cfg(test)]
    pub(super) fn be_whole(&mut self, whole: SignatureBytes) {
        self.whole = Some(whole);
    }

    /// This peer's part, for the others.
    pub(super) fn share(&self) -> Option<ExitShare> {
        let epoch = self.epoch;
        self.own.map(|partial| ExitShare { epoch, partial })
    }
}

impl Exits {
    /// Whether it hangs on what the beacon node says of `validator`: t approve of its exit, or it
    /// is signed, and the chain does not show it yet.
    pub(super) fn wants_standing(&self, validator: ValidatorPosition, step: &Step<'_>) -> bool {
        let open = self.open.get(&validator);
        let decided = open.and_then(|open| open.decided.as_ref());
        let is_approved =
            self.approved_for(validator, step).is_some() || self.is_to_be_opened(validator, step);
        let asked_in = open.and_then(|open| open.standing.as_ref().map(|(slot, _)| *slot));
        let is_leaving = self
            .standing(validator)
            .is_some_and(|known| known.is_leaving());
        (is_approved || decided.is_some()) && !is_leaving && asked_in != Some(step.slot())
    }

    /// The epoch for which t operators approve of the exit now.
    fn approved_for(&self, validator: ValidatorPosition, step: &Step<'_>) -> Option<Epoch> {
        let (epoch, count) = self.words.leading(validator, step.now.unix_seconds())?;
        (count >= step.facts.roster.size().threshold()).then_some(epoch)
    }

    /// Signs this peer's part if t operators approve and the chain, as the own beacon node has just
    /// shown it, would take the exit.
    pub(super) fn decide(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let Some(of) = self.approved_for(validator, step) else {
            return;
        };
        let Some(open) = self.open.get(&validator) else {
            return;
        };
        let is_done = |decided: &Decided| decided.epoch == of || decided.is_whole();
        let Some((slot, standing)) = open.standing else {
            return;
        };
        let is_over = open.decided.as_ref().is_some_and(is_done);
        let is_withdrawn = self.barred.is_some() || self.is_being_withdrawn(validator);
        if is_over || is_withdrawn || slot != step.slot() {
            return;
        }
        let epochs = (of, epoch(step));
        let Ok(index) = may_leave(standing.as_ref(), epochs, &step.facts.chain) else {
            return;
        };
        let now = step.now.unix_seconds();
        let words = self.words.approving(validator, (of, now));
        let cluster = (&*step.facts.roster, step.facts.lock);
        let Some(approved) = ApprovedExit::by(cluster, words, now) else {
            return;
        };
        let signable = Signable::exit(&step.facts.chain, index, &approved);
        let decided = Decided {
            epoch: of,
            index,
            root: signable.signing_root(),
            own: self.sign(validator, (of, &signable), step),
            tried: None,
            whole: None,
            sent: Sent::Nothing,
        };
        self.open.entry(validator).or_default().decided = Some(decided);
    }

    /// Whether this operator has ordered that he does not approve any more, and the disk has not
    /// taken it yet: the others may still count his yes, and this peer waits for his no.
    pub(super) fn is_being_withdrawn(&self, validator: ValidatorPosition) -> bool {
        let mut unkept = self.unkept.iter();
        unkept.any(|own| own.validator == validator && own.word.statement.says == Says::Withdrawn)
    }

    /// This peer's part, sent to all.
    fn sign(
        &mut self,
        validator: ValidatorPosition,
        (epoch, signable): (Epoch, &Signable),
        step: &mut Step<'_>,
    ) -> Option<Partial> {
        let signing = step.vault.sign(step.slot(), signable, &[validator]);
        for (_, refusal) in signing.refused {
            step.note(Note::Exit(validator, ExitNote::Refused(refusal)));
        }
        // An exit is slashable with nothing, so it waits for no record.
        let opened = signing.sealed?.open(&step.recorded).ok()?;
        let signature = opened.first()?.signature().to_bytes();
        let partial = Partial {
            validator,
            signature,
        };
        self.shares
            .insert((validator, step.facts.me), (epoch, signature));
        let frame = Frame::ExitShare(ExitShare { epoch, partial });
        step.broadcast(frame.since(), frame.encode());
        Some(partial)
    }

    /// Combines the parts if t are there. Those that gave no whole are not tried again before
    /// another is there, or another slot.
    pub(super) fn complete(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let size = step.facts.roster.size();
        let open = self.open.get_mut(&validator);
        let Some(decided) = open.and_then(|open| open.decided.as_mut()) else {
            return;
        };
        if decided.is_whole() {
            return;
        }
        let (root, epoch) = (decided.root, decided.epoch);
        let mut collector = Collector::new(size);
        for peer in size.all() {
            if let Some((of, signature)) = self.shares.get(&(validator, peer))
                && *of == epoch
            {
                collector.add(peer, root, [(validator, Share::Sent(*signature))]);
            }
        }
        let parts = collector.contributors(&root);
        let is_enough = collector.is_ready(&root, &[validator]);
        if !is_enough || decided.tried.replace(parts) == Some(parts) {
            return;
        }
        let message = Message::hash(root);
        let combined = collector.combine(&root, &[validator], step.combining(&message));
        step.blame(&combined.bad_shares, |validator| {
            format!("exit of validator {validator} in epoch {epoch}")
        });
        for (liar, _) in &combined.bad_shares {
            self.drop_share(validator, *liar);
        }
        let whole = combined.signatures.first().map(|(_, whole)| *whole);
        if let Some(decided) = self.decided(validator) {
            decided.whole = whole;
        }
        self.submit(validator, step);
    }

    fn drop_share(&mut self, validator: ValidatorPosition, liar: PeerIndex) {
        self.shares.remove(&(validator, liar));
    }

    pub(super) fn decided(&mut self, validator: ValidatorPosition) -> Option<&mut Decided> {
        self.open.get_mut(&validator)?.decided.as_mut()
    }

    /// Gives the whole exit to the beacon node.
    pub(super) fn submit(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let now = epoch(step);
        let Some(decided) = self.decided(validator) else {
            return;
        };
        if let Some(signature) = decided.whole {
            decided.sent = Sent::Unanswered(now);
            let message = VoluntaryExit {
                epoch: decided.epoch,
                validator_index: decided.index,
            };
            let exit = SignedVoluntaryExit { message, signature };
            step.ask(Request::SubmitExit(validator, exit));
        }
    }

    /// What the beacon node made of the whole exit: why it refused, if it did.
    pub fn submitted(
        &mut self,
        validator: ValidatorPosition,
        refused: Option<String>,
        step: &mut Step<'_>,
    ) {
        let now = epoch(step);
        if let Some(decided) = self.decided(validator) {
            decided.sent = match refused {
                None => Sent::Accepted(now),
                Some(why) => Sent::Refused(now, why),
            };
            self.settle(validator, step);
        }
    }

    /// In a new slot parts are combined again that gave nothing, and in a new epoch a beacon node
    /// that may have lost the exit, or did not take it, is given it again.
    pub(super) fn try_again(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let now = epoch(step);
        let is_leaving = self
            .standing(validator)
            .is_some_and(|known| known.is_leaving());
        let Some(decided) = self.decided(validator) else {
            return;
        };
        decided.tried = None;
        let again = match &decided.sent {
            Sent::Nothing => false,
            Sent::Unanswered(at) | Sent::Accepted(at) | Sent::Refused(at, _) => *at < now,
        };
        if again && !is_leaving {
            self.submit(validator, step);
        }
    }
}
