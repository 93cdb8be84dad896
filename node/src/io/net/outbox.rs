//! The way out: one bounded queue for each live session. Sending never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use proto::PeerIndex;
use tokio::sync::{Notify, mpsc, watch};

use super::count::{Meters, Traffic};

/// Sends frames to peers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    queues: Vec<watch::Receiver<Option<Queue>>>,
    meters: Arc<Meters>,
}

impl Outbox {
    pub(super) fn new(queues: Vec<watch::Receiver<Option<Queue>>>, meters: Arc<Meters>) -> Self {
        Self { queues, meters }
    }

    /// Queues `frame` for `peer` and returns at once. Without a session the frame is dropped: the
    /// two peers tell each other what they missed after the next [`super::Event::Up`]. If the
    /// queue is full the session is cut, and [`super::Event::Down`] says so.
    pub fn send(&self, peer: PeerIndex, frame: Bytes) {
        if let Some(queue) = &*self.queues[peer.position()].borrow() {
            queue.push(frame);
        }
    }

    /// What was sent and received since the start.
    pub fn traffic(&self) -> Traffic {
        self.meters.read()
    }
}

/// Frames that wait for one session.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    frames: mpsc::Sender<Bytes>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    overflow: Arc<Notify>,
}

/// The session's end of a [`Queue`].
#[derive(Debug)]
pub(super) struct Waiting {
    frames: mpsc::Receiver<Bytes>,
    bytes: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
}

/// A queue for at most `max_frames` frames and `max_bytes` bytes.
pub(super) fn queue(max_frames: usize, max_bytes: usize) -> (Queue, Waiting) {
    let (sender, receiver) = mpsc::channel(max_frames);
    let bytes = Arc::new(AtomicUsize::new(0));
    let overflow = Arc::new(Notify::new());
    let queue = Queue {
        frames: sender,
        bytes: bytes.clone(),
        max_bytes,
        overflow: overflow.clone(),
    };
    let waiting = Waiting {
        frames: receiver,
        bytes,
        overflow,
    };
    (queue, waiting)
}

impl Queue {
    fn push(&self, frame: Bytes) {
        let length = frame.len();
        let before = self.bytes.fetch_add(length, Ordering::Relaxed);
        if before + length > self.max_bytes || self.frames.try_send(frame).is_err() {
            self.overflow.notify_one();
        }
    }
}

impl Waiting {
    /// The next frame, as soon as there is one. Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let frame = self.frames.recv().await?;
        self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }

    /// The next frame if there is one now.
    pub(super) fn next_now(&mut self) -> Option<Bytes> {
        let frame = self.frames.try_recv().ok()?;
        self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }

    /// Is notified when the queue was too full for a frame.
    pub(super) fn overflow(&self) -> Arc<Notify> {
        self.overflow.clone()
    }

    /// Frames and bytes that wait.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.frames.len(), self.bytes.load(Ordering::Relaxed))
    }
}
