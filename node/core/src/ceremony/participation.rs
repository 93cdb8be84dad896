//! One peer at the ceremony: events in, one phase after the other, until nobody needs it.
//!
//! Never here: what the phases do.

mod turning;

use std::time::Duration;

use dkg::ceremony::{Input as Hands, Refused, Step};
use proto::ceremony_session::{BadFrame, Frame};
use proto::{Machine, PeerIndex, Timestamp};

use super::contract::{Awaited, Halt, Input, Output, Performed, Start};
use super::line::Line;
use super::making::Making;
use super::note::{Alarm, Fault, Note};
use super::place::Place;
use super::recalling::Recalling;
use super::sharing::Sharing;

/// How long a peer that begins with everything on its disk waits for somebody who lacks something.
const PATIENCE: Duration = Duration::from_secs(15);

/// One peer at the ceremony.
pub struct Participation {
    /// Taken out only while one phase becomes the next.
    phase: Option<Phase>,
    line: Line,
    /// Secret and random: weights of batch checks of the deposits.
    weights: [u8; 32],
    /// Whether the first input is taken.
    has_begun: bool,
    /// When to leave though somebody may lack something.
    stay_until: Option<Timestamp>,
    /// The answer without which nothing more comes out.
    awaited: Option<Awaited>,
    /// Whether the last output is on its way.
    is_over: bool,
}

/// Where this peer is.
enum Phase {
    Recalling(Box<Recalling>),
    Making(Box<Making>),
    Sharing(Box<Sharing>),
}

impl Participation {
    /// A peer at `place` that has come as far as `start` says. `weights` are 32 secret random
    /// bytes. Hand it [`Input::Retry`] or [`Input::Tick`] at once.
    ///
    /// # Errors
    /// If it cannot take part, or what lies there is not what a ceremony leaves.
    pub fn new(place: Place, start: Start, weights: [u8; 32]) -> Result<Self, Halt> {
        let phase = match start {
            Start::Blank(known, heard) => {
                Phase::Recalling(Box::new(Recalling::start(&place, known, heard)))
            }
            Start::Begun(begun) => Phase::Making(Box::new(Making::start(&place, *begun)?)),
            Start::Finished(finished) => {
                let sharing = Sharing::open(*finished, place.me, weights)?;
                Phase::Sharing(Box::new(sharing))
            }
        };
        Ok(Self {
            phase: Some(phase),
            line: Line::new(place),
            weights,
            has_begun: false,
            stay_until: None,
            awaited: None,
            is_over: false,
        })
    }

    /// Whether the first thing that it asks for is to open its shares, since it has the lock and no
    /// deposits.
    pub fn needs_shares(&self) -> bool {
        match &self.phase {
            Some(Phase::Sharing(sharing)) => !sharing.is_complete(),
            Some(Phase::Recalling(_) | Phase::Making(_)) | None => false,
        }
    }

    /// Whether nobody needs this peer any more, or it cannot go on.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn take(&mut self, input: Input) -> Result<(), Halt> {
        match input {
            Input::Tick | Input::Retry if !self.has_begun => {
                self.has_begun = true;
                return self.begin(matches!(input, Input::Retry));
            }
            Input::Tick => self.tick()?,
            Input::Retry => self.make(Hands::Retry)?,
            Input::Up(peer, version) => {
                self.line.came(peer, version);
                self.greet(peer)?;
            }
            Input::Down(peer) => {
                self.line.went(peer);
                self.make(Hands::Down(peer))?;
            }
            Input::Frame(peer, bytes) => match Frame::decode(&bytes) {
                Ok(frame) => {
                    let is_told = self.line.is_told_by(peer, &frame);
                    self.hear(peer, frame)?;
                    if is_told {
                        self.line.told.has_told(peer);
                    }
                }
                Err(BadFrame::Unknown) => self.line.pass_over(peer),
                Err(bad) => self.line.fault(peer, Fault::Frame(bad)),
            },
            Input::SecondSession(peer) if peer == self.line.place.me => {
                return Err(Halt::SecondSession);
            }
            Input::SecondSession(peer) => self.line.alarm(peer, Alarm::SecondSession),
            Input::Performed(performed) => self.performed(performed)?,
            Input::Stop => return self.stop(),
        }
        // Patience may be at its end: after the last words there are no more.
        if !self.is_over {
            self.release()?;
            self.show();
        }
        Ok(())
    }

    /// Says the first words; with `retry` those of a new attempt.
    fn begin(&mut self, retry: bool) -> Result<(), Halt> {
        match &mut self.phase {
            Some(Phase::Recalling(_)) if retry => {
                self.line.note(Note::Refused(Refused::NotFailed(0)));
            }
            Some(Phase::Making(_)) => {
                self.make(if retry { Hands::Retry } else { Hands::Tick })?;
            }
            Some(Phase::Sharing(sharing)) => {
                self.line.note(Note::FinishedBefore);
                match sharing.is_complete() {
                    true => self.stay_until = Some(self.line.now + PATIENCE),
                    false => sharing.sign(None, &mut self.line),
                }
                sharing.advance(&mut self.line);
                return Ok(());
            }
            Some(Phase::Recalling(_)) | None => {}
        }
        self.show();
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Halt> {
        if self
            .stay_until
            .is_some_and(|moment| moment <= self.line.now)
        {
            self.leave();
            return Ok(());
        }
        match &self.phase {
            Some(Phase::Recalling(_) | Phase::Making(_)) => {
                for peer in self.line.told.overdue(self.line.now) {
                    self.line.alarm(peer, Alarm::Untold);
                }
            }
            Some(Phase::Sharing(_)) | None => {}
        }
        self.make(Hands::Tick)
    }

    /// The last words of a peer that has everything.
    fn leave(&mut self) {
        let missing = match &self.phase {
            Some(Phase::Sharing(sharing)) => sharing.incomplete(),
            Some(Phase::Recalling(_) | Phase::Making(_)) | None => return,
        };
        self.line.say_passed_over();
        self.line.note(Note::Done(missing));
        self.end(Output::Over);
    }

    /// What it means that the operator stops now.
    fn stop(&mut self) -> Result<(), Halt> {
        self.line.say_passed_over();
        match &self.phase {
            Some(Phase::Sharing(sharing)) if sharing.is_complete() => {
                self.end(Output::Over);
                Ok(())
            }
            Some(Phase::Making(making))
                if matches!(making.step(), Step::Failed | Step::Unusable) =>
            {
                Err(Halt::Failed)
            }
            Some(Phase::Recalling(_) | Phase::Making(_) | Phase::Sharing(_)) | None => {
                Err(Halt::Stopped)
            }
        }
    }

    fn end(&mut self, last: Output) {
        self.line.push(last);
        self.is_over = true;
    }

    fn performed(&mut self, performed: Performed) -> Result<(), Halt> {
        match (&mut self.phase, performed) {
            (Some(Phase::Recalling(_)), Performed::Begun(seed)) => self.recalled(seed),
            (Some(Phase::Sharing(sharing)), Performed::Shares(shares)) => {
                sharing.sign(Some(shares), &mut self.line);
                Ok(())
            }
            (Some(Phase::Sharing(sharing)), Performed::Record(history)) => {
                sharing.opened(*history, &mut self.line)
            }
            (Some(Phase::Sharing(sharing)), Performed::Recorded(recorded)) => {
                sharing.recorded(&recorded, &mut self.line);
                Ok(())
            }
            (_, Performed::Written) => Ok(()),
            (
                Some(Phase::Recalling(_) | Phase::Making(_) | Phase::Sharing(_)) | None,
                Performed::Begun(_)
                | Performed::Shares(_)
                | Performed::Record(_)
                | Performed::Recorded(_),
            ) => unreachable!("a phase that asks for something stays until it is there"),
        }
    }

    /// The keys of this attempt are durable.
    fn stored(&mut self) -> Result<(), Halt> {
        let Some(Phase::Making(making)) = &mut self.phase else {
            return Ok(());
        };
        match making.stored(&mut self.line)? {
            Some(certificate) => self.certified(&certificate),
            None => Ok(()),
        }
    }

    /// Goes on with what has waited for others to tell what they remember of this peer.
    fn release(&mut self) -> Result<(), Halt> {
        match &mut self.phase {
            Some(Phase::Recalling(recalling)) => recalling.advance(&mut self.line),
            Some(Phase::Making(making)) => {
                let mut kept = making.release(&self.line).into_iter();
                kept.try_for_each(|input| self.make(input))
            }
            Some(Phase::Sharing(_)) | None => Ok(()),
        }
    }

    fn greet(&mut self, peer: PeerIndex) -> Result<(), Halt> {
        match &self.phase {
            Some(Phase::Recalling(recalling)) => {
                self.line.remind(peer, recalling.said_by(peer));
            }
            Some(Phase::Making(making)) => {
                self.line.remind(peer, making.said_by(peer));
                self.make(Hands::Up(peer))?;
            }
            Some(Phase::Sharing(sharing)) => sharing.greet(peer, &mut self.line),
            None => {}
        }
        Ok(())
    }

    fn show(&mut self) {
        match &self.phase {
            Some(Phase::Recalling(recalling)) => recalling.show(&mut self.line),
            Some(Phase::Making(making)) => making.show(&mut self.line),
            Some(Phase::Sharing(sharing)) => {
                let up = self.line.up();
                if let Some(moment) = &mut self.stay_until
                    && sharing.incomplete().iter().any(|peer| up.contains(peer))
                {
                    *moment = self.line.now + PATIENCE;
                }
                sharing.show(&mut self.line);
            }
            None => {}
        }
    }

    /// Hands `input` to the ceremony, while there is one.
    fn make(&mut self, input: Hands) -> Result<(), Halt> {
        let Some(Phase::Making(making)) = &mut self.phase else {
            return Ok(());
        };
        match making.handle(input, &mut self.line)? {
            Some(certificate) => self.certified(&certificate),
            None => Ok(()),
        }
    }

    /// What may come out now: everything up to what is answered.
    fn drain(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Some(output) = self.line.out.pop_front() {
            if let Output::Disk(task) = &output {
                self.awaited = Some(task.awaited());
            }
            outputs.push(output);
            if self.awaited.is_some() {
                break;
            }
        }
        outputs
    }
}

impl Machine for Participation {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let awaited = self.awaited.take();
        let answers = matches!(input, Input::Performed(_));
        assert_eq!(
            answers,
            awaited.is_some(),
            "answers come at once, and only they"
        );
        self.line.now = now;
        if self.is_over {
            return self.drain();
        }
        let taken = match awaited {
            Some(Awaited::Stored) => self.stored().and_then(|()| self.take(input)),
            Some(_) | None => self.take(input),
        };
        if let Err(halt) = taken {
            self.end(Output::Halt(halt));
        }
        let is_needless = match &self.phase {
            Some(Phase::Sharing(sharing)) => sharing.is_over(self.line.up()),
            Some(Phase::Recalling(_) | Phase::Making(_)) | None => false,
        };
        if is_needless && !self.is_over {
            self.leave();
        }
        self.drain()
    }

    /// The moment of the last call if it left work to do; else when patience is at its end.
    fn deadline(&self) -> Option<Timestamp> {
        if self.is_over {
            return None;
        }
        let told = || self.line.told.deadline();
        let phase = match &self.phase {
            Some(Phase::Recalling(_)) => told(),
            Some(Phase::Making(making)) => making.deadline(&self.line).or_else(told),
            Some(Phase::Sharing(_)) | None => None,
        };
        phase.into_iter().chain(self.stay_until).min()
    }
}
