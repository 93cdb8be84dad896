//! Before the first word of a peer that finds no seed of an earlier run: hears from every other
//! what this peer has said, and begins where that contradicts nothing.
//!
//! Until then nothing is written, so that a peer that stops here starts here again.
//!
//! Never here: what the statements mean; see [`Recollection`].

use dkg::ceremony::{Forgotten, Recollection, Step};
use proto::PeerIndex;
use proto::ceremony::Spoken;
use proto::ceremony_session::Frame;

use super::CeremonyError;
use super::keys::Site;
use super::line::{Line, counted};
use super::making::{Making, terms};
use super::saved::SavedCeremony;
use crate::disk::keystore::MasterSecret;

/// A peer that has not begun, as far as it knows.
pub(super) struct Recalling {
    recollection: Recollection,
    saved: SavedCeremony,
    master: MasterSecret,
}

impl Recalling {
    /// Nobody has told yet; `known` is the attempt that the notebook still knows of.
    pub fn start(
        site: &Site,
        saved: SavedCeremony,
        master: MasterSecret,
        known: Option<u32>,
    ) -> Self {
        Self {
            recollection: Recollection::new(terms(&site.definition), site.me, known),
            saved,
            master,
        }
    }

    /// Takes a frame of `peer`.
    ///
    /// # Errors
    /// If it shows that this peer has acknowledged keys.
    pub fn hear(
        &mut self,
        peer: PeerIndex,
        frame: Frame,
        line: &mut Line,
    ) -> Result<(), CeremonyError> {
        let is_told = line.is_told_by(peer, &frame);
        let heard = match frame {
            Frame::Remembered(statements) => {
                let size = line.size();
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
            line.fault(peer, &breach.to_string());
        }
        if is_told {
            self.recollection.has_told(peer);
        }
        match self.recollection.acknowledged() {
            Some(peer) => Err(CeremonyError::Forgotten {
                peer: line.name(peer).to_owned(),
                dir: self.saved.directory().to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Whether everybody has told.
    pub fn is_over(&self) -> bool {
        self.recollection.waiting().is_empty()
    }

    /// Begins.
    ///
    /// # Errors
    /// If there is nowhere to begin, or the notebook cannot be written.
    pub fn end(self, site: &Site, line: &mut Line) -> Result<Making, CeremonyError> {
        let dir = self.saved.directory();
        let position = self.recollection.position().map_err(|error| match error {
            Forgotten::Acknowledged => unreachable!("it was refused when it was heard"),
            Forgotten::LastAttempt => CeremonyError::NoAttemptLeft(dir.to_owned()),
        })?;
        if let Some(latest) = self.recollection.latest() {
            line.screen.say(&format!(
                "this peer has taken part in attempt {} before, and {} no longer says how: it is \
                 gone, or was emptied. It says nothing more in that attempt and opens attempt {}, \
                 and the others follow. What is kept there is needed until the end: leave it",
                counted(latest),
                dir.display(),
                counted(position.attempt),
            ));
        }
        self.saved.begin(&self.master, &position)?;
        Ok(Making::start(site, self.saved, self.master)?.remembered_by_all())
    }

    /// Shows whom it waits for.
    pub fn show(&self, line: &mut Line) {
        line.show(Step::Opening.to_string(), self.recollection.waiting());
    }
}
