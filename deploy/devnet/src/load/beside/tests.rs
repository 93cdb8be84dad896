//! Epochs of both kinds are told apart.

use super::*;
use crate::metrics::Scrape;

/// What a peer has gained once it has signed so often, with so much memory of late.
fn gained(signed: u64, latest_peak_bytes: u64) -> Vec<(String, Gained)> {
    let mut gained = Gained {
        cpu_seconds: signed as f64,
        latest_peak_bytes,
        ..Gained::default()
    };
    let now = Scrape::parse(&format!("gantry_signed_total {signed}\n"));
    gained.metrics.add_gain(&Scrape::default(), &now);
    vec![("peer1".to_owned(), gained)]
}

fn epoch(number: u64, peers: [Vec<(String, Gained)>; 2]) -> Epoch {
    Epoch {
        number,
        counted: Tally {
            expected: 32,
            included: 31,
        },
        peers,
        machine: Machine {
            busy: 3.0,
            all: 4.0,
        },
    }
}

#[test]
fn as_many_epochs_have_proofs_as_have_none_and_what_drifts_weighs_on_both() {
    let with: Vec<u64> = (1..=8).filter(|epoch| has_proofs(*epoch)).collect();
    assert_eq!(with, [2, 3, 6, 7]);
    assert_eq!(with.iter().sum::<u64>(), (1..=8).sum::<u64>() / 2);
}

#[test]
fn each_kind_has_the_gains_of_its_own_epochs_and_memory_counts_from_before_the_first_proof() {
    let proof = |milliseconds| Proof {
        state_bytes: 9,
        milliseconds,
    };
    let mut beside = Beside::default();
    beside.add(&epoch(1, [gained(0, 0), gained(10, 100)]), &[]);
    beside.add(
        &epoch(2, [gained(10, 100), gained(13, 150)]),
        &[proof(40), proof(60)],
    );
    beside.add(&epoch(3, [gained(13, 150), gained(14, 130)]), &[proof(50)]);
    beside.add(&epoch(4, [gained(14, 130), gained(34, 120)]), &[]);
    let signed = |stretch: &Stretch| stretch.peers[0].1.metrics.sum("gantry_signed_total");
    assert_eq!((signed(&beside.without), signed(&beside.with)), (30.0, 4.0));
    assert_eq!(beside.with.peers[0].1.cpu_seconds, 4.0);
    assert_eq!((beside.without.epochs, beside.with.epochs), (2, 2));
    assert_eq!(beside.with.counted.missed(), 2);
    assert_eq!(beside.with.machine.share(), Some(0.75));
    assert_eq!(beside.above_idle(), 50);
    assert_eq!(beside.longest(), Duration::from_millis(60));
    assert_eq!(beside.lasted(), Duration::from_millis(150));
}
