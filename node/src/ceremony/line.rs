//! The line to the other peers and to the operator: who is there, what is sent, what is shown.

use std::collections::BTreeMap;

use bytes::Bytes;
use dkg::ceremony::{Opened, Position, Step};
use proto::ceremony::MAX_ATTEMPT;
use proto::ceremony_session::Frame;
use proto::definition::Terms;
use proto::{ClusterSize, PeerIndex, PeerSet, WireVersion};

use super::screen::Screen;
use crate::net::Outbox;

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
    versions: BTreeMap<PeerIndex, WireVersion>,
    me: PeerIndex,
    size: ClusterSize,
    names: Vec<String>,
    /// How many frames of a later version each peer has sent.
    unknown: BTreeMap<PeerIndex, u64>,
    pub screen: Screen,
}

impl Line {
    /// A line with nobody on it yet.
    pub fn new(post: Box<dyn Post + Send>, me: PeerIndex, terms: &Terms) -> Self {
        let names = terms.operators.iter().map(|o| o.name.clone()).collect();
        Self {
            post,
            up: PeerSet::EMPTY,
            versions: BTreeMap::new(),
            me,
            size: terms.size(),
            names,
            unknown: BTreeMap::new(),
            screen: Screen::new(),
        }
    }

    /// Notes that a session with `peer` began, in which both sides speak `version`.
    pub fn came(&mut self, peer: PeerIndex, version: WireVersion) {
        self.up.insert(peer);
        self.versions.insert(peer, version);
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

    /// Tells one peer what is held here of its own words, if it knows such a frame.
    pub fn remind(&self, peer: PeerIndex, statements: Vec<Vec<u8>>) {
        if self.versions.get(&peer) >= Some(&WireVersion::V2) {
            self.send(peer, &Frame::Remembered(statements));
        }
    }

    /// Whether `frame` shows that `peer` has told what it holds of this peer's words: it tells them
    /// first, or shows the lock. Other frames may overtake that, since what is sent to all goes to
    /// the newest session, greeted or not. Only a peer that never tells is taken at any word.
    pub fn is_told_by(&self, peer: PeerIndex, frame: &Frame) -> bool {
        let never_tells = self.versions.get(&peer) < Some(&WireVersion::V2);
        match frame {
            Frame::Remembered(_) | Frame::Lock(..) => true,
            Frame::Ceremony(_) | Frame::Partials(..) | Frame::Deposits(..) | Frame::Leaving => {
                never_tells
            }
        }
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

    /// How many peers there are.
    pub fn size(&self) -> ClusterSize {
        self.size
    }

    /// Counts a frame of `peer` that this version does not know: no fault, and nothing is done.
    pub fn pass_over(&mut self, peer: PeerIndex) {
        *self.unknown.entry(peer).or_default() += 1;
        tracing::debug!(peer = self.name(peer), "a frame of a later version");
    }

    /// What was passed over, in words; none if nothing was.
    pub fn passed_over(&self) -> Option<String> {
        let counts = self.unknown.iter();
        let counts = counts.map(|(peer, count)| format!("{count} of {}", self.name(*peer)));
        let counts: Vec<String> = counts.collect();
        (!counts.is_empty()).then(|| {
            format!(
                "passed over messages that only a later version of gantry knows: {}",
                counts.join(", ")
            )
        })
    }

    /// Says what `peer` did wrong, once, and no more than so much of it.
    pub fn fault(&mut self, peer: PeerIndex, what: &str) {
        let name = self.name(peer).to_owned();
        self.screen
            .say_of(Some(peer), format!("{name}: {what}"), &name);
    }

    /// Says something of `peer` that must be seen, whatever else it did, in words that it cannot
    /// vary.
    pub fn alarm(&mut self, peer: PeerIndex, what: &'static str) {
        let words = format!("{}: {what}", self.name(peer));
        self.screen.say_once(words);
    }

    /// Says why there is no session with `peer`, or with somebody who is no operator.
    pub fn refused(&mut self, peer: Option<PeerIndex>, reason: &str) {
        let name = peer.map_or("strangers", |peer| self.name(peer)).to_owned();
        self.screen.say_of(peer, reason.to_owned(), &name);
    }

    /// Says who opened an attempt that this peer begins.
    pub fn opened(&mut self, opened: Opened) {
        let attempt = counted(opened.attempt);
        let mut words = match opened.opener == self.me {
            true => format!("this peer opens attempt {attempt}"),
            false => format!("{} opened attempt {attempt}", self.name(opened.opener)),
        };
        if opened.skips {
            words += ", past attempts that this peer has not seen";
        }
        if opened.attempt == MAX_ATTEMPT {
            words += ". It is the last: if it fails, make and sign a new definition, without \
                      whoever opened so many";
        }
        self.screen.say(&words);
    }

    /// Shows a step of the ceremony and whom it waits for.
    pub fn show_step(&mut self, position: &Position, step: Step, waiting: PeerSet) {
        let attempt = position.attempt;
        let opener = position.opener.and_then(|opener| self.names.get(opener));
        let next = match attempt {
            MAX_ATTEMPT => "It was the last: make and sign a new definition",
            _ => {
                "Then one of you ends this command with Ctrl-C and starts it again with --retry; \
                 the others leave it running, and follow. To go on without somebody, make and sign \
                 a new definition"
            }
        };
        let attempt = counted(attempt);
        let mut words = match (attempt, opener) {
            (1, _) => step.to_string(),
            (_, Some(opener)) => format!("attempt {attempt}, opened by {opener}: {step}"),
            (_, None) => format!("attempt {attempt}: {step}"),
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
