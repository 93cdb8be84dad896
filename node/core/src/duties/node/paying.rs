//! What a node does about whom blocks pay where there is an agreement on Rocket Pool: asks ahead of
//! its proposals how the node account stands, tells its beacon node, and says which agreement it
//! has, so that all know when all pay the smoothing pool.

use std::sync::Arc;

use proto::agreement::PoolVersion;
use proto::frame::Frame;
use proto::intent::StandsOn;
use proto::{Address, DutyKind, Epoch, PeerIndex, Root, Slot, ValidatorPosition, WireVersion};

use super::Node;
use crate::duties::Output;
use crate::duties::agreed::run::Event;
use crate::duties::pool::{Errand, Found};
use crate::pool::payee::is_settled;

impl Node {
    /// This version of an agreement on Rocket Pool is in force. To be called before the first
    /// input; what comes into force later is seen with what is found.
    pub fn agree(&mut self, version: &PoolVersion) {
        self.onehop.intending.agreed(version);
        if let Some(holding) = self.onehop.intending.holding() {
            self.payees.agree(&holding);
        }
        self.say_stand();
    }

    /// What was found at Rocket Pool.
    pub(super) fn found(&mut self, found: Found) {
        let before = self.before();
        match found {
            Found::Looked(looked) => {
                self.onehop.intending.agreed(&looked.version);
                if let Some(holding) = self.onehop.intending.holding() {
                    self.payees.agree(&holding);
                }
                self.payees.looked(&looked);
                let is_safe = looked.version.terms.node_safe.is_some();
                self.onehop.deposits.serve_all(is_safe);
                let note = self.pool.take(Arc::clone(&looked));
                self.tell_all_pay();
                self.note(note);
            }
            Found::Stands(standing) => self.payees.stands(standing),
            Found::Judged {
                peer,
                demand,
                verdict,
            } => self.deposit_step(|deposits, step| {
                deposits.judged(peer, (&demand, verdict), step);
            }),
            Found::Needed(demand) => {
                self.deposit_step(|deposits, step| deposits.demand(demand, step));
            }
            Found::Signed(said) => {
                let (mut step, onehop, _) = self.split();
                onehop.cosigning.signed(*said, &mut step);
            }
            Found::Unsigned(peer) => {
                let (mut step, onehop, _) = self.split();
                onehop.cosigning.unsigned(peer, &mut step);
            }
        }
        self.follow_stand(before);
    }

    /// By what this peer acts, and whom blocks pay.
    pub(super) fn before(&self) -> (Option<StandsOn>, Option<Address>) {
        (self.payees.stands_on(), self.told())
    }

    /// What follows where this peer acts by something else than `before`, or blocks pay another.
    pub(super) fn follow_stand(&mut self, before: (Option<StandsOn>, Option<Address>)) {
        if self.payees.stands_on() != before.0 {
            self.say_stand();
        }
        if self.told() != before.1 {
            self.schedule.prepare_again();
        }
        self.step_all(|run| (run.duty().kind == DutyKind::Block).then_some(Event::Tick));
    }

    /// Whom the beacon node is told that blocks pay: the same of all, where that can change.
    fn told(&self) -> Option<Address> {
        let first = ValidatorPosition(0);
        self.payees.told(first, self.now, &self.facts)
    }

    /// Asks in the slot before a proposal of ours, and in its own, how the node account stands.
    pub(super) fn stand(&mut self, slot: Slot) {
        if self.stood < Some(slot) && self.proposes_soon(slot) {
            self.stood = Some(slot);
            self.out.extend(self.payees.ahead().map(Output::Stand));
        }
    }

    /// The same after a new head.
    pub(super) fn stand_again(&mut self) {
        if self.proposes_soon(self.slot()) {
            self.out.extend(self.payees.ahead().map(Output::Stand));
        }
    }

    fn proposes_soon(&self, slot: Slot) -> bool {
        [slot, slot.next()]
            .iter()
            .any(|slot| self.schedule.proposer(*slot).is_some())
    }

    /// Tells everybody by what this peer acts from now on.
    fn say_stand(&mut self) {
        let Some(stands_on) = self.payees.stands_on() else {
            return;
        };
        let (me, epoch) = (self.facts.me, self.epoch());
        self.switched.says(me, stands_on, epoch);
        for peer in self.peers.connected().iter() {
            self.say_stand_to(peer);
        }
    }

    /// Tells a peer, in the words that it knows.
    ///
    /// Where an intent is in force, one that does not know intents is told that hash in the place
    /// of the agreement's. It has no such agreement, so it takes nobody to pay by that which it
    /// has: which is so.
    pub(super) fn say_stand_to(&mut self, peer: PeerIndex) {
        let Some(stands_on) = self.payees.stands_on() else {
            return;
        };
        let frame = match self.peers.knows(peer, WireVersion::V10) {
            true => Frame::StandsOn(stands_on),
            false => {
                let intent = stands_on.intent.map(|it| it.hash);
                Frame::Agreement(intent.unwrap_or(stands_on.agreement))
            }
        };
        let (mut step, _, _) = self.split();
        step.send(peer, frame.since(), frame.encode());
    }

    /// A peer that does not know intents says which agreement it has in force.
    pub(super) fn hear_agreement(&mut self, peer: PeerIndex, agreement: Root) {
        let intent = None;
        self.hear_stand(peer, StandsOn { agreement, intent });
    }

    /// A peer says by what it acts.
    pub(super) fn hear_stand(&mut self, peer: PeerIndex, stands_on: StandsOn) {
        let epoch = self.epoch();
        let comes = self.switched.says(peer, stands_on, epoch);
        self.tell_all_pay();
        let (mut step, onehop, _) = self.split();
        onehop
            .intending
            .stands(peer, (&stands_on, comes), &mut step);
    }

    /// Since when every peer acts by what this one acts.
    pub fn switched(&self) -> Option<Epoch> {
        let peers = self.facts.roster.size().all();
        self.switched.since(self.payees.stands_on()?, peers)
    }

    /// Tells whoever sends the steps of the plan whether all have paid the smoothing pool for long
    /// enough: what is news at once, and the same again in each epoch, as errands may be lost.
    fn tell_all_pay(&mut self) {
        let Some(looked) = self.pool.last() else {
            return;
        };
        let finalised = looked.sight.finalised_block.time;
        let settled = self
            .switched()
            .is_some_and(|since| is_settled(since, finalised, &self.facts.chain));
        let told = (self.epoch(), settled && self.payees.is_wished());
        if self.all_pay.replace(told) != Some(told) {
            self.out.push(Output::Errand(Errand::AllPay(told.1)));
        }
    }

    fn epoch(&self) -> Epoch {
        self.facts.chain.epoch_of(self.slot())
    }
}
