//! The beacon nodes: each answers its peer by what it knows at the moment.

use std::time::Duration;

use node_core::duties::agreed::judge::Sight;
use node_core::duties::schedule::{Asked, Drawn};
use node_core::duties::sight::Condition;
use node_core::duties::{Input, Produced, Request, Response};
use proto::eth::{AttesterDuty, ProposerDuty, ValidatorIndex};
use proto::{DutyId, DutyKind, Root, SignatureBytes, Slot};

use crate::blocks::BlockOrder;
use crate::events::Event;
use crate::peer::BeaconNode;
use crate::world::World;

/// How long a question waits for a node that hangs.
const TIMEOUT: Duration = Duration::from_secs(3);

impl World {
    /// A peer asks its beacon node, or hands it something.
    pub(crate) fn ask(&mut self, peer: usize, request: Request) {
        let life = self.peers[peer].life;
        if let Request::Submit { .. } = request {
            let hangs = self.builder.as_ref().is_some_and(|it| it.hangs(&request));
            // It reaches the chain at once; what became of it is known later.
            let response = self.respond(peer, self.peers[peer].beacon, request);
            if hangs {
                return;
            }
            let later = self.draw_ms(self.peers[peer].answer_ms);
            let input = Input::Response(response);
            return self.at(self.now + later, Event::Input(peer, life, input));
        }
        self.narrate(|| format!("peer {peer} asks {request:?}"));
        self.count(peer, &request);
        let draws = self.peers[peer].draw_ms.filter(|_| names_duties(&request));
        let later = self.draw_ms(draws.unwrap_or(self.peers[peer].answer_ms));
        self.at(self.now + later, Event::Answer(peer, life, request));
    }

    /// Counts what a peer asks about a duty.
    fn count(&mut self, peer: usize, request: &Request) {
        let of = |slot, kind| DutyId { slot, kind };
        let duty = match request {
            Request::Chain(_)
            | Request::Validators(..)
            | Request::Attesters(..)
            | Request::Proposers(_)
            | Request::Seats(..)
            | Request::Subscribe(..)
            | Request::SubscribeSync(..)
            | Request::Condition
            | Request::Leaving(_)
            | Request::Final(_)
            | Request::SubmitExit(..)
            | Request::Register(_)
            | Request::Submit { .. } => return,
            Request::Prepare(_, recipients) => {
                self.peers[peer].prepared = Some(recipients.clone());
                return;
            }
            Request::HeadVote(slot) => of(*slot, DutyKind::Head),
            Request::Block { slot, pays, .. } => {
                if let Some(pays) = pays {
                    self.told_once_more(peer, *pays);
                }
                of(*slot, DutyKind::Block)
            }
            Request::Aggregates { slot, .. } => of(*slot, DutyKind::Aggregate),
            Request::Knows { duty, .. }
            | Request::Bids { duty, .. }
            | Request::Contribution { duty, .. } => *duty,
        };
        *self.asked.entry((peer, duty)).or_default() += 1;
    }

    /// A beacon node answers by what it knows now.
    pub(crate) fn answer(&mut self, peer: usize, life: u32, request: Request) {
        if !self.lives(peer, life) {
            return;
        }
        let state = self.peers[peer].beacon;
        if state == BeaconNode::Hung {
            // The question times out, unless the node wakes up before.
            self.at(self.now + TIMEOUT, Event::TimedOut(peer, life, request));
            return;
        }
        self.answer_as(peer, state, request);
    }

    /// A question that found the node hanging is answered by what the node knows now, or fails.
    pub(crate) fn timed_out(&mut self, peer: usize, life: u32, request: Request) {
        if self.lives(peer, life) {
            let state = match self.peers[peer].beacon {
                BeaconNode::Hung => BeaconNode::Dead,
                state @ (BeaconNode::Sound | BeaconNode::Dead | BeaconNode::Optimistic) => state,
            };
            self.answer_as(peer, state, request);
        }
    }

    fn answer_as(&mut self, peer: usize, state: BeaconNode, request: Request) {
        let response = self.respond(peer, state, request);
        self.feed(peer, Input::Response(response));
    }

    fn respond(&mut self, peer: usize, state: BeaconNode, request: Request) -> Response {
        let speaks = ![BeaconNode::Dead, BeaconNode::Hung].contains(&state);
        match request {
            Request::Chain(asked) => {
                Response::Chain(asked, speaks.then(|| self.peers[peer].spec.clone()))
            }
            Request::Validators(asked, _) => {
                Response::Validators(asked, speaks.then(|| self.chain.registered(self.now)))
            }
            Request::Attesters(asked, indices) => {
                let names = speaks && !self.is_far(asked);
                Response::Attesters(asked, names.then(|| self.attesters(peer, asked, &indices)))
            }
            Request::Proposers(asked) => {
                let names = speaks && !self.is_far(asked);
                Response::Proposers(asked, names.then(|| self.proposers(peer, asked)))
            }
            Request::Seats(asked, _) => {
                Response::Seats(asked, speaks.then(|| self.seats(asked.epoch)))
            }
            Request::SubscribeSync(asked, _) => {
                Response::SubscribeSync(asked, speaks.then_some(()))
            }
            Request::Contribution {
                duty,
                subcommittee,
                root,
            } => {
                let of = (duty.slot, subcommittee);
                let found = self.contribution(peer, of, root);
                let found = found.filter(|_| state == BeaconNode::Sound);
                Response::Contribution(duty, found.map(Box::new))
            }
            Request::Prepare(asked, _) => Response::Prepare(asked, speaks.then_some(())),
            Request::Subscribe(asked, all) => {
                self.subscribed(peer, &all);
                Response::Subscribe(asked, speaks.then_some(()))
            }
            Request::Aggregates {
                slot,
                data,
                committees,
            } if state == BeaconNode::Sound => {
                Response::Aggregates(slot, self.aggregates(peer, slot, data, &committees))
            }
            Request::Aggregates { slot, .. } => Response::Aggregates(slot, Vec::new()),
            Request::HeadVote(slot) => self.vote(peer, state == BeaconNode::Sound, slot),
            Request::Block {
                slot,
                randao_reveal,
                pays: _,
                boost_factor,
            } => {
                let of = (slot, randao_reveal, boost_factor);
                Response::Block(slot, self.own_block((peer, state), of))
            }
            Request::Bids { duty, relays, .. } => self.show_bids(peer, duty, &relays),
            Request::Condition => Response::Condition(condition(state)),
            Request::Knows { duty, root } => {
                let seen = self.sight(peer, state, root);
                Response::Knows { duty, root, seen }
            }
            Request::Submit { duty, submission } => self.submit(peer, duty, submission),
            Request::Leaving(asked) => Response::Leaving(self.standing(state, &asked)),
            Request::Final(asked) => Response::Final(self.standing(state, &asked)),
            Request::SubmitExit(validator, exit) => self.take_exit(peer, validator, &exit),
            Request::Register(all) => self.take_registrations(peer, speaks, all),
        }
    }

    /// What the beacon node of `peer` knows of a block.
    fn sight(&self, peer: usize, state: BeaconNode, root: Root) -> Sight {
        match state {
            BeaconNode::Sound => self.chain.sight(peer, root, self.now),
            BeaconNode::Dead | BeaconNode::Hung | BeaconNode::Optimistic => Sight::Unready,
        }
    }

    /// The block that the beacon node of `peer` produces.
    fn own_block(
        &mut self,
        (peer, state): (usize, BeaconNode),
        (slot, randao_reveal, boost_factor): (Slot, SignatureBytes, u64),
    ) -> Option<Produced> {
        let order = BlockOrder {
            slot,
            randao_reveal,
            fee_recipient: self.paid_by(peer, slot),
        };
        let is_sound = state == BeaconNode::Sound;
        is_sound.then(|| self.produce(peer, &order, boost_factor))
    }

    /// What the beacon nodes of a peer would vote for.
    fn vote(&mut self, peer: usize, is_sound: bool, slot: Slot) -> Response {
        let is_synced = !self.chain.is_behind(peer, self.now);
        let vote = (is_sound && is_synced).then(|| self.chain.head_vote(peer, slot, self.now));
        let second = self.peers[peer].second;
        let other = second.map(|other| self.chain.head_vote(other, slot, self.now));
        match (vote, other) {
            (Some(vote), Some(other)) if vote != other => {
                Response::SplitVote(slot, vec![vote, other])
            }
            (vote, _) => Response::HeadVote(slot, vote),
        }
    }

    /// Whether it is for duties of an epoch after the next, which no beacon node names. (Two
    /// seconds are for clocks that disagree.)
    fn is_far(&self, asked: Asked) -> bool {
        let soon = self.now + Duration::from_secs(2);
        let slot = self.chain.spec.slot_at(soon).unwrap_or(Slot(0));
        asked.epoch > self.chain.spec.epoch_of(slot).next()
    }

    fn attesters(
        &mut self,
        peer: usize,
        asked: Asked,
        of: &[ValidatorIndex],
    ) -> Drawn<AttesterDuty> {
        let (root, mut duties) = self.chain.attesters(peer, asked.epoch, self.now);
        duties.retain(|duty| of.contains(&duty.validator_index));
        self.record_named(DutyKind::Head, duties.iter().map(|duty| duty.slot));
        self.record_named(DutyKind::Aggregate, duties.iter().map(|duty| duty.slot));
        let root = Some(root);
        Drawn { root, duties }
    }

    fn proposers(&mut self, peer: usize, asked: Asked) -> Drawn<ProposerDuty> {
        let (root, duties) = self.chain.proposers(peer, asked.epoch, self.now);
        self.record_named(DutyKind::Block, duties.iter().map(|duty| duty.slot));
        let root = Some(root);
        Drawn { root, duties }
    }

    fn record_named(&mut self, kind: DutyKind, slots: impl Iterator<Item = Slot>) {
        self.named.extend(slots.map(|slot| DutyId { slot, kind }));
    }
}

/// Whether the answer says who has a duty when.
fn names_duties(request: &Request) -> bool {
    matches!(request, Request::Attesters(..) | Request::Proposers(_))
}

/// How a beacon node says that it is.
fn condition(state: BeaconNode) -> Condition {
    match state {
        BeaconNode::Sound => Condition::Sound,
        BeaconNode::Optimistic => Condition::Behind,
        BeaconNode::Dead | BeaconNode::Hung => Condition::Mute,
    }
}
