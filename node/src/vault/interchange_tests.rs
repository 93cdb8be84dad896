//! EIP-3076 files: what is taken, what is refused, and that nothing is ever lowered.

use proptest::prelude::*;
use proto::{Epoch, PublicKey, Root, Slot};

use super::interchange::*;
use crate::journal::{Entry, History};

const CHAIN: Root = Root::ZERO;
const NOW: Moment = Moment {
    slot: Slot(3200),
    epoch: Epoch(100),
};

fn key(byte: u8) -> PublicKey {
    [byte; 48].into()
}

fn enrolled() -> History {
    let mut history = History::default();
    let keys = vec![key(1), key(2)];
    history.add(Entry::Enrolled(keys)).unwrap();
    history
}

fn file(version: &str, data: &str) -> String {
    format!(
        r#"{{"metadata": {{"interchange_format_version": "{version}",
            "genesis_validators_root": "{CHAIN}"}}, "data": [{data}]}}"#
    )
}

fn of_key(byte: u8, blocks: &str, attestations: &str) -> String {
    format!(
        r#"{{"pubkey": "{}", "signed_blocks": [{blocks}],
            "signed_attestations": [{attestations}]}}"#,
        key(byte)
    )
}

fn attestation(source: u64, target: u64) -> String {
    format!(r#"{{"source_epoch": "{source}", "target_epoch": "{target}"}}"#)
}

fn watermarks(history: &History, byte: u8) -> (Option<u64>, Option<u64>, Option<u64>) {
    let number = history.number(&key(byte)).unwrap();
    let marks = history.marks(number).unwrap().watermarks;
    (
        marks.source.map(|epoch| epoch.0),
        marks.target.map(|epoch| epoch.0),
        marks.slot.map(|slot| slot.0),
    )
}

/// Reads `json` and imports it.
fn take(history: &mut History, json: &[u8]) -> Result<Import, InterchangeError> {
    import(history, Claims::read(CHAIN, json)?, NOW)
}

/// Tries `json` and returns the words of the refusal; the history stays as it was.
fn refused(json: &str) -> String {
    let mut history = enrolled();
    let error = take(&mut history, json.as_bytes()).unwrap_err();
    assert_eq!(history, enrolled());
    error.to_string()
}

#[test]
fn of_all_entries_of_a_key_the_highest_count() {
    let mut history = enrolled();
    let root = Root::ZERO;
    let json = file(
        "5",
        &[
            of_key(1, r#"{"slot": "81"}, {"slot": "70"}"#, &attestation(5, 6)),
            of_key(
                1,
                &format!(r#"{{"slot": "9", "signing_root": "{root}"}}"#),
                &[attestation(4, 9), attestation(7, 8)].join(","),
            ),
            of_key(9, "", &attestation(1, 2)),
        ]
        .join(","),
    );
    let taken = take(&mut history, json.as_bytes()).unwrap();
    assert_eq!(taken.records.len(), 1);
    assert_eq!(taken.unknown, [key(9)]);
    assert_eq!(watermarks(&history, 1), (Some(7), Some(9), Some(81)));
    assert_eq!(watermarks(&history, 2), (None, None, None));
    // A second time it changes nothing.
    let again = take(&mut history, json.as_bytes()).unwrap();
    assert_eq!((again.records.len(), again.unchanged), (0, 1));
}

#[test]
fn an_import_never_lowers_a_mark() {
    let mut history = enrolled();
    let high = file("5", &of_key(1, r#"{"slot": "90"}"#, &attestation(8, 9)));
    let low = file("5", &of_key(1, r#"{"slot": "10"}"#, &attestation(2, 20)));
    take(&mut history, high.as_bytes()).unwrap();
    take(&mut history, low.as_bytes()).unwrap();
    assert_eq!(watermarks(&history, 1), (Some(8), Some(20), Some(90)));
}

#[test]
fn an_export_imported_elsewhere_gives_the_same_marks() {
    let mut history = enrolled();
    let json = file("5", &of_key(1, r#"{"slot": "90"}"#, &attestation(8, 9)));
    take(&mut history, json.as_bytes()).unwrap();
    let exported = export(&history, CHAIN);
    let text = String::from_utf8(exported.clone()).unwrap();
    assert!(
        text.contains(r#""interchange_format_version": "5""#),
        "{text}"
    );
    assert!(
        text.contains(r#""slot": "90""#),
        "integers are quoted: {text}"
    );
    let mut elsewhere = enrolled();
    take(&mut elsewhere, &exported).unwrap();
    for byte in [1, 2] {
        assert_eq!(watermarks(&elsewhere, byte), watermarks(&history, byte));
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_words() {
    let bad = [
        ("{", "not a slashing protection file"),
        (&file("4", ""), "version \"4\""),
        (&file("5", &of_key(9, "", "")), "none of the 1 keys"),
        (
            &file("5", &of_key(1, r#"{"slot": "-9"}"#, "")),
            "not a slashing protection file",
        ),
        (
            &file("5", r#"{"pubkey": "0x12"}"#),
            "expected 0x and 96 hex digits",
        ),
        (
            &file("5", &of_key(1, "", &attestation(1, 102))),
            "signed for the future",
        ),
        (
            &file("5", &of_key(1, "", &attestation(102, 1))),
            "signed for the future",
        ),
        (
            &file("5", &of_key(1, r#"{"slot": "3202"}"#, "")),
            "signed for the future",
        ),
    ];
    for (json, expected) in bad {
        let words = refused(json);
        assert!(words.contains(expected), "{words}");
        assert!(words.contains("nothing was imported"), "{words}");
    }
    let other: Root = [8; 32].into();
    let json = file("5", "").replace(&CHAIN.to_string(), &other.to_string());
    assert!(
        refused(&json).contains("another chain"),
        "{}",
        refused(&json)
    );
}

#[test]
fn a_file_of_no_keys_is_taken() {
    let taken = take(&mut enrolled(), file("5", "").as_bytes()).unwrap();
    assert_eq!((taken.records.len(), taken.unchanged), (0, 0));
}

proptest! {
    #[test]
    fn any_bytes_are_taken_whole_or_not_at_all(json in ".{0,200}") {
        let mut history = enrolled();
        if take(&mut history, json.as_bytes()).is_err() {
            prop_assert_eq!(history, enrolled());
        }
    }
}
