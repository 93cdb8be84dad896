//! Deposits at Rocket Pool in the simulated world: what each peer's nodes show of it, what is
//! judged there, and what the coordinators get.
//!
//! Checked at every step (`joining`): no correct peer lets go of a share whose credentials, and the
//! node that they are of, are not durable in its record, nor one for other credentials than those
//! of the group's megapool.

use std::time::Duration;

use dkg::bls::Message as Hashed;
use node_core::duties::Input;
use node_core::duties::note::DepositNote;
use node_core::duties::pool::{Found, Judgement};
use node_core::pool::agreement::example::terms;
use node_core::pool::consent::example::Case;
use node_core::pool::consent::{Demand, judge};
use proto::PeerIndex;
use proto::agreement::PoolTerms;
use proto::eth::DepositData;
use proto::frame::{DepositShares, Frame};

use crate::events::Event;
use crate::villains::Means;
use crate::world::{VALIDATORS, World, joining_cluster};

/// How long a look at the own nodes takes, at least and at most, ms.
const LOOK_MS: (u64, u64) = (50, 1_500);

/// What is said and done about deposits.
#[derive(Default)]
pub struct Joining {
    /// What the nodes of each peer show; nothing in a world that does not join.
    pub cases: Vec<Case>,
    /// The deposits that each peer's coordinator got.
    pub made: Vec<(usize, Vec<DepositData>)>,
    /// What each peer told its operator.
    pub told: Vec<(usize, DepositNote)>,
    /// How often each peer looked for a demand.
    pub looks: Vec<usize>,
}

fn agreed() -> PoolTerms {
    let mut terms = terms();
    terms.wishes.validators = VALIDATORS as u64;
    terms
}

impl World {
    /// A calm world whose lock leaves open where the stake returns to, and whose operators have
    /// agreed on Rocket Pool.
    pub fn joining(peers: usize, seed: u64) -> Self {
        let mut world = Self::of(joining_cluster(peers), seed);
        let case = Case::of(world.cluster.lock.clone(), agreed());
        world.joining = Joining {
            cases: vec![case; peers],
            looks: vec![0; peers],
            ..Joining::default()
        };
        world
    }

    /// What an honest coordinator of this peer demands.
    pub fn demand_of(&self, peer: usize) -> Demand {
        self.joining.cases[peer].demand.clone()
    }

    /// The coordinator of `peer` needs these deposits.
    pub fn need(&mut self, peer: usize, demand: Demand) {
        self.feed(peer, Input::Pool(Found::Needed(demand)));
    }

    /// Judges a demand at this peer's own nodes.
    pub(crate) fn judge(&mut self, peer: usize, it: Judgement) {
        self.joining.looks[peer] += 1;
        let case = &mut self.joining.cases[peer];
        case.record = it.record;
        let verdict = judge(&it.demand, &case.grounds()).map_err(Box::new);
        let judged = Found::Judged {
            peer: it.peer,
            demand: it.demand,
            verdict,
        };
        let later = self.draw_ms(LOOK_MS);
        let life = self.peers[peer].life;
        self.at(
            self.now + later,
            Event::Input(peer, life, Input::Pool(judged)),
        );
    }

    /// A correct peer is about to send this.
    pub(crate) fn check_joining(&mut self, peer: usize, frame: &Frame) {
        let Frame::DepositShares(shares) = frame else {
            return;
        };
        if !self.peers[peer].is_correct() {
            return;
        }
        if let Err(why) = self.is_on_record(peer, shares) {
            let detail = format!("peer {peer} lets go of a share of a deposit, and {why}");
            self.checks.violated("joining", detail);
        }
    }

    fn is_on_record(&self, peer: usize, shares: &DepositShares) -> Result<(), String> {
        let durable = self.peers[peer].durable_history(&self.cluster);
        let durable = durable.map_err(|error| error.to_string())?;
        let ours = Case::of(self.cluster.lock.clone(), agreed())
            .demand
            .credentials;
        if shares.credentials != ours {
            return Err(format!("it is for {}", shares.credentials));
        }
        let fixed = durable.joined().ok_or("no node is on record")?.fixed;
        if fixed != agreed().fixed {
            return Err("another node is on record".to_owned());
        }
        for share in &shares.shares {
            let key = self.cluster.lock.validators[share.validator.index()].public_key;
            let number = durable.number(&key).ok_or("its key is not enrolled")?;
            let deposits = durable.marks(number).and_then(|it| it.deposits.as_ref());
            let recorded = deposits.ok_or("no deposit is on record")?.credentials;
            if recorded != shares.credentials {
                return Err("other credentials are on record".to_owned());
            }
        }
        Ok(())
    }

    /// Lets so much time pass.
    pub fn pass(&mut self, time: Duration) {
        let later = self.now + time;
        let slot = self.chain.spec.slot_at(later).unwrap();
        self.run_until(slot.0, later.since(self.chain.spec.start_of(slot)));
    }
}

/// Shares of something else.
pub fn bad_deposits(me: PeerIndex, mut shares: DepositShares, means: &Means<'_>) -> Frame {
    let held = &means.cluster.outcomes[me.position()].validators;
    for share in &mut shares.shares {
        let held = &held[share.validator.index()].share;
        share.signature = held.sign(&Hashed::hash([0xbb; 32].into())).to_bytes();
    }
    Frame::DepositShares(shares)
}
