//! Between the network, the disk, the screen and one peer's part in the ceremony: events in,
//! outputs performed in their order, until nobody needs this peer.
//!
//! Never here: a decision.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use node_core::ceremony::{Input, Output, Participation};
use proto::{Machine as _, Timestamp};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::desk::Desk;
use super::error::CeremonyError;
use super::words::{Words, halted};
use crate::clock;
use crate::net::{Event, Outbox};

/// One peer at the ceremony, with all that it touches.
pub(super) struct Driver {
    peer: Participation,
    desk: Desk,
    outbox: Outbox,
    words: Words,
    clock: Clock,
}

/// The time of the start, and what has passed since: how long is waited does not depend on whether
/// the clock is set meanwhile.
struct Clock(Timestamp, Instant);

impl Clock {
    fn now(&self) -> Timestamp {
        self.0 + self.1.elapsed()
    }
}

impl Driver {
    /// Nothing is handed in yet.
    pub fn new(peer: Participation, desk: Desk, outbox: Outbox) -> Self {
        Self {
            words: Words::new(&desk.site.place),
            peer,
            desk,
            outbox,
            clock: Clock(clock::now(), Instant::now()),
        }
    }

    /// Goes on until nobody needs this peer, or `stop` is ready; with `retry` begins a new attempt.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn run(
        mut self,
        retry: bool,
        mut events: Receiver<Event>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), CeremonyError> {
        let mut stop = pin!(stop);
        let mut input = Some(if retry { Input::Retry } else { Input::Tick });
        loop {
            if let Some(input) = input.take()
                && self.hand(input)?.is_break()
            {
                return Ok(());
            }
            let deadline = self.peer.deadline();
            let left = deadline.map(|moment| moment.since(self.clock.now()));
            input = tokio::select! {
                biased;
                () = &mut stop => Some(Input::Stop),
                event = events.recv() => match event {
                    Some(event) => self.hear(event),
                    None => return Err(CeremonyError::NetEnded),
                },
                () = due(left) => Some(Input::Tick),
            };
        }
    }

    /// What an event means to the ceremony; says what means nothing to it.
    fn hear(&mut self, event: Event) -> Option<Input> {
        match event {
            Event::Up {
                peer,
                software,
                version,
            } => {
                tracing::debug!(peer = self.words.name(peer), software, "up");
                Some(Input::Up(peer, version))
            }
            Event::Down { peer, reason } => {
                tracing::debug!(peer = self.words.name(peer), %reason, "down");
                if reason.is_fault() {
                    self.words.fault(peer, &reason.to_string());
                }
                Some(Input::Down(peer))
            }
            Event::Frame { peer, frame } => Some(Input::Frame(peer, frame.into())),
            Event::Measured { .. } => None,
            Event::Refused { peer, reason } => {
                self.words.refused(peer, &reason.to_string());
                None
            }
            Event::SecondSession { peer } => Some(Input::SecondSession(peer)),
        }
    }

    /// Hands `input` in and performs what follows; breaks when it is over.
    fn hand(&mut self, input: Input) -> Result<ControlFlow<()>, CeremonyError> {
        let mut outputs = VecDeque::from(self.peer.handle(self.clock.now(), input));
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Send(peers, frame) => {
                    let frame = Bytes::from(frame);
                    for peer in peers.iter() {
                        self.outbox.send(peer, frame.clone());
                    }
                }
                Output::Disk(task) => {
                    let performed = Input::Performed(self.desk.perform(task)?);
                    outputs.extend(self.peer.handle(self.clock.now(), performed));
                }
                Output::Blame(blame) => {
                    let words = self.desk.blame(&blame)?;
                    self.words.screen.say(&words);
                }
                Output::Note(note) => self.words.tell(&note, &self.desk.site),
                Output::Over => return Ok(ControlFlow::Break(())),
                Output::Halt(halt) => return Err(halted(halt, &self.desk.site)),
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Ready when so much time is over; never, if there is no end to it.
async fn due(left: Option<Duration>) {
    match left {
        None => pending().await,
        // There is work to do that waits for nobody.
        Some(Duration::ZERO) => {}
        Some(left) => tokio::time::sleep(left).await,
    }
}
