//! What was sent and received: exact TCP payload in total, frames by peer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures::{AsyncRead, AsyncWrite};
use proto::PeerIndex;

/// Bytes and frames since the start of the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of TCP payload sent to all peers, encryption, pings and handshakes included.
    pub sent_bytes: u64,
    /// The same, received.
    pub received_bytes: u64,
    /// By peer, in the order of the roster: what sessions wrote and read, before encryption and
    /// multiplexing (which add about 30 bytes to each write).
    pub peers: Vec<PeerTraffic>,
}

/// What the sessions with one peer carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeerTraffic {
    pub sent_frames: u64,
    /// Bytes of messages sent, pings included.
    pub sent_bytes: u64,
    pub received_frames: u64,
    /// Bytes of messages received, pings included.
    pub received_bytes: u64,
    /// Messages of a later version, which were passed over.
    pub unknown: u64,
}

/// The counters behind [`Traffic`].
#[derive(Debug)]
pub(super) struct Meters {
    tcp: Arc<TcpMeter>,
    peers: Vec<PeerMeter>,
}

/// Bytes over all TCP connections.
#[derive(Debug, Default)]
pub(super) struct TcpMeter {
    sent: AtomicU64,
    received: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct PeerMeter {
    pub(super) sent_frames: AtomicU64,
    pub(super) sent_bytes: AtomicU64,
    pub(super) received_frames: AtomicU64,
    pub(super) received_bytes: AtomicU64,
    pub(super) unknown: AtomicU64,
}

impl Meters {
    pub(super) fn new(peers: usize) -> Self {
        Self {
            tcp: Arc::default(),
            peers: (0..peers).map(|_| PeerMeter::default()).collect(),
        }
    }

    pub(super) fn tcp(&self) -> Arc<TcpMeter> {
        self.tcp.clone()
    }

    pub(super) fn peer(&self, peer: PeerIndex) -> &PeerMeter {
        &self.peers[peer.position()]
    }

    pub(super) fn read(&self) -> Traffic {
        let of = |meter: &PeerMeter| PeerTraffic {
            sent_frames: meter.sent_frames.load(Ordering::Relaxed),
            sent_bytes: meter.sent_bytes.load(Ordering::Relaxed),
            received_frames: meter.received_frames.load(Ordering::Relaxed),
            received_bytes: meter.received_bytes.load(Ordering::Relaxed),
            unknown: meter.unknown.load(Ordering::Relaxed),
        };
        Traffic {
            sent_bytes: self.tcp.sent.load(Ordering::Relaxed),
            received_bytes: self.tcp.received.load(Ordering::Relaxed),
            peers: self.peers.iter().map(of).collect(),
        }
    }
}

pub(super) fn add(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(amount as u64, Ordering::Relaxed);
}

/// A stream whose bytes are counted as they pass.
#[derive(Debug)]
pub(super) struct Counted<S> {
    inner: S,
    meter: Arc<TcpMeter>,
}

impl<S> Counted<S> {
    pub(super) fn new(inner: S, meter: Arc<TcpMeter>) -> Self {
        Self { inner, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Poll::Ready(Ok(length)) = &read {
            add(&self.meter.received, *length);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(length)) = &written {
            add(&self.meter.sent, *length);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
