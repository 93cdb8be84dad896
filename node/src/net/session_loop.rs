//! A session after its first words: the loop that reads, writes, pings, measures and judges.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use proto::WireVersion;
use proto::session::{Claim, Goodbye, Hello, Instance, Message};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, Sleep, sleep_until};

use super::count::add;
use super::end::{End, Parting};
use super::event::{Disconnect, Event, Unit};
use super::link::{Candidate, Ending, Link, Occurrence, SessionCommand, SessionEvent};
use super::outbox::{Waiting, queue};
use super::ping::{Moment, Pinger};
use super::pipe::Pipe;
use super::rate::Bucket;

/// Frames are gathered into one write up to this many bytes.
const WRITE_BYTES: usize = 64 << 10;

/// Commands that may wait for a session. The driver gives at most five to each.
const COMMANDS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Welcome {
    /// Nobody has said it.
    Unsaid,
    /// The peer has.
    Theirs,
    /// We have.
    Ours,
    /// Both have; the core knows.
    Both,
}

pub(super) struct SessionLoop<'a> {
    link: &'a Link,
    hello: Hello,
    version: WireVersion,
    welcome: Welcome,
    waiting: Waiting,
    /// An event that the core's channel had no room for. Nothing is read until it has.
    undelivered: Option<Event>,
    frames: Bucket,
    bytes: Bucket,
    heard: Instant,
    pinger: Pinger,
    /// The instance in the challenge that the peer has not answered yet.
    challenged: Option<Instance>,
}

impl<'a> SessionLoop<'a> {
    pub(super) fn new(link: &'a Link, hello: Hello, version: WireVersion) -> Self {
        let (now, limits) = (Instant::now(), &link.shared.settings.limits);
        let (_, waiting) = queue(1, 0);
        Self {
            link,
            hello,
            version,
            welcome: Welcome::Unsaid,
            waiting,
            undelivered: None,
            frames: Bucket::full(limits.frames_per_second, limits.burst, 1, now),
            bytes: Bucket::full(
                limits.bytes_per_second,
                limits.burst,
                2 * limits.max_frame,
                now,
            ),
            heard: now,
            pinger: Pinger::default(),
            challenged: None,
        }
    }

    fn parting(&self) -> Parting<'_> {
        Parting {
            link: self.link,
            is_up: self.welcome == Welcome::Both,
        }
    }

    /// Asks the driver for a welcome, then talks until the session ends.
    pub(super) async fn run(mut self, pipe: &mut Pipe) -> End {
        let (sender, mut commands) = mpsc::channel(COMMANDS);
        let candidate = Candidate {
            connection: self.link.connection,
            dialled: self.link.dialled,
            instance: self.hello.instance,
            commands: sender,
        };
        self.link.tell(Occurrence::Greeted(candidate)).await;
        let mut timer = Box::pin(sleep_until(self.next_tick()));
        loop {
            if let Err(end) = self.step(pipe, &mut commands, timer.as_mut()).await {
                return end;
            }
        }
    }

    /// Handles what has arrived, then waits for one thing to happen.
    async fn step(
        &mut self,
        pipe: &mut Pipe,
        commands: &mut mpsc::Receiver<SessionCommand>,
        mut timer: Pin<&mut Sleep>,
    ) -> Result<(), End> {
        self.take(pipe).await?;
        let events = &self.link.shared.events;
        let overflow = self.waiting.overflow();
        let stalled = self.undelivered.is_some();
        let room = pipe.leaving.len() < WRITE_BYTES;
        let is_idle = pipe.leaving.is_empty();
        tokio::select! {
            read = Pipe::read(&mut pipe.reader, &mut pipe.arrived), if !stalled => {
                self.received(read)
            }
            written = pipe.writer.write_buf(&mut pipe.leaving), if !pipe.leaving.is_empty() => {
                self.written(written)
            }
            Some(frame) = self.waiting.next(is_idle), if room => {
                self.gather(frame, pipe);
                Ok(())
            }
            permit = events.reserve(), if stalled => {
                let permit = permit.map_err(|_| End::saying(Goodbye::Stopping, Ending::Quiet))?;
                if let Some(event) = self.undelivered.take() {
                    permit.send(event);
                }
                Ok(())
            }
            () = timer.as_mut() => {
                self.tick(pipe)?;
                timer.reset(self.next_tick());
                Ok(())
            }
            () = overflow.notified() => Err(self.parting().overflown(self.waiting.size())),
            command = commands.recv() => self.obey(command, pipe).await,
        }
    }

    /// Takes whole messages off what has arrived, as long as the core takes their events.
    async fn take(&mut self, pipe: &mut Pipe) -> Result<(), End> {
        let limits = &self.link.shared.settings.limits;
        while self.undelivered.is_none() {
            match Message::take(&mut pipe.arrived, limits.max_frame) {
                Ok(Some(message)) => {
                    if !self.frames.take(1, self.heard) {
                        return Err(self
                            .parting()
                            .too_much(limits.frames_per_second, Unit::Frames));
                    }
                    self.hear(message, pipe).await?;
                }
                Ok(None) => break,
                Err(rule) => {
                    let name = self.link.name();
                    let reason = Disconnect::Malformed { name, rule };
                    return Err(self.parting().down(Goodbye::Malformed, reason));
                }
            }
        }
        Ok(())
    }

    async fn hear(&mut self, message: Message, pipe: &mut Pipe) -> Result<(), End> {
        let peer = self.link.peer;
        match message {
            Message::Frame(frame) if self.welcome == Welcome::Both => {
                add(&self.link.shared.meters.peer(peer).received_frames, 1);
                self.deliver(Event::Frame { peer, frame });
            }
            Message::Ping(ping) if !self.link.dialled => {
                let (pong, measured) = self.pinger.answer(&ping, Moment::now());
                Message::Pong(pong).encode(&mut pipe.leaving);
                self.measured(measured);
            }
            Message::Pong(pong) if self.link.dialled => {
                let measured = self.pinger.answered(&pong, Moment::now());
                self.measured(measured);
            }
            Message::Welcome if self.welcome == Welcome::Unsaid => self.welcome = Welcome::Theirs,
            Message::Welcome if self.welcome == Welcome::Ours => self.up().await,
            Message::Challenge(other) => self.claim(other, pipe),
            Message::Claim(claim) => self.judge(claim).await?,
            Message::Goodbye(reason) => return Err(self.parting().left(reason)),
            Message::Unknown { tag } => {
                add(&self.link.shared.meters.peer(peer).unknown, 1);
                tracing::debug!(%peer, tag, "a message of a later version");
            }
            Message::Frame(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Welcome
            | Message::Hello(_) => return Err(self.parting().unexpected()),
        }
        // Whoever asks without reading the answers would fill our memory with them.
        let limits = &self.link.shared.settings.limits;
        if pipe.leaving.len() > limits.max_frame + 2 * WRITE_BYTES {
            return Err(self.parting().overflown(self.waiting.size()));
        }
        Ok(())
    }

    async fn obey(&mut self, command: Option<SessionCommand>, pipe: &mut Pipe) -> Result<(), End> {
        match command {
            Some(SessionCommand::Welcome) => {
                Message::Welcome.encode(&mut pipe.leaving);
                if self.welcome == Welcome::Theirs {
                    self.up().await;
                } else {
                    self.welcome = Welcome::Ours;
                }
                Ok(())
            }
            Some(SessionCommand::Challenge(other)) => {
                self.challenged = Some(other);
                Message::Challenge(other).encode(&mut pipe.leaving);
                Ok(())
            }
            Some(SessionCommand::Show(claim)) => {
                Message::Claim(claim).encode(&mut pipe.leaving);
                Ok(())
            }
            Some(SessionCommand::End(goodbye, ending)) => {
                // What was commanded before, a proof above all, leaves first.
                let patience = self.link.shared.settings.limits.connect / 10;
                let rest = pipe.writer.write_all_buf(&mut pipe.leaving);
                tokio::time::timeout(patience, rest).await.ok();
                Err(End::saying(goodbye, ending))
            }
            None => Err(End::saying(Goodbye::Stopping, Ending::Quiet)),
        }
    }

    /// Opens the queue and tells driver and core, both or neither.
    async fn up(&mut self) {
        let shared = &self.link.shared;
        let limits = &shared.settings.limits;
        let (Ok(session_event), Ok(event)) = (
            shared.session_events.reserve().await,
            shared.events.reserve().await,
        ) else {
            return; // The program is ending.
        };
        let (open, waiting) = queue(limits.queue_frames, limits.queue_bytes);
        self.waiting = waiting;
        self.welcome = Welcome::Both;
        shared.queues[self.link.peer.position()].send_replace(Some(open));
        session_event.send(SessionEvent {
            peer: self.link.peer,
            connection: self.link.connection,
            what: Occurrence::Up,
        });
        event.send(Event::Up {
            peer: self.link.peer,
            software: self.hello.software.clone(),
            version: self.version,
        });
    }

    /// Gives an event to the core, or keeps it and stops reading.
    fn deliver(&mut self, event: Event) {
        if let Err(TrySendError::Full(event)) = self.link.shared.events.try_send(event) {
            self.undelivered = Some(event);
        }
    }

    fn measured(&mut self, measured: Option<(Duration, i64)>) {
        if let Some((rtt, clock_offset_micros)) = measured {
            let event = Event::Measured {
                peer: self.link.peer,
                rtt,
                clock_offset_micros,
            };
            // The next ping measures again.
            self.link.shared.events.try_send(event).ok();
        }
    }

    /// Moves a frame, and those right behind it, into the next write.
    fn gather(&mut self, frame: Bytes, pipe: &mut Pipe) {
        let mut next = Some(frame);
        while let Some(frame) = next {
            add(&self.link.shared.meters.peer(self.link.peer).sent_frames, 1);
            Message::Frame(frame).encode(&mut pipe.leaving);
            let room = pipe.leaving.len() < WRITE_BYTES;
            next = room.then(|| self.waiting.next_now()).flatten();
        }
    }

    fn received(&mut self, read: std::io::Result<usize>) -> Result<(), End> {
        let length = match read {
            Ok(0) => return Err(self.parting().lost("it was closed".to_owned())),
            Ok(length) => length,
            Err(error) => return Err(self.parting().lost(error.to_string())),
        };
        self.link.count(0, length);
        self.heard = Instant::now();
        let limit = self.link.shared.settings.limits.bytes_per_second;
        if self.bytes.take(length, self.heard) {
            Ok(())
        } else {
            Err(self.parting().too_much(limit, Unit::Bytes))
        }
    }

    fn written(&mut self, written: std::io::Result<usize>) -> Result<(), End> {
        match written {
            Ok(length) => {
                self.link.count(length, 0);
                Ok(())
            }
            Err(error) => Err(self.parting().lost(error.to_string())),
        }
    }

    /// When to look again: the dialling side pings in step with all its sessions, the other side
    /// only watches for silence.
    fn next_tick(&self) -> Instant {
        let limits = &self.link.shared.settings.limits;
        if self.link.dialled {
            let started = self.link.shared.started;
            let steps = started.elapsed().as_nanos() / limits.ping_every.as_nanos().max(1) + 1;
            started + limits.ping_every * u32::try_from(steps).unwrap_or(u32::MAX)
        } else {
            self.heard + limits.silence
        }
    }

    fn tick(&mut self, pipe: &mut Pipe) -> Result<(), End> {
        let limits = &self.link.shared.settings.limits;
        if self.undelivered.is_some() {
            // We do not listen, so we cannot say that the peer is silent.
            self.heard = Instant::now();
        }
        if self.heard.elapsed() >= limits.silence {
            let reason = Disconnect::Silent {
                name: self.link.name(),
                silence: limits.silence,
            };
            return Err(self.parting().down(Goodbye::Silent, reason));
        }
        if self.link.dialled && self.welcome == Welcome::Both {
            Message::Ping(self.pinger.ping(Moment::now())).encode(&mut pipe.leaving);
        }
        Ok(())
    }

    /// Signs that we are alive beside `other`.
    fn claim(&self, other: Instance, pipe: &mut Pipe) {
        let settings = &self.link.shared.settings;
        let mut claim = Claim {
            mine: self.link.shared.instance,
            other,
            signature: proto::IdentitySignature([0; 64]),
        };
        claim.signature = settings
            .identity
            .sign_bare(&claim.statement(settings.context));
        Message::Claim(claim).encode(&mut pipe.leaving);
    }

    /// A claim is the peer's answer to our challenge, or the proof that another program signs
    /// with our own identity.
    async fn judge(&mut self, claim: Claim) -> Result<(), End> {
        let (shared, settings) = (&self.link.shared, &self.link.shared.settings);
        let statement = claim.statement(settings.context);
        let signed_by = |peer| {
            let key = settings.roster.key(peer);
            key.has_signed(&statement, &claim.signature)
        };
        let answers = claim.mine == self.hello.instance && self.challenged == Some(claim.other);
        if answers && signed_by(self.link.peer) {
            self.challenged = None;
            self.link.tell(Occurrence::Claimed(claim)).await;
            return Ok(());
        }
        let about_us = claim.other == shared.instance && claim.mine != shared.instance;
        if about_us && signed_by(settings.me) {
            self.deliver(Event::SecondSession { peer: settings.me });
            return Ok(());
        }
        Err(self.parting().unexpected())
    }
}

#[cfg(test)]
mod tests;
