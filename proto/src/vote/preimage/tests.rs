//! A statement is read back from its own bytes, and from no others.

use proptest::prelude::*;

use super::*;

fn scope() -> impl Strategy<Value = Scope> {
    any::<([u8; 32], u64, bool)>().prop_map(|(lock, slot, is_block)| Scope {
        lock: lock.into(),
        duty: DutyId {
            slot: Slot(slot),
            kind: if is_block {
                DutyKind::Block
            } else {
                DutyKind::Head
            },
        },
    })
}

fn round() -> impl Strategy<Value = Round> {
    (0..=16u64).prop_map(|number| Round::new(number).unwrap())
}

fn root() -> impl Strategy<Value = Root> {
    any::<[u8; 32]>().prop_map(Root::from)
}

fn commit() -> impl Strategy<Value = Commit> {
    let partials = prop::collection::vec((any::<u32>(), any::<u8>()), 0..4);
    let fields = (scope(), round(), root(), any::<u64>(), partials);
    fields.prop_map(|(scope, round, value, sequence, partials)| {
        let partial = |(validator, byte)| Partial {
            validator: ValidatorPosition(validator),
            signature: [byte; 96].into(),
        };
        let partials = partials.into_iter().map(partial).collect();
        Commit {
            scope,
            round,
            value,
            sequence,
            partials,
        }
    })
}

fn round_change() -> impl Strategy<Value = RoundChange> {
    let votes = prop::collection::btree_map(round(), root(), 0..5);
    let prepared = prop::option::of((round(), root()));
    let fields = (scope(), round(), votes, prepared);
    fields.prop_map(|(scope, round, votes, prepared)| RoundChange {
        scope,
        round,
        votes,
        prepared: prepared.map(|(round, value)| Prepared { round, value }),
    })
}

/// The statement comes back; a changed, lost or added byte gives another one or none.
fn check<T: Ballot + PartialEq + std::fmt::Debug>(statement: T, (at, byte): (usize, u8)) {
    let bytes = statement.preimage();
    assert_eq!(T::reread(&bytes).as_ref(), Ok(&statement));
    let at = at % bytes.len();
    assert!(T::reread(&bytes[..at]).is_err());
    let mut changed = bytes.clone();
    changed[at] ^= byte;
    if let Ok(other) = T::reread(&changed) {
        assert_ne!(other, statement);
        assert_eq!(other.preimage(), changed);
    }
    changed.push(byte);
    assert!(T::reread(&changed).is_err());
}

proptest! {
    #[test]
    fn a_statement_is_read_back_from_its_own_bytes_only(
        (scope, round, value) in (scope(), round(), root()),
        commit in commit(),
        change in round_change(),
        damage in (any::<usize>(), 1..=255u8),
    ) {
        check(Propose { scope, round, value }, damage);
        check(Prepare { scope, round, value }, damage);
        check(commit, damage);
        check(change, damage);
    }

    #[test]
    fn any_bytes_are_a_statement_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        if let Ok(commit) = Commit::reread(&bytes) {
            prop_assert_eq!(commit.preimage(), &bytes[..]);
        }
        if let Ok(change) = RoundChange::reread(&bytes) {
            prop_assert_eq!(change.preimage(), bytes);
        }
    }
}

#[test]
fn the_longest_commitment_is_as_long_as_said_and_a_longer_one_refused() {
    let partial = Partial {
        validator: ValidatorPosition(0),
        signature: [0; 96].into(),
    };
    let mut commit = Commit {
        scope: Scope {
            lock: Root::ZERO,
            duty: DutyId {
                slot: Slot(0),
                kind: DutyKind::Head,
            },
        },
        round: Round::ZERO,
        value: Root::ZERO,
        sequence: 0,
        partials: vec![partial; MAX_PARTIALS],
    };
    assert_eq!(commit.preimage().len(), MAX_PREIMAGE);
    assert!(Commit::reread(&commit.preimage()).is_ok());
    commit.partials.push(partial);
    assert!(Commit::reread(&commit.preimage()).is_err());
}
