//! How a node keeps an eye on its beacon node, and what it does when that gives no sight of the
//! chain, or gives it again: who is blind leads no round, here and at the others. And what it does
//! when a peer's beacon node is of a chain that begins at another time.

use std::sync::Arc;

use proto::frame::Frame;
use proto::{PeerIndex, Slot};

use super::Node;
use crate::duties::agreed::run::Event;
use crate::duties::note::Note;
use crate::duties::sight::Condition;
use crate::duties::{Output, Request};

impl Node {
    /// Asks the beacon node how it is where a proposal is near, and notices that it does not say.
    pub(super) fn look(&mut self, slot: Slot) {
        let proposes = |slot| self.schedule.proposer(slot).is_some();
        let is_near = proposes(slot) || proposes(slot.next());
        let chain = Arc::clone(&self.facts.chain);
        if self.sight.look(self.now, is_near.then_some(slot), &chain) {
            self.out.push(Output::Ask(Request::Condition));
        }
        let (me, is_blind) = (self.facts.me, self.is_blind());
        if self.set_blind(me, is_blind) {
            for peer in self.peers.connected().iter() {
                self.say(peer);
            }
        }
    }

    /// The beacon node has given a value, or none, which may have many reasons: it is asked how it
    /// is, unless it is known not to be sound and asked again anyway.
    pub(super) fn shown(&mut self, gave: bool) {
        let chain = Arc::clone(&self.facts.chain);
        if gave {
            self.sight.show(Condition::Sound, self.now, &chain);
        } else if !self.is_blind() && self.sight.ask(self.now, &chain) {
            self.out.push(Output::Ask(Request::Condition));
        }
    }

    /// A peer, or this one, is blind or sees again; whether that is news.
    pub(super) fn set_blind(&mut self, peer: PeerIndex, is_blind: bool) -> bool {
        let is_news = self.peers.set_blind(peer, is_blind);
        if is_news {
            self.note(Note::Sight { peer, is_blind });
            self.step_all(|_| Some(Event::Blind { peer, is_blind }));
        }
        is_news
    }

    /// A peer whose beacon node says another genesis time counts other slots: it is not voted with.
    pub(super) fn compare_genesis(&mut self, peer: PeerIndex, theirs: Option<u64>) {
        let ours = self.facts.chain.genesis().genesis_time;
        let differs = theirs.filter(|theirs| *theirs != ours);
        if let Some(theirs) = differs
            && self.peers.set_foreign(peer)
        {
            self.note(Note::OtherGenesis { peer, ours, theirs });
            self.step_all(|_| Some(Event::Silent(peer)));
        }
    }

    /// Tells a peer whose session has begun, if this one is blind.
    pub(super) fn say_blind(&mut self, peer: PeerIndex) {
        if self.is_blind() {
            self.say(peer);
        }
    }

    fn say(&mut self, peer: PeerIndex) {
        let is_blind = self.is_blind();
        let frame = Frame::Sight { is_blind };
        let (mut step, _, _) = self.split();
        step.send(peer, frame.since(), frame.encode());
    }

    fn is_blind(&self) -> bool {
        self.sight.condition() != Condition::Sound
    }
}
