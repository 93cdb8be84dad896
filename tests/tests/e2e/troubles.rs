//! One chain on which one peer after the other gets into trouble, and the three others lose
//! nothing: no attestation, no proposal, in no epoch.

use std::collections::BTreeMap;
use std::fs;

use devnet::proxy::Way;
use node_core::record::SignedVote;
use node_core::vault::Refusal;
use proto::{Epoch, Root};
use serde_json::Value;
use tokio::sync::watch;

use crate::stand::{Stand, alone, on_chain, run, site};
use crate::{cuts, full, kills, rollback};

/// Some of them attest in nearly every slot, so that something can always be missed.
const VALIDATORS: usize = 24;
/// The place of the peer whose record is an older copy in the end.
const ROLLED_BACK: usize = 0;

#[test]
fn three_lose_nothing_whatever_happens_to_the_fourth() {
    let _alone = alone();
    let plan = on_chain(VALIDATORS);
    let site = site(&plan, "troubles");
    run(async {
        let (way, present) = watch::channel(Way::Clear);
        let mut stand = Stand::build(plan, site, async |cluster, site| {
            cuts::surround(3, cluster, site, &present).await;
        })
        .await;
        let slots = stand.api().slots_per_epoch();
        let (count, first) = stand.count().await;
        stand.api().until(first.first_slot(slots)).await;

        let mut scenes = BTreeMap::new();
        let mut begins = |stand: &Stand, what| {
            eprintln!("from slot {}: {what}", stand.api().now());
            scenes.insert(stand.api().now(), what);
        };
        begins(&stand, "peer 2 killed in mid-slot, again and again");
        kills::again_and_again(&mut stand, 1).await;
        begins(&stand, "peer 4 cut off and back");
        cuts::cut_off_and_back(&mut stand, 3, &way).await;
        begins(&stand, "peer 4 far away");
        cuts::far_away(&mut stand, 3, &way).await;
        begins(&stand, "the volume of peer 3 full");
        full::said_and_survived(&mut stand, 2).await;
        begins(&stand, "the record of peer 1 rolled back");
        rollback::noticed(&mut stand, ROLLED_BACK).await;
        begins(&stand, "the end");

        let ledger = count.close().await;
        let missed = ledger.missed();
        assert!(missed.is_empty(), "slots {missed:?} of {scenes:?}");
        assert!(ledger.total().proposals.expected > 0);
        stand.active().await;
        contradicts_nothing(&mut stand).await;
    });
}

/// Whether this line of a peer's metrics counts a fault of another peer, or an attempt to have the
/// vault sign what is slashable.
fn is_bad(line: &str) -> bool {
    let recorded = SignedVote {
        source: Epoch(0),
        target: Epoch(0),
        signing_root: Root::ZERO,
    };
    let asked = recorded;
    let slashable = [
        Refusal::DoubleVote { recorded, asked },
        Refusal::Surrounds { recorded, asked },
        Refusal::Surrounded { recorded, asked },
    ];
    let refuses = |refusal: &Refusal| line.contains(&format!("rule=\"{}\"", refusal.rule()));
    let is_refusal = line.starts_with("gantry_refusals_total{");
    line.starts_with("gantry_faults_total{") || is_refusal && slashable.iter().any(refuses)
}

/// Nobody was caught breaking a rule, nothing slashable was even tried, and every record hands on
/// marks that fit each other and the clock.
async fn contradicts_nothing(stand: &mut Stand) {
    let last = stand.api().now();
    let epoch = last.epoch(stand.api().slots_per_epoch());
    for i in 0..stand.cluster.peers.len() {
        let text = stand.metrics(i).await;
        let bad = text.lines().find(|line| is_bad(line));
        assert_eq!(bad, None, "{}", stand.cluster.peers[i].name);
        stand.stop(i).await;
        let dir = &stand.cluster.peers[i].dir;
        assert!(!dir.join("evidence.jsonl").exists(), "{}", dir.display());

        let file = dir.join("marks.json");
        let exported = stand.gantry(i, &["slashing", "export", file.to_str().unwrap()]);
        assert!(exported.status.success(), "{exported:?}");
        let marks: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
        let validators = marks["data"].as_array().unwrap();
        assert_eq!(validators.len(), VALIDATORS);
        for validator in validators {
            let [vote] = validator["signed_attestations"]
                .as_array()
                .unwrap()
                .as_slice()
            else {
                panic!("one vote is the mark: {validator}");
            };
            let (source, target) = (&vote["source_epoch"], &vote["target_epoch"]);
            assert!(number(source) < number(target), "{validator}");
            // Whose record was given up last watches to the end of the epoch after the next.
            let ahead = if i == ROLLED_BACK { 2 } else { 0 };
            assert!(number(target) <= epoch.0 + ahead, "{validator}");
            let last = last.0 + ahead * stand.api().slots_per_epoch();
            for block in validator["signed_blocks"].as_array().unwrap() {
                assert!(number(&block["slot"]) <= last, "{validator}");
            }
        }
    }
}
