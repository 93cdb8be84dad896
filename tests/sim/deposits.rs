//! Scripts of deposits at Rocket Pool: who demands, who lies, whose node lies, who dies.

use std::time::Duration;

use node_core::deposit::{credentials, has_valid_signature};
use node_core::duties::fault::Breach;
use node_core::duties::note::DepositNote;
use node_core::pool::consent::Culprit;
use proto::Root;
use proto::eth::DepositData;

use crate::faults::Fault;
use crate::scenarios::ms;
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// Somebody else.
const EVIL: [u8; 20] = [0xee; 20];
/// Time enough for a session, s.
const SESSION: Duration = Duration::from_secs(16);

/// A world that has run for a slot.
fn begun(peers: usize, seed: u64) -> World {
    let mut world = World::joining(peers, seed);
    world.run_until(FIRST + 1, ms(1_000));
    world
}

impl World {
    /// The deposits that the coordinator of this peer got last.
    fn made_by(&self, peer: usize) -> Option<&Vec<DepositData>> {
        let mut made = self.joining.made.iter().rev();
        made.find(|(of, _)| *of == peer).map(|(_, made)| made)
    }

    /// It got all that it needs, for the group's megapool, and nothing else.
    fn assert_made(&self, peer: usize) {
        let made = self.made_by(peer);
        let made = made.unwrap_or_else(|| panic!("{:?}\n{}", self.joining.told, self.name()));
        let keys = self.cluster.lock.validators.iter().map(|it| it.public_key);
        assert!(made.iter().map(|it| it.pubkey).eq(keys));
        let version = self
            .cluster
            .lock
            .definition
            .terms()
            .chain
            .genesis_fork_version;
        let ours = self.demand_of(0).credentials;
        for deposit in made {
            assert_eq!(deposit.withdrawal_credentials, ours);
            assert!(has_valid_signature(deposit, version));
        }
    }

    /// By which rules this peer gives no share, and who it says is at fault.
    fn refusals(&self, peer: usize) -> Vec<(&'static str, Culprit)> {
        let own = self.joining.told.iter().filter(|(of, _)| *of == peer);
        let refusal = |note: &DepositNote| {
            if let DepositNote::Refused(_, refusal) = note {
                return Some((refusal.rule(), refusal.culprit()));
            }
            None
        };
        own.filter_map(|(_, note)| refusal(note)).collect()
    }
}

#[test]
fn in_a_healthy_cluster_whoever_demands_deposits_gets_them_and_no_duty_is_lost() {
    for (peers, seed) in [(4, 1_200), (7, 1_201)] {
        let mut world = begun(peers, seed);
        world.need(0, world.demand_of(0));
        world.pass(SESSION);
        world.assert_safe();
        world.assert_made(0);
        world.assert_all_done(FIRST..FIRST + 3);
        assert_eq!(world.blamed, Default::default());
        assert_eq!(world.joining.looks, vec![1; peers]);
    }
}

#[test]
fn a_peer_whose_nodes_lie_refuses_by_rule_and_the_others_are_enough() {
    for (peers, seed) in [(4, 1_202), (7, 1_203)] {
        let mut world = begun(peers, seed);
        let liar = peers - 1;
        world.joining.cases[liar].both(|view| view.network.may_deposit = false);
        world.need(0, world.demand_of(0));
        world.pass(SESSION);
        world.assert_safe();
        world.assert_made(0);
        assert_eq!(world.refusals(liar), [("deposits_closed", Culprit::Nobody)]);
        let is_heard = |(of, note): &(usize, DepositNote)| {
            *of == 0
                && matches!(note, DepositNote::RefusedBy { peer, rule, .. }
                    if peer.position() == liar && rule == "deposits_closed")
        };
        assert!(world.joining.told.iter().any(is_heard));
        assert_eq!(world.blamed, Default::default());
    }
}

#[test]
fn a_peer_with_a_bad_share_is_named_and_the_others_are_enough() {
    let mut world = World::joining(4, 1_204);
    world.corrupt(1, Villain::BadShares);
    world.run_until(FIRST + 1, ms(1_000));
    world.need(0, world.demand_of(0));
    world.pass(SESSION);
    world.assert_safe();
    world.assert_made(0);
    assert!(world.blamed.contains(&(0, 1, Breach::BadShare)));
}

/// Credentials of his own, alone or before the group's: no share, by rule, and he is named.
#[test]
fn a_coordinator_turned_evil_gets_no_share_for_credentials_of_his_own() {
    for comes_first in [true, false] {
        let mut world = World::joining(4, 1_205);
        world.corrupt(3, Villain::Replayer);
        world.run_until(FIRST + 1, ms(1_000));
        if !comes_first {
            world.need(0, world.demand_of(0));
            world.pass(SESSION);
            world.assert_made(0);
        }
        let mut evil = world.demand_of(3);
        evil.credentials = credentials(&EVIL.into());
        world.need(3, evil);
        world.pass(SESSION);
        world.assert_safe();
        assert_eq!(world.made_by(3), None);
        for peer in 0..3 {
            assert_eq!(world.refusals(peer), [("credentials", Culprit::Demander)]);
            assert!(world.blamed.contains(&(peer, 3, Breach::DepositDemand)));
        }
        if comes_first {
            world.need(0, world.demand_of(0));
            world.pass(SESSION);
            world.assert_made(0);
        }
    }
}

/// The withdrawal address of the node is his, or will be when he likes.
#[test]
fn a_node_account_of_others_owners_gets_no_share_and_its_holder_is_at_fault() {
    for (rule, pends) in [
        ("withdrawal_address", false),
        ("pending_withdrawal_address", true),
    ] {
        let mut world = begun(4, 1_206);
        for case in &mut world.joining.cases {
            case.both(|view| {
                let account = &mut view.node.as_mut().unwrap().account;
                match pends {
                    true => account.pending_withdrawal = Some(EVIL.into()),
                    false => account.withdrawal = EVIL.into(),
                }
            });
        }
        world.need(0, world.demand_of(0));
        world.pass(SESSION);
        world.assert_safe();
        for peer in 0..4 {
            assert_eq!(world.refusals(peer), [(rule, Culprit::NodeAccount)]);
        }
        assert_eq!(world.made_by(0), None);
    }
}

/// At whatever moment power fails, on whichever peer: what has left is on record, and the demand
/// said once more is answered with the same signatures.
#[test]
fn whoever_loses_power_while_deposits_are_signed_signs_the_same_again() {
    let mut whole: Option<Vec<DepositData>> = None;
    for (step, victim) in (0..10).flat_map(|step| [(step, 0), (step, 2)]) {
        let mut world = begun(4, 1_210);
        world.need(0, world.demand_of(0));
        world.pass(ms(200 * step));
        world.fault(Fault::LosePower(victim));
        world.pass(ms(10));
        while world.peers[victim].process.is_none() {
            world.pass(ms(1_000));
        }
        world.pass(ms(2_000));
        world.need(0, world.demand_of(0));
        world.pass(SESSION);
        world.assert_safe();
        world.assert_made(0);
        let made = world.made_by(0).unwrap();
        assert_eq!(whole.get_or_insert_with(|| made.clone()), made);
        assert_eq!(world.blamed, Default::default());
    }
}

#[test]
fn a_flood_of_demands_costs_one_look_a_slot_and_no_duty() {
    let mut world = World::joining(4, 1_211);
    world.corrupt(3, Villain::Replayer);
    world.run_until(FIRST + 1, ms(1_000));
    let before = world.joining.looks.clone();
    for byte in 0..100 {
        let mut evil = world.demand_of(3);
        evil.credentials = Root::from([byte; 32]);
        world.need(3, evil);
    }
    world.pass(ms(1_900));
    for (peer, looks) in before.iter().enumerate().take(3) {
        assert!(world.joining.looks[peer] - looks <= 2);
        assert!(world.blamed.contains(&(peer, 3, Breach::DepositDemand)));
    }
    world.need(0, world.demand_of(0));
    world.pass(SESSION);
    world.assert_safe();
    world.assert_made(0);
    world.assert_all_done(FIRST..FIRST + 3);
}
