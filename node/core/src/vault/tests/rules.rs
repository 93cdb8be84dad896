//! The rules of EIP-3076: tables of vote streams, and every small history against a naive
//! reference that remembers everything.

use proto::eth::{AttestationData, Checkpoint, CommitteeIndex};
use proto::{Epoch, Root, Slot};

use crate::record::{Entry, History, Marks, RecordNumber, SignedProposal, SignedVote, Watermarks};
use crate::vault::guard::{self, Allowed};

fn one_validator() -> History {
    let mut history = History::default();
    history.add(Entry::Enrolled(vec![[1; 48].into()])).unwrap();
    history
}

fn marks(history: &History) -> &Marks {
    history.marks(RecordNumber(0)).unwrap()
}

/// A vote from `source` to `target`; `variant` tells votes of the same epochs apart.
fn vote(source: u64, target: u64, variant: u8) -> SignedVote {
    let mut root = [variant; 32];
    root[..8].copy_from_slice(&source.to_le_bytes());
    root[8..16].copy_from_slice(&target.to_le_bytes());
    SignedVote {
        source: Epoch(source),
        target: Epoch(target),
        signing_root: root.into(),
    }
}

fn record(history: &mut History, vote: SignedVote) {
    let checkpoint = |epoch| Checkpoint {
        epoch,
        root: Root::ZERO,
    };
    let data = AttestationData {
        slot: Slot(0),
        index: CommitteeIndex(0),
        beacon_block_root: Root::ZERO,
        source: checkpoint(vote.source),
        target: checkpoint(vote.target),
    };
    let entry = Entry::Vote {
        data,
        signing_root: vote.signing_root,
        validators: vec![RecordNumber(0)],
    };
    history.add(entry).unwrap();
}

fn import(history: &mut History, source: u64, target: u64, slot: u64) {
    let marks = Watermarks {
        source: Some(Epoch(source)),
        target: Some(Epoch(target)),
        slot: Some(Slot(slot)),
    };
    let validator = RecordNumber(0);
    history.add(Entry::Raised { validator, marks }).unwrap();
}

/// Asks for each vote of `stream` in turn, records those that are new, and compares the verdicts:
/// `new`, `again`, or the rule that refuses.
fn check_votes(mut history: History, stream: &[(u64, u64, u8, &str)]) {
    for (i, (source, target, variant, expected)) in stream.iter().enumerate() {
        let asked = vote(*source, *target, *variant);
        let verdict = match guard::vote(marks(&history), asked) {
            Ok(Allowed::New) => {
                record(&mut history, asked);
                "new"
            }
            Ok(Allowed::Again) => "again",
            Err(refusal) => refusal.rule(),
        };
        assert_eq!(
            verdict, *expected,
            "vote {i}: {source} to {target} ({variant})"
        );
    }
}

fn check_blocks(mut history: History, stream: &[(u64, u8, &str)]) {
    for (i, (slot, variant, expected)) in stream.iter().enumerate() {
        let asked = SignedProposal {
            slot: Slot(*slot),
            signing_root: [*variant; 32].into(),
        };
        let verdict = match guard::proposal(marks(&history), asked) {
            Ok(Allowed::New) => {
                let entry = Entry::Block {
                    slot: asked.slot,
                    signing_root: asked.signing_root,
                    validator: RecordNumber(0),
                };
                history.add(entry).unwrap();
                "new"
            }
            Ok(Allowed::Again) => "again",
            Err(refusal) => refusal.rule(),
        };
        assert_eq!(verdict, *expected, "block {i}: slot {slot} ({variant})");
    }
}

#[test]
fn the_first_vote_of_a_chain_is_signed() {
    check_votes(
        one_validator(),
        &[(0, 0, 0, "new"), (0, 1, 0, "new"), (1, 2, 0, "new")],
    );
}

#[test]
fn a_double_vote_is_refused() {
    let stream = [
        (1, 2, 0, "new"),
        (1, 2, 1, "double_vote"),
        (0, 2, 0, "double_vote"),
    ];
    check_votes(one_validator(), &stream);
}

#[test]
fn a_surrounding_vote_is_refused() {
    let stream = [
        (2, 3, 0, "new"),
        (1, 4, 0, "surrounds"),
        (0, 9, 0, "surrounds"),
    ];
    check_votes(one_validator(), &stream);
}

#[test]
fn a_surrounded_vote_is_refused() {
    let stream = [
        (1, 9, 0, "new"),
        (2, 8, 0, "surrounded"),
        (8, 8, 0, "surrounded"),
    ];
    check_votes(one_validator(), &stream);
}

#[test]
fn votes_that_touch_at_their_ends_do_not_surround() {
    let stream = [
        (2, 5, 0, "new"),
        (2, 6, 0, "new"),
        (6, 7, 0, "new"),
        (6, 8, 0, "new"),
    ];
    check_votes(one_validator(), &stream);
}

#[test]
fn a_source_after_its_target_is_refused() {
    check_votes(one_validator(), &[(3, 2, 0, "source_after_target")]);
}

#[test]
fn epochs_far_back_are_refused_although_their_votes_are_forgotten() {
    let stream = [
        (0, 1, 0, "new"),
        (1, 2, 0, "new"),
        (2, 3, 0, "new"),
        (0, 1, 1, "target_not_above"),
        (3, 4, 0, "new"),
        (0, 1, 0, "target_not_above"),
    ];
    check_votes(one_validator(), &stream);
}

/// ssv#1335: peers that had signed just before a round ended refused the same root in the next.
#[test]
fn ssv_1335_the_same_root_is_signed_again() {
    let stream = [
        (4, 5, 0, "new"),
        (4, 5, 0, "again"),
        (5, 6, 0, "new"),
        (5, 6, 0, "again"),
        // The certificate of the last slot of an epoch may come after the next epoch's first.
        (4, 5, 0, "again"),
        (4, 5, 1, "double_vote"),
    ];
    check_votes(one_validator(), &stream);
    let blocks = [
        (8, 1, "new"),
        (8, 1, "again"),
        (9, 1, "new"),
        (8, 1, "again"),
    ];
    check_blocks(one_validator(), &blocks);
}

/// ssv#2055: after a split with a wrong justified epoch the record must not have to be deleted.
/// A vote waits until the right chain has justified as much, and then goes on by itself.
#[test]
fn ssv_2055_after_a_majority_fork_votes_go_on_without_deleting_anything() {
    let stream = [
        (10, 20, 0, "new"),
        (9, 21, 0, "surrounds"),
        (9, 22, 0, "surrounds"),
        (10, 23, 0, "new"),
        (22, 24, 0, "new"),
    ];
    check_votes(one_validator(), &stream);
}

#[test]
fn imported_marks_count_like_signed_ones() {
    let mut history = one_validator();
    import(&mut history, 4, 6, 100);
    let stream = [
        (4, 6, 0, "target_not_above"),
        (3, 7, 0, "source_below"),
        (4, 7, 0, "new"),
        (4, 7, 0, "again"),
    ];
    check_votes(history.clone(), &stream);
    check_blocks(history, &[(100, 1, "slot_not_above"), (101, 1, "new")]);
}

/// ssv#2239: an import after newer signatures must not lower anything.
#[test]
fn ssv_2239_an_old_import_lowers_nothing() {
    let mut history = one_validator();
    record(&mut history, vote(8, 9, 0));
    import(&mut history, 1, 2, 3);
    check_votes(
        history,
        &[
            (8, 9, 1, "double_vote"),
            (7, 10, 0, "surrounds"),
            (8, 10, 0, "new"),
        ],
    );
}

/// EIP-3076 refuses a slot at the mark too, where the DVT specification only refused those below.
#[test]
fn a_second_block_of_a_slot_or_an_older_one_is_refused() {
    let stream = [
        (5, 1, "new"),
        (5, 2, "double_proposal"),
        (4, 1, "slot_not_above"),
        (6, 1, "new"),
        (7, 1, "new"),
        (5, 1, "slot_not_above"),
    ];
    check_blocks(one_validator(), &stream);
}

/// Remembers every vote, as EIP-3076's complete history does.
fn reference_allows(signed: &[SignedVote], asked: SignedVote) -> bool {
    let slashable = |old: &SignedVote| {
        let double = old.target == asked.target && old.signing_root != asked.signing_root;
        let surrounds = asked.source < old.source && old.target < asked.target;
        let surrounded = old.source < asked.source && asked.target < old.target;
        double || surrounds || surrounded
    };
    asked.source <= asked.target && !signed.iter().any(slashable)
}

/// What watermarks refuse beyond that.
fn is_below_a_mark(signed: &[SignedVote], asked: SignedVote) -> bool {
    signed
        .iter()
        .any(|old| asked.target <= old.target || asked.source < old.source)
}

fn explore(history: &History, signed: &mut Vec<SignedVote>, options: &[SignedVote]) -> u64 {
    let mut judged = 0;
    for asked in options.iter().copied() {
        judged += 1;
        let verdict = guard::vote(marks(history), asked);
        let allowed = reference_allows(signed, asked);
        assert!(verdict.is_err() || allowed, "{asked:?} after {signed:?}");
        let again = signed.iter().rev().take(2).any(|old| *old == asked);
        let expected = again || (allowed && !is_below_a_mark(signed, asked));
        assert_eq!(verdict.is_ok(), expected, "{asked:?} after {signed:?}");
        if verdict == Ok(Allowed::New) && signed.len() < 3 {
            let mut longer = history.clone();
            record(&mut longer, asked);
            signed.push(asked);
            judged += explore(&longer, signed, options);
            signed.pop();
        }
    }
    judged
}

#[test]
fn every_history_of_four_votes_over_five_epochs_agrees_with_a_naive_reference() {
    let epochs = || 0..5u64;
    let options: Vec<SignedVote> = epochs()
        .flat_map(|source| epochs().map(move |target| (source, target)))
        .flat_map(|(source, target)| [0, 1].map(|variant| vote(source, target, variant)))
        .collect();
    let judged = explore(&one_validator(), &mut Vec::new(), &options);
    assert!(judged > 10_000, "only {judged} verdicts");
}
