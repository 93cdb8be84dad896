//! A proof that a running peer makes on trial.

use std::time::Duration;

use devnet::load::World;
use devnet::plan::Plan;
use proto::ClusterSize;
use serde_json::Value;

use crate::stand::{alone, founded, gantry_of, loopback, run, site, status, stood_in, until};

/// How long a peer may take to start.
const START: Duration = Duration::from_secs(60);
/// The validators of the state.
const REGISTERED: u64 = 2000;
/// So many slots are enough that another block stands on the finalised one, and so few that the
/// state can be of slot 1 and no contract finds it too old.
const AGE_SLOTS: u64 = 4;

#[test]
fn a_running_peer_proves_a_validator_of_its_cluster_and_says_what_that_took() {
    let _alone = alone();
    let plan = Plan {
        size: ClusterSize::of(3).unwrap(),
        ..stood_in(2)
    };
    let site = site(&plan, "proving");
    run(async {
        let showing = |world: World| world.showing(REGISTERED);
        let place = (loopback(&site), AGE_SLOTS);
        let (mut cluster, _node) = founded(&plan, &site, place, showing).await;
        cluster.peers[0].start(&site).unwrap();
        until("it runs", START, || {
            status(&site, &cluster.peers[0]).is_some()
        })
        .await;
        let peer = &cluster.peers[0];
        let site = &site;
        let prove = move |validator: &str| {
            let words = ["pool", "prove", validator, "--json"];
            gantry_of(site, peer, &words)
        };
        let proved = prove("lock:1");
        let said = String::from_utf8_lossy(&proved.stderr).into_owned();
        assert!(proved.status.success(), "{said}");
        let proof: Value = serde_json::from_slice(&proved.stdout).unwrap();
        assert_eq!((&proof["slot"], &proof["index"]), (&1.into(), &1.into()));
        assert!(proof["state_bytes"].as_u64().unwrap() > REGISTERED * 121);
        let beyond = prove(&REGISTERED.to_string());
        let said = String::from_utf8_lossy(&beyond.stderr).into_owned();
        assert!(!beyond.status.success(), "{said}");
        assert!(said.contains("no proof was made"), "{said}");
        cluster.stop().await;
    });
}
