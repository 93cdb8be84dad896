//! What a node does about exits: what was kept of them, what an operator orders, how they stand.

use proto::PeerIndex;
use proto::control::{Answer, Exit, ExitRequest, Presigned, Which};
use proto::frame::{ExitOpening, LackedExit, SentExitWord, SentSealedExit};

use super::Node;
use crate::duties::Output;
use crate::duties::facts::Step;
use crate::duties::onehop::exit::{Exits, Order, Seen};

impl Node {
    /// Takes in what operators had said about exits before this start. To be called before the
    /// first input.
    pub fn recall(&mut self, words: Vec<SentExitWord>) {
        self.onehop.exits.recall(words, &self.facts);
    }

    /// Takes in what peers had sealed of exits before this start, or leaves it as it is if it
    /// cannot be read. To be called before the first input.
    pub fn recall_sealed(&mut self, sealed: Option<Vec<SentSealedExit>>) {
        match sealed {
            Some(sealed) => self.onehop.exits.recall_sealed(sealed, &self.facts),
            None => self.onehop.exits.bar_sealed(),
        }
    }

    /// What was signed in advance of the exits of all validators.
    pub fn presigned_exits(&self) -> Vec<Presigned> {
        self.onehop.exits.presigned_exits(&self.seen())
    }

    /// What operators had said about exits cannot be read, and why: none is signed here. To be
    /// called before the first input, in place of [`Node::recall`].
    pub fn bar_exits(&mut self, why: String) {
        self.onehop.exits.bar(why);
    }

    /// How the exits stand that are open.
    pub fn exits(&self) -> Vec<Exit> {
        self.onehop.exits.views(&self.seen())
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            facts: &self.facts,
            peers: &self.peers,
            now: self.now,
        }
    }

    pub(super) fn order(&mut self, ticket: u64, request: ExitRequest) {
        let order = Order::of(request, |which| match which {
            Which::Position(at) => self.facts.keys.get(at).map(|_| at),
            Which::Index(index) => {
                let mut known = self.schedule.known();
                let found = known.find(|(_, registered)| registered.index == index);
                found.map(|(at, _)| at)
            }
        });
        match order {
            Ok(order) => self.exit_step(|exits, step| exits.order(ticket, order, step)),
            Err(why) => self.out.push(Output::Answer(ticket, Answer::Refused(why))),
        }
    }

    /// Lets the exits take one step.
    pub(super) fn exit_step(&mut self, take: impl FnOnce(&mut Exits, &mut Step<'_>)) {
        let (mut step, onehop, _) = self.split();
        take(&mut onehop.exits, &mut step);
    }

    /// What `peer` has sealed of exits, or passes on.
    pub(super) fn sealed(&mut self, peer: PeerIndex, sealed: Vec<SentSealedExit>) {
        self.exit_step(|exits, step| exits.hear_sealed(peer, sealed, step));
    }

    /// What `peer` lacks of that.
    pub(super) fn lacked(&mut self, peer: PeerIndex, lacked: &[LackedExit]) {
        self.exit_step(|exits, step| exits.hear_lacked(peer, lacked, step));
    }

    /// Parts of keys that `peer` gives.
    pub(super) fn opening(&mut self, peer: PeerIndex, opening: &ExitOpening) {
        self.exit_step(|exits, step| exits.hear_opening(peer, opening, step));
    }
}
