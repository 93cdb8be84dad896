//! What a peer remembers of the others' records, from one run to the next.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use devnet::cluster::{ChainTerms, Cluster, credentials};
use devnet::load::{StandIn, World};
use devnet::place::Site;
use devnet::plan::{Engine, Entry, Plan, Preset};
use node::disk::duty_history::DutyHistory;
use proto::ClusterSize;

use crate::stand::{alone, run, site, status, until};

/// How long two peers may take to meet.
const START: Duration = Duration::from_secs(60);
/// Further than a record gets in this test.
const SEEN: u64 = 1 << 20;

/// Of three, one claim stops signing, so one peer's memory is enough to see what became of it.
#[test]
fn what_a_peer_remembers_of_anothers_record_is_told_after_its_restart() {
    let _alone = alone();
    let plan = Plan {
        size: ClusterSize::of(3).unwrap(),
        slot_ms: 12_000,
        preset: Preset::Mainnet,
        engine: Engine::Mock,
        entry: Entry::Genesis,
        ..Plan::small(1)
    };
    let site = site(&plan, "memory");
    run(async {
        let (mut cluster, _node) = founded(&plan, &site, |world| world).await;
        let lock = cluster.lock().unwrap();
        let [first, second, _] = [0, 1, 2].map(|i| lock.definition.terms().size().all().nth(i));
        let (first, second) = (first.unwrap(), second.unwrap());
        let place = cluster.peers[first.position()].dir.join("memory");
        let opened = DutyHistory::open(&place, lock.hash(), plan.size);
        let (memory, before) = opened.unwrap();
        assert!(before.sequences.is_empty());
        memory.remember_sequence(second, SEEN).unwrap();
        memory.close().unwrap();

        for peer in [first, second] {
            cluster.peers[peer.position()].start(&site).unwrap();
        }
        let old = &cluster.peers[second.position()];
        until("the second is told of its old record", START, || {
            let told = status(&site, old);
            told.is_some_and(|status| status.record.stopped.is_some())
        })
        .await;
        let stopped = status(&site, old).unwrap().record.stopped.unwrap();
        assert!(stopped.contains(&SEEN.to_string()), "{stopped}");
        cluster.stop().await;
    });
}

/// A cluster with its keys, and a beacon node of this world for all: by itself 1000 slots old.
pub async fn founded(
    plan: &Plan,
    site: &Site,
    change: impl Fn(World) -> World,
) -> (Cluster, StandIn) {
    let terms = ChainTerms::mock(World::genesis_validators_root());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, site.ports.beacon(0)));
    let url = |_| format!("http://{address}");
    let cluster = Cluster::found(plan, site, &terms, url).unwrap();
    cluster.ceremony(site, |_| {}).await.unwrap();
    let keys = cluster.keys().unwrap();
    let world = World {
        genesis_time: devnet::load::now().as_secs() - 1000 * plan.slot_ms / 1000,
        slot_ms: plan.slot_ms,
        validators: keys.len(),
        shown: None,
    };
    let node = StandIn::start(address, change(world), keys, credentials());
    (cluster, node.await.unwrap())
}
