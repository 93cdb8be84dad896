//! The seam to libp2p: who may connect, and one session future inside each connection's task.
//!
//! The session runs inside the task that polls its connection, so a frame crosses no further task
//! between its queue and the socket. `libp2p-stream` would hand the stream to another task, could
//! not say to which of two connections it belongs, and would pick one at random to open it on.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{
    ConnectionEvent, ConnectionHandler, ConnectionHandlerEvent, FullyNegotiatedInbound,
    FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, Stream, StreamProtocol,
    SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use proto::PeerIndex;
use thiserror::Error;

use super::link::{Link, Shared};
use super::session;

/// The name of the stream. Its number changes only if the layout of the hello does.
const PROTOCOL: StreamProtocol = StreamProtocol::new("/gantry/session/1");

/// An identity that is not in the roster.
#[derive(Debug, Error)]
#[error("the identity is not in the roster")]
pub(super) struct Stranger;

/// Gives each connection of a known peer its session.
pub(super) struct Sessions {
    shared: Arc<Shared>,
    /// The roster's identities; this peer's own is missing.
    allowed: Vec<(PeerId, PeerIndex)>,
}

impl Sessions {
    pub(super) fn new(shared: Arc<Shared>, allowed: Vec<(PeerId, PeerIndex)>) -> Self {
        Self { shared, allowed }
    }

    fn admit(
        &self,
        peer: PeerId,
        connection: ConnectionId,
        dialled: bool,
    ) -> Result<OneStream, ConnectionDenied> {
        let known = self.allowed.iter().find(|(id, _)| *id == peer);
        let (_, peer) = *known.ok_or_else(|| ConnectionDenied::new(Stranger))?;
        Ok(OneStream {
            state: if dialled {
                StreamState::Open
            } else {
                StreamState::Await
            },
            link: Link {
                shared: self.shared.clone(),
                peer,
                connection,
                dialled,
            },
        })
    }
}

impl NetworkBehaviour for Sessions {
    type ConnectionHandler = OneStream;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(peer, connection, false)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(peer, connection, true)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

/// One connection: the side that dialled opens the one stream, the other side takes the first.
pub(super) struct OneStream {
    link: Link,
    state: StreamState,
}

enum StreamState {
    /// We dialled: ask for the stream.
    Open,
    /// The stream is on its way.
    Await,
    /// The session runs: alone in a set, since a set polls only what has been woken, and a
    /// connection is polled for many reasons that are none of the session's.
    Run(FuturesUnordered<BoxFuture<'static, ()>>),
    /// The session is over; the driver closes the connection.
    Over,
}

impl OneStream {
    fn begin(&mut self, stream: Stream) {
        // A second stream has no use: dropping it resets it.
        if matches!(self.state, StreamState::Open | StreamState::Await) {
            let session: BoxFuture<'static, ()> = Box::pin(session::run(stream, self.link.clone()));
            self.state = StreamState::Run([session].into_iter().collect());
        }
    }

    fn advance(&mut self, cx: &mut Context<'_>) {
        if let StreamState::Run(session) = &mut self.state
            && session.poll_next_unpin(cx).is_ready()
        {
            self.state = StreamState::Over;
        }
    }
}

impl ConnectionHandler for OneStream {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Infallible>> {
        if matches!(self.state, StreamState::Open) {
            self.state = StreamState::Await;
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ()),
            });
        }
        self.advance(cx);
        Poll::Pending
    }

    /// The connection closes: lets the session read what has already arrived, a farewell above
    /// all.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Infallible>> {
        self.advance(cx);
        self.state = StreamState::Over;
        Poll::Ready(None)
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the enum is libp2p's and not exhaustive"
    )]
    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            })
            | ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol, ..
            }) => self.begin(protocol),
            _ => {}
        }
    }
}
