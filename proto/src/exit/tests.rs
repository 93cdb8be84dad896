//! Which of two words counts, and what a word is worth elsewhere.

use super::*;
use crate::{Identity, IdentitySignature};

fn word(said_at: u64, says: Says) -> ExitWord {
    ExitWord {
        lock: [1; 32].into(),
        validator: [2; 48].into(),
        said_at,
        says,
    }
}

fn approved(epoch: u64, until: u64) -> Says {
    Says::Approved {
        epoch: Epoch(epoch),
        until,
    }
}

#[test]
fn the_later_word_counts_and_of_one_second_the_same_one_everywhere() {
    let first = word(10, approved(3, 100));
    let later = word(11, approved(2, 50));
    let no = word(10, Says::Withdrawn);
    assert!(later.replaces(&first) && !first.replaces(&later));
    assert!(no.replaces(&first) && !first.replaces(&no));
    assert!(!first.replaces(&first));
}

#[test]
fn an_approval_holds_for_a_week_at_most_and_a_withdrawal_outlives_every_earlier_one() {
    assert!(word(10, approved(3, 10 + LONGEST_TERM)).is_within_bounds());
    assert!(!word(10, approved(3, 11 + LONGEST_TERM)).is_within_bounds());
    assert!(!word(10, approved(3, 10)).is_within_bounds());
    let longest = word(9, approved(3, 9 + LONGEST_TERM));
    assert!(word(10, Says::Withdrawn).ends_at() > longest.ends_at());
    assert_eq!(longest.approves(longest.ends_at() - 1), Some(Epoch(3)));
    assert_eq!(longest.approves(longest.ends_at()), None);
}

#[test]
fn an_approval_of_the_exit_opens_nothing_and_one_that_opens_approves_of_no_exit() {
    let opens = word(10, Says::Opens { until: 100 });
    assert!(opens.opens(99) && !opens.opens(100));
    assert_eq!(opens.approves(50), None);
    assert!(!word(10, approved(3, 100)).opens(50));
    assert!(!word(10, Says::Withdrawn).opens(50));
    assert!(word(10, Says::Withdrawn).replaces(&opens));
    let longest = Says::Opens {
        until: 11 + LONGEST_TERM,
    };
    assert!(!word(10, longest).is_within_bounds());
    assert!(opens.is_within_bounds());
}

#[test]
fn what_is_sealed_has_a_label_of_its_own_for_each_peer_and_exit() {
    let size = crate::ClusterSize::of(4).unwrap();
    let part = ExitPart {
        lock: [1; 32].into(),
        validator: [2; 48].into(),
        index: crate::eth::ValidatorIndex(3),
        epoch: Epoch(4),
        signing_root: [5; 32].into(),
        sealer: size.peer(0).unwrap(),
    };
    let others = [
        ExitPart {
            lock: [9; 32].into(),
            ..part
        },
        ExitPart {
            validator: [9; 48].into(),
            ..part
        },
        ExitPart {
            index: crate::eth::ValidatorIndex(4),
            ..part
        },
        ExitPart {
            epoch: Epoch(3),
            ..part
        },
        ExitPart {
            signing_root: [9; 32].into(),
            ..part
        },
        ExitPart {
            sealer: size.peer(1).unwrap(),
            ..part
        },
    ];
    for other in others {
        assert_ne!(other.label(), part.label(), "{other:?}");
    }
}

#[test]
fn a_word_is_signed_for_one_cluster_validator_epoch_and_time() {
    let identity = Identity::from_seed(&[7; 32]);
    let said = word(10, approved(3, 100));
    let signature = identity.sign_bare(&said);
    let is_signed = |word: &ExitWord, signature: &IdentitySignature| {
        identity.public().has_signed(word, signature)
    };
    assert!(is_signed(&said, &signature));
    let mut others = vec![word(11, said.says)];
    let opens = Says::Opens { until: 100 };
    let says = [approved(4, 100), approved(3, 101), opens, Says::Withdrawn];
    others.extend(says.map(|said| word(10, said)));
    others.push(ExitWord {
        lock: [9; 32].into(),
        ..said
    });
    others.push(ExitWord {
        validator: [9; 48].into(),
        ..said
    });
    for other in others {
        assert!(!is_signed(&other, &signature), "{other:?}");
    }
}
