//! One attempt of a ceremony: what was said in it, and how far this peer has come.
//!
//! [`Said`] keeps the verified statements of every peer, at most one of a kind and peer. [`Stage`]
//! is what this peer has made of them; it gets on by [`super::work`].

use std::collections::BTreeMap;

use proto::ceremony::{Ack, Bundle, Confirm, Context, Done, Opening, Spoken, Terms};
use proto::lock::LockHash;
use proto::{PeerIndex, PeerSet, Root, Verified};

use super::work::{Dealing, Proving};
use super::{Acked, Participant, Position, Step};
use crate::sharing::deal::open;

/// The verified statements of one attempt.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) openings: BTreeMap<PeerIndex, Verified<Opening>>,
    pub(crate) bundles: BTreeMap<PeerIndex, Verified<Bundle>>,
    pub(crate) confirms: BTreeMap<PeerIndex, Verified<Confirm>>,
    pub(crate) acks: BTreeMap<PeerIndex, Verified<Ack>>,
    pub(crate) dones: BTreeMap<PeerIndex, Verified<Done>>,
}

/// How far this peer has come.
pub(crate) enum Stage {
    /// Waits for every peer's opening.
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
    /// Before a crash this peer acknowledged another transcript of this attempt: some dealer has
    /// since shown another bundle. It never acknowledges a second one.
    Contradicted,
}

impl Stage {
    /// Whether `bundle`, of another session than a new one of the same dealer, can be let go.
    pub(crate) fn has_no_use_for(&self, bundle: &Bundle) -> bool {
        match self {
            Self::Opening => true,
            Self::Dealing(dealing) => dealing.openings != bundle.openings,
            Self::Proving(_)
            | Self::Storing { .. }
            | Self::Acking
            | Self::Finished
            | Self::Failed(_)
            | Self::Unusable
            | Self::Contradicted => false,
        }
    }
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
pub(crate) struct Attempt {
    pub(crate) context: Context,
    pub(crate) said: Said,
    pub(crate) stage: Stage,
    /// What this peer has acknowledged in this attempt, maybe before a crash.
    pub(crate) acked: Option<Acked>,
    /// Peers that were shown, since they last came up, what they saw differently.
    pub(super) shown: PeerSet,
    /// Peers that opened another attempt and were told of this one, with the attempt they opened.
    /// Once is enough: two that may not follow each other would otherwise tell it for ever.
    pub(super) told: BTreeMap<PeerIndex, u32>,
}

impl Attempt {
    /// Opens the attempt. `earlier` are the acknowledged attempts before it.
    pub(crate) fn new(
        who: &Participant,
        context: Context,
        earlier: Vec<u32>,
        acked: Option<Acked>,
    ) -> Self {
        let mut said = Said::default();
        let opening = who.identity.sign(who.me, open(who, context, earlier));
        said.openings.insert(who.me, opening);
        let mut attempt = Self {
            context,
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
    pub(crate) fn acknowledge(&mut self, who: &Participant, acked: Acked) -> Spoken {
        let ack = Ack {
            context: self.context,
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
    pub(crate) fn own_words(&mut self, me: PeerIndex, to: PeerIndex) -> Vec<Spoken> {
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
    pub(crate) fn waits(&self, who: &Participant) -> (Step, PeerSet) {
        let all = PeerSet::full(who.terms.roster.size());
        let without = |there: PeerSet| all.without(there);
        match &self.stage {
            Stage::Opening => (
                Step::Opening,
                without(self.said.openings.keys().copied().collect()),
            ),
            Stage::Dealing(dealing) => (
                Step::Dealing,
                without(dealing.dealt.keys().copied().collect()),
            ),
            Stage::Proving(proving) => (
                Step::Proving,
                without(proving.sums.keys().copied().collect()),
            ),
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
    pub(crate) fn matching_acks(&self) -> PeerSet {
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
    pub(crate) fn is_past_failing(&self) -> bool {
        match &self.stage {
            Stage::Opening | Stage::Dealing(_) | Stage::Proving(_) | Stage::Unusable => {
                self.acked.is_some()
            }
            Stage::Storing { .. } | Stage::Acking | Stage::Finished | Stage::Contradicted => true,
            Stage::Failed(_) => false,
        }
    }

    /// Takes another confirm of `peer` to be checked in place of an earlier one.
    pub(crate) fn hear_confirm(&mut self, confirm: Verified<Confirm>) {
        if let Stage::Proving(proving) = &mut self.stage {
            proving.sums.remove(&confirm.signer);
        }
        self.said.confirms.insert(confirm.signer, confirm);
    }
}
