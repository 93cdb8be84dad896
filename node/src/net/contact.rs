//! One peer as the driver sees it: when to dial it, and which of its connections is the session.
//!
//! Never here: sockets. Session events, failures and the time come in, [`Act`]s go out.
//!
//! - The lower position dials at once, the higher one a little later, so that one connection is
//!   the rule, while a peer that cannot be reached can still reach others.
//! - Two connections of the same program: a newer one from the same dialler replaces the older
//!   one (the dialler gave that up), else the one that the lower position dialled stays.
//! - Two connections of two programs: a restart, or two programs with one identity. Each is asked
//!   to sign that it is alive beside the other. The old one signs: alarm, and the new one is
//!   refused. The old one does not sign in time: it is dead, and the new one is the session.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use libp2p::swarm::ConnectionId;
use proto::PeerIndex;
use proto::session::{Claim, Goodbye};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::event::{Disconnect, Event, Refusal};
use super::link::{Candidate, Ending, Occurrence, SessionCommand, SessionEvent, Shared};
use super::redial::{Backoff, Dial};

pub(super) enum Act {
    /// Give this to the core.
    Tell(Event),
    Command(mpsc::Sender<SessionCommand>, SessionCommand),
    Close(ConnectionId),
    /// Look the peer's addresses up and dial them.
    Dial(PeerIndex),
}

/// Attempts without a hello before the operator hears of them.
const HANG_UPS: u32 = 3;

pub(super) struct Contact {
    peer: PeerIndex,
    shared: Arc<Shared>,
    dial: Dial,
    backoff: Backoff,
    /// Connections that are open and not about to be closed.
    connections: BTreeSet<ConnectionId>,
    live: Option<Live>,
    rival: Option<Rival>,
    /// What the core was told last, so that it is not told again.
    refused: Option<Refusal>,
    /// After a fault no session opens before this moment.
    quiet_until: Option<Instant>,
}

/// The connection that is the session.
struct Live {
    candidate: Candidate,
    up: bool,
}

/// A second connection while there is a live one.
struct Rival {
    candidate: Candidate,
    /// Same program: waits for the live one to end. Other program: the proofs so far.
    proofs: Option<Proofs>,
}

#[derive(Default)]
struct Proofs {
    old: Option<Claim>,
    new: Option<Claim>,
    /// When the old program counts as dead; none once that is decided.
    until: Option<Instant>,
}

impl Contact {
    pub(super) fn new(peer: PeerIndex, shared: Arc<Shared>) -> Self {
        let mut new = Self {
            peer,
            dial: Dial::Rest,
            backoff: Backoff::new(peer, &shared),
            connections: BTreeSet::new(),
            live: None,
            rival: None,
            refused: None,
            quiet_until: None,
            shared,
        };
        new.dial_soon(Instant::now());
        new
    }

    /// When [`Contact::wake`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let dial = match self.dial {
            Dial::At(at) => Some(at),
            Dial::Rest | Dial::Busy => None,
        };
        let proofs = self.rival.as_ref().and_then(|r| r.proofs.as_ref());
        dial.into_iter().chain(proofs.and_then(|p| p.until)).min()
    }

    pub(super) fn wake(&mut self, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        if matches!(self.dial, Dial::At(at) if at <= now) {
            self.dial = if self.connections.is_empty() {
                Dial::Busy
            } else {
                Dial::Rest
            };
            if self.dial == Dial::Busy {
                acts.push(Act::Dial(self.peer));
            }
        }
        let rival = self.rival.as_mut().and_then(|r| r.proofs.as_mut());
        if let Some(proofs) = rival.filter(|p| p.until.is_some_and(|until| until <= now)) {
            proofs.until = None;
            acts.extend(self.judge_rival());
        }
        acts
    }

    /// A connection was established, by either side.
    pub(super) fn connected(&mut self, connection: ConnectionId) {
        self.connections.insert(connection);
        self.dial = Dial::Rest;
    }

    /// An attempt to dial failed.
    pub(super) fn unreachable(&mut self, now: Instant) {
        if self.connections.is_empty() {
            self.dial_later(now);
        }
    }

    pub(super) fn hear(&mut self, event: SessionEvent, now: Instant) -> Vec<Act> {
        match event.what {
            Occurrence::Greeted(candidate) => self.greeted(candidate, now),
            Occurrence::Up => {
                self.backoff.succeeded(now);
                self.refused = None;
                if let Some(live) = self.is_live(event.connection) {
                    live.up = true;
                }
                Vec::new()
            }
            Occurrence::Claimed(claim) => self.claimed(event.connection, claim),
            Occurrence::Ended(ending) => self.ended(event.connection, ending, now),
        }
    }

    /// A connection is gone; `lost` is the reason if its session could not say one.
    pub(super) fn closed(
        &mut self,
        connection: ConnectionId,
        lost: Disconnect,
        now: Instant,
    ) -> Vec<Act> {
        let up = self.is_live(connection).is_some_and(|live| live.up);
        let silent = self.live.is_none() && self.connections.contains(&connection);
        let mut acts = self.over(connection, up.then_some(lost), now);
        if silent {
            let name = self.name();
            acts.extend(self.refuse(Refusal::HungUp { name }));
        }
        self.forget(connection, now);
        acts
    }

    /// Without a connection, dialling starts again.
    fn forget(&mut self, connection: ConnectionId, now: Instant) {
        self.connections.remove(&connection);
        if self.connections.is_empty() && self.dial == Dial::Rest {
            self.dial_later(now);
        }
    }

    fn name(&self) -> String {
        self.shared.settings.name(self.peer)
    }

    /// Whether an attempt to dial still has a use.
    pub(super) fn is_wanted(&self) -> bool {
        self.dial == Dial::Busy
    }

    /// The core hears of a refusal once, until something changes.
    pub(super) fn refuse(&mut self, reason: Refusal) -> Option<Act> {
        let early = match &reason {
            Refusal::HungUp { .. } => self.backoff.attempts() < HANG_UPS,
            // One of the two connections that both sides tried came about.
            Refusal::Unreached { .. } => !self.connections.is_empty(),
            Refusal::Stranger { .. }
            | Refusal::WrongIdentity { .. }
            | Refusal::WireVersion { .. }
            | Refusal::Purpose { .. }
            | Refusal::Context { .. }
            | Refusal::Position { .. }
            | Refusal::Malformed { .. }
            | Refusal::Left { .. } => false,
        };
        if early || self.refused.as_ref() == Some(&reason) {
            return None;
        }
        self.refused = Some(reason.clone());
        let peer = Some(self.peer);
        Some(Act::Tell(Event::Refused { peer, reason }))
    }

    fn greeted(&mut self, new: Candidate, now: Instant) -> Vec<Act> {
        let is_quiet = self.quiet_until.is_some_and(|until| now < until);
        if is_quiet || !self.backoff.admits(now) {
            return vec![command(
                &new,
                SessionCommand::End(Goodbye::Rate, Ending::Quiet),
            )];
        }
        let Some(live) = &self.live else {
            return self.welcome(new);
        };
        if self.rival.is_some() {
            return vec![command(
                &new,
                SessionCommand::End(Goodbye::Duplicate, Ending::Quiet),
            )];
        }
        let old = &live.candidate;
        if old.instance != new.instance {
            let acts = vec![
                command(old, SessionCommand::Challenge(new.instance)),
                command(&new, SessionCommand::Challenge(old.instance)),
            ];
            self.rival = Some(Rival {
                candidate: new,
                proofs: Some(Proofs {
                    until: Some(now + self.shared.settings.limits.silence / 2),
                    ..Proofs::default()
                }),
            });
            return acts;
        }
        let lower_dials = self.shared.settings.me < self.peer;
        if old.dialled != new.dialled && new.dialled != lower_dials {
            return vec![command(
                &new,
                SessionCommand::End(Goodbye::Duplicate, Ending::Quiet),
            )];
        }
        self.rival = Some(Rival {
            candidate: new,
            proofs: None,
        });
        self.end_live(Goodbye::Duplicate).into_iter().collect()
    }

    fn welcome(&mut self, candidate: Candidate) -> Vec<Act> {
        let act = command(&candidate, SessionCommand::Welcome);
        self.live = Some(Live {
            candidate,
            up: false,
        });
        vec![act]
    }

    /// The old program or the new one has proved that it is alive.
    fn claimed(&mut self, connection: ConnectionId, claim: Claim) -> Vec<Act> {
        let from_live = self.is_live(connection).is_some();
        let Some(rival) = &mut self.rival else {
            return Vec::new();
        };
        let Some(proofs) = &mut rival.proofs else {
            return Vec::new();
        };
        if from_live {
            proofs.old = Some(claim);
        } else if rival.candidate.connection == connection {
            proofs.new = Some(claim);
        }
        if proofs.old.is_some() && proofs.new.is_some() {
            self.judge_rival()
        } else {
            Vec::new()
        }
    }

    /// Both proofs are here, or the time for them is over.
    fn judge_rival(&mut self) -> Vec<Act> {
        let (Some(live), Some(rival)) = (&self.live, &mut self.rival) else {
            return Vec::new();
        };
        let Some(Proofs { old, new, .. }) = rival.proofs.as_mut().map(mem::take) else {
            return Vec::new();
        };
        let Some(old) = old else {
            // The old program is dead. Its successor is welcome when its session has ended.
            rival.proofs = None;
            return self.end_live(Goodbye::Silent).into_iter().collect();
        };
        let mut acts = vec![Act::Tell(Event::SecondSession { peer: self.peer })];
        acts.extend(new.map(|new| command(&live.candidate, SessionCommand::Show(new))));
        acts.push(command(&rival.candidate, SessionCommand::Show(old)));
        let end = SessionCommand::End(Goodbye::SecondSession, Ending::Quiet);
        acts.push(command(&rival.candidate, end));
        self.rival = None;
        acts
    }

    fn end_live(&self, goodbye: Goodbye) -> Option<Act> {
        let live = self.live.as_ref()?;
        let name = self.name();
        let ending = if live.up {
            Ending::Down(Disconnect::Replaced { name })
        } else {
            Ending::Quiet
        };
        Some(command(
            &live.candidate,
            SessionCommand::End(goodbye, ending),
        ))
    }

    fn ended(&mut self, connection: ConnectionId, ending: Ending, now: Instant) -> Vec<Act> {
        let mut acts = vec![Act::Close(connection)];
        match ending {
            Ending::Down(reason) => {
                if reason.is_fault() {
                    self.quiet_until = Some(now + self.shared.settings.limits.redial);
                }
                acts.extend(self.over(connection, Some(reason), now));
            }
            Ending::Refused(refusal) => {
                acts.extend(self.refuse(refusal));
                acts.extend(self.over(connection, None, now));
            }
            Ending::Quiet => {
                let up = self.is_live(connection).is_some_and(|live| live.up);
                let name = self.name();
                acts.extend(self.over(
                    connection,
                    up.then_some(Disconnect::Replaced { name }),
                    now,
                ));
            }
        }
        self.forget(connection, now);
        acts
    }

    /// The session or candidate on `connection` is no more.
    fn over(
        &mut self,
        connection: ConnectionId,
        reason: Option<Disconnect>,
        now: Instant,
    ) -> Vec<Act> {
        self.rival
            .take_if(|rival| rival.candidate.connection == connection);
        if self.is_live(connection).is_none() {
            return Vec::new();
        }
        self.live = None;
        self.shared.queues[self.peer.position()].send_replace(None);
        let peer = self.peer;
        let down = reason.map(|reason| Act::Tell(Event::Down { peer, reason }));
        let mut acts: Vec<Act> = down.into_iter().collect();
        match self.rival.take() {
            Some(rival) => acts.extend(self.welcome(rival.candidate)),
            None => self.dial_soon(now),
        }
        acts
    }

    fn is_live(&mut self, connection: ConnectionId) -> Option<&mut Live> {
        let live = self.live.as_mut()?;
        (live.candidate.connection == connection).then_some(live)
    }

    /// After a session, or at the start.
    fn dial_soon(&mut self, now: Instant) {
        self.dial = self.backoff.soon(now);
    }

    /// After a failure. A forwarder in front of a stopped peer hangs up, too, until the peer is
    /// back; whoever was refused for another reason is a matter for its operator.
    fn dial_later(&mut self, now: Instant) {
        let hopeful = matches!(
            self.refused,
            None | Some(Refusal::HungUp { .. } | Refusal::Unreached { .. })
        );
        self.dial = self.backoff.later(hopeful, now);
    }
}

fn command(candidate: &Candidate, command: SessionCommand) -> Act {
    Act::Command(candidate.commands.clone(), command)
}
