//! One attempt of a ceremony: what was said in it, and how far this peer has come.
//!
//! [`Said`] keeps the verified statements of every peer. [`Stage`] is what this peer has made of
//! them. [`Attempt::step`] does one bounded piece of work if what was said allows one, so a driver
//! can put other work between two pieces. It tells what came of it; nothing is sent from here.

use std::collections::BTreeMap;

use proto::ceremony::{Ack, Bundle, Confirm, Context, Opening, Spoken, Terms};
use proto::lock::LockHash;
use proto::{PeerIndex, PeerSet, Root, Signed, Verified};

use super::rounds::{Checked, Dealing, Proving, Said, Summed};
use super::{Acked, Outcome, Participant, Position, Step};
use crate::sharing::deal::open;

/// How far this peer has come.
#[derive(Default)]
pub(super) enum Stage {
    /// Waits for every peer's opening.
    #[default]
    Opening,
    /// Waits for every peer's bundle and checks each.
    Dealing(Dealing),
    /// Waits for every peer's proof and checks each.
    Proving(Box<Proving>),
    /// Waits for this peer's own disk.
    Storing { transcript: Root },
    /// Waits for every peer's acknowledgement.
    Acking,
    /// Holds every acknowledgement.
    Finished,
    /// Somebody is convicted by these statements.
    Failed(Vec<Spoken>),
    /// The bundles make no keys, or none for this peer, and convict nobody.
    Unusable,
    /// Before a crash this peer acknowledged another transcript of this attempt, or another peer
    /// did: some dealer has since shown another bundle. It never acknowledges a second one.
    Contradicted,
}

/// What one step came to.
pub(super) enum Stepped {
    /// Nothing to do before somebody says more.
    Waiting,
    /// A piece of work is done and there is nothing to tell.
    Worked,
    /// These statements of this peer are to be sent to all.
    Says(Vec<Spoken>),
    /// The bundles are summed up: this peer confirms them, unless they make no keys for it. The
    /// shares of these other peers are not sound.
    Settled(Option<Signed<Confirm>>, PeerSet),
    /// These statements of others are to be shown to one peer, which saw something else.
    Shows(PeerIndex, Vec<Spoken>),
    /// These statements convict somebody.
    Convicts(Vec<Spoken>),
    /// These keys are to be stored.
    Made(Box<Outcome>),
}

/// Who was the first in an attempt.
pub(super) enum First {
    /// This peer.
    This,
    /// Another, by this opening.
    Other(Verified<Opening>),
}

impl First {
    /// The opening that `position` keeps of whoever was the first in its attempt, if it is one of
    /// that attempt and of the terms that have this `hash`.
    pub(super) fn kept(
        terms: &Terms,
        hash: Root,
        position: &Position,
    ) -> Option<Verified<Opening>> {
        let roster = &terms.roster;
        let bytes = hex::decode(position.first.as_ref()?).ok()?;
        let Spoken::Opening(opening) = Spoken::decode(roster.size(), &bytes).ok()? else {
            return None;
        };
        let opening = opening.verify(roster).ok()?;
        let context = &opening.statement.context;
        let is_its_own = context.terms == hash && context.attempt == position.attempt;
        is_its_own.then_some(opening)
    }
}

/// One attempt.
pub(super) struct Attempt {
    pub(super) said: Said,
    pub(super) stage: Stage,
    /// What this peer has acknowledged in this attempt, maybe before a crash.
    pub(super) acked: Option<Acked>,
    /// Peers that were shown, since they last came up, what they saw differently.
    shown: PeerSet,
    /// Peers that opened another attempt and were told of this one, with the attempt they opened.
    /// Once is enough: two that may not follow each other would otherwise tell it for ever.
    pub(super) told: BTreeMap<PeerIndex, u32>,
}

impl Attempt {
    /// Opens the attempt. `earlier` are the acknowledged attempts before it.
    pub(super) fn new(
        who: &Participant,
        context: Context,
        earlier: Vec<u32>,
        acked: Option<Acked>,
    ) -> Self {
        let mut said = Said::nothing(context);
        let opening = who.identity.sign(who.me, open(who, context, earlier));
        said.openings.insert(who.me, opening);
        let mut attempt = Self {
            said,
            stage: Stage::Opening,
            acked: None,
            shown: PeerSet::EMPTY,
            told: BTreeMap::new(),
        };
        if let Some(acked) = acked {
            attempt.acknowledge(who, acked);
        }
        attempt
    }

    /// Says that the shares of `acked` are stored; gives what is to be sent to all.
    pub(super) fn acknowledge(&mut self, who: &Participant, acked: Acked) -> Spoken {
        let ack = Ack {
            context: self.said.context,
            transcript: acked.transcript,
            lock: acked.lock,
            lock_signature: who.identity.sign_bare(&LockHash(acked.lock)),
        };
        let ack = who.identity.sign(who.me, ack);
        let spoken = Spoken::Ack(ack.clone().into_signed());
        self.said.acks.insert(who.me, ack);
        self.acked = Some(acked);
        spoken
    }

    /// Everything this peer has said so far, for a peer that just came.
    pub(super) fn own_words(&mut self, me: PeerIndex, to: PeerIndex) -> Vec<Spoken> {
        self.shown.remove(to);
        let said = &self.said;
        let finished = matches!(self.stage, Stage::Finished);
        let opening = said
            .openings
            .get(&me)
            .map(|s| Spoken::Opening(s.clone().into_signed()));
        let bundle = said
            .bundles
            .get(&me)
            .map(|s| Spoken::Bundle(s.clone().into_signed()));
        let confirm = said
            .confirms
            .get(&me)
            .map(|s| Spoken::Confirm(s.clone().into_signed()));
        // Who is finished completes the others with everybody's acknowledgement.
        let acks = said
            .acks
            .iter()
            .filter(|(peer, _)| finished || **peer == me);
        let acks = acks.map(|(_, s)| Spoken::Ack(s.clone().into_signed()));
        let done = said
            .dones
            .get(&me)
            .map(|s| Spoken::Done(s.clone().into_signed()));
        let first = opening.into_iter().chain(bundle).chain(confirm);
        first.chain(acks).chain(done).collect()
    }

    /// The step this peer is at, and whom it waits for.
    pub(super) fn waits(&self, who: &Participant) -> (Step, PeerSet) {
        let all = PeerSet::full(who.terms.roster.size());
        let without = |there: PeerSet| all.without(there);
        match &self.stage {
            Stage::Opening => (
                Step::Opening,
                without(self.said.openings.keys().copied().collect()),
            ),
            Stage::Dealing(dealing) => (Step::Dealing, without(dealing.checked())),
            Stage::Proving(proving) => (Step::Proving, without(proving.checked())),
            Stage::Storing { .. } => (Step::Storing, PeerSet::from_iter([who.me])),
            Stage::Acking => (Step::Acknowledging, without(self.matching_acks())),
            Stage::Finished => (
                Step::Finished,
                without(self.said.dones.keys().copied().collect()),
            ),
            Stage::Failed(_) => (Step::Failed, PeerSet::EMPTY),
            Stage::Unusable => (Step::Unusable, PeerSet::EMPTY),
            Stage::Contradicted => (Step::Contradicted, PeerSet::EMPTY),
        }
    }

    /// Who has acknowledged the same transcript and lock as this peer.
    pub(super) fn matching_acks(&self) -> PeerSet {
        let Some(own) = &self.acked else {
            return PeerSet::EMPTY;
        };
        let same = |ack: &Ack| ack.transcript == own.transcript && ack.lock == own.lock;
        let acks = self.said.acks.iter();
        acks.filter(|(_, ack)| same(&ack.statement))
            .map(|(peer, _)| *peer)
            .collect()
    }

    /// Whether keys are made, so that nothing but a new attempt can undo this one.
    pub(super) fn is_past_failing(&self) -> bool {
        match &self.stage {
            Stage::Opening
            | Stage::Dealing(_)
            | Stage::Proving(_)
            | Stage::Unusable
            | Stage::Contradicted => self.acked.is_some(),
            Stage::Storing { .. } | Stage::Acking | Stage::Finished => true,
            Stage::Failed(_) => false,
        }
    }

    /// Takes another confirm of a peer to be checked in place of an earlier one.
    pub(super) fn hear_confirm(&mut self, confirm: Verified<Confirm>) {
        match &mut self.stage {
            Stage::Proving(proving) => proving.forget(confirm.signer),
            Stage::Opening
            | Stage::Dealing(_)
            | Stage::Storing { .. }
            | Stage::Acking
            | Stage::Finished
            | Stage::Failed(_)
            | Stage::Unusable
            | Stage::Contradicted => {}
        }
        self.said.confirms.insert(confirm.signer, confirm);
    }

    /// Whether bundles are still to come.
    pub(super) fn awaits_bundles(&self) -> bool {
        matches!(self.stage, Stage::Opening | Stage::Dealing(_))
    }

    /// Whether `bundle`, of another session than a new one of the same dealer, can be let go.
    pub(super) fn has_no_use_for(&self, bundle: &Bundle) -> bool {
        match &self.stage {
            Stage::Opening => true,
            Stage::Dealing(dealing) => !dealing.is_of(bundle),
            Stage::Proving(_)
            | Stage::Storing { .. }
            | Stage::Acking
            | Stage::Finished
            | Stage::Failed(_)
            | Stage::Unusable
            | Stage::Contradicted => false,
        }
    }

    /// Does one piece of work, if there is one.
    pub(super) fn step(&mut self, who: &Participant) -> Stepped {
        let (stage, stepped) = match std::mem::take(&mut self.stage) {
            Stage::Opening => self.open(who),
            Stage::Dealing(dealing) => self.deal(who, dealing),
            Stage::Proving(proving) => self.prove(who, proving),
            done @ (Stage::Storing { .. }
            | Stage::Acking
            | Stage::Finished
            | Stage::Failed(_)
            | Stage::Unusable
            | Stage::Contradicted) => (done, Stepped::Waiting),
        };
        self.stage = stage;
        stepped
    }

    /// Deals, once every opening is there.
    fn open(&mut self, who: &Participant) -> (Stage, Stepped) {
        if self.said.openings.len() < who.terms.roster.size().peers() {
            return (Stage::Opening, Stepped::Waiting);
        }
        let (dealing, bundle) = Dealing::begin(who, &self.said);
        let spoken = Spoken::Bundle(bundle.clone().into_signed());
        self.said.bundles.insert(who.me, bundle);
        (Stage::Dealing(dealing), Stepped::Says(vec![spoken]))
    }

    /// Checks one dealer's bundle, or sums up once all are checked.
    fn deal(&mut self, who: &Participant, mut dealing: Dealing) -> (Stage, Stepped) {
        if let Some(dealer) = dealing.unchecked(&self.said) {
            let checked = dealing.check(who, &self.said, dealer);
            if let Checked::Differs(_) = checked {
                self.said.bundles.remove(&dealer);
            }
            return (Stage::Dealing(dealing), self.tell(dealer, checked));
        }
        if dealing.checked() != PeerSet::full(who.terms.roster.size()) {
            return (Stage::Dealing(dealing), Stepped::Waiting);
        }
        match dealing.sum(who, &self.said) {
            Summed::Unusable(unsound) => (Stage::Unusable, Stepped::Settled(None, unsound)),
            Summed::Keys(proving, confirm, unsound) => {
                self.said.confirms.insert(who.me, confirm.clone());
                let confirm = Some(confirm.into_signed());
                (Stage::Proving(proving), Stepped::Settled(confirm, unsound))
            }
        }
    }

    /// Checks one peer's proof, or hands out the keys once all are checked.
    fn prove(&mut self, who: &Participant, mut proving: Box<Proving>) -> (Stage, Stepped) {
        if let Some(peer) = proving.unchecked(&self.said) {
            let checked = proving.check(who, &self.said, peer);
            if let Checked::Differs(_) = checked {
                self.said.confirms.remove(&peer);
            }
            return (Stage::Proving(proving), self.tell(peer, checked));
        }
        if proving.checked() != PeerSet::full(who.terms.roster.size()) {
            return (Stage::Proving(proving), Stepped::Waiting);
        }
        let made = proving.finish(who, &self.said);
        let transcript = made.transcript;
        match &self.acked {
            None => (Stage::Storing { transcript }, Stepped::Made(Box::new(made))),
            Some(acked) if acked.transcript == transcript => (Stage::Acking, Stepped::Worked),
            Some(_) => (Stage::Contradicted, Stepped::Says(self.said.all_bundles())),
        }
    }

    /// What is to be told of the check of what `peer` said.
    fn tell(&mut self, peer: PeerIndex, checked: Checked) -> Stepped {
        match checked {
            Checked::Differs(words) if self.shown.insert(peer) => Stepped::Shows(peer, words),
            Checked::Good | Checked::Differs(_) => Stepped::Worked,
            Checked::Convicts(words) => Stepped::Convicts(words),
        }
    }
}
