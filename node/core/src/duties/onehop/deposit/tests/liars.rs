//! One peer that lies, one whose node does, and a coordinator that has turned evil.

use super::*;

/// Somebody else.
const EVIL: [u8; 20] = [0xee; 20];

/// The rules by which the peers refuse what the first one demands.
fn refused_by(cluster: &Cluster) -> Vec<&'static str> {
    let all = cluster.peers[1..].iter().flat_map(|peer| &peer.told);
    all.filter_map(refusal).map(Refusal::rule).collect()
}

fn refusal(note: &DepositNote) -> Option<&Refusal> {
    if let DepositNote::Refused(_, refusal) = note {
        return Some(refusal);
    }
    None
}

#[test]
fn a_peer_whose_node_lies_refuses_by_rule_and_the_others_go_on() {
    let mut cluster = Cluster::new();
    cluster.peers[3]
        .case
        .both(|view| view.network.may_deposit = false);
    cluster.demand(0);
    cluster.run();
    assert_eq!(cluster.peers[0].made.len(), 1);
    assert_eq!(refused_by(&cluster), ["deposits_closed"]);
    let liar = cluster.index(3);
    let told = &cluster.peers[0].told;
    assert!(told.iter().any(|note| matches!(
        note,
        DepositNote::RefusedBy { peer, rule, words }
            if *peer == liar && rule == "deposits_closed" && words.contains("takes no deposits")
    )));
    assert!(cluster.peers.iter().all(|peer| peer.blamed.is_empty()));
}

#[test]
fn a_wrong_share_is_named_and_the_others_are_enough() {
    let mut cluster = Cluster::new();
    let demand = cluster.demand(0);
    let liar = cluster.index(1);
    let wrong = |validator| Partial {
        validator,
        signature: share(0, 1)
            .sign(&dkg::bls::Message::hash(Root::ZERO))
            .to_bytes(),
    };
    let shares = DepositShares {
        credentials: demand.credentials,
        shares: demand.validators.iter().copied().map(wrong).collect(),
    };
    // It says nothing else, whatever it is asked.
    cluster.peers[1].case.agreement = None;
    for peer in [0, 2, 3] {
        cluster.peers[peer].hear(liar, Frame::DepositShares(shares.clone()));
    }
    cluster.run();
    assert!(are_whole(&cluster.peers[0].made[0], demand.credentials));
    for peer in [0, 2, 3] {
        let blamed = &cluster.peers[peer].blamed;
        // Once caught, its shares are not needed.
        assert!(!blamed.is_empty(), "peer {peer}");
        let is_his = |it: &(PeerIndex, Breach)| *it == (liar, Breach::BadShare);
        assert!(blamed.iter().all(is_his), "peer {peer}");
    }
}

/// Credentials of his own, for a deposit that arrives before ours: every peer refuses, by rule and
/// by name, and there is nothing that could be combined.
#[test]
fn credentials_of_somebody_elses_are_refused_by_all_and_the_demander_is_named() {
    let mut cluster = Cluster::new();
    cluster.peers[0].case.demand.credentials = crate::deposit::credentials(&EVIL.into());
    cluster.demand(0);
    cluster.run();
    assert_eq!(refused_by(&cluster), ["credentials"; 3]);
    let evil = cluster.index(0);
    for peer in &cluster.peers[1..] {
        assert_eq!(peer.blamed, [(evil, Breach::DepositDemand)]);
        assert_eq!(peer.ground.recorded.sequence(), 1, "nothing is on record");
    }
    assert_eq!(cluster.peers[0].made.len(), 0);
}

/// The same after honest ones were signed: with nodes that all lie, the vault has the last word.
#[test]
fn other_credentials_than_the_first_are_never_signed_for_whatever_the_nodes_show() {
    let mut cluster = Cluster::new();
    cluster.demand(0);
    cluster.run();
    cluster.next_slot();
    for peer in &mut cluster.peers {
        peer.case.replace_factory([8; 20].into());
    }
    cluster.demand(0);
    cluster.run();
    assert_eq!(refused_by(&cluster), ["other_credentials"; 3]);
    assert_eq!(cluster.peers[0].made.len(), 1, "only those of before");
}

/// How something is set.
type Plant = fn(&mut Case);

/// What the holder of the node account's key may have set: no share leaves, and he is at fault.
#[test]
fn owners_that_were_not_agreed_on_are_refused_and_the_node_account_is_at_fault() {
    let planted: [(&str, Plant); 3] = [
        ("withdrawal_address", |it| {
            it.both(|view| view.node.as_mut().unwrap().account.withdrawal = EVIL.into());
        }),
        ("pending_withdrawal_address", |it| {
            let pending = Some(EVIL.into());
            it.both(|view| view.node.as_mut().unwrap().account.pending_withdrawal = pending);
        }),
        ("pending_rpl_withdrawal_address", |it| {
            let pending = Some(EVIL.into());
            it.both(|view| view.node.as_mut().unwrap().account.pending_rpl_withdrawal = pending);
        }),
    ];
    for (rule, plant) in planted {
        let mut cluster = Cluster::new();
        for peer in &mut cluster.peers {
            plant(&mut peer.case);
        }
        cluster.demand(0);
        cluster.run();
        assert_eq!(refused_by(&cluster), [rule; 3]);
        let is_his = |note: &DepositNote| {
            refusal(note).is_some_and(|it| it.culprit() == Culprit::NodeAccount)
        };
        assert!(
            cluster
                .peers
                .iter()
                .all(|peer| peer.told.iter().any(is_his))
        );
        assert_eq!(cluster.peers[0].made.len(), 0);
    }
}

/// A flood costs one look in a slot and a name, and an honest demand is still served.
#[test]
fn a_peer_that_demands_without_end_is_named_and_costs_one_look_a_slot() {
    let mut cluster = Cluster::new();
    let evil = cluster.index(1);
    let mut demand = cluster.peers[0].case.demand.clone();
    for byte in 0..200 {
        demand.credentials = [byte; 32].into();
        cluster.peers[0].hear(evil, Frame::DepositDemand(demand.clone()));
        cluster.run();
    }
    assert_eq!(cluster.peers[0].judgements, 1);
    let floods = cluster.peers[0].blamed.iter();
    assert_eq!(
        floods
            .filter(|it| **it == (evil, Breach::DepositDemand))
            .count(),
        2
    );
    assert!(cluster.peers[0].told.len() <= 2 * MOST_HEARD);
    let whole = cluster.demand(2).credentials;
    cluster.run();
    assert!(are_whole(&cluster.peers[2].made[0], whole));
    cluster.next_slot();
    cluster.run();
    assert_eq!(cluster.peers[0].judgements, 3, "the last of the flood");
}

/// Who has many keys and signs for none says so once: else it would itself pass for a flood.
#[test]
fn a_vault_that_signs_nothing_is_no_flood_of_refusals() {
    let mut cluster = Cluster::new();
    cluster.peers[1].ground.vault.meet_second();
    cluster.demand(0);
    cluster.run();
    let stopped = cluster.index(1);
    assert_eq!(cluster.peers[0].deposits.heard[&stopped], 1);
    let told = &cluster.peers[0].told;
    assert!(told.iter().any(|note| matches!(
        note,
        DepositNote::RefusedBy { peer, .. } if *peer == stopped
    )));
    assert_eq!(cluster.peers[0].made.len(), 1, "the others are t");
}

/// Where a peer's nodes are, and its files, concerns nobody else.
#[test]
fn what_keeps_a_peer_from_seeing_is_told_to_its_own_operator_alone() {
    let mut cluster = Cluster::new();
    let demand = cluster.demand(0);
    let demanding = cluster.index(0);
    let unseen = Refusal::Unseen("node.home.arpa does not answer".to_owned());
    let blind = &mut cluster.peers[1];
    blind.act(|deposits, step| {
        deposits.hear(demanding, demand.clone(), step);
        deposits.judged(demanding, (&demand, Err(Box::new(unseen))), step);
    });
    blind
        .ground
        .out
        .retain(|it| !matches!(it, Output::Errand(Errand::Judge(_))));
    cluster.run();
    let told = &cluster.peers[0].told;
    let words = told.iter().find_map(|note| {
        if let DepositNote::RefusedBy { words, .. } = note {
            return Some(words);
        }
        None
    });
    assert_eq!(
        words.unwrap(),
        "what its own nodes show cannot be seen there now"
    );
    let own = cluster.peers[1].told.iter().find_map(refusal).unwrap();
    assert!(own.to_string().contains("node.home.arpa"), "{own}");
}
