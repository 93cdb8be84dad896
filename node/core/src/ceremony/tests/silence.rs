//! What is kept until others have told what they remember, and how much.

use dkg::ceremony::Input;
use proto::{ClusterSize, PeerIndex, Timestamp};

use crate::ceremony::silence::{LONGEST_FRAMES, MAX_FRAMES, Silence};
use crate::ceremony::told::Told;

/// The silence of the first of four peers, and who has told it something.
struct Quiet {
    told: Told,
    silence: Silence,
}

impl Quiet {
    fn pass(&mut self, input: Input) -> Result<Option<Input>, PeerIndex> {
        match &input {
            Input::Up(peer) => self.told.came(*peer, Timestamp::from_micros(0)),
            Input::Down(peer) => self.told.went(*peer),
            Input::Frame(..) | Input::Stored { .. } | Input::Retry | Input::Tick => {}
        }
        self.silence.pass(input, self.lasts())
    }

    fn release(&mut self) -> Vec<Input> {
        self.silence.release(self.lasts())
    }

    fn lasts(&self) -> bool {
        !self.told.is_enough()
    }
}

fn quiet() -> (Quiet, [PeerIndex; 4]) {
    let size = ClusterSize::of(4).unwrap();
    let peers = [0, 1, 2, 3].map(|at| size.peer(at).unwrap());
    let quiet = Quiet {
        told: Told::new(size, peers[0]),
        silence: Silence::new(10),
    };
    (quiet, peers)
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
    let (mut quiet, [_, one, two, _]) = quiet();
    for input in [Input::Retry, Input::Tick, Input::Up(one), Input::Up(two)] {
        assert!(quiet.pass(input).unwrap().is_none());
    }
    quiet.told.has_told(one);
    assert!(quiet.lasts() && quiet.release().is_empty());
    assert!(quiet.pass(Input::Frame(two, vec![0; 3])).unwrap().is_none());
    quiet.told.has_told(two);
    assert!(!quiet.lasts());
    let released = names(quiet.release());
    assert_eq!(released, ["retry", "up 1", "up 2", "3 of 2"]);
    assert!(quiet.pass(Input::Tick).unwrap().is_some());
}

#[test]
fn whoever_comes_later_is_heard_before_anything_more_is_said() {
    let (mut quiet, [_, one, two, three]) = quiet();
    quiet.told.has_told(one);
    quiet.told.has_told(two);
    assert!(quiet.pass(Input::Up(three)).unwrap().is_none());
    assert!(quiet.lasts(), "it is connected and has not told");
    assert!(quiet.pass(Input::Tick).unwrap().is_none());
    // It goes again without a word: then it is one that is away.
    quiet.told.went(three);
    assert!(quiet.pass(Input::Down(three)).unwrap().is_none());
    assert_eq!(names(quiet.release()), ["tick", "down 3"]);
}

#[test]
fn a_peer_can_fill_no_more_than_its_place_and_a_new_session_empties_it() {
    let (mut quiet, [_, one, two, _]) = quiet();
    let frame = |peer, length| Input::Frame(peer, vec![0; length]);
    for _ in 0..LONGEST_FRAMES {
        assert!(quiet.pass(frame(one, 10)).unwrap().is_none());
    }
    assert_eq!(quiet.pass(frame(one, 1)).err(), Some(one));
    assert!(quiet.pass(frame(two, 10)).unwrap().is_none());
    for _ in 0..MAX_FRAMES - 1 {
        assert!(quiet.pass(frame(two, 0)).unwrap().is_none());
    }
    assert_eq!(quiet.pass(frame(two, 0)).err(), Some(two));
    assert!(quiet.pass(Input::Up(one)).unwrap().is_none());
    assert!(quiet.pass(frame(one, 1)).unwrap().is_none());
}
