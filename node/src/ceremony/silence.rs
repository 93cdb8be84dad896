//! Before the first word of a peer that comes back with a memory: keeps what comes in, until enough
//! others have told what they hold of this peer's own words.
//!
//! The memory may be an older copy. What it would say could contradict what this peer has said
//! since, and an honest owner would be convicted. So it says nothing
//! - before n - f peers have told, itself included, and
//! - while a peer is connected that has not told.
//!
//! It does not wait for all: a new attempt is opened also while a culprit stays away. So there is
//! a gap: what at most f peers have heard, none of them connected, is not known here.
//!
//! A peer of the version before never tells: any of its frames stands for that.
//!
//! Never here: what the frames mean.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use dkg::ceremony::Input;
use proto::{ClusterSize, PeerIndex, PeerSet};

/// What is kept of one session, in longest frames: what a peer greets with is shorter than two.
const LONGEST_FRAMES: usize = 4;
/// The most frames that are kept of one session. A greeting has about n + 5.
const MAX_FRAMES: usize = 128;

/// Who has told, and what waits for the others to do so.
pub(super) struct Silence {
    size: ClusterSize,
    max_bytes: usize,
    told: PeerSet,
    up: PeerSet,
    first: Option<Input>,
    went: PeerSet,
    came: PeerSet,
    frames: BTreeMap<PeerIndex, VecDeque<Vec<u8>>>,
}

impl Silence {
    /// Nobody but `me` has told; a frame has at most `max_frame` bytes.
    pub fn new(size: ClusterSize, me: PeerIndex, max_frame: usize) -> Self {
        Self {
            size,
            max_bytes: max_frame.saturating_mul(LONGEST_FRAMES),
            told: PeerSet::from_iter([me]),
            up: PeerSet::EMPTY,
            first: None,
            went: PeerSet::EMPTY,
            came: PeerSet::EMPTY,
            frames: BTreeMap::new(),
        }
    }

    /// Everybody has told.
    pub fn broken(mut self) -> Self {
        self.told = PeerSet::full(self.size);
        self
    }

    /// `peer` has told what it holds of this peer, or never will.
    pub fn has_told(&mut self, peer: PeerIndex) {
        self.told.insert(peer);
    }

    /// Whether nothing may be said.
    pub fn lasts(&self) -> bool {
        let quorum = self.size.peers() - self.size.faulty();
        self.told.len() < quorum || !self.up.without(self.told).is_empty()
    }

    /// Who has not told.
    pub fn waiting(&self) -> PeerSet {
        PeerSet::full(self.size).without(self.told)
    }

    /// Notes sessions; gives `input` back unless it is kept for later.
    ///
    /// # Errors
    /// If its sender has sent more than a peer has to say before this one has spoken.
    pub fn pass(&mut self, input: Input) -> Result<Option<Input>, PeerIndex> {
        match &input {
            Input::Up(peer) => {
                self.up.insert(*peer);
            }
            Input::Down(peer) => {
                self.up.remove(*peer);
            }
            Input::Frame(..) | Input::Stored { .. } | Input::Retry | Input::Tick => {}
        }
        if !self.lasts() && self.is_empty() {
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

    /// What was kept, once the silence is over.
    pub fn release(&mut self) -> Vec<Input> {
        if self.lasts() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn silence() -> (Silence, [PeerIndex; 4]) {
        let size = ClusterSize::of(4).unwrap();
        let peers = [0, 1, 2, 3].map(|at| size.peer(at).unwrap());
        (Silence::new(size, peers[0], 10), peers)
    }

    /// The lengths of frames, and the rest by name.
    fn names(inputs: Vec<Input>) -> Vec<String> {
        let names = inputs.into_iter().map(|input| match input {
            Input::Up(peer) => format!("up {}", peer.position()),
            Input::Down(peer) => format!("down {}", peer.position()),
            Input::Frame(peer, bytes) => format!("{} of {}", bytes.len(), peer.position()),
            Input::Stored { .. } => "stored".to_owned(),
            Input::Retry => "retry".to_owned(),
            Input::Tick => "tick".to_owned(),
        });
        names.collect()
    }

    #[test]
    fn it_ends_when_a_quorum_has_told_though_one_peer_never_comes() {
        let (mut silence, [_, one, two, _]) = silence();
        for input in [Input::Retry, Input::Tick, Input::Up(one), Input::Up(two)] {
            assert!(silence.pass(input).unwrap().is_none());
        }
        silence.has_told(one);
        assert!(silence.lasts() && silence.release().is_empty());
        assert!(
            silence
                .pass(Input::Frame(two, vec![0; 3]))
                .unwrap()
                .is_none()
        );
        silence.has_told(two);
        assert!(!silence.lasts());
        let released = names(silence.release());
        assert_eq!(released, ["retry", "up 1", "up 2", "3 of 2"]);
        assert!(silence.pass(Input::Tick).unwrap().is_some());
    }

    #[test]
    fn whoever_comes_later_is_heard_before_anything_more_is_said() {
        let (mut silence, [_, one, two, three]) = silence();
        silence.has_told(one);
        silence.has_told(two);
        assert!(silence.pass(Input::Up(three)).unwrap().is_none());
        assert!(silence.lasts(), "it is connected and has not told");
        assert!(silence.pass(Input::Tick).unwrap().is_none());
        // It goes again without a word: then it is one that is away.
        assert!(silence.pass(Input::Down(three)).unwrap().is_none());
        assert_eq!(names(silence.release()), ["tick", "down 3"]);
    }

    #[test]
    fn a_peer_can_fill_no_more_than_its_place_and_a_new_session_empties_it() {
        let (mut silence, [_, one, two, _]) = silence();
        let frame = |peer, length| Input::Frame(peer, vec![0; length]);
        for _ in 0..LONGEST_FRAMES {
            assert!(silence.pass(frame(one, 10)).unwrap().is_none());
        }
        assert_eq!(silence.pass(frame(one, 1)).err(), Some(one));
        assert!(silence.pass(frame(two, 10)).unwrap().is_none());
        for _ in 0..MAX_FRAMES - 1 {
            assert!(silence.pass(frame(two, 0)).unwrap().is_none());
        }
        assert_eq!(silence.pass(frame(two, 0)).err(), Some(two));
        assert!(silence.pass(Input::Up(one)).unwrap().is_none());
        assert!(silence.pass(frame(one, 1)).unwrap().is_none());
    }
}
