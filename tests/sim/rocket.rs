//! Rocket Pool beside the simulated chain: a node account whose key is in somebody's hands, and
//! which goes in and out of the smoothing pool with the blocks of the chain. The execution block of
//! a beacon block has its root as hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use node_core::duties::Input;
use node_core::duties::agreed::judge::Sight as Seen;
use node_core::duties::pool::{Errand, Found, Looked, Stand, Where};
use node_core::pool::agreement::Agreement;
use node_core::pool::agreement::example::{lock, terms};
use node_core::pool::example::{MEGAPOOL, World as Contracts, at};
use node_core::pool::payee::Standing;
use node_core::pool::view::{Block, View};
use proto::agreement::PoolVersion;
use proto::eth::ValidatorIndex;
use proto::{Address, Epoch, Root, Slot};

use crate::chain::SLOTS_PER_EPOCH;
use crate::events::Event;
use crate::faults::Fault;
use crate::world::World;

/// How the node account has stood.
#[derive(Debug, Default)]
pub struct Rocket {
    /// With the block of which slot it went in or out, the oldest first.
    pub switches: Vec<(Slot, bool)>,
    /// Whether all pay the smoothing pool, as the coordinator of each peer was told, with when.
    pub all_pay: BTreeMap<usize, Vec<(Epoch, bool)>>,
}

impl Rocket {
    /// In which epochs the coordinator of `peer` was told that all pay the smoothing pool.
    pub fn told_that_all_pay(&self, peer: usize) -> Vec<Epoch> {
        let told = self.all_pay.get(&peer).into_iter().flatten();
        let that = told.filter(|(_, all_pay)| *all_pay);
        that.map(|(epoch, _)| *epoch).collect()
    }
}

/// The smoothing pool.
pub fn smoothing_pool() -> Address {
    at("rocketSmoothingPool")
}

/// A version of the agreement that wishes for the smoothing pool, or not.
pub fn version(wishes: bool) -> PoolVersion {
    let mut terms = terms();
    terms.wishes.smoothing_pool = wishes;
    let agreement = Agreement::first(lock(), terms).unwrap();
    agreement.last().on_pool().unwrap()
}

/// All that the contracts say, if the node stands so.
fn view(standing: &Standing) -> View {
    let mut contracts = Contracts::saturn();
    contracts.register("rocketSmoothingPool");
    let mut view = contracts.view().unwrap().0;
    let account = &mut view.node.as_mut().unwrap().account;
    account.in_smoothing_pool = standing.is_in;
    account.smoothing_pool_changed = standing.changed;
    view
}

impl World {
    /// Every peer has this version of an agreement on Rocket Pool, and its definition names nobody.
    pub fn agree(&mut self, wishes: bool) {
        self.rocket = Some(Rocket::default());
        for peer in &mut self.peers {
            peer.agreement = Some(version(wishes));
            peer.knows_recipient = false;
        }
    }

    /// The operator of `peer` has another version, and starts it anew.
    pub fn agree_anew(&mut self, peer: usize, wishes: bool) {
        self.peers[peer].agreement = Some(version(wishes));
        self.fault(Fault::Kill(peer));
        self.fault(Fault::Start(peer));
    }

    /// Somebody with the key of the node account switches with the block of this slot.
    pub fn switch(&mut self, slot: u64, is_in: bool) {
        let rocket = self.rocket.as_mut().unwrap();
        rocket.switches.push((Slot(slot), is_in));
    }

    /// How the node stands after the block of this slot.
    pub fn stood(&self, (slot, hash): (Slot, Root)) -> Standing {
        let time = |slot: Slot| {
            let since = self.chain.spec.start_of(slot).micros();
            since / 1_000_000
        };
        let rocket = self.rocket.as_ref().unwrap();
        let last = rocket.switches.iter().rev().find(|(at, _)| *at <= slot);
        Standing {
            block: Block {
                number: slot.0,
                hash,
                time: time(slot),
            },
            is_in: last.is_some_and(|(_, is_in)| *is_in),
            changed: last.map(|(at, _)| time(*at)),
            smoothing_pool: smoothing_pool(),
            megapool: Some(MEGAPOOL.into()),
            said_by: at("rocketNodeManager"),
        }
    }

    /// Whom the beacon node of `peer` has its block of `slot` pay.
    pub(crate) fn paid_by(&self, peer: usize, slot: Slot) -> [u8; 20] {
        let own = self.peers[peer].fee_recipient;
        if self.rocket.is_none() {
            return own;
        }
        let proposer = self.chain.proposer_seen(peer, slot, self.now);
        let told = self.peers[peer].prepared.iter().flatten();
        let mut told = told.filter(|(index, _)| Some(*index) == proposer);
        told.next()
            .map_or(own, |(_, recipient)| *recipient.as_bytes())
    }

    /// The beacon node of `peer` is told anew whom this proposer pays.
    pub(crate) fn told_once_more(&mut self, peer: usize, pays: (ValidatorIndex, Address)) {
        let told = self.peers[peer].prepared.get_or_insert_default();
        told.retain(|(index, _)| *index != pays.0);
        told.push(pays);
    }

    /// Since when all have the agreement that `peer` has, as that peer knows.
    pub fn switched(&self, peer: usize) -> Option<Epoch> {
        self.peers[peer].process.as_ref()?.node.switched()
    }

    fn slot_now(&self) -> Slot {
        self.chain.spec.slot_at(self.now).unwrap()
    }

    pub(crate) fn errand(&mut self, peer: usize, errand: Errand) {
        match errand {
            Errand::Judge(judgement) => self.judge(peer, *judgement),
            Errand::Deposits(deposits) => self.joining.made.push((peer, deposits)),
            // Where deposits are tried, nothing else is looked for.
            Errand::AllPay(all_pay) => {
                let epoch = self.chain.spec.epoch_of(self.slot_now());
                let rocket = self.rocket.as_mut().unwrap();
                rocket
                    .all_pay
                    .entry(peer)
                    .or_default()
                    .push((epoch, all_pay));
            }
            Errand::Look if self.rocket.is_none() => {}
            Errand::Look => {
                let head = self.chain.head(peer, Slot(u64::MAX), self.now);
                // Two epochs are not final yet.
                let epoch = self.chain.spec.epoch_of(head.0).0.saturating_sub(2);
                let last = Slot(epoch * SLOTS_PER_EPOCH);
                let finalised = self.chain.head(peer, last, self.now);
                let (head, finalised) = (self.stood(head), self.stood(finalised));
                let mut sight = Contracts::saturn().sight().unwrap();
                sight.head = view(&head);
                sight.head_block = head.block;
                sight.finalised = Some(view(&finalised));
                sight.finalised_block = finalised.block;
                let version = self.peers[peer].agreement.clone().unwrap();
                self.find(peer, Found::Looked(Arc::new(Looked { sight, version })));
            }
        }
    }

    pub(crate) fn stand(&mut self, peer: usize, stand: Stand) {
        let block = match stand.at {
            Where::Newest => Some(self.chain.head(peer, Slot(u64::MAX), self.now)),
            Where::After(root) => match self.chain.sight(peer, root, self.now) {
                Seen::Known(sighting) => Some((sighting.slot, root)),
                Seen::Unready | Seen::Unknown => None,
            },
        };
        if let Some(block) = block {
            let standing = self.stood(block);
            self.find(peer, Found::Stands(standing));
        }
    }

    fn find(&mut self, peer: usize, found: Found) {
        if self.peers[peer].is_unread {
            return;
        }
        let later = self.draw_ms((5, 40));
        let life = self.peers[peer].life;
        let input = Input::Pool(found);
        self.at(self.now + later, Event::Input(peer, life, input));
    }
}
