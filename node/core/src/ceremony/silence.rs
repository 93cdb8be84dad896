//! Before the first word of a peer that comes back with a memory: keeps what comes in, until enough
//! others have [told](super::told) what they hold of this peer's own words.
//!
//! The memory may be an older copy. What it would say could contradict what this peer has said
//! since, and an honest owner would be convicted. So it says nothing before.
//!
//! Never here: what the frames mean.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use dkg::ceremony::Input;
use proto::{PeerIndex, PeerSet};

/// What is kept of one session, in longest frames: what a peer greets with is shorter than two.
pub(super) const LONGEST_FRAMES: usize = 4;
/// The most frames that are kept of one session. A greeting has about n + 5.
pub(super) const MAX_FRAMES: usize = 128;

/// What waits for others to tell.
pub(super) struct Silence {
    max_bytes: usize,
    first: Option<Input>,
    went: PeerSet,
    came: PeerSet,
    frames: BTreeMap<PeerIndex, VecDeque<Vec<u8>>>,
}

impl Silence {
    /// Nothing waits; a frame has at most `max_frame` bytes.
    pub fn new(max_frame: usize) -> Self {
        Self {
            max_bytes: max_frame.saturating_mul(LONGEST_FRAMES),
            first: None,
            went: PeerSet::EMPTY,
            came: PeerSet::EMPTY,
            frames: BTreeMap::new(),
        }
    }

    /// Gives `input` back unless it is kept for later: while the silence `lasts`, and behind what
    /// is kept already.
    ///
    /// # Errors
    /// If its sender has sent more than a peer has to say before this one has spoken.
    pub fn pass(&mut self, input: Input, lasts: bool) -> Result<Option<Input>, PeerIndex> {
        if !lasts && self.is_empty() {
            return Ok(Some(input));
        }
        match input {
            Input::Up(peer) => {
                // It says everything anew.
                self.frames.remove(&peer);
                self.came.insert(peer);
            }
            Input::Down(peer) => {
                self.came.remove(peer);
                self.went.insert(peer);
            }
            Input::Frame(peer, bytes) => {
                let kept = self.frames.entry(peer).or_default();
                let length: usize = kept.iter().map(Vec::len).sum();
                if kept.len() >= MAX_FRAMES || length + bytes.len() > self.max_bytes {
                    return Err(peer);
                }
                kept.push_back(bytes);
            }
            Input::Retry => self.first = Some(Input::Retry),
            Input::Tick => {
                self.first.get_or_insert(Input::Tick);
            }
            // It answers the machine and waits for nobody.
            Input::Stored { .. } => return Ok(Some(input)),
        }
        Ok(None)
    }

    fn is_empty(&self) -> bool {
        let nobody = self.went.is_empty() && self.came.is_empty();
        self.first.is_none() && nobody && self.frames.is_empty()
    }

    /// What was kept, unless the silence `lasts`.
    pub fn release(&mut self, lasts: bool) -> Vec<Input> {
        if lasts {
            return Vec::new();
        }
        let went = mem::replace(&mut self.went, PeerSet::EMPTY);
        let came = mem::replace(&mut self.came, PeerSet::EMPTY);
        let frames = mem::take(&mut self.frames).into_iter();
        let frames = frames.flat_map(|(peer, kept)| {
            let frames = kept.into_iter();
            frames.map(move |bytes| Input::Frame(peer, bytes))
        });
        let first = self.first.take().into_iter();
        first
            .chain(went.iter().map(Input::Down))
            .chain(came.iter().map(Input::Up))
            .chain(frames)
            .collect()
    }
}
