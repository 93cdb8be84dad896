//! One peer at the ceremony: events in, one phase after the other, until nobody needs it.
//!
//! Never here: what the phases do.

use std::future::{Future, pending, ready};
use std::pin::pin;

use dkg::ceremony::{Input, Refused, Step};
use proto::PeerIndex;
use proto::ceremony_session::{BadFrame, Frame};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::keys::Site;
use super::line::Line;
use super::making::Certificate;
use super::sharing::Sharing;
use super::{CeremonyError, PATIENCE, Phase, sign};
use crate::net::Event;

/// One peer at the ceremony.
pub(super) struct Driver {
    site: Site,
    /// Taken out only while one phase becomes the next.
    phase: Option<Phase>,
    /// The peers and the operator.
    pub(super) line: Line,
    /// When to leave though somebody may lack something.
    stay_until: Option<Instant>,
}

impl Driver {
    /// A peer of `site` that is at `phase`.
    pub fn new(site: Site, phase: Phase, line: Line) -> Self {
        Self {
            site,
            phase: Some(phase),
            line,
            stay_until: None,
        }
    }

    /// Says the first words; with `retry` those of a new attempt.
    pub fn begin(&mut self, retry: bool) -> Result<(), CeremonyError> {
        match self.phase.as_mut() {
            Some(Phase::Recalling(recalling)) => {
                if retry {
                    self.line.screen.say(&Refused::NotFailed(0).to_string());
                }
                recalling.show(&mut self.line);
                Ok(())
            }
            Some(Phase::Making(_)) => {
                let first = if retry { Input::Retry } else { Input::Tick };
                self.make(first)?;
                self.show();
                Ok(())
            }
            Some(Phase::Sharing(sharing)) => {
                self.line
                    .screen
                    .say("the ceremony is finished here already");
                if sharing.is_complete() {
                    self.stay_until = Some(Instant::now() + PATIENCE);
                }
                sharing.advance(&mut self.line)
            }
            None => Ok(()),
        }
    }

    /// Goes on until nobody needs this peer, or `stop` is ready.
    pub async fn run(
        mut self,
        mut events: Receiver<Event>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), CeremonyError> {
        let mut stop = pin!(stop);
        while !self.is_over() {
            let busy = self.is_busy();
            let stay_until = self.stay_until;
            let patience = async {
                match stay_until {
                    Some(moment) => tokio::time::sleep_until(moment).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => {
                    self.say_passed_over();
                    return self.stopped();
                }
                event = events.recv() => match event {
                    Some(event) => self.take(event)?,
                    None => return Err(CeremonyError::NetEnded),
                },
                () = ready(()), if busy => self.make(Input::Tick)?,
                () = patience => break,
            }
        }
        self.say_passed_over();
        let missing = self.missing();
        self.line.screen.say(&match missing {
            Some(names) => format!("done here; {names} may lack something and did not come"),
            None => "done: every peer has everything".to_owned(),
        });
        Ok(())
    }

    fn say_passed_over(&mut self) {
        if let Some(words) = self.line.passed_over() {
            self.line.screen.say(&words);
        }
    }

    /// Names those who may lack something.
    fn missing(&self) -> Option<String> {
        let Some(Phase::Sharing(sharing)) = &self.phase else {
            return None;
        };
        let names: Vec<&str> = sharing
            .incomplete()
            .iter()
            .map(|p| self.line.name(p))
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Whether nobody needs this peer any more.
    pub(super) fn is_over(&self) -> bool {
        match &self.phase {
            Some(Phase::Sharing(sharing)) => sharing.is_over(self.line.up()),
            Some(Phase::Recalling(_) | Phase::Making(_)) | None => false,
        }
    }

    /// Whether there is work to do that waits for nobody.
    pub(super) fn is_busy(&self) -> bool {
        match &self.phase {
            Some(Phase::Making(making)) => making.is_busy(),
            Some(Phase::Recalling(_) | Phase::Sharing(_)) | None => false,
        }
    }

    /// What it means that the operator stops now.
    fn stopped(&self) -> Result<(), CeremonyError> {
        match &self.phase {
            Some(Phase::Sharing(sharing)) if sharing.is_complete() => Ok(()),
            Some(Phase::Making(making))
                if matches!(making.step(), Step::Failed | Step::Unusable) =>
            {
                Err(CeremonyError::Failed)
            }
            Some(Phase::Recalling(_) | Phase::Making(_) | Phase::Sharing(_)) | None => {
                Err(CeremonyError::Stopped)
            }
        }
    }

    /// Takes what happened, and does what follows.
    pub(super) fn take(&mut self, event: Event) -> Result<(), CeremonyError> {
        match event {
            Event::Up {
                peer,
                software,
                version,
            } => {
                tracing::debug!(peer = self.line.name(peer), software, "up");
                self.line.came(peer, version);
                self.greet(peer)?;
            }
            Event::Down { peer, reason } => {
                tracing::debug!(peer = self.line.name(peer), %reason, "down");
                if reason.is_fault() {
                    self.line.fault(peer, &reason.to_string());
                }
                self.line.went(peer);
                match &mut self.phase {
                    Some(Phase::Making(_)) => self.make(Input::Down(peer))?,
                    Some(Phase::Recalling(_) | Phase::Sharing(_)) | None => {}
                }
            }
            Event::Frame { peer, frame } => match Frame::decode(&frame) {
                Ok(frame) => {
                    let is_told = self.line.is_told_by(peer, &frame);
                    self.hear(peer, frame)?;
                    if let Some(Phase::Making(making)) = &mut self.phase
                        && is_told
                    {
                        making.has_told(peer);
                    }
                }
                Err(BadFrame::Unknown) => self.line.pass_over(peer),
                Err(bad) => self.line.fault(peer, &format!("sent {bad}")),
            },
            Event::Measured { .. } => return Ok(()),
            Event::Refused { peer, reason } => self.line.refused(peer, &reason.to_string()),
            Event::SecondSession { peer } if peer == self.site.me => {
                return Err(CeremonyError::SecondSession);
            }
            Event::SecondSession { peer } => {
                let words = "two programs run with its identity key: ask its operator";
                self.line.alarm(peer, words);
            }
        }
        self.release()?;
        self.show();
        Ok(())
    }

    /// Goes on with what has waited for others to tell what they remember of this peer.
    fn release(&mut self) -> Result<(), CeremonyError> {
        let Some(Phase::Making(making)) = &mut self.phase else {
            return Ok(());
        };
        let mut kept = making.release().into_iter();
        kept.try_for_each(|input| self.make(input))
    }

    fn greet(&mut self, peer: PeerIndex) -> Result<(), CeremonyError> {
        match &self.phase {
            Some(Phase::Recalling(_)) => self.line.remind(peer, Vec::new()),
            Some(Phase::Making(making)) => {
                self.line.remind(peer, making.said_by(peer));
                self.make(Input::Up(peer))?;
            }
            Some(Phase::Sharing(sharing)) => sharing.greet(peer, &self.line),
            None => {}
        }
        Ok(())
    }

    fn show(&mut self) {
        match &self.phase {
            Some(Phase::Recalling(recalling)) => recalling.show(&mut self.line),
            Some(Phase::Making(making)) => making.show(&mut self.line),
            Some(Phase::Sharing(sharing)) => {
                if let Some(moment) = &mut self.stay_until
                    && sharing
                        .incomplete()
                        .iter()
                        .any(|peer| self.line.up().contains(peer))
                {
                    *moment = Instant::now() + PATIENCE;
                }
                sharing.show(&mut self.line);
            }
            None => {}
        }
    }

    fn hear(&mut self, peer: PeerIndex, frame: Frame) -> Result<(), CeremonyError> {
        match (&mut self.phase, frame) {
            (Some(Phase::Recalling(recalling)), frame) => {
                recalling.hear(peer, frame, &mut self.line)?;
                self.recalled()
            }
            (Some(Phase::Making(_)), Frame::Ceremony(bytes)) => {
                self.make(Input::Frame(peer, bytes))
            }
            (Some(Phase::Making(making)), Frame::Lock(lock, signatures)) => {
                let certificate = Certificate { lock, signatures };
                if !making.has_acknowledged(lock) {
                    making.refuse_own_signature(peer, &certificate, (&self.site, &self.line))?;
                    let words = "speaks of a lock whose keys this peer has not acknowledged";
                    self.line.fault(peer, words);
                    return Ok(());
                }
                match making.check(&certificate, &self.site) {
                    Ok(_) => {
                        for liar in making.denied_by(lock).iter() {
                            let words = "promised in a later attempt never to sign this lock, and \
                                         has signed it: there may be two finished locks";
                            self.line.alarm(liar, words);
                        }
                        self.finish(&certificate)?;
                        // Whoever showed it holds the lock.
                        self.hear(peer, Frame::Lock(lock, certificate.signatures))
                    }
                    Err(CeremonyError::Lock(_, bad)) => {
                        self.line.fault(peer, &bad.to_string());
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
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

    /// Begins, if everybody has told what this peer has said.
    fn recalled(&mut self) -> Result<(), CeremonyError> {
        match self.phase.take() {
            Some(Phase::Recalling(recalling)) if recalling.is_over() => {
                let making = recalling.end(&self.site, &mut self.line)?;
                self.phase = Some(Phase::Making(Box::new(making)));
                for peer in self.line.up().iter() {
                    self.greet(peer)?;
                }
                self.make(Input::Tick)
            }
            phase => {
                self.phase = phase;
                Ok(())
            }
        }
    }

    /// Hands `input` to the ceremony, while there is one.
    pub(super) fn make(&mut self, input: Input) -> Result<(), CeremonyError> {
        let Some(Phase::Making(making)) = &mut self.phase else {
            return Ok(());
        };
        match making.handle(input, &self.site, &mut self.line)? {
            Some(certificate) => self.finish(&certificate),
            None => Ok(()),
        }
    }

    /// From the certificate to the deposits.
    fn finish(&mut self, certificate: &Certificate) -> Result<(), CeremonyError> {
        let Some(Phase::Making(making)) = self.phase.take() else {
            return Ok(());
        };
        let lock = making.check(certificate, &self.site)?;
        let ready = making.finish(lock, &self.site)?;
        let words = format!("the keys are made: {}", self.site.lock_file.display());
        self.line.screen.say(&words);
        let mut sharing = Sharing::open(&self.site, ready.lock)?;
        // Whoever still lacks a signature of the lock need not wait for the deposits.
        sharing.tell_all(&self.line);
        if sharing.is_unsettled() {
            self.line.screen.say(
                "the definition leaves the withdrawal address open, so no deposits are signed",
            );
        }
        if !sharing.is_complete() {
            sign(&self.site, &mut sharing, ready.shares, &ready.master)?;
            sharing.tell_all(&self.line);
        }
        sharing.advance(&mut self.line)?;
        self.phase = Some(Phase::Sharing(Box::new(sharing)));
        Ok(())
    }
}
