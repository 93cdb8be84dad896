//! Before the first word of a peer that finds no seed of an earlier run: hears from every other
//! what this peer has said, and begins where that contradicts nothing.
//!
//! Until then nothing is written, so that a peer that stops here starts here again.
//!
//! Never here: what the statements mean; see [`Recollection`].

use std::collections::BTreeMap;

use dkg::ceremony::{Forgotten, Heard, Position, Recollection};
use proto::PeerIndex;
use proto::ceremony::Spoken;
use proto::ceremony_session::Frame;
use zeroize::Zeroizing;

use super::contract::{Begun, Halt, Task};
use super::line::Line;
use super::note::{Doing, Note};
use super::place::{Place, terms};

/// A peer that has not begun, as far as it knows.
pub(super) struct Recalling {
    recollection: Recollection,
    /// Where it begins, once that is being written.
    position: Option<Position>,
    /// What it has heard of others in earlier runs.
    heard: Heard,
}

impl Recalling {
    /// Nobody has told yet; `known` is the attempt that the saved ceremony still knows of,
    /// and `heard` what it knows of others.
    pub fn start(place: &Place, known: Option<u32>, heard: Heard) -> Self {
        Self {
            recollection: Recollection::new(terms(&place.definition), place.me, known),
            position: None,
            heard,
        }
    }

    /// What this peer holds of what `peer` has said.
    pub fn said_by(&self, peer: PeerIndex) -> Vec<Vec<u8>> {
        self.heard.of(peer).iter().map(Spoken::encode).collect()
    }

    /// Takes a frame of `peer`.
    ///
    /// # Errors
    /// If it shows that this peer has acknowledged keys.
    pub fn hear(&mut self, peer: PeerIndex, frame: Frame, line: &mut Line) -> Result<(), Halt> {
        let heard = match frame {
            Frame::Remembered(statements) => {
                let size = line.place.size();
                statements.iter().try_for_each(|bytes| {
                    let spoken = Spoken::decode(size, bytes)?;
                    self.recollection.hear(peer, spoken)
                })
            }
            Frame::Lock(lock, signatures) => self.recollection.hear_lock(peer, lock, &signatures),
            Frame::Ceremony(_) | Frame::Partials(..) | Frame::Deposits(..) | Frame::Leaving => {
                Ok(())
            }
        };
        if let Err(breach) = heard {
            line.fault(peer, breach);
        }
        match self.recollection.acknowledged() {
            Some(peer) => Err(Halt::Forgotten(peer)),
            None => Ok(()),
        }
    }

    /// Asks for the beginning to be written, once everybody has told.
    ///
    /// # Errors
    /// If there is nowhere to begin.
    pub fn advance(&mut self, line: &mut Line) -> Result<(), Halt> {
        if self.position.is_some() || !line.told.by_all() {
            return Ok(());
        }
        let position = self.recollection.position().map_err(|error| match error {
            Forgotten::Acknowledged => unreachable!("it was refused when it was heard"),
            Forgotten::LastAttempt => Halt::NoAttemptLeft,
        })?;
        if let Some(latest) = self.recollection.latest() {
            let attempt = position.attempt;
            line.note(Note::Recalled { latest, attempt });
        }
        line.task(Task::Begin(position.clone()));
        self.position = Some(position);
        Ok(())
    }

    /// What it has begun with, now that `seed` and position are written.
    pub fn begun(self, seed: Zeroizing<[u8; 32]>) -> Begun {
        let position = self.position;
        Begun {
            seed,
            position: position.expect("a beginning is written when it is asked for"),
            heard: self.heard,
            made: BTreeMap::new(),
        }
    }

    /// Shows whom it waits for.
    pub fn show(&self, line: &mut Line) {
        line.show(Doing::Recalling, line.told.waiting());
    }
}
