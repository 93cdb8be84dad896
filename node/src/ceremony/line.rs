//! The line to the other peers and to the operator: who is there, what is sent, what is shown.

use bytes::Bytes;
use dkg::ceremony::Step;
use proto::ceremony::MAX_ATTEMPT;
use proto::gathering::Frame;
use proto::{PeerIndex, PeerSet};

use super::screen::Screen;
use crate::io::net::Outbox;

/// The number of an attempt as people count: the first is 1.
pub(super) fn counted(attempt: u32) -> u32 {
    attempt.saturating_add(1)
}

/// Takes frames to the peers: the network, or the world of a test.
pub(super) trait Post {
    /// Takes `frame` to `peer` if there is a session, and returns at once.
    fn send(&self, peer: PeerIndex, frame: Bytes);
}

impl Post for Outbox {
    fn send(&self, peer: PeerIndex, frame: Bytes) {
        Outbox::send(self, peer, frame);
    }
}

/// The sessions and the screen.
pub(super) struct Line {
    post: Box<dyn Post + Send>,
    up: PeerSet,
    me: PeerIndex,
    names: Vec<String>,
    pub screen: Screen,
}

impl Line {
    /// A line with nobody on it yet.
    pub fn new(post: Box<dyn Post + Send>, me: PeerIndex, names: Vec<String>) -> Self {
        Self {
            post,
            up: PeerSet::EMPTY,
            me,
            names,
            screen: Screen::new(),
        }
    }

    /// Notes that a session with `peer` began.
    pub fn came(&mut self, peer: PeerIndex) {
        self.up.insert(peer);
    }

    /// Notes that the session with `peer` ended.
    pub fn went(&mut self, peer: PeerIndex) {
        self.up.remove(peer);
    }

    /// Who is there.
    pub fn up(&self) -> PeerSet {
        self.up
    }

    /// Sends to one peer, if it is there.
    pub fn send(&self, peer: PeerIndex, frame: &Frame) {
        self.post.send(peer, Bytes::from(frame.encode()));
    }

    /// Sends to everybody who is there.
    pub fn broadcast(&self, frame: &Frame) {
        let bytes = Bytes::from(frame.encode());
        for peer in self.up.iter() {
            self.post.send(peer, bytes.clone());
        }
    }

    /// The name of `peer`.
    pub fn name(&self, peer: PeerIndex) -> &str {
        &self.names[peer.position()]
    }

    /// Says what `peer` did wrong, once.
    pub fn fault(&mut self, peer: PeerIndex, what: &str) {
        let words = format!("{}: {what}", self.name(peer));
        self.screen.say_once(words);
    }

    /// Says that this peer followed `opener` to a later attempt than the next.
    pub fn jumped(&mut self, opener: PeerIndex, attempt: u32) {
        let mut words = format!(
            "{} opened attempt {}, past attempts that this peer has not seen",
            self.name(opener),
            counted(attempt),
        );
        if attempt == MAX_ATTEMPT {
            words += ". It is the last: if it fails, make and sign a new definition, without \
                      whoever opened so many";
        }
        self.screen.say_once(words);
    }

    /// Shows a step of the ceremony and whom it waits for.
    pub fn show_step(&mut self, attempt: u32, step: Step, waiting: PeerSet) {
        let next = match attempt {
            MAX_ATTEMPT => "It was the last: make and sign a new definition",
            _ => {
                "Then one of you ends this command with Ctrl-C and starts it again with --retry; \
                 the others leave it running, and follow. To go on without somebody, make and sign \
                 a new definition"
            }
        };
        let attempt = counted(attempt);
        let mut words = match attempt {
            1 => step.to_string(),
            _ => format!("attempt {attempt}: {step}"),
        };
        match step {
            Step::Failed => {
                words += ": waiting for a new attempt";
                // Said apart: the moving line shows no more than fits on the terminal.
                self.screen.say_once(format!(
                    "Attempt {attempt} has failed, and nobody can use keys of it. Settle among the \
                     operators who was at fault. {next}"
                ));
            }
            Step::Unusable => {
                words += ": waiting for a new attempt";
                self.screen.say_once(format!(
                    "What was dealt in attempt {attempt} makes no keys. Somebody dealt so on \
                     purpose; if nobody is named here, nothing proves who. {next}"
                ));
            }
            Step::Contradicted => {
                let words = "this peer has acknowledged other keys before a crash, and a dealer \
                             has since dealt again: all operators need a new definition";
                self.screen.say_once(words.to_owned());
            }
            Step::Opening | Step::Dealing | Step::Proving => {}
            Step::Storing | Step::Acknowledging | Step::Finished => {}
        }
        self.show(words, waiting);
    }

    /// Shows what is waited for.
    pub fn show(&mut self, mut words: String, waiting: PeerSet) {
        let others = waiting.iter().filter(|peer| *peer != self.me);
        let others: Vec<String> = others.map(|peer| self.described(peer)).collect();
        if !others.is_empty() {
            words = format!("{words}: {}", others.join(", "));
        }
        self.screen.now(words);
    }

    fn described(&self, peer: PeerIndex) -> String {
        let there = self.up.contains(peer);
        let name = self.name(peer);
        if there {
            name.to_owned()
        } else {
            format!("{name} (not connected)")
        }
    }
}
