//! The way out: two bounded queues for each live session. Sending never waits.
//!
//! What is sent last leaves when the other queue is empty and everything before it is written; so
//! a vote waits behind one such frame at most, the one that is on its way. Its queue is short, and
//! what finds it full is dropped: whoever waits for it asks again.

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

    /// Queues `frame` for `peer` behind everything else, or drops it if two wait there.
    pub fn send_last(&self, peer: PeerIndex, frame: Bytes) {
        if let Some(queue) = &*self.queues[peer.position()].borrow() {
            queue.push_last(frame);
        }
    }

    /// What was sent and received since the start.
    pub fn traffic(&self) -> Traffic {
        self.meters.read()
    }
}

/// Frames that may wait behind all others. A peer has one question for blobs in flight, and may
/// have left one behind.
const LAST_FRAMES: usize = 2;

/// Frames that wait for one session.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    frames: mpsc::Sender<Bytes>,
    last: mpsc::Sender<Bytes>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    overflow: Arc<Notify>,
}

/// The session's end of a [`Queue`].
#[derive(Debug)]
pub(super) struct Waiting {
    frames: mpsc::Receiver<Bytes>,
    last: mpsc::Receiver<Bytes>,
    bytes: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
}

/// A queue for at most `max_frames` frames and `max_bytes` bytes, beside those that are sent last.
pub(super) fn queue(max_frames: usize, max_bytes: usize) -> (Queue, Waiting) {
    let (sender, receiver) = mpsc::channel(max_frames);
    let (last_sender, last_receiver) = mpsc::channel(LAST_FRAMES);
    let bytes = Arc::new(AtomicUsize::new(0));
    let overflow = Arc::new(Notify::new());
    let queue = Queue {
        frames: sender,
        last: last_sender,
        bytes: bytes.clone(),
        max_bytes,
        overflow: overflow.clone(),
    };
    let waiting = Waiting {
        frames: receiver,
        last: last_receiver,
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

    fn push_last(&self, frame: Bytes) {
        // Full or closed: it is asked for again.
        self.last.try_send(frame).ok();
    }
}

impl Waiting {
    /// The next frame, as soon as there is one; of those that are sent last only if `with_last`.
    /// Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self, with_last: bool) -> Option<Bytes> {
        tokio::select! {
            biased;
            Some(frame) = self.frames.recv() => {
                self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
                Some(frame)
            }
            Some(frame) = self.last.recv(), if with_last => Some(frame),
            else => None,
        }
    }

    /// The next frame if there is one now that is not sent last.
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

#[cfg(test)]
mod tests;
