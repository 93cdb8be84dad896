//! What a peer remembers of the others' records, from one run to the next.

use std::time::Duration;

use devnet::plan::Plan;
use node::disk::duty_history::DutyHistory;
use proto::ClusterSize;

use crate::stand::{alone, founded, loopback, run, site, status, stood_in, until};

/// How long two peers may take to meet.
const START: Duration = Duration::from_secs(60);
/// Further than a record gets in this test.
const SEEN: u64 = 1 << 20;
/// How old the chain is.
const AGE_SLOTS: u64 = 1000;

/// Of three, one claim stops signing, so one peer's memory is enough to see what became of it.
#[test]
fn what_a_peer_remembers_of_anothers_record_is_told_after_its_restart() {
    let _alone = alone();
    let plan = Plan {
        size: ClusterSize::of(3).unwrap(),
        ..stood_in(1)
    };
    let site = site(&plan, "memory");
    run(async {
        let (mut cluster, _node) =
            founded(&plan, &site, (loopback(&site), AGE_SLOTS), |world| world).await;
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
