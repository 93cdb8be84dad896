//! The loop of a running peer: one input into the core, its outputs performed in their order.
//!
//! Everything arrives through bounded channels; only the loop touches the core.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use dkg::bls::work::counted;
use proto::{Machine as _, PeerIndex};
use tracing::{debug, error, info, warn};

use super::asking::Asking;
use super::inlet::{Arrival, Inlet};
use crate::beacon::{BeaconError, HeadEvent, Heard};
use crate::clock;
use crate::disk::writer::{Writer, Written};
use crate::net::{self, Outbox};
use crate::report::metrics::{Metrics, PeerLabels};
use crate::report::observer::Observer;
use crate::report::status::{ForkStatus, StatusBoard};
use node_core::duties::node::Node;
use node_core::duties::schedule::Head;
use node_core::duties::{Input, Output};

/// From when on the status calls a disk hung that does not answer.
const HANGS: Duration = Duration::from_secs(5);

/// A running peer with everything around it.
pub struct Shell {
    /// The core.
    pub node: Node,
    /// This peer.
    pub me: PeerIndex,
    /// Frames to the peers.
    pub outbox: Outbox,
    /// Everything that comes.
    pub inlet: Inlet,
    /// Requests to the beacon node.
    pub asking: Asking,
    /// Records to be made durable.
    pub writer: Writer,
    /// What the operator is told.
    pub observer: Observer,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What `gantry status` shows.
    pub board: Arc<StatusBoard>,
}

impl Shell {
    /// Runs until `stop` is ready.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        self.feed(Input::Tick);
        loop {
            let pause = self.node.deadline().map(clock::until).unwrap_or_default();
            let arrival = tokio::select! {
                biased;
                () = &mut stop => break,
                arrival = self.inlet.next(pause) => arrival,
            };
            let input = match arrival {
                Arrival::Written(written) => self.written(written),
                Arrival::Network(event) => self.network(event),
                Arrival::Response(response) => Some(Input::Response(response)),
                Arrival::Heard(heard) => self.heard(heard),
                Arrival::Deferred(chore) => Some(Input::Later(chore)),
                Arrival::Time => Some(Input::Tick),
            };
            if let Some(input) = input {
                self.feed(input);
            }
        }
        self.observer.close();
        info!("stopped: what was signed is on record");
    }

    /// Hands one input to the core and performs what it answers, in order.
    fn feed(&mut self, input: Input) {
        // What is shown changes with the time and with answers; frames come by the dozen.
        let is_news = matches!(
            input,
            Input::Tick | Input::Response(_) | Input::NotRecorded | Input::SecondSession
        );
        let mut is_stuck = false;
        let (outputs, done) = counted(|| self.node.handle(clock::now(), input));
        self.metrics.curve_work.add(&done);
        for output in outputs {
            match output {
                Output::Broadcast(frame) => {
                    let frame = bytes::Bytes::from(frame);
                    for peer in self.node.others() {
                        self.outbox.send(peer, frame.clone());
                    }
                }
                Output::Send(peer, frame) => self.outbox.send(peer, frame.into()),
                Output::SendLast(peer, frame) => self.outbox.send_last(peer, frame.into()),
                Output::Persist(records) => {
                    // What follows in the list does not wait for the record.
                    is_stuck |= self.writer.write(records).is_err();
                }
                Output::Ask(request) => self.asking.ask(request),
                Output::Later(chore) => self.inlet.chores.push(chore),
                Output::Remember { peer, sequence } => {
                    self.observer.remember(peer, sequence);
                    self.peer(peer, |status| status.record_seen = sequence);
                }
                Output::Note(note) => self.observer.tell(note),
            }
        }
        if is_stuck {
            error!("the disk does not take the signing record: nothing is signed");
            return self.feed(Input::NotRecorded);
        }
        if is_news {
            self.show();
        }
    }

    fn written(&mut self, written: Written) -> Option<Input> {
        match written {
            Written::Durable { recorded, took } => {
                self.metrics.fdatasync(took);
                Some(Input::Recorded(recorded))
            }
            Written::Failed(error) => {
                error!(%error, "nothing is signed until a restart");
                Some(Input::NotRecorded)
            }
        }
    }

    fn heard(&mut self, heard: Result<Heard, BeaconError>) -> Option<Input> {
        match heard {
            Ok(Heard::Connected) => Some(Input::Hears(true)),
            Ok(Heard::Head(head)) => {
                self.asking.saw(head);
                self.board.change(|status| {
                    status.beacon_node.head_slot = Some(head.slot.0);
                    status.beacon_node.problem = None;
                });
                Some(Input::Head(in_words_of_the_core(head)))
            }
            Err(error) => {
                let problem = Some(error.to_string());
                self.board.change(|status| {
                    // The connection is tried again every few seconds.
                    if status.beacon_node.problem != problem {
                        warn!(%error, "no head events from the beacon node");
                    }
                    status.beacon_node.problem = problem;
                });
                Some(Input::Hears(false))
            }
        }
    }

    fn network(&mut self, event: net::Event) -> Option<Input> {
        match event {
            net::Event::Up {
                peer,
                software,
                version,
            } => {
                self.peer(peer, |status| {
                    status.connected = true;
                    status.software = software;
                    status.wire_version = Some(version.number());
                    status.problem = None;
                });
                Some(Input::Up(peer, version))
            }
            net::Event::Down { peer, reason } => {
                warn!(%reason, "session ended");
                self.peer(peer, |status| {
                    status.connected = false;
                    status.wire_version = None;
                    status.problem = Some(reason.to_string());
                });
                Some(Input::Down(peer))
            }
            net::Event::Frame { peer, frame } => Some(Input::Frame(peer, frame.to_vec())),
            net::Event::Measured {
                peer,
                rtt,
                clock_offset_micros,
            } => {
                self.measured(peer, rtt.as_secs_f64(), clock_offset_micros as f64 / 1e6);
                Some(Input::RoundTrip(peer, rtt))
            }
            net::Event::Refused { peer, reason } => {
                match reason {
                    // Nobody need be at fault: a peer may only be late.
                    net::Refusal::Unreached { .. } => info!("{reason}"),
                    net::Refusal::Stranger { .. }
                    | net::Refusal::WrongIdentity { .. }
                    | net::Refusal::WireVersion { .. }
                    | net::Refusal::Purpose { .. }
                    | net::Refusal::Context { .. }
                    | net::Refusal::Position { .. }
                    | net::Refusal::Malformed { .. }
                    | net::Refusal::HungUp { .. }
                    | net::Refusal::Left { .. } => warn!(%reason, "no session"),
                }
                if let Some(peer) = peer {
                    self.peer(peer, |status| status.problem = Some(reason.to_string()));
                }
                None
            }
            net::Event::SecondSession { peer } => {
                let is_me = peer == self.me;
                self.observer.second_session(peer, is_me);
                is_me.then_some(Input::SecondSession)
            }
        }
    }

    fn measured(&mut self, peer: PeerIndex, rtt: f64, offset: f64) {
        debug!(%peer, rtt, offset, "measured");
        let labels = PeerLabels {
            peer: self.observer.name(peer),
        };
        self.metrics.rtt.get_or_create(&labels).set(rtt);
        self.metrics.clock_offset.get_or_create(&labels).set(offset);
        self.peer(peer, |status| {
            status.rtt_ms = Some(rtt * 1e3);
            status.clock_offset_ms = Some(offset * 1e3);
        });
    }

    fn peer(&self, peer: PeerIndex, change: impl FnOnce(&mut crate::report::status::PeerStatus)) {
        let name = self.observer.name(peer);
        self.board.change(|status| {
            if let Some(found) = status.peers.iter_mut().find(|status| status.name == name) {
                change(found);
            }
        });
    }

    /// Brings the status up to date.
    fn show(&self) {
        let schedule = self.node.schedule();
        let vault = self.node.vault();
        let waited = self.node.waits_for_disk();
        let hangs = (waited >= HANGS).then(|| format!("the disk hangs for {} s", waited.as_secs()));
        let stopped = vault.stopped().map(|why| self.observer.in_words(why));
        let stopped = stopped.or(hangs);
        self.metrics
            .signing_stopped
            .set(i64::from(stopped.is_some()));
        self.board.change(|status| {
            status.slot = self.node.slot().0;
            status.record.sequence = self.node.recorded().sequence();
            status.record.silent_until = vault.restart_mark().map(|slot| slot.0);
            status.beacon_node.other_chain_from = self.node.differs_from().map(|epoch| epoch.0);
            status.beacon_node.unserved_fork = self.node.unserved().map(|fork| ForkStatus {
                name: fork.name.clone(),
                epoch: fork.epoch.0,
            });
            status.record.stopped = stopped;
            status.validators.registered = schedule.known().count();
            status.validators.active = schedule.known().filter(|(_, found)| found.active).count();
        });
    }
}

fn in_words_of_the_core(head: HeadEvent) -> Head {
    Head {
        slot: head.slot,
        block: head.block,
        previous: head.previous_duty_dependent_root,
        current: head.current_duty_dependent_root,
    }
}
