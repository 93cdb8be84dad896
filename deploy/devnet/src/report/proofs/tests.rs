//! Proofs in the report.

use super::*;
use crate::load::Proof;
use crate::peer::Gained;

fn beside(proofs: &[u64]) -> Beside {
    let mut beside = Beside {
        idle_bytes: 20_000_000,
        ..Beside::default()
    };
    beside.with.epochs = 2;
    beside.with.peers = vec![(
        "peer1".to_owned(),
        Gained {
            peak_rss_bytes: 28_500_000,
            ..Gained::default()
        },
    )];
    let proof = |ms: &u64| Proof {
        state_bytes: 352_000_000,
        milliseconds: *ms,
    };
    beside.proofs = proofs.iter().map(proof).collect();
    beside
}

#[test]
fn a_run_with_proofs_says_how_long_they_took_and_what_they_cost() {
    let proofs = Proofs::of(&beside(&[4000, 9000, 3000]), 1000).unwrap();
    assert_eq!((proofs.seconds.p50, proofs.seconds.max), (4.0, 9.0));
    assert_eq!(proofs.share_of_time, 16.0 / 64.0);
    assert_eq!(proofs.rss_above_idle_bytes, 8_500_000);
    let lines = proofs.lines();
    assert!(lines[1].starts_with("with proofs: 2 epochs,"), "{lines:?}");
    let made = "3 proofs made by peer1 in 4.0 s (p50), 9.0 s (longest), of 352 MB of state, with \
                8.5 MB of memory more than before; one was under way in 25 % of";
    assert!(lines[2].starts_with(made), "{lines:?}");
}

#[test]
fn a_run_without_proofs_says_nothing_of_them() {
    assert!(Proofs::of(&beside(&[]), 1000).is_none());
}
