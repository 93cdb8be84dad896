//! Plans that can exist, and refusals that say what would.

use super::*;

fn refusal(plan: Plan) -> String {
    plan.check().unwrap_err().to_string()
}

#[test]
fn fulu_needs_another_client_or_genesis_validators() {
    let plan = Plan {
        fork: Fork::Fulu,
        ..Plan::small(8)
    };
    assert!(refusal(plan.clone()).starts_with("--fork fulu"));
    let mock = Plan {
        engine: Engine::Mock,
        entry: Entry::Genesis,
        ..plan
    };
    assert!(mock.check().is_ok());
}

#[test]
fn a_chain_crosses_to_fulu_from_electra_and_with_an_engine_that_knows_it() {
    let crossing = Plan {
        fulu_at: Some(3),
        engine: Engine::Mock,
        entry: Entry::Genesis,
        ..Plan::small(8)
    };
    assert!(crossing.clone().check().is_ok());
    let fork = Fork::Fulu;
    assert!(
        refusal(Plan {
            fork,
            ..crossing.clone()
        })
        .starts_with("--fulu-at")
    );
    let engine = Engine::Npm;
    assert!(refusal(Plan { engine, ..crossing }).starts_with("--fulu-at"));
}

#[test]
fn an_execution_client_wants_whole_seconds() {
    assert!(
        refusal(Plan {
            slot_ms: 1500,
            ..Plan::small(8)
        })
        .starts_with("--slot-ms 1500")
    );
}

#[test]
fn strikes_hit_peers_and_epochs_that_exist() {
    let strike = Strike {
        peer: 4,
        epoch: 1,
        blow: Blow::Kill,
    };
    let plan = Plan {
        strikes: vec![strike],
        ..Plan::small(8)
    };
    assert!(refusal(plan).contains("peers 1 to 4"));
    let strike = Strike {
        peer: 0,
        epoch: 3,
        blow: Blow::Restart,
    };
    let plan = Plan {
        strikes: vec![strike],
        for_epochs: Some(2),
        ..Plan::small(8)
    };
    assert!(refusal(plan).contains("--for-epochs"));
}

#[test]
fn proofs_are_made_in_whole_rounds_of_a_state_that_has_the_cluster_in_it() {
    let plan = |prove, epochs| Plan {
        engine: Engine::Mock,
        entry: Entry::Genesis,
        prove: Some(prove),
        for_epochs: epochs,
        ..Plan::small(8)
    };
    assert!(plan(2_500_000, Some(8)).check().is_ok());
    assert!(plan(1000, None).check().is_ok());
    assert!(refusal(plan(999, None)).contains("1000 to 10000000"));
    assert!(refusal(plan(2_500_000, Some(6))).contains("multiple"));
}

#[test]
fn the_outside_can_finalise_alone() {
    for validators in [1, 8, 100, 1000] {
        let outside = Plan::small(validators).interop_validators();
        assert!(outside >= 3 * validators, "{validators}");
    }
}

#[test]
fn peers_and_epochs_are_counted_from_one() {
    assert_eq!("2@3".parse(), Ok(PeerAtEpoch { peer: 2, epoch: 3 }));
    assert!("0@3".parse::<PeerAtEpoch>().is_err());
    assert!("2".parse::<PeerAtEpoch>().is_err());
}
