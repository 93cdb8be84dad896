//! What the chain and the network do by themselves: blocks that appear, late, split or never, and
//! round trips that are measured.

use std::time::Duration;

use node_core::duties::Input;
use node_core::duties::schedule::{Head, Topic};
use proto::{DutyId, DutyKind, Root, Slot};
use rand::RngExt as _;

use crate::chain::Chain;
use crate::events::Event;
use crate::peer::BeaconNode;
use crate::world::World;

impl World {
    /// A block reaches every beacon node, each at its own time.
    pub(crate) fn spread(&mut self, slot: Slot, root: Root, after_ms: (u64, u64)) {
        for peer in 0..self.peers.len() {
            let later = self.draw_ms(after_ms);
            self.arrive(peer, (slot, root), later);
        }
    }

    fn arrive(&mut self, peer: usize, block: (Slot, Root), later: Duration) {
        let at = self.now + later;
        self.chain.arrives(peer, block, at);
        self.at(at, Event::Block(peer));
    }

    /// The chain's own doings: a foreign block, late, missing or split now and then.
    pub(crate) fn begin_slot(&mut self, slot: Slot) {
        let next = slot.next();
        self.at(self.chain.spec.start_of(next), Event::Slot(next));
        for peer in &mut self.peers {
            let image = peer.image();
            peer.images.push(image);
            peer.skew_micros += peer.drift_micros;
        }
        self.measure();
        self.show_strays(slot);
        if Chain::is_ours(slot) {
            self.narrate(|| {
                format!(
                    "leaders of the block of slot {slot}: {:?}",
                    self.leaders(slot)
                )
            });
            return;
        }
        let splits = self.dice.random_range(0..100) < self.weather.split_percent;
        let is_late = self.dice.random_range(0..100) < self.weather.late_percent;
        let base_ms = self.dice.random_range(300..2500);
        if let Some(after_ms) = self.arrivals.get(&slot).copied() {
            self.spread(slot, Chain::foreign(slot, 0), (after_ms, after_ms + 20));
        } else if let Some(branches) = self.branches.get(&slot).cloned() {
            self.split(slot, &branches);
        } else if splits {
            let all = 0..self.peers.len();
            let branches: Vec<u8> = all.map(|_| self.dice.random_range(0..2)).collect();
            self.split(slot, &branches);
        } else if is_late {
            // Around the deadline, so that some see it before and some after; or never.
            if self.dice.random_range(0..3) > 0 {
                self.spread(slot, Chain::foreign(slot, 0), (3_600, 4_600));
            }
        } else {
            self.spread(slot, Chain::foreign(slot, 0), (base_ms, base_ms + 300));
        }
    }

    /// In which order peers lead the rounds of the block of this slot.
    pub fn leaders(&self, slot: Slot) -> Vec<usize> {
        let size = self.cluster.lock.definition.terms().size();
        let duty = DutyId {
            slot,
            kind: DutyKind::Block,
        };
        let order = consensus::leaders(size, &self.cluster.lock.hash(), duty);
        order.into_iter().map(|peer| peer.position()).collect()
    }

    /// Every session measures its round trip now and then.
    fn measure(&mut self) {
        let all = 0..self.peers.len();
        for (me, other) in all
            .clone()
            .flat_map(|me| all.clone().map(move |other| (me, other)))
        {
            if self.links.believed(me, other).is_some() {
                let there_and_back =
                    self.draw_ms(self.weather.delay_ms) + self.draw_ms(self.weather.delay_ms);
                let (life, other) = (self.peers[me].life, self.peers[other].index);
                let measured = Input::RoundTrip(other, there_and_back);
                self.at(self.now + there_and_back, Event::Input(me, life, measured));
            }
        }
    }

    /// The newest blocks give way to a third branch or to none: at most beacon nodes, at each at
    /// its own time.
    pub(crate) fn reorganise(&mut self, depth: u64) {
        let newest = self.chain.spec.slot_at(self.now).expect("after genesis");
        let slots = (newest.0 + 1 - depth..=newest.0).map(Slot);
        let has_blocks = self.dice.random_range(0..2) == 0;
        let branch = |slot: Slot| (slot, has_blocks.then(|| Chain::foreign(slot, 2)));
        let branch: Vec<(Slot, Option<Root>)> = slots.map(branch).collect();
        for peer in 0..self.peers.len() {
            if self.dice.random_range(0..4) == 0 {
                continue;
            }
            let at = self.now + self.draw_ms((0, 2_000));
            for (slot, block) in branch.iter().copied() {
                if let Some(root) = block {
                    self.chain.arrives(peer, (slot, root), at);
                }
                self.chain.turns(peer, (slot, block), at);
            }
            self.at(at, Event::Block(peer));
        }
    }

    /// Two blocks for one slot: each peer's beacon node sees one first and the other soon.
    fn split(&mut self, slot: Slot, branches: &[u8]) {
        for (peer, branch) in branches.iter().copied().enumerate() {
            let first = self.draw_ms((1_000, 1_400));
            self.arrive(peer, (slot, Chain::foreign(slot, branch)), first);
            let second = self.draw_ms((1_500, 2_500));
            self.arrive(peer, (slot, Chain::foreign(slot, 1 - branch)), second);
        }
    }

    /// The beacon node of `peer` tells of its head.
    pub(crate) fn head_event(&mut self, peer: usize) {
        let is_silent = [BeaconNode::Dead, BeaconNode::Hung].contains(&self.peers[peer].beacon);
        if self.peers[peer].hears && !is_silent {
            let (slot, block) = self.chain.head(peer, Slot(u64::MAX), self.now);
            let epoch = self.chain.spec.epoch_of(slot);
            let settles = |topic| self.chain.settles(peer, topic, self.now).1;
            let head = Head {
                slot,
                block,
                previous: settles(Topic::Attesters(epoch)),
                current: settles(Topic::Attesters(epoch.next())),
            };
            self.feed(peer, Input::Head(head));
        }
    }
}
