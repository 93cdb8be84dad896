//! What a node does about whom blocks pay where there is an agreement on Rocket Pool: asks ahead of
//! its proposals how the node account stands, tells its beacon node, and says which agreement it
//! has, so that all know when all pay the smoothing pool.

use std::sync::Arc;

use proto::agreement::PoolVersion;
use proto::frame::Frame;
use proto::{Address, DutyKind, Epoch, PeerIndex, Root, Slot, ValidatorPosition};

use super::Node;
use crate::duties::Output;
use crate::duties::agreed::run::Event;
use crate::duties::pool::{Errand, Found};
use crate::pool::payee::is_settled;

impl Node {
    /// This version of an agreement on Rocket Pool is in force. To be called before the first
    /// input; what comes into force later is seen with what is found.
    pub fn agree(&mut self, version: &PoolVersion) {
        self.payees.agree(version);
        self.say_agreed();
    }

    /// What was found at Rocket Pool.
    pub(super) fn found(&mut self, found: Found) {
        let before = (self.payees.agreement(), self.told());
        match found {
            Found::Looked(looked) => {
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
        if self.payees.agreement() != before.0 {
            self.say_agreed();
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

    /// Tells everybody which agreement is in force here from now on.
    fn say_agreed(&mut self) {
        let Some(agreement) = self.payees.agreement() else {
            return;
        };
        let (me, epoch) = (self.facts.me, self.epoch());
        self.switched.says(me.position(), agreement, epoch);
        let frame = Frame::Agreement(agreement);
        let (mut step, _, _) = self.split();
        step.broadcast(frame.since(), frame.encode());
    }

    /// Tells a peer whose session has begun.
    pub(super) fn say_agreement(&mut self, peer: PeerIndex) {
        if let Some(agreement) = self.payees.agreement() {
            let frame = Frame::Agreement(agreement);
            let (mut step, _, _) = self.split();
            step.send(peer, frame.since(), frame.encode());
        }
    }

    /// A peer says which agreement it has in force.
    pub(super) fn hear_agreement(&mut self, peer: PeerIndex, agreement: Root) {
        let epoch = self.epoch();
        self.switched.says(peer.position(), agreement, epoch);
        self.tell_all_pay();
    }

    /// Since when every peer has the agreement in force that is in force here.
    pub fn switched(&self) -> Option<Epoch> {
        let peers = self.facts.roster.size().all().map(PeerIndex::position);
        self.switched.since(self.payees.agreement()?, peers)
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
