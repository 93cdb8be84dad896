//! What operators type, and what they read before they say yes.

use clap::Parser as _;
use proto::control::{Approval, Opener};
use proto::definition::Version;
use proto::eth::ValidatorIndex;
use proto::lock::{Contents, Validator};
use proto::{Epoch, Root, ValidatorPosition, example};

use super::*;
use crate::cmd::{Command, Gantry};

const NOW: u64 = 1_700_000_000;

fn lock() -> Lock {
    lock_of(Version::V1)
}

fn presigning_lock() -> Lock {
    lock_of(Version::V2)
}

fn lock_of(version: Version) -> Lock {
    let identities = example::identities(4);
    let mut draft = example::draft(&identities);
    draft.version = version;
    let definition = example::agreed(draft, &identities);
    let contents = Contents {
        definition,
        validators: vec![Validator {
            public_key: [7; 48].into(),
            share_public_keys: (1..=4).map(|share| [share; 48].into()).collect(),
        }],
        seal_commitment: (1..=3)
            .map(|coefficient| [coefficient; 48].into())
            .collect(),
        exit_seal_commitment: version
            .has_exit_key()
            .then(|| [[5; 48].into(), [6; 48].into()].into()),
        transcript_hash: Root::from([8; 32]),
        keystore_salt: Root::from([9; 32]),
    };
    example::witnessed(contents, &identities)
}

fn exit(operators: &[u32]) -> Exit {
    let approvals = operators.iter().map(|operator| Approval {
        operator: *operator,
        epoch: Epoch(200),
        until: NOW + 5 * HOUR,
    });
    Exit {
        validator: ValidatorPosition(0),
        index: Some(ValidatorIndex(77)),
        epoch: Epoch(200),
        approvals: approvals.collect(),
        too_old: Vec::new(),
        stage: Stage::Waiting,
        presigned: presigned(&[]),
    }
}

/// What was signed in advance; these operators let it be opened.
fn presigned(operators: &[u32]) -> Presigned {
    let opener = |operator: &u32| Opener {
        operator: *operator,
        until: NOW + 5 * HOUR,
    };
    Presigned {
        validator: ValidatorPosition(0),
        epoch: Some(Epoch(200)),
        sealers: vec![0, 1, 3],
        openers: operators.iter().map(opener).collect(),
    }
}

#[test]
fn before_yes_to_opening_an_operator_reads_what_it_means_and_that_fewer_are_enough() {
    let lock = lock();
    let words = Words {
        lock: &lock,
        now: NOW,
    };
    let name = |at: usize| lock.definition.terms().operators[at].name.clone();
    let mut open = exit(&[]);
    open.presigned = presigned(&[1]);
    let text = words.before_opening(&open, 24, "WHAT IT MEANS THERE");
    for part in [
        "cannot be taken back",
        "WHAT IT MEANS THERE",
        "by 1 of 2 that are needed (of 4)",
        &format!("{} (for 5 h more)", name(1)),
        &format!("3 sealed parts held, 3 needed, none of {}", name(2)),
        "holds for 24 h",
        "--withdraw",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(words.lacks_openers(&open), 1);
    let text = words.approved_opening(&open);
    assert!(text.contains("gantry exit --presigned 0x0707"), "{text}");
    let listed = words.list(std::slice::from_ref(&open));
    assert!(listed.contains("1 of 2 let it be opened"), "{listed}");
    open.presigned = presigned(&[1, 3]);
    assert_eq!(words.lacks_openers(&open), 0);
}

#[test]
fn what_is_signed_in_advance_is_told_of_all_and_by_name_of_what_is_not_whole() {
    let mut lock = lock();
    let all = [presigned(&[])];
    let none = Words {
        lock: &lock,
        now: NOW,
    }
    .presigned(&all);
    assert!(none.contains("no exit is signed in advance"), "{none}");
    lock = presigning_lock();
    let words = Words {
        lock: &lock,
        now: NOW,
    };
    let text = words.presigned(&all);
    assert!(
        text.contains("of 1 of 1 active validators can be opened by 2"),
        "{text}"
    );
    assert!(
        text.contains("lock:0: 3 sealed parts held, 3 needed, none of"),
        "{text}"
    );
    let unknown = Presigned {
        epoch: None,
        sealers: Vec::new(),
        ..presigned(&[])
    };
    let text = words.presigned(&[unknown]);
    assert!(text.contains("of 0 of 0 active validators"), "{text}");
    assert!(text.contains("of 1 nothing is signed in advance"), "{text}");
}

#[test]
fn before_yes_an_operator_reads_what_an_exit_means_which_epoch_and_who_approves() {
    let lock = lock();
    let words = Words {
        lock: &lock,
        now: NOW,
    };
    let mut open = exit(&[1]);
    open.too_old = vec![3];
    let text = words.before(&open, 24, "WHAT IT MEANS THERE");
    let names: Vec<&str> = lock
        .definition
        .terms()
        .operators
        .iter()
        .map(|o| &*o.name)
        .collect();
    for part in [
        "cannot be taken back",
        "WHAT IT MEANS THERE",
        "epoch 200",
        "by 1 of 3 that are needed (of 4)",
        &format!("{} (for 5 h more)", names[1]),
        &format!("gantry of {}", names[3]),
        "index 77",
        "holds for 24 h",
        "--withdraw",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let first = words.before(&exit(&[]), 24, "");
    assert!(first.contains("fixed by your approval"), "{first}");
}

#[test]
fn after_yes_it_is_told_how_many_are_missing_and_approvals_of_another_epoch_do_not_count() {
    let lock = lock();
    let words = Words {
        lock: &lock,
        now: NOW,
    };
    let mut open = exit(&[0, 1, 2]);
    assert_eq!(words.lacks(&open), 0);
    open.approvals[2].epoch = Epoch(201);
    assert_eq!(words.lacks(&open), 1);
    let text = words.approved(&open);
    assert!(text.contains("1 more must approve"), "{text}");
    assert!(text.contains("for epoch 201"), "{text}");
    assert!(words.list(&[]).contains("no exit is open"));
    assert!(words.list(&[open]).contains("3 of 3 approve"));
}

fn typed(words: &[&str]) -> Option<Arguments> {
    let words = ["gantry", "exit"].iter().chain(words);
    let gantry = Gantry::try_parse_from(words).ok()?;
    let Command::Exit(arguments) = gantry.command else {
        return None;
    };
    Some(arguments)
}

#[test]
fn a_validator_is_named_by_key_index_or_place_and_nothing_is_guessed() {
    let key = format!("0x{}", "07".repeat(48));
    let chosen = |word: &str| typed(&[word]).and_then(|arguments| arguments.validator);
    assert_eq!(chosen(&key), Some(Chosen::Key([7; 48].into())));
    assert_eq!(chosen("12"), Some(Chosen::Index(12)));
    assert_eq!(chosen("lock:0"), Some(Chosen::Place(0)));
    for wrong in ["0x07", "lock:", "lock:-1", "first", "-1", &key[2..]] {
        assert_eq!(chosen(wrong), None, "{wrong}");
    }
    assert!(typed(&[]).is_none(), "what is to be done must be said");
    assert!(typed(&["--list", "12"]).is_none());
    assert!(typed(&["12", "--hours", "169"]).is_none());
    assert!(typed(&["--presigned", "12"]).unwrap().presigned);
    for wrong in ["--list", "--withdraw"] {
        assert!(typed(&["--presigned", "12", wrong]).is_none(), "{wrong}");
    }
    assert!(typed(&["--presigned"]).is_none());
    assert_eq!(typed(&["12"]).unwrap().hours, 24);
    let lock = lock();
    let ours = Chosen::Key([7; 48].into()).among(&lock).unwrap();
    assert_eq!(ours, Which::Position(ValidatorPosition(0)));
    let other = Chosen::Key([6; 48].into()).among(&lock);
    assert!(other.is_err(), "{other:?}");
}
