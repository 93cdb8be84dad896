//! The driver: listens, dials when a peer is due, and chooses between connections.
//!
//! It owns the swarm and one [`Contact`] for each other operator. Frames never pass through it.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures::StreamExt as _;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, ListenError, NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, connection_limits, swarm};
use proto::PeerIndex;
use proto::session::Instance;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::address::{Found, multiaddr, resolve};
use super::connection::{Sessions, Stranger};
use super::contact::{Act, Contact};
use super::count::Meters;
use super::event::{Disconnect, Event, NetError, Refusal};
use super::inbound::Unauthenticated;
use super::link::{SessionEvent, Shared};
use super::listening::with_advice;
use super::outbox::Outbox;
use super::reach;
use super::settings::Settings;
use super::transport::{peer_id, transport};

/// Connections with one peer: the live one, its successor, and two on their way out.
const MAX_PER_PEER: u32 = 4;

/// Events of sessions that may wait for the driver.
const SESSION_EVENTS: usize = 256;

/// Starts listening and dialling. Everything stops when the receiver is dropped.
///
/// # Errors
/// If the settings do not fit the roster, or an address cannot be listened on.
pub async fn start(settings: Settings) -> Result<(Outbox, mpsc::Receiver<Event>), NetError> {
    settings.check()?;
    let mut instance = [0; 16];
    getrandom::fill(&mut instance).map_err(NetError::Randomness)?;
    let size = settings.roster.size();
    let (events, received) = mpsc::channel(settings.limits.inbox_events);
    let (session_events, heard) = mpsc::channel(SESSION_EVENTS);
    let (queues, ends) = size.all().map(|_| watch::channel(None)).unzip();
    let shared = Arc::new(Shared {
        instance: Instance(instance),
        started: Instant::now(),
        queues,
        meters: Arc::new(Meters::new(size.peers())),
        events,
        session_events,
        settings,
    });
    let outbox = Outbox::new(ends, shared.meters.clone());
    let mut driver = Driver::new(shared.clone(), heard)?;
    for address in &shared.settings.listen {
        driver.listen(*address).await?;
    }
    tokio::spawn(driver.run());
    Ok((outbox, received))
}

#[derive(NetworkBehaviour)]
#[behaviour(prelude = "libp2p::swarm::derive_prelude")]
struct Behaviour {
    unauthenticated: Unauthenticated,
    limits: connection_limits::Behaviour,
    sessions: Sessions,
}

struct Driver {
    shared: Arc<Shared>,
    swarm: Swarm<Behaviour>,
    session_events: mpsc::Receiver<SessionEvent>,
    /// Every other peer, by its libp2p name.
    ids: BTreeMap<PeerId, PeerIndex>,
    contacts: BTreeMap<PeerIndex, Contact>,
    lookups: JoinSet<(PeerIndex, Found)>,
    /// Why names of a peer stood for no address when it was dialled last.
    missing: BTreeMap<PeerIndex, Vec<String>>,
    /// The last stranger the core was told of, and when.
    stranger: Option<(PeerId, Instant)>,
}

impl Driver {
    fn new(
        shared: Arc<Shared>,
        session_events: mpsc::Receiver<SessionEvent>,
    ) -> Result<Self, NetError> {
        let settings = &shared.settings;
        let mut ids = BTreeMap::new();
        for peer in settings.roster.size().all().filter(|p| *p != settings.me) {
            ids.insert(peer_id(settings.roster.key(peer))?, peer);
        }
        let limits = connection_limits::ConnectionLimits::default()
            .with_max_established_per_peer(Some(MAX_PER_PEER));
        let timeout = settings.limits.connect;
        let transport = transport(&settings.identity, shared.meters.tcp(), timeout)?;
        let allowed = ids.iter().map(|(id, peer)| (*id, *peer)).collect();
        let behaviour = Behaviour {
            unauthenticated: Unauthenticated::default(),
            limits: connection_limits::Behaviour::new(limits),
            sessions: Sessions::new(shared.clone(), allowed),
        };
        let me = peer_id(settings.roster.key(settings.me))?;
        // A connection without a stream is of no use; one with a stream is never idle.
        let config = swarm::Config::with_tokio_executor()
            .with_idle_connection_timeout(settings.limits.connect);
        Ok(Self {
            swarm: Swarm::new(transport, behaviour, me, config),
            session_events,
            contacts: ids
                .values()
                .map(|peer| (*peer, Contact::new(*peer, shared.clone())))
                .collect(),
            ids,
            lookups: JoinSet::new(),
            missing: BTreeMap::new(),
            stranger: None,
            shared,
        })
    }

    /// Listens on `address` and waits until it does.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the enum is libp2p's, not exhaustive"
    )]
    async fn listen(&mut self, address: SocketAddr) -> Result<(), NetError> {
        let failed = |cause: String| NetError::Listen { address, cause };
        // libp2p lets several programs of one user share a port (SO_REUSEPORT), and the kernel
        // would deal our peers out among them. This bind does not, so it finds the other program.
        let free = TcpListener::bind(address);
        drop(free.map_err(|error| failed(with_advice(&error)))?);
        let listening = self
            .swarm
            .listen_on(multiaddr(address))
            .map_err(|error| failed(error.to_string()))?;
        let limit = self.shared.settings.limits.connect;
        let wait = async {
            loop {
                match self.swarm.select_next_some().await {
                    SwarmEvent::NewListenAddr { listener_id, .. } if listener_id == listening => {
                        return Ok(());
                    }
                    SwarmEvent::ListenerError { listener_id, error }
                        if listener_id == listening =>
                    {
                        return Err(failed(error.to_string()));
                    }
                    _ => {}
                }
            }
        };
        timeout(limit, wait)
            .await
            .unwrap_or_else(|_| Err(failed("it did not start in time".to_owned())))
    }

    async fn run(mut self) {
        let events = self.shared.events.clone();
        self.tell_without_address().await;
        loop {
            let due = self.contacts.values().filter_map(Contact::deadline).min();
            let wake = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = events.closed() => return,
                event = self.session_events.recv() => {
                    if let Some(event) = event {
                        self.session_event(event).await;
                    }
                }
                event = self.swarm.select_next_some() => self.swarm_event(event).await,
                Some(found) = self.lookups.join_next() => {
                    if let Ok((peer, found)) = found {
                        self.dial(peer, found).await;
                    }
                }
                () = wake => self.wake().await,
            }
        }
    }

    /// Tells of the peers that nothing here can dial.
    async fn tell_without_address(&mut self) {
        let settings = &self.shared.settings;
        let acts = self.contacts.iter_mut().filter_map(|(peer, contact)| {
            let known = &settings.addresses[peer.position()];
            contact.refuse(reach::without_address(settings.name(*peer), known)?)
        });
        let acts = acts.collect();
        self.perform(acts).await;
    }

    async fn session_event(&mut self, event: SessionEvent) {
        if let Some(contact) = self.contacts.get_mut(&event.peer) {
            let acts = contact.hear(event, Instant::now());
            self.perform(acts).await;
        }
    }

    async fn wake(&mut self) {
        let now = Instant::now();
        let acts: Vec<Act> = self
            .contacts
            .values_mut()
            .flat_map(|contact| contact.wake(now))
            .collect();
        self.perform(acts).await;
    }

    async fn perform(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Tell(event) => {
                    // If the core is gone, `run` returns.
                    self.shared.events.send(event).await.ok();
                }
                Act::Command(commands, command) => {
                    // A session whose connection broke takes none; its end was told.
                    commands.try_send(command).ok();
                }
                Act::Close(connection) => {
                    self.swarm.close_connection(connection);
                }
                Act::Dial(peer) => self.look_up(peer),
            }
        }
    }

    fn look_up(&mut self, peer: PeerIndex) {
        let hints = self.shared.settings.addresses[peer.position()].clone();
        let limit = self.shared.settings.limits.connect;
        self.lookups
            .spawn(async move { (peer, resolve(&hints, limit).await) });
    }

    async fn dial(&mut self, peer: PeerIndex, found: Found) {
        let contact = self.contacts.get_mut(&peer);
        let Some(contact) = contact.filter(|contact| contact.is_wanted()) else {
            return;
        };
        if found.sockets.is_empty() {
            let name = self.shared.settings.name(peer);
            let why = found.missing.join("; ");
            let act = contact.refuse(Refusal::Unreached { name, why });
            contact.unreachable(Instant::now());
            self.perform(act.into_iter().collect()).await;
            return;
        }
        self.missing.insert(peer, found.missing);
        let addresses: Vec<Multiaddr> = found.sockets.into_iter().map(multiaddr).collect();
        let id = self.ids.iter().find(|(_, index)| **index == peer);
        let (id, _) = id.expect("every peer that is dialled is in the roster");
        let options = DialOpts::peer_id(*id)
            .condition(PeerCondition::Always)
            .addresses(addresses)
            .allocate_new_port()
            .build();
        let dialled = self.swarm.dial(options);
        if let (Err(error), Some(contact)) = (dialled, self.contacts.get_mut(&peer)) {
            tracing::debug!(%peer, %error, "cannot dial");
            contact.unreachable(Instant::now());
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the enum is libp2p's, not exhaustive"
    )]
    async fn swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            } => {
                if let Some(contact) = self.contact(&peer_id) {
                    contact.connected(connection_id);
                }
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                cause,
                ..
            } => {
                let cause = cause.map_or("it was closed".to_owned(), |c| c.to_string());
                self.closed(peer_id, connection_id, cause).await;
            }
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(id),
                error,
                ..
            } => self.dial_failed(id, error).await,
            SwarmEvent::IncomingConnectionError {
                error: ListenError::Denied { cause },
                peer_id: Some(id),
                send_back_addr,
                ..
            } if cause.downcast_ref::<Stranger>().is_some() => {
                self.refuse_stranger(id, send_back_addr).await;
            }
            SwarmEvent::ListenerClosed { reason, .. } => {
                tracing::error!(
                    ?reason,
                    "a listener closed; peers must be dialled from here"
                );
            }
            other => tracing::trace!(?other, "network"),
        }
    }

    fn contact(&mut self, id: &PeerId) -> Option<&mut Contact> {
        let index = self.ids.get(id)?;
        self.contacts.get_mut(index)
    }

    async fn closed(&mut self, id: PeerId, connection: ConnectionId, cause: String) {
        // What the session told before its connection closed comes first: it knows the reason.
        while let Ok(event) = self.session_events.try_recv() {
            self.session_event(event).await;
        }
        let settings = &self.shared.settings;
        let Some(index) = self.ids.get(&id).copied() else {
            return;
        };
        let name = settings.name(index);
        if let Some(contact) = self.contacts.get_mut(&index) {
            let lost = Disconnect::Lost { name, cause };
            let acts = contact.closed(connection, lost, Instant::now());
            self.perform(acts).await;
        }
    }

    async fn dial_failed(&mut self, id: PeerId, error: DialError) {
        let Some(index) = self.ids.get(&id).copied() else {
            return;
        };
        tracing::debug!(peer = %index, %error, "not reached");
        let settings = &self.shared.settings;
        let named = |id: &PeerId| Some(settings.name(*self.ids.get(id)?));
        let missing = self.missing.get(&index).map_or(&[][..], Vec::as_slice);
        let refusal = reach::unreached(settings.name(index), &error, missing, named);
        if let Some(contact) = self.contacts.get_mut(&index) {
            let mut acts = Vec::new();
            acts.extend(refusal.and_then(|refusal| contact.refuse(refusal)));
            contact.unreachable(Instant::now());
            self.perform(acts).await;
        }
    }

    /// Tells the core of a stranger, but not of each of its attempts.
    async fn refuse_stranger(&mut self, id: PeerId, address: Multiaddr) {
        let now = Instant::now();
        let pause = self.shared.settings.limits.redial * 10;
        let told = self
            .stranger
            .is_some_and(|(last, at)| last == id || now < at + pause);
        if !told {
            self.stranger = Some((id, now));
            let refused = Event::Refused {
                peer: None,
                reason: Refusal::Stranger {
                    identity: reach::key(&id),
                    address: reach::shown(&address),
                },
            };
            self.perform(vec![Act::Tell(refused)]).await;
        }
    }
}
