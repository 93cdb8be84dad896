//! What this peer has heard of the others that they may not contradict: of each its latest opening
//! and its latest acknowledgement, as it signed them.
//!
//! They are shown to whoever may have lost its memory (see [`Recollection`](super::Recollection)).
//! So they outlive this peer's program: [`Output::Remember`] comes before anything that follows
//! from an acknowledgement, and before this peer's own keys are stored.
//!
//! What was heard in an earlier run convicts nobody. A folder is emptied between two runs, by
//! hands that mean no harm: whoever then speaks as if it had said nothing is told so, and what it
//! says is not used. Once it has its memory back it goes on as if nothing had been.
//!
//! Nor does it finish anything: an acknowledgement that was heard in an earlier run counts once its
//! signer says it again. Its signer still can, since nobody leaves before all have finished; and if
//! it cannot, since it has lost its share in between, no money should ever go to these keys.
//!
//! Never here: what a peer has said of itself ([`Position`](super::Position)).

use std::collections::BTreeMap;

use proto::ceremony::{Ack, Opening, Spoken, Terms};
use proto::lock::LockHash;
use proto::{PeerIndex, Root, Verified};
use thiserror::Error;

use super::{Ceremony, Contradiction, Output};
use crate::blame::denies;

/// A statement that is none of those that a peer keeps of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it holds a statement that no other operator has signed in this ceremony")]
pub struct NotHeard;

/// The latest opening and the latest acknowledgement of each other peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    pub(super) openings: BTreeMap<PeerIndex, Verified<Opening>>,
    pub(super) acks: BTreeMap<PeerIndex, Verified<Ack>>,
}

impl Heard {
    /// What `me` kept with [`Output::Remember`] in an earlier run.
    ///
    /// # Errors
    /// If a statement is not what another operator has signed in the ceremony of `terms`.
    pub fn read(
        terms: &Terms,
        me: PeerIndex,
        statements: impl IntoIterator<Item = Spoken>,
    ) -> Result<Self, NotHeard> {
        let (hash, mut heard) = (terms.hash(), Self::default());
        for spoken in statements {
            if spoken.context().terms != hash || spoken.signer() == me {
                return Err(NotHeard);
            }
            match spoken {
                Spoken::Opening(said) => {
                    let opening = said.verify(&terms.roster).map_err(|_| NotHeard)?;
                    heard.hear_opening(&opening);
                }
                Spoken::Ack(said) => {
                    let ack = said.verify(&terms.roster).map_err(|_| NotHeard)?;
                    let lock = LockHash(ack.statement.lock);
                    let key = terms.roster.key(ack.signer);
                    if !key.has_signed(&lock, &ack.statement.lock_signature) {
                        return Err(NotHeard);
                    }
                    heard.hear_ack(&ack);
                }
                Spoken::Bundle(_) | Spoken::Confirm(_) | Spoken::Complaint(_) | Spoken::Done(_) => {
                    return Err(NotHeard);
                }
            }
        }
        Ok(heard)
    }

    /// What is held of `peer`.
    pub fn of(&self, peer: PeerIndex) -> Vec<Spoken> {
        spoken(self.openings.get(&peer), self.acks.get(&peer))
    }

    /// Keeps an opening, unless a later one is there.
    pub(super) fn hear_opening(&mut self, opening: &Verified<Opening>) {
        let latest = self.openings.entry(opening.signer);
        let latest = latest.or_insert_with(|| opening.clone());
        if latest.statement.context.attempt < opening.statement.context.attempt {
            *latest = opening.clone();
        }
    }

    /// Keeps an acknowledgement, unless one of the same or a later attempt is there; whether it is
    /// kept.
    pub(super) fn hear_ack(&mut self, ack: &Verified<Ack>) -> bool {
        let attempt = ack.statement.context.attempt;
        let known = self.acks.get(&ack.signer);
        let is_new = known.is_none_or(|known| known.statement.context.attempt < attempt);
        if is_new {
            self.acks.insert(ack.signer, ack.clone());
        }
        is_new
    }

    /// What `peer` has acknowledged in `attempt`, if that is known.
    fn acked_by(&self, peer: PeerIndex, attempt: u32) -> Option<Root> {
        let ack = self.acks.get(&peer).map(|ack| &ack.statement);
        let ack = ack.filter(|ack| ack.context.attempt == attempt);
        ack.map(|ack| ack.transcript)
    }
}

fn spoken(opening: Option<&Verified<Opening>>, ack: Option<&Verified<Ack>>) -> Vec<Spoken> {
    let opening = opening.cloned();
    let opening = opening.map(|opening| Spoken::Opening(opening.into_signed()));
    let ack = ack.cloned().map(|ack| Spoken::Ack(ack.into_signed()));
    opening.into_iter().chain(ack).collect()
}

impl Ceremony {
    /// The same ceremony with what this peer has heard in earlier runs.
    #[must_use]
    pub fn having_heard(mut self, before: Heard) -> Self {
        self.before = before;
        self
    }

    /// What `peer` has said here that it may not contradict: its latest opening and its latest
    /// acknowledgement. To be shown to it, in case it has lost its memory: see
    /// [`Recollection`](super::Recollection).
    pub fn said_by(&self, peer: PeerIndex) -> Vec<Spoken> {
        // An opening in place of another was taken where nothing hung on the other; of two
        // acknowledgements of one attempt the first binds.
        let openings = [&self.before, &self.heard].map(|heard| heard.openings.get(&peer));
        let openings = openings.into_iter().flatten();
        let acks = [&self.heard, &self.before].map(|heard| heard.acks.get(&peer));
        let acks = acks.into_iter().flatten();
        spoken(
            openings.max_by_key(|opening| opening.statement.context.attempt),
            acks.max_by_key(|ack| ack.statement.context.attempt),
        )
    }

    /// Everything that is to be remembered.
    pub(super) fn remember(&self) -> Output {
        let all = self.who.terms.roster.size().all();
        Output::Remember(all.flat_map(|peer| self.said_by(peer)).collect())
    }

    /// What somebody has acknowledged in `attempt`, `first` of all by this peer.
    fn acked_in(&self, attempt: u32, first: PeerIndex) -> Option<Root> {
        let own = self.position.acked.iter().find(|a| a.attempt == attempt);
        let others = self.who.terms.roster.size().all();
        let mut acks = [first].into_iter().chain(others).filter_map(|peer| {
            let before = self.before.acked_by(peer, attempt);
            before.or_else(|| self.heard.acked_by(peer, attempt))
        });
        acks.next().or(own.map(|own| own.transcript))
    }

    /// How `opening` contradicts what its signer has said in an earlier run, as far as keys hang on
    /// that.
    pub(super) fn contradicts(&self, opening: &Verified<Opening>) -> Option<Contradiction> {
        let attempt = opening.statement.context.attempt;
        if let Some(ack) = self.before.acks.get(&opening.signer)
            && denies(&opening.statement, ack.statement.context.attempt)
        {
            return Some(Contradiction::Denied {
                attempt: ack.statement.context.attempt,
                acked: ack.statement.transcript,
            });
        }
        let before = self.before.openings.get(&opening.signer)?;
        let differs = before.statement != opening.statement;
        if before.statement.context.attempt != attempt || !differs {
            return None;
        }
        if let Some(acked) = self.before.acked_by(opening.signer, attempt) {
            return Some(Contradiction::Denied { attempt, acked });
        }
        let acked = self.acked_in(attempt, opening.signer)?;
        Some(Contradiction::Begun { attempt, acked })
    }

    /// How `ack` contradicts another of its signer, or one of this peer.
    pub(super) fn contradicts_ack(&self, ack: &Ack, signer: PeerIndex) -> Option<Contradiction> {
        let (attempt, now) = (ack.context.attempt, ack.transcript);
        let before = self.before.acked_by(signer, attempt);
        let before = before.or_else(|| self.heard.acked_by(signer, attempt));
        if let Some(acked) = before.filter(|acked| *acked != now) {
            return Some(Contradiction::Twice {
                attempt,
                acked,
                now,
            });
        }
        let own = self.position.acked.iter().find(|a| a.attempt == attempt)?;
        let here = own.transcript;
        (here != now).then_some(Contradiction::Dealt {
            attempt,
            acked: now,
            here,
        })
    }

    /// Who has acknowledged another transcript of the current attempt than that of the keys that
    /// are made `here`.
    pub(super) fn contradicting(&self, here: Root) -> Vec<(PeerIndex, Contradiction)> {
        let attempt = self.position.attempt;
        let others = self.who.terms.roster.size().all();
        let acks = others.filter_map(|peer| {
            let before = self.before.acked_by(peer, attempt);
            let acked = before.or_else(|| self.heard.acked_by(peer, attempt))?;
            let contradiction = Contradiction::Dealt {
                attempt,
                acked,
                here,
            };
            (acked != here).then_some((peer, contradiction))
        });
        acks.collect()
    }

    /// Tells of a contradiction of `peer`, once for each attempt.
    pub(super) fn tell_contradiction(
        &mut self,
        peer: PeerIndex,
        contradiction: Contradiction,
        outputs: &mut Vec<Output>,
    ) {
        if self.told.insert((peer, contradiction.attempt())) {
            outputs.push(Output::Contradicted(peer, contradiction));
        }
    }
}
