//! The beacon nodes: each answers its peer by what it knows at the moment.

use std::time::Duration;

use node::duties::judge::Sight;
use node::duties::sight::Condition;
use node::duties::{Answer, Input, Order, Query};
use proto::Slot;

use crate::blocks::BlockOrder;
use crate::peer::BeaconNode;
use crate::world::{Event, World};

/// How long a question waits for a node that hangs.
const TIMEOUT: Duration = Duration::from_secs(3);

impl World {
    /// A beacon node answers by what it knows now.
    pub(crate) fn answer(&mut self, peer: usize, life: u32, query: Query) {
        if !self.lives(peer, life) {
            return;
        }
        let state = self.peers[peer].beacon;
        if state == BeaconNode::Hung {
            // The question times out, unless the node wakes up before.
            self.at(self.now + TIMEOUT, Event::TimedOut(peer, life, query));
            return;
        }
        self.answer_as(peer, state, query);
    }

    /// A question that found the node hanging is answered by what the node knows now, or fails.
    pub(crate) fn timed_out(&mut self, peer: usize, life: u32, query: Query) {
        if self.lives(peer, life) {
            let state = match self.peers[peer].beacon {
                BeaconNode::Hung => BeaconNode::Dead,
                state @ (BeaconNode::Sound | BeaconNode::Dead | BeaconNode::Optimistic) => state,
            };
            self.answer_as(peer, state, query);
        }
    }

    fn answer_as(&mut self, peer: usize, state: BeaconNode, query: Query) {
        let answer = match query {
            Query::Run(order) => match state {
                BeaconNode::Dead | BeaconNode::Hung => Answer::Failed(order.errand()),
                BeaconNode::Sound | BeaconNode::Optimistic if self.is_far(&order) => {
                    Answer::Failed(order.errand())
                }
                BeaconNode::Sound | BeaconNode::Optimistic => self.errand(peer, order),
            },
            Query::HeadVote(slot) => {
                let vote = (state == BeaconNode::Sound)
                    .then(|| self.chain.head_vote(peer, slot, self.now));
                Answer::HeadVote(slot, vote)
            }
            Query::Block {
                slot,
                randao_reveal,
            } => {
                let fee_recipient = self.peers[peer].fee_recipient;
                let order = BlockOrder {
                    slot,
                    randao_reveal,
                    fee_recipient,
                };
                let block =
                    (state == BeaconNode::Sound).then(|| self.chain.build(peer, &order, self.now));
                Answer::Block(slot, block)
            }
            Query::Condition => Answer::Condition(match state {
                BeaconNode::Sound => Condition::Sound,
                BeaconNode::Optimistic => Condition::Behind,
                BeaconNode::Dead | BeaconNode::Hung => Condition::Mute,
            }),
            Query::Knows { duty, root } => {
                let seen = match state {
                    BeaconNode::Sound => self.chain.sight(peer, root, self.now),
                    BeaconNode::Dead | BeaconNode::Hung | BeaconNode::Optimistic => Sight::Unready,
                };
                Answer::Knows { duty, root, seen }
            }
        };
        self.feed(peer, Input::Answer(answer));
    }

    /// Whether it asks for duties of an epoch after the next, which no beacon node names. (Two
    /// seconds are for clocks that disagree.)
    fn is_far(&self, order: &Order) -> bool {
        let soon = self.now + Duration::from_secs(2);
        let slot = self.chain.spec.slot_at(soon).unwrap_or(Slot(0));
        let next = self.chain.spec.epoch_of(slot).next();
        match order {
            Order::Attesters(epoch, _) | Order::Proposers(epoch) => *epoch > next,
            Order::Chain(_) | Order::Validators(..) | Order::Prepare(..) | Order::Subscribe(..) => {
                false
            }
        }
    }

    fn errand(&self, peer: usize, order: Order) -> Answer {
        match order {
            Order::Chain(epoch) => Answer::Chain(epoch, self.peers[peer].spec.clone()),
            Order::Validators(epoch, _) => Answer::Validators(epoch, self.chain.registered()),
            Order::Attesters(epoch, _) => Answer::Attesters(epoch, self.chain.attesters(epoch)),
            Order::Proposers(epoch) => Answer::Proposers(epoch, self.chain.proposers(epoch)),
            Order::Prepare(..) | Order::Subscribe(..) => Answer::Done(order.errand()),
        }
    }
}
