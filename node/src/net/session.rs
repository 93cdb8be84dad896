//! One session: first words, then frames and pings, until a reason to end.
//!
//! It never decides which of two connections stays, and never dials: the driver does. It runs
//! inside its connection's task and may be dropped at any await, when the connection breaks.

use std::sync::Arc;

use bytes::BytesMut;
use libp2p::swarm::{ConnectionId, Stream};
use proto::session::{BadMessage, Claim, Goodbye, Hello, Instance, Message};
use proto::{PeerIndex, Versions, WireVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _};

use super::count::{Meters, add};
use super::outbox::Queue;
use super::talk::SessionLoop;
use super::{Disconnect, Event, Refusal, Settings};

/// What all sessions of this program share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// This start of this program.
    pub(super) instance: Instance,
    /// All pings of this program keep step with this moment, so that it wakes once for all.
    pub(super) started: Instant,
    /// Where the outbox finds the queue of each peer's live session.
    pub(super) queues: Vec<watch::Sender<Option<Queue>>>,
    pub(super) meters: Arc<Meters>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) notes: mpsc::Sender<SessionEvent>,
}

/// What a session tells the driver.
#[derive(Debug)]
pub(super) struct SessionEvent {
    pub(super) peer: PeerIndex,
    pub(super) connection: ConnectionId,
    pub(super) what: Occurrence,
}

/// See [`SessionEvent`].
#[derive(Debug)]
pub(super) enum Occurrence {
    /// The hellos fit; the session waits for [`SessionCommand::Welcome`].
    Greeted(Candidate),
    /// Both sides said welcome, and the core was told.
    Up,
    /// The answer to a challenge: its form is right, its signature is the peer's.
    Claimed(Claim),
    /// Over. The connection is of no more use.
    Ended(Ending),
}

/// A connection that could become the session with its peer.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) connection: ConnectionId,
    pub(super) dialled: bool,
    pub(super) instance: Instance,
    pub(super) orders: mpsc::Sender<SessionCommand>,
}

/// What the driver tells a session.
#[derive(Debug)]
pub(super) enum SessionCommand {
    /// You are the session with this peer.
    Welcome,
    /// Ask your side for a claim beside this instance.
    Challenge(Instance),
    /// Show your side this proof of a second program with its identity.
    Show(Claim),
    /// Say goodbye and end.
    End(Goodbye, Ending),
}

/// How a session, or what did not become one, ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// For this reason.
    Down(Disconnect),
    /// It was none, and the operator should know why.
    Refused(Refusal),
    /// It was none, and nobody needs to know.
    Quiet,
}

/// A connection, before its stream is open.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) shared: Arc<Shared>,
    pub(super) peer: PeerIndex,
    pub(super) connection: ConnectionId,
    /// Whether we dialled.
    pub(super) dialled: bool,
}

impl Link {
    /// The operator's name of the peer.
    pub(super) fn name(&self) -> String {
        self.shared.settings.names[self.peer.position()].clone()
    }

    pub(super) async fn note(&self, what: Occurrence) {
        let note = SessionEvent {
            peer: self.peer,
            connection: self.connection,
            what,
        };
        // The driver outlives every session; if it is gone, the program is ending.
        self.shared.notes.send(note).await.ok();
    }
}

/// The stream's two halves and what lies between them and the messages.
pub(super) struct Pipe {
    pub(super) reader: ReadHalf<Compat<Stream>>,
    pub(super) writer: WriteHalf<Compat<Stream>>,
    pub(super) arrived: BytesMut,
    pub(super) leaving: BytesMut,
}

/// How much memory to offer each read.
const READ_BYTES: usize = 4096;

impl Pipe {
    /// Reads more; zero if the peer has closed. Nothing is lost if the future is dropped.
    pub(super) async fn read(
        reader: &mut ReadHalf<Compat<Stream>>,
        arrived: &mut BytesMut,
    ) -> std::io::Result<usize> {
        arrived.reserve(READ_BYTES);
        reader.read_buf(arrived).await
    }

    /// Writes everything that is leaving.
    async fn write_all(&mut self) -> std::io::Result<()> {
        self.writer.write_all_buf(&mut self.leaving).await?;
        self.writer.flush().await
    }
}

/// Runs the session on `stream` to its end.
pub(super) async fn run(stream: Stream, link: Link) {
    let (reader, writer) = tokio::io::split(stream.compat());
    let mut pipe = Pipe {
        reader,
        writer,
        arrived: BytesMut::new(),
        leaving: BytesMut::new(),
    };
    let connect = link.shared.settings.limits.connect;
    let greeted = timeout(connect, greet(&mut pipe, &link)).await;
    let (goodbye, ending) = match greeted {
        Ok(Ok((hello, version))) => SessionLoop::new(&link, hello, version).run(&mut pipe).await,
        Ok(Err(refusal)) => (Some(Goodbye::Unfit), Ending::Refused(refusal)),
        Err(_) => (None, Ending::Quiet),
    };
    if let Some(goodbye) = goodbye {
        pipe.leaving.clear();
        Message::Goodbye(goodbye).encode(&mut pipe.leaving);
        // A farewell is a courtesy: whoever cannot take it at once goes without.
        timeout(connect / 10, pipe.write_all()).await.ok();
    }
    link.note(Occurrence::Ended(ending)).await;
}

/// Sends our hello and judges the peer's: what it says, and the version that both speak.
async fn greet(pipe: &mut Pipe, link: &Link) -> Result<(Hello, WireVersion), Refusal> {
    let settings = &link.shared.settings;
    Message::Hello(Hello {
        versions: Versions::OURS,
        purpose: settings.purpose,
        context: settings.context,
        peer: u32::try_from(settings.me.position()).expect("a position is below 13"),
        instance: link.shared.instance,
        software: concat!("gantry/", env!("CARGO_PKG_VERSION")).to_owned(),
    })
    .encode(&mut pipe.leaving);
    // A broken stream shows when reading, with what the peer said before it broke.
    pipe.write_all().await.ok();
    loop {
        let first = Message::take(&mut pipe.arrived, 0).map_err(|rule| refusal(link, rule))?;
        match first {
            Some(Message::Hello(hello)) => {
                return fits(link, &hello).map(|version| (hello, version));
            }
            Some(Message::Goodbye(reason)) => {
                return Err(Refusal::Left {
                    name: link.name(),
                    reason,
                });
            }
            Some(_) => return Err(refusal(link, BadMessage::Malformed("first message"))),
            None => {}
        }
        match Pipe::read(&mut pipe.reader, &mut pipe.arrived).await {
            Ok(0) | Err(_) => return Err(Refusal::HungUp { name: link.name() }),
            Ok(_) => {}
        }
    }
}

fn refusal(link: &Link, rule: BadMessage) -> Refusal {
    let name = link.name();
    match rule {
        BadMessage::WireVersion { theirs } => Refusal::WireVersion { name, theirs },
        BadMessage::TooLong { .. } | BadMessage::Malformed(_) => Refusal::Malformed { name, rule },
    }
}

fn fits(link: &Link, hello: &Hello) -> Result<WireVersion, Refusal> {
    let name = link.name();
    let settings = &link.shared.settings;
    if hello.purpose != settings.purpose {
        return Err(Refusal::Purpose {
            name,
            ours: settings.purpose,
            theirs: hello.purpose,
        });
    }
    if hello.context != settings.context {
        return Err(Refusal::Context {
            name,
            purpose: settings.purpose,
            ours: settings.context,
            theirs: hello.context,
        });
    }
    if usize::try_from(hello.peer) != Ok(link.peer.position()) {
        return Err(Refusal::Position {
            name,
            ours: link.peer,
            theirs: hello.peer,
        });
    }
    let theirs = hello.versions;
    let common = Versions::OURS.common(theirs);
    common.ok_or(Refusal::WireVersion { name, theirs })
}

/// Counts what a read or a write moved.
pub(super) fn count(link: &Link, sent: usize, received: usize) {
    let meter = link.shared.meters.peer(link.peer);
    add(&meter.sent_bytes, sent);
    add(&meter.received_bytes, received);
}
