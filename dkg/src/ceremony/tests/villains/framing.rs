//! Accuses honest peers with statements that prove nothing.

use super::*;
use crate::blame::Unfounded;

/// Runs a ceremony in which the last peer adds an accusation to every frame; all finish.
fn harmless(tamper: Tamper, expected: &Breach) {
    let mut world = World::new(4, 1, 3);
    let villain = world.peer(3);
    world.villains.insert(villain, tamper);
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    for peer in world.honest() {
        let heard = &world.heard[&peer];
        assert!(heard.finished.is_some() && heard.blames.is_empty());
        assert!(!heard.faults.is_empty());
        assert!(
            heard
                .faults
                .iter()
                .all(|fault| *fault == (villain, expected.clone()))
        );
    }
    world.assert_agreement();
}

#[test]
fn good_statements_convict_nobody() {
    let tamper: Tamper = |villain, _, frame| {
        let said = villain.attempt.said.bundles.get(&first(villain));
        let accusation = said.map(|bundle| {
            let bundle = Spoken::Bundle(bundle.clone().into_signed());
            Frame::Accusation(vec![bundle.clone(), bundle])
        });
        [frame].into_iter().chain(accusation).collect()
    };
    harmless(tamper, &Breach::Unfounded(Unfounded::NoFault));
}

#[test]
fn forged_statements_convict_only_the_messenger() {
    let tamper: Tamper = |villain, _, frame| {
        let said = villain.attempt.said.openings.get(&first(villain));
        let accusation = said.map(|opening| {
            let good = opening.clone().into_signed();
            let mut forged = good.clone();
            forged.statement.keys[1] = [8; 32];
            Frame::Accusation(vec![Spoken::Opening(good), Spoken::Opening(forged)])
        });
        [frame].into_iter().chain(accusation).collect()
    };
    let size = proto::ClusterSize::of(4).unwrap();
    let signer = size.peer(0).unwrap();
    let forged = Unfounded::Signature(proto::identity::BadSignature { signer });
    harmless(tamper, &Breach::Unfounded(forged));
}

#[test]
fn an_honest_peer_that_crashed_is_not_blamed_for_what_it_said_before() {
    for seed in 0..10 {
        let mut world = World::started(4, 1, seed);
        for _ in 0..20 + seed {
            world.deliver();
        }
        world.crash(world.peer(1));
        world.start(world.peer(1));
        world.run();
        world.assert_all_finished();
    }
}
