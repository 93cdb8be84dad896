//! EIP-3076 files: what is taken, what is refused, and that nothing is ever lowered.

use proptest::prelude::*;
use proto::{Epoch, PublicKey, Root, Slot};

use crate::record::{Entry, History};
use crate::vault::interchange::*;

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
        ("{}", "missing field `metadata`"),
        (
            r#"{"slashing_protection": "{}"}"#,
            "missing field `metadata`",
        ),
        (
            &file("5", r#"{"signed_blocks": []}"#),
            "missing field `pubkey`",
        ),
        (
            &file("5", &of_key(1, r#"{"slot": null}"#, "")),
            "not a slashing protection file",
        ),
        (
            &file("5", &of_key(1, "", r#"{"target_epoch": "9"}"#)),
            "missing field `source_epoch`",
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
    let empty = file("5", "");
    let null = empty.replace("[]", "null");
    let absent = empty.replace(r#", "data": []"#, "");
    for json in [empty, null, absent] {
        let taken = take(&mut enrolled(), json.as_bytes()).unwrap();
        assert_eq!((taken.records.len(), taken.unchanged), (0, 0), "{json}");
    }
}

/// The marks of key 1 after one entry of it with these members beside `pubkey`.
fn marks_of(members: &str) -> (Option<u64>, Option<u64>, Option<u64>) {
    let mut history = enrolled();
    let entry = format!(r#"{{"pubkey": "{}"{members}}}"#, key(1));
    take(&mut history, file("5", &entry).as_bytes()).unwrap();
    watermarks(&history, 1)
}

#[test]
fn an_absent_or_null_list_is_an_empty_one() {
    let blocks = r#", "signed_blocks": [{"slot": "90"}]"#;
    let votes = format!(r#", "signed_attestations": [{}]"#, attestation(8, 9));
    assert_eq!(marks_of(""), (None, None, None));
    assert_eq!(marks_of(blocks), (None, None, Some(90)));
    assert_eq!(marks_of(&votes), (Some(8), Some(9), None));
    let null = r#", "signed_attestations": null"#;
    assert_eq!(marks_of(&format!("{blocks}{null}")), (None, None, Some(90)));
    let null = r#", "signed_blocks": null"#;
    assert_eq!(
        marks_of(&format!("{null}{votes}")),
        (Some(8), Some(9), None)
    );
}

#[test]
fn a_list_under_another_name_is_not_lost() {
    let odd = format!(
        r#"{{"pubkey": "{}", "signed_blocks": [], "signedAttestations": [{}]}}"#,
        key(1),
        attestation(8, 9)
    );
    let words = refused(&file("5", &odd));
    assert!(words.contains("signedAttestations"), "{words}");
    // Beside both lists it is something that this version need not know.
    let more = r#", "signed_blocks": [], "signed_attestations": [], "note": {"a": [1]}"#;
    assert_eq!(marks_of(more), (None, None, None));
}

#[test]
fn entries_are_read_as_the_clients_write_them() {
    let root = Root::ZERO;
    for block in [
        r#"{"slot": 90}"#.to_owned(),
        r#"{"slot": "90", "signing_root": null}"#.to_owned(),
        r#"{"slot": "90", "signing_root": ""}"#.to_owned(),
        format!(r#"{{"slot": "90", "signing_root": "{root}", "other": 1}}"#),
    ] {
        let members = format!(r#", "signed_blocks": [{block}]"#);
        assert_eq!(marks_of(&members), (None, None, Some(90)), "{block}");
    }
    let vote = r#", "signed_attestations": [{"source_epoch": 8, "target_epoch": 9}]"#;
    assert_eq!(marks_of(vote), (Some(8), Some(9), None));
    // An old Teku writes so of a key that has signed nothing.
    let nothing = r#", "signed_blocks": [{"slot": "0"}, {}], "signed_attestations": [{ }]"#;
    assert_eq!(marks_of(nothing), (None, None, Some(0)));
    let twice = r#", "signed_blocks": [{"slot": "90"}], "signed_blocks": [{"slot": "7"}]"#;
    assert_eq!(marks_of(twice), (None, None, Some(90)));
}

#[test]
fn a_file_that_names_no_chain_is_refused_with_words() {
    // As Teku writes of records that are older than its knowledge of the chain.
    let json = file("5", &of_key(1, r#"{"slot": "90"}"#, ""));
    let absent = json.replace("genesis_validators_root", "other");
    let mut of_null: serde_json::Value = serde_json::from_str(&json).unwrap();
    of_null["metadata"]["genesis_validators_root"] = serde_json::Value::Null;
    for json in [absent, of_null.to_string()] {
        let words = refused(&json);
        assert!(words.contains("does not say of which chain"), "{words}");
    }
}

#[test]
fn a_file_is_read_however_it_is_wrapped() {
    let json = file("5", &of_key(1, r#"{"slot": "90"}"#, ""));
    let wrapped = [
        json.replace(r#""5""#, "5"),
        json.replace("0x", ""),
        format!("\u{feff}{json}"),
        format!(
            r#"{{"data": [{{"status": "deleted"}}], "slashing_protection": {}}}"#,
            serde_json::to_string(&json).unwrap()
        ),
    ];
    for json in wrapped {
        let mut history = enrolled();
        take(&mut history, json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(watermarks(&history, 1), (None, None, Some(90)), "{json}");
    }
}

#[test]
fn the_far_future_of_a_foreign_key_does_not_refuse_ours() {
    let mut history = enrolled();
    let foreign = of_key(
        9,
        r#"{"slot": "18446744073709551615"}"#,
        &attestation(7, 9000),
    );
    let ours = of_key(1, r#"{"slot": "90"}"#, &attestation(8, 9));
    let json = file("5", &format!("{foreign}, {ours}"));
    let taken = take(&mut history, json.as_bytes()).unwrap();
    assert_eq!(taken.unknown, [key(9)]);
    assert_eq!(watermarks(&history, 1), (Some(8), Some(9), Some(90)));
    // One of ours that is ahead refuses all: half a file is no file.
    let ahead = of_key(2, "", &attestation(7, 9000));
    let words = refused(&file("5", &format!("{ours}, {ahead}")));
    assert!(words.contains("signed for the future"), "{words}");
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
