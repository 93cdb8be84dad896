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
fn a_word_is_signed_for_one_cluster_validator_epoch_and_time() {
    let identity = Identity::from_seed(&[7; 32]);
    let said = word(10, approved(3, 100));
    let signature = identity.sign_bare(&said);
    let is_signed = |word: &ExitWord, signature: &IdentitySignature| {
        identity.public().has_signed(word, signature)
    };
    assert!(is_signed(&said, &signature));
    let mut others = vec![word(11, said.says)];
    others.extend([approved(4, 100), approved(3, 101), Says::Withdrawn].map(|s| word(10, s)));
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
