//! Sessions with the other peers: one authenticated connection and one stream with each of them.
//!
//! [`start`] listens, dials, redials and keeps at most one session with each peer of the roster.
//! What happens arrives as [`Event`]s; what is to be said goes into the [`Outbox`].
//!
//! ```text
//!  core ──Outbox──► queue of the peer ──► session (one future a connection) ──► TCP
//!  core ◄──Event─── bounded channel ◄──── session: hello, pings, frames     ◄── TCP
//!                                 ◄────── driver: dials, chooses between connections
//! ```
//!
//! - libp2p over TCP, Noise and Yamux, the identity key as its key. A connection of an identity
//!   outside the roster is refused before any stream opens.
//! - The first words ([`proto::session::Hello`]) must agree in purpose, context and positions,
//!   and have a wire version in common ([`proto::version`]); else [`Event::Refused`] says what
//!   differs, on both sides.
//! - The side that dialled pings, every three seconds ([`Limits::ping_every`]); a session that is
//!   silent for [`Limits::silence`] is cut. A cut or refused peer is dialled again, with capped
//!   backoff and jitter.
//! - Two programs with one identity are an alarm ([`Event::SecondSession`]) that every peer that
//!   can see both of them gives to both, with a signed proof. A restarted program is none.
//! - Everything is bounded: frames, queues, rates, connections. While the core's channel is full
//!   nothing is read from the streams, so a stalled core slows its peers down and is then cut off.
//!
//! Never here: what a frame means. No gossip, no discovery, no relay.

mod address;
mod connection;
mod contact;
mod count;
mod driver;
mod end;
mod event;
mod greeting;
mod inbound;
mod link;
pub(crate) mod listening;
mod outbox;
mod ping;
mod pipe;
mod rate;
mod reach;
mod redial;
mod session;
mod session_loop;
mod settings;
mod transport;

#[cfg(test)]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test picks the one event it waits for"
)]
mod tests;

pub use count::{PeerTraffic, Traffic};
pub use driver::start;
pub use event::{Disconnect, Event, NetError, Refusal, Unit};
pub use outbox::Outbox;
pub use settings::{Limits, Settings};
