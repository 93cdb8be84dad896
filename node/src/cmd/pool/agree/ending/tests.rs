//! What somebody reads of intents before a new version is signed.

use node_core::pool::agreement::example::{identities, lock, terms};
use node_core::pool::intent::Cluster;
use proto::intent::{Intent, IntentHash, SentIntent, SentSignature};

use super::*;

/// What a peer holds where all have signed an intent for one validator, out of the smoothing pool.
fn held() -> (Intents, Root) {
    let version = Agreement::first(lock(), terms()).unwrap();
    let version = version.last().on_pool().unwrap();
    let intent = Intent {
        lock: lock().hash(),
        agreement: version.hash,
        number: 3,
        previous: version.hash,
        aims: Aims {
            validators: 1,
            smoothing_pool: false,
            ..version.aims.clone()
        },
    };
    let signature = |(operator, identity): (u32, proto::Identity)| SentSignature {
        operator,
        signature: identity.sign_bare(&IntentHash(intent.hash())),
    };
    let sent = SentIntent {
        signatures: (0..).zip(identities()).map(signature).collect(),
        intent: intent.clone(),
    };
    let mut kept = Intents::default();
    kept.agreed(&version);
    kept.hear(&sent, &Cluster::of(&lock()), 0).unwrap();
    assert!(kept.in_force().is_some());
    (kept, version.hash)
}

#[test]
fn who_reads_a_new_version_is_told_that_intents_end_and_what_that_changes() {
    let (kept, ends) = held();
    let mut turn = Turn {
        old: 1,
        ends,
        new: 2,
        brings: Aims::of(&terms().wishes),
    };
    let words = turn.in_words(&Intents::default());
    assert!(
        words.contains("ends every intent that stands on version 1"),
        "{words}"
    );
    assert_eq!(words.lines().count(), 1);
    let words = turn.in_words(&kept);
    let change = "Intent 3 is in force: with version 2, validators 2, now 1; smoothing pool in, \
                  now out.\n";
    assert!(words.ends_with(change), "{words}");
    turn.brings = kept.aims().unwrap().clone();
    assert!(
        turn.in_words(&kept)
            .contains("nothing of what it says changes")
    );
    // One on a version that is no more in force ended with that.
    turn.ends = [5; 32].into();
    assert_eq!(turn.in_words(&kept).lines().count(), 1);
}

#[test]
fn a_first_version_ends_nothing() {
    let agreement = Agreement::first(lock(), terms()).unwrap();
    assert_eq!(ending(&agreement, &held().0), "");
}
