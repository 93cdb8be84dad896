//! Peers with real sockets on loopback, and the proxy that cuts their lines.

mod alarm;
mod bounds;
mod reach;
mod sessions;
mod words;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use proto::session::{BadMessage, Goodbye, Purpose};
use proto::{Identity, PeerIndex, Root, Roster, example};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use super::{Disconnect, Event, Limits, NetError, Outbox, Refusal, Settings, Unit, start};

/// No test waits longer than this for one thing, and no session is cut sooner for silence where
/// that is not what is tested.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster of `n` whose peers are started one by one.
struct World {
    secrets: Vec<Identity>,
    roster: Roster,
    sockets: Vec<SocketAddr>,
    limits: Limits,
}

impl World {
    fn of(n: usize) -> Self {
        let secrets = example::identities(n);
        Self {
            roster: Roster::new(secrets.iter().map(Identity::public).collect()).unwrap(),
            sockets: secrets.iter().map(|_| free_socket()).collect(),
            secrets,
            limits: Limits {
                ping_every: Duration::from_millis(100),
                silence: PATIENCE,
                redial: Duration::from_millis(400),
                ..Limits::default()
            },
        }
    }

    fn peer(&self, position: usize) -> PeerIndex {
        self.roster.size().peer(position).unwrap()
    }

    /// Of two peers the lower position dials and the other waits: when both dial, one connection
    /// may take the place of the other at any time.
    fn settings(&self, position: usize) -> Settings {
        let names = ["anna", "bob", "carol", "dave", "erin", "fred", "gina"];
        Settings {
            identity: self.secrets[position].clone(),
            me: self.peer(position),
            roster: self.roster.clone(),
            names: names[..self.secrets.len()]
                .iter()
                .map(|n| (*n).to_owned())
                .collect(),
            addresses: (0..self.sockets.len())
                .map(|other| match other > position {
                    true => vec![self.sockets[other].into()],
                    false => Vec::new(),
                })
                .collect(),
            listen: vec![self.sockets[position]],
            purpose: Purpose::Duties,
            context: Root::from([7; 32]),
            limits: self.limits.clone(),
        }
    }

    /// The same for a peer that dials all the others.
    fn outgoing(&self, position: usize) -> Settings {
        Settings {
            addresses: self.sockets.iter().map(|s| vec![(*s).into()]).collect(),
            ..self.settings(position)
        }
    }

    async fn start(&self, position: usize) -> Running {
        Running::with(self.settings(position)).await
    }
}

fn named(name: &str) -> String {
    name.to_owned()
}

/// A peer that runs until it is dropped.
struct Running {
    outbox: Outbox,
    events: mpsc::Receiver<Event>,
}

impl Running {
    async fn with(settings: Settings) -> Self {
        let (outbox, events) = start(settings).await.unwrap();
        Self { outbox, events }
    }

    /// Waits for the event that `pick` takes; the others are passed over.
    async fn until<T>(&mut self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let wait = async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, wait)
            .await
            .expect("what the test waits for happens")
    }

    async fn up(&mut self, peer: PeerIndex) {
        self.until(|event| match event {
            Event::Up { peer: who, .. } if who == peer => Some(()),
            Event::SecondSession { .. } => panic!("a false alarm"),
            _ => None,
        })
        .await;
    }

    async fn down(&mut self, peer: PeerIndex) -> Disconnect {
        self.until(|event| match event {
            Event::Down { peer: who, reason } if who == peer => Some(reason),
            Event::SecondSession { .. } => panic!("a false alarm"),
            _ => None,
        })
        .await
    }

    async fn frame(&mut self, peer: PeerIndex) -> Bytes {
        self.until(|event| match event {
            Event::Frame { peer: who, frame } if who == peer => Some(frame),
            _ => None,
        })
        .await
    }

    /// Waits until it is told why `peer` is not reached.
    async fn unreached(&mut self, peer: PeerIndex) -> Refusal {
        self.until(|event| match event {
            Event::Refused {
                peer: Some(who),
                reason,
            } if who == peer => Some(reason),
            _ => None,
        })
        .await
    }

    async fn refused(&mut self) -> Refusal {
        self.until(|event| match event {
            Event::Refused {
                reason: Refusal::Unreached { .. },
                ..
            } => None,
            Event::Refused { reason, .. } => Some(reason),
            Event::Up { .. } => panic!("a session that should not be"),
            _ => None,
        })
        .await
    }
}

/// A port of loopback that nobody listens on and that is ours until the tests end: it stays bound
/// without listening, and whoever sets the option to share it, as every listener here, can listen.
fn free_socket() -> SocketAddr {
    let held = TcpSocket::new_v4().unwrap();
    held.set_reuseaddr(true).unwrap();
    held.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let socket = held.local_addr().unwrap();
    std::mem::forget(held);
    socket
}

/// A line that can be cut: what is under way then stays in it until it is mended.
struct Line {
    socket: SocketAddr,
    whole: watch::Sender<bool>,
}

impl Line {
    async fn to(target: SocketAddr) -> Self {
        let (whole, state) = watch::channel(true);
        let socket = free_socket();
        let listener = TcpListener::bind(socket).await.unwrap();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(target).await else {
                    continue;
                };
                let (near_reader, near_writer) = near.into_split();
                let (far_reader, far_writer) = far.into_split();
                tokio::spawn(carry(near_reader, far_writer, state.clone()));
                tokio::spawn(carry(far_reader, near_writer, state.clone()));
            }
        });
        Self { socket, whole }
    }

    fn cut(&self) {
        self.whole.send_replace(false);
    }

    fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut whole: watch::Receiver<bool>) {
    let mut buffer = vec![0; 4096];
    while let Ok(length) = from.read(&mut buffer).await {
        // An end, too, passes only through a whole line.
        if whole.wait_for(|whole| *whole).await.is_err() || length == 0 {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
