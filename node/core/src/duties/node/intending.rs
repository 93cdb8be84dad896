//! What a node does about intents at Rocket Pool: orders of its operator, and what holds.

use proto::PeerIndex;
use proto::control::IntentRequest;
use proto::intent::SentIntent;

use super::Node;
use crate::duties::onehop::intending::Stands;
use crate::pool::intent::Intents;

impl Node {
    /// Takes in the intents that were kept before this start. To be called before the first input,
    /// and before [`Node::agree`].
    pub fn recall_intents(&mut self, kept: Intents) {
        self.onehop.intending.recall(kept);
    }

    /// The intents that were kept cannot be read, and why: none is signed here. To be called before
    /// the first input, in place of [`Node::recall_intents`].
    pub fn bar_intents(&mut self, why: String) {
        self.onehop.intending.bar(why);
    }

    /// Carries out an order of the operator.
    pub(super) fn intend(&mut self, ticket: u64, request: IntentRequest) {
        let stands = self.others_stand();
        let (mut step, onehop, _) = self.split();
        onehop
            .intending
            .order(ticket, (request, &stands), &mut step);
    }

    /// Tells a peer that comes what is held. By what this one acts it is told after that: so who
    /// has heard the second has heard the first.
    pub(super) fn say_intents_to(&mut self, peer: PeerIndex) {
        let (mut step, onehop, _) = self.split();
        if let Some(frame) = onehop.intending.sent() {
            step.send(peer, frame.since(), frame.encode());
        }
    }

    /// By what others act that are there.
    fn others_stand(&self) -> Stands {
        let connected = self.peers.connected();
        let is_there = |peer: PeerIndex| connected.contains(peer);
        let all = self.switched.all();
        all.filter(|(peer, _)| is_there(*peer)).collect()
    }

    /// What a peer holds.
    pub(super) fn hear_intents(&mut self, peer: PeerIndex, all: &[SentIntent]) {
        let (mut step, onehop, _) = self.split();
        onehop.intending.hear(peer, all, &mut step);
    }

    /// What was given to the disk is durable, or is not.
    pub(super) fn intents_kept(&mut self, keeping: u64, is_durable: bool) {
        let before = self.before();
        let stands = self.others_stand();
        let (mut step, onehop, _) = self.split();
        let is_news = onehop
            .intending
            .kept(keeping, (is_durable, &stands), &mut step);
        if is_news && let Some(holding) = self.onehop.intending.holding() {
            self.payees.agree(&holding);
            self.follow_stand(before);
        }
    }

    /// What time brings for intents.
    pub(super) fn intent_step(&mut self) {
        let (mut step, onehop, _) = self.split();
        onehop.intending.advance(&mut step);
    }
}
