//! Four peers and their deposits: with all honest, with liars, and with one that is killed.

use proto::{PublicKey, Timestamp, WireVersion, example};

use super::hearing::MOST_HEARD;
use super::*;
use crate::deposit::has_valid_signature;
use crate::duties::Output;
use crate::duties::onehop::four::{self, lock, share};
use crate::partials::keys::ClusterKeys;
use crate::pool::agreement::example::terms;
use crate::pool::consent::example::Case;
use crate::pool::consent::judge;
use crate::record::{Entry, History, Journal, Owner, SimulatedDisk};
use crate::vault::Held;
use proto::eth::{DepositData, DepositMessage};

mod liars;
mod peers;

use peers::Cluster;

/// Whether these are the deposits of both keys, for the megapool.
fn are_whole(deposits: &[DepositData], credentials: Root) -> bool {
    let of: Vec<PublicKey> = lock().validators.iter().map(|it| it.public_key).collect();
    let keys: Vec<PublicKey> = deposits.iter().map(|it| it.pubkey).collect();
    let is_right = |it: &DepositData| {
        let is_ours = it.withdrawal_credentials == credentials && it.amount == 1_000_000_000;
        is_ours && has_valid_signature(it, [0; 4].into())
    };
    keys == of && deposits.iter().all(is_right)
}

#[test]
fn what_one_demands_all_judge_and_whoever_demands_gets_whole_signatures() {
    let mut cluster = Cluster::new();
    let demand = cluster.demand(0);
    cluster.run();
    let made = &cluster.peers[0].made;
    assert_eq!(made.len(), 1);
    assert!(are_whole(&made[0], demand.credentials));
    // Every peer has combined and verified them, and nobody is named.
    for peer in &cluster.peers {
        let signed = |note: &DepositNote| matches!(note, DepositNote::Signed(..));
        assert_eq!(peer.told.iter().filter(|note| signed(note)).count(), 2);
        assert_eq!(peer.blamed, []);
        assert_eq!(peer.judgements, 1);
    }
}

#[test]
fn asked_again_they_answer_the_same_without_another_look() {
    let mut cluster = Cluster::new();
    cluster.demand(0);
    cluster.run();
    let records = |it: &Cluster| -> Vec<u64> {
        let each = it.peers.iter();
        each.map(|peer| peer.ground.recorded.sequence()).collect()
    };
    let before = records(&cluster);
    // The one that demanded has forgotten all but its record.
    cluster.kill(0);
    cluster.next_slot();
    cluster.demand(0);
    cluster.run();
    let made = &cluster.peers[0].made;
    assert!(are_whole(
        &made[0],
        cluster.peers[0].case.demand.credentials
    ));
    assert_eq!(records(&cluster), before, "nothing more is recorded");
    assert!(cluster.peers[1..].iter().all(|peer| peer.judgements == 1));
}

/// Whenever one is killed, the one that demands or another: nothing leaves before it is durable,
/// and once it is back and the demand is repeated all is signed, the same for all.
#[test]
fn a_peer_that_is_killed_at_any_point_loses_nothing() {
    for victim in [0, 2] {
        let mut at = 0;
        loop {
            let mut cluster = Cluster::new();
            let demand = cluster.demand(0);
            let is_over = cluster.run_until(victim, at);
            cluster.kill(victim);
            cluster.next_slot();
            cluster.demand(0);
            cluster.run();
            let made = cluster.peers[0].made.last().expect("all are there again");
            assert!(are_whole(made, demand.credentials), "killed after {at}");
            assert!(cluster.peers.iter().all(|peer| peer.blamed.is_empty()));
            if is_over {
                assert!(at > 6, "it has done something");
                break;
            }
            at += 1;
        }
    }
}

#[test]
fn peers_of_an_older_version_are_asked_nothing() {
    let mut cluster = Cluster::new();
    let size = cluster.peers[0].ground.facts.roster.size();
    let old = size.peer(3).unwrap();
    cluster.peers[0].ground.peers.set_up(old, WireVersion::V3);
    cluster.demand(0);
    let mut out = cluster.peers[0].ground.out.iter();
    assert!(!out.any(|it| matches!(it, Output::Send(to, _) if *to == old)));
    let mut out = cluster.peers[0].ground.out.iter();
    assert!(!out.any(|it| matches!(it, Output::Broadcast(_))));
    // The others are t.
    cluster.run();
    assert_eq!(cluster.peers[0].made.len(), 1);
}

/// An outsider's deposit of one key, or whatever else is seen of it by all, costs that key alone.
#[test]
fn one_refused_key_of_a_demand_holds_up_no_other() {
    let mut cluster = Cluster::new();
    let keys: Vec<PublicKey> = lock().validators.iter().map(|it| it.public_key).collect();
    for peer in &mut cluster.peers {
        let ours = peer.case.demand.credentials;
        peer.case.beacon.registered.insert((keys[0], ours));
    }
    let demand = cluster.demand(0);
    cluster.run();
    assert_eq!(cluster.peers[0].made.len(), 0, "one call is to deposit all");
    let told = cluster.peers[0].told.iter();
    let rules = told.filter_map(|note| {
        if let DepositNote::RefusedBy { rule, .. } = note {
            return Some(rule.as_str());
        }
        None
    });
    assert_eq!(rules.collect::<Vec<_>>(), ["registered"; 3]);
    // The coordinator has waited.
    cluster.next_slot();
    cluster.demand(0);
    cluster.run();
    let made = cluster.peers[0]
        .made
        .last()
        .expect("the other is whole")
        .clone();
    let [one] = made[..] else {
        panic!("{made:?}");
    };
    assert_eq!(
        (one.pubkey, one.withdrawal_credentials),
        (keys[1], demand.credentials)
    );
    assert!(has_valid_signature(&one, [0; 4].into()));
    for peer in &cluster.peers {
        assert_eq!(peer.blamed, []);
        let history = peer.ground.vault.history();
        let marks = history.marks(history.number(&keys[0]).unwrap()).unwrap();
        assert!(marks.deposits.is_none(), "nothing of it is on record");
    }
    // Whoever has forgotten all is given the share again.
    cluster.kill(0);
    cluster.next_slot();
    cluster.demand(0);
    cluster.run();
    cluster.next_slot();
    cluster.demand(0);
    cluster.run();
    assert_eq!(cluster.peers[0].made.last().unwrap()[..], [one]);
}

/// A factory that is replaced between two looks, or nodes that lie, name another megapool before
/// the first message is signed.
#[test]
fn what_was_consented_to_before_is_not_signed_under_the_name_of_what_is_consented_to_now() {
    let mut cluster = Cluster::new();
    let peer = cluster.index(1);
    let me = &mut cluster.peers[0];
    let consents = |me: &mut peers::Peer| {
        let demand = me.case.demand.clone();
        let consent = judge(&demand, &me.case.grounds()).unwrap();
        me.act(|deposits, step| {
            deposits.hear(peer, demand.clone(), step);
            deposits.judged(peer, (&demand, Ok(consent)), step);
        });
        demand.credentials
    };
    consents(me);
    me.case.replace_factory([8; 20].into());
    let last = consents(me);
    let queued = me.deposits.unsigned.iter().map(|(_, it)| it.signing_root());
    let message = |key: PublicKey| DepositMessage {
        pubkey: key,
        withdrawal_credentials: last,
        amount: 1_000_000_000,
    };
    let keys = lock()
        .validators
        .clone()
        .into_iter()
        .map(|it| it.public_key);
    let expected: Vec<Root> = keys
        .map(|key| message(key).signing_root([0; 4].into()))
        .collect();
    assert_eq!(queued.collect::<Vec<_>>(), expected);
}

/// Votes wait behind what a peer is told that comes back.
#[test]
fn who_comes_back_hears_the_shares_of_all_keys_in_one_frame() {
    let mut cluster = Cluster::new();
    let demand = cluster.demand(0);
    cluster.run();
    let [Frame::DepositShares(all)] = &cluster.peers[1].deposits.sent()[..] else {
        panic!("more than one frame, or another");
    };
    assert_eq!(all.credentials, demand.credentials);
    let of: Vec<ValidatorPosition> = all.shares.iter().map(|it| it.validator).collect();
    assert_eq!(of, demand.validators);
}
