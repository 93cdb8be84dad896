//! What a frame means in each phase, and how one phase becomes the next.

use dkg::ceremony::Input as Hands;
use proto::PeerIndex;
use proto::ceremony_session::Frame;
use zeroize::Zeroizing;

use super::{Participation, Phase};
use crate::ceremony::contract::{Finished, Halt, Task};
use crate::ceremony::making::{Certificate, Making};
use crate::ceremony::note::{Alarm, Fault, Note};
use crate::ceremony::sharing::Sharing;
use crate::record::{Entry, History};

impl Participation {
    pub(super) fn hear(&mut self, peer: PeerIndex, frame: Frame) -> Result<(), Halt> {
        match (&mut self.phase, frame) {
            (Some(Phase::Recalling(recalling)), frame) => {
                recalling.hear(peer, frame, &mut self.line)
            }
            (Some(Phase::Making(_)), Frame::Ceremony(bytes)) => {
                self.make(Hands::Frame(peer, bytes))
            }
            (Some(Phase::Making(_)), Frame::Lock(lock, signatures)) => {
                self.hear_lock(peer, Certificate { lock, signatures })
            }
            (Some(Phase::Making(making)), Frame::Remembered(statements)) => {
                making.remember(peer, &statements, &mut self.line)
            }
            // They come again once the lock is there: who sends them sends the lock before.
            (
                Some(Phase::Making(_)),
                Frame::Partials(..) | Frame::Deposits(..) | Frame::Leaving,
            )
            | (None, _) => Ok(()),
            (Some(Phase::Sharing(sharing)), frame) => sharing.hear(peer, frame, &mut self.line),
        }
    }

    /// A lock with everybody's signatures: if its keys are stored here, the ceremony is finished.
    fn hear_lock(&mut self, peer: PeerIndex, certificate: Certificate) -> Result<(), Halt> {
        let Some(Phase::Making(making)) = &self.phase else {
            return Ok(());
        };
        if !making.has_acknowledged(certificate.lock) {
            making.refuse_own_signature(peer, &certificate, &self.line.place)?;
            self.line.fault(peer, Fault::NotAcknowledged);
            return Ok(());
        }
        if let Err(bad) = making.check(&certificate, &self.line.place) {
            self.line.fault(peer, bad);
            return Ok(());
        }
        for liar in making.denied_by(certificate.lock).iter() {
            self.line.alarm(liar, Alarm::Promise);
        }
        self.certified(&certificate)?;
        // Whoever showed it holds the lock.
        self.hear(peer, Frame::Lock(certificate.lock, certificate.signatures))
    }

    /// A beginning is written: the first words.
    pub(super) fn recalled(&mut self, seed: Zeroizing<[u8; 32]>) -> Result<(), Halt> {
        let Some(Phase::Recalling(recalling)) = self.phase.take() else {
            return Ok(());
        };
        let making = Making::start(&self.line.place, recalling.begun(seed))?;
        self.phase = Some(Phase::Making(Box::new(making)));
        for peer in self.line.up().iter() {
            self.greet(peer)?;
        }
        self.make(Hands::Tick)
    }

    /// From the certificate to the deposits. Without the lock nothing signs, so it comes after the
    /// record; and the seed goes when nobody needs it any more.
    pub(super) fn certified(&mut self, certificate: &Certificate) -> Result<(), Halt> {
        let Some(Phase::Making(making)) = self.phase.take() else {
            return Ok(());
        };
        let lock = making.check(certificate, &self.line.place);
        let lock = lock.map_err(Halt::Lock)?;
        let (abandoned, shares) = making.finish(lock.hash());
        if !abandoned.is_empty() {
            self.line.task(Task::Abandon(abandoned.clone()));
        }
        let mut history = History::default();
        history
            .add(Entry::Enrolled(lock.group_keys()))
            .expect("a lock names every key once");
        let record = Task::BeginRecord(lock.hash(), Box::new(history));
        self.line.task(record);
        self.line.task(Task::WriteLock(Box::new(lock.clone())));
        self.line.task(Task::Forget);
        self.line.note(Note::KeysMade);
        let finished = Finished {
            lock,
            abandoned,
            deposits: None,
        };
        let mut sharing = Sharing::open(finished, self.line.place.me, self.weights)?;
        // Whoever still lacks a signature of the lock need not wait for the deposits.
        sharing.tell_all(&mut self.line);
        if sharing.is_unsettled() {
            self.line.note(Note::Unsettled);
        }
        match sharing.is_complete() {
            true => sharing.advance(&mut self.line),
            false => sharing.sign(shares, &mut self.line),
        }
        self.phase = Some(Phase::Sharing(Box::new(sharing)));
        Ok(())
    }
}
