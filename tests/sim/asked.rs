//! The beacon nodes: each answers its peer by what it knows at the moment.

use std::time::Duration;

use node_core::duties::agreed::judge::Sight;
use node_core::duties::schedule::{Drawn, Due};
use node_core::duties::sight::Condition;
use node_core::duties::{Answer, Found, Input, Order, Query};
use proto::{DutyId, DutyKind, Slot};

use crate::blocks::BlockOrder;
use crate::peer::BeaconNode;
use crate::world::{Event, World};

/// How long a question waits for a node that hangs.
const TIMEOUT: Duration = Duration::from_secs(3);

impl World {
    /// Counts what a peer asks about a duty.
    pub(crate) fn count(&mut self, peer: usize, query: &Query) {
        let of = |slot, kind| DutyId { slot, kind };
        let duty = match query {
            Query::Run(..) | Query::Condition => return,
            Query::HeadVote(slot) => of(*slot, DutyKind::Head),
            Query::Block { slot, .. } => of(*slot, DutyKind::Block),
            Query::Knows { duty, .. } => *duty,
        };
        *self.asked.entry((peer, duty)).or_default() += 1;
    }

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
            Query::Run(number, order) => {
                let due = Due {
                    errand: order.errand(),
                    number,
                };
                let silent = [BeaconNode::Dead, BeaconNode::Hung].contains(&state);
                let answers = !silent && !self.is_far(&order);
                Answer::Run(due, answers.then(|| self.errand(peer, order)))
            }
            Query::HeadVote(slot) => {
                let is_synced = !self.chain.is_behind(peer, self.now);
                let vote = (state == BeaconNode::Sound && is_synced)
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
            Order::Chain(_)
            | Order::Validators(..)
            | Order::Seats(..)
            | Order::Prepare(..)
            | Order::Subscribe(..) => false,
        }
    }

    fn errand(&mut self, peer: usize, order: Order) -> Found {
        let slots = match order {
            Order::Chain(_) => return Found::Chain(self.peers[peer].spec.clone()),
            Order::Validators(..) => return Found::Validators(self.chain.registered()),
            Order::Seats(..) => return Found::Seats(Vec::new()),
            Order::Prepare(..) | Order::Subscribe(..) => return Found::Done,
            Order::Attesters(epoch, _) => {
                let (root, duties) = self.chain.attesters(peer, epoch, self.now);
                let root = Some(root);
                let named = duties.iter().map(|duty| (duty.slot, DutyKind::Head));
                (named.collect(), Found::Attesters(Drawn { root, duties }))
            }
            Order::Proposers(epoch) => {
                let (root, duties) = self.chain.proposers(peer, epoch, self.now);
                let root = Some(root);
                let named = duties.iter().map(|duty| (duty.slot, DutyKind::Block));
                (named.collect(), Found::Proposers(Drawn { root, duties }))
            }
        };
        let (named, found): (Vec<(Slot, DutyKind)>, Found) = slots;
        let named = named.into_iter().map(|(slot, kind)| DutyId { slot, kind });
        self.named.extend(named);
        found
    }
}

/// Whether the answer says who has a duty when.
pub fn names_duties(query: &Query) -> bool {
    matches!(
        query,
        Query::Run(_, Order::Attesters(..) | Order::Proposers(_))
    )
}
