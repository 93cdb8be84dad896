//! What a peer without a memory must hear before it says anything: what it has said before.
//!
//! A peer whose seed is gone would say other things than it has said, in the same attempt, and be
//! convicted of them. It cannot know that it has said anything: a first start looks the same. So a
//! peer that finds no seed says nothing that it signs before every other peer has told what it
//! holds of this peer ([`super::Ceremony::said_by`]):
//!
//! - nothing anywhere: it begins with the first attempt;
//! - statements of some attempts, but no acknowledgement: it opens the attempt after the latest,
//!   which makes no word of these false, and the others follow;
//! - an acknowledgement: it promised to keep shares, and to name that attempt in each later
//!   opening. It does not know enough to keep the promise, and says nothing: [`Forgotten`].
//!
//! Only statements with this peer's own signature count, so nobody can make it up. Who holds some
//! and says nothing of them can still show them later; but every honest peer that ever heard them
//! has by then told of them, as long as it has not started anew itself.
//!
//! What a peer has heard, it still tells after a restart: see [`super::Heard`].
//!
//! A peer with a memory hears the same, and compares it: an older copy of its memory may have been
//! put in the place of the newest ([`super::Ceremony::own_words`]).
//!
//! Who has told is the driver's to know: it sees who is there, and what version each speaks.
//!
//! Never here: the network; a seed.

use proto::ceremony::{MAX_ATTEMPT, Spoken, Terms};
use proto::lock::LockHash;
use proto::{IdentitySignature, PeerIndex, Root};
use thiserror::Error;

use super::{Breach, Ceremony, Position};
use crate::sharing::deal::open;

/// Why a peer without a memory cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Forgotten {
    /// It has acknowledged keys.
    #[error("it has acknowledged keys of this ceremony")]
    Acknowledged,
    /// It has opened the last attempt that there can be.
    #[error("it has opened attempt {MAX_ATTEMPT}, which is the last")]
    LastAttempt,
}

/// What the others have told a peer of its own words so far.
#[derive(Debug)]
pub struct Recollection {
    terms: Terms,
    hash: Root,
    me: PeerIndex,
    latest: Option<u32>,
    acknowledged: Option<PeerIndex>,
}

impl Recollection {
    /// Nothing is heard yet. `known` is the latest attempt that this peer knows by itself to have
    /// opened.
    pub fn new(terms: Terms, me: PeerIndex, known: Option<u32>) -> Self {
        Self {
            hash: terms.hash(),
            terms,
            me,
            latest: known,
            acknowledged: None,
        }
    }

    /// Takes one statement that `from` says is this peer's.
    ///
    /// # Errors
    /// If it is not.
    pub fn hear(&mut self, from: PeerIndex, spoken: Spoken) -> Result<(), Breach> {
        let attempt = spoken.context().attempt;
        let acked = acked_in(spoken, (&self.terms, self.hash), self.me)?;
        self.latest = self.latest.max(Some(attempt));
        if !acked.is_empty() {
            self.acknowledged.get_or_insert(from);
        }
        Ok(())
    }

    /// Takes everybody's signature of a lock, as `from` shows it: this peer's own among them means
    /// that it has acknowledged.
    ///
    /// # Errors
    /// If this peer's signature is not among them.
    pub fn hear_lock(
        &mut self,
        from: PeerIndex,
        lock: Root,
        signatures: &[IdentitySignature],
    ) -> Result<(), Breach> {
        let own = signatures.get(self.me.position());
        let key = self.terms.roster.key(self.me);
        if own.is_some_and(|own| key.has_signed(&LockHash(lock), own)) {
            self.acknowledged.get_or_insert(from);
            Ok(())
        } else {
            Err(Breach::NotYours)
        }
    }

    /// Who has shown that this peer has acknowledged keys.
    pub fn acknowledged(&self) -> Option<PeerIndex> {
        self.acknowledged
    }

    /// The latest attempt of which this peer has said something.
    pub fn latest(&self) -> Option<u32> {
        self.latest
    }

    /// Where the ceremony begins for this peer, as far as is told; to be asked for when
    /// everybody has told.
    ///
    /// # Errors
    /// If it can begin nowhere.
    pub fn position(&self) -> Result<Position, Forgotten> {
        if self.acknowledged.is_some() {
            return Err(Forgotten::Acknowledged);
        }
        let Some(latest) = self.latest else {
            return Ok(Position::default());
        };
        if latest >= MAX_ATTEMPT {
            return Err(Forgotten::LastAttempt);
        }
        Ok(Position {
            attempt: latest + 1,
            opened: latest + 1,
            opener: Some(self.me.position()),
            ..Position::default()
        })
    }
}

/// What a statement shows of what this peer has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnWords {
    /// The attempts in which it has acknowledged keys.
    pub acked: Vec<u32>,
    /// The attempt and the transcript that it acknowledges.
    pub transcript: Option<(u32, Root)>,
    /// Whether the seed at hand says the same. An opening made with another contradicts it.
    pub of_this_seed: bool,
}

impl Ceremony {
    /// What `spoken`, which another holds as this peer's, shows of what this peer has said. The
    /// position may lack an acknowledgement only while the ceremony is in that attempt, where the
    /// same seed leads to the same one.
    ///
    /// # Errors
    /// If it is not this peer's.
    pub fn own_words(&self, spoken: Spoken) -> Result<OwnWords, Breach> {
        let (mut opening, mut transcript) = (None, None);
        match &spoken {
            Spoken::Opening(said) => opening = Some(said.statement.clone()),
            Spoken::Ack(said) => {
                let attempt = said.statement.context.attempt;
                transcript = Some((attempt, said.statement.transcript));
            }
            Spoken::Bundle(_) | Spoken::Confirm(_) | Spoken::Complaint(_) | Spoken::Done(_) => {}
        }
        let acked = acked_in(spoken, (&self.who.terms, self.terms), self.who.me)?;
        // In earlier attempts it says nothing new, and a seed that was lost may have been used.
        let opening = opening.filter(|said| said.context.attempt >= self.position.attempt);
        let of_this_seed = opening.is_none_or(|said| {
            let ours = open(&self.who, said.context, said.acked.clone());
            ours == said
        });
        Ok(OwnWords {
            acked,
            transcript,
            of_this_seed,
        })
    }
}

/// The attempts in which `me` has acknowledged keys, as `spoken` shows.
fn acked_in(
    spoken: Spoken,
    (terms, hash): (&Terms, Root),
    me: PeerIndex,
) -> Result<Vec<u32>, Breach> {
    let context = spoken.context();
    if context.terms != hash {
        return Err(Breach::Foreign);
    }
    if spoken.signer() != me {
        return Err(Breach::NotYours);
    }
    let (attempt, roster) = (context.attempt, &terms.roster);
    match spoken {
        Spoken::Opening(s) => Ok(s.verify(roster)?.statement.acked.clone()),
        Spoken::Ack(s) => Ok(s.verify(roster).map(|_| vec![attempt])?),
        Spoken::Done(s) => Ok(s.verify(roster).map(|_| vec![attempt])?),
        Spoken::Bundle(s) => Ok(s.verify(roster).map(|_| Vec::new())?),
        Spoken::Confirm(s) => Ok(s.verify(roster).map(|_| Vec::new())?),
        Spoken::Complaint(s) => Ok(s.verify(roster).map(|_| Vec::new())?),
    }
}
