//! What an operator reads of a duty.

use super::*;

fn record() -> DutyRecord {
    DutyRecord {
        slot: 8,
        work: "attestation".to_owned(),
        validator: 1,
        index: 71,
        outcome: Outcome::Done,
        included: Some(9),
        source: Some(true),
        target: Some(true),
        head: Some(true),
        reason: None,
        reached: Some(("signed".to_owned(), 90)),
        took_ms: Some(80),
        missing: vec!["dave".to_owned()],
    }
}

#[test]
fn contributions_are_not_asked_for_with_a_choice_of_duties() {
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        _arguments: Arguments,
    }
    let parse = |flags: &[&str]| Line::try_parse_from([&["duties"], flags].concat());
    assert!(parse(&["--peers", "--since", "epoch:3", "--json"]).is_ok());
    for choice in [&["--missed"][..], &["--validator", "1"], &["--count", "3"]] {
        assert!(
            parse(&[&["--peers"], choice].concat()).is_err(),
            "{choice:?}"
        );
    }
}

#[test]
fn a_duty_is_one_line_with_its_block_or_its_reason() {
    let of = "slot 8 attestation of validator 71 (position 1)";
    let right = "in block 9, 1 later, source, target and head right, signed after 80 ms";
    assert_eq!(duty_line(&record()), format!("{of}: {right}"));
    let wrong = DutyRecord {
        head: Some(false),
        included: Some(11),
        ..record()
    };
    let words = "in block 11, 3 later, head WRONG, signed after 80 ms";
    assert_eq!(duty_line(&wrong), format!("{of}: {words}"));
    let missed = DutyRecord {
        outcome: Outcome::Missed,
        included: None,
        source: None,
        target: None,
        head: None,
        reason: Some("too few peers signed".to_owned()),
        reached: Some(("enough votes".to_owned(), 310)),
        took_ms: None,
        ..record()
    };
    let words = "MISSED: too few peers signed; came as far as: enough votes, after 310 ms; \
                 without dave";
    assert_eq!(duty_line(&missed), format!("{of}: {words}"));
    let unseen = DutyRecord {
        outcome: Outcome::NotYetSeen,
        ..missed
    };
    assert!(duty_line(&unseen).contains("missed by this peer, not yet seen in the chain: too few"));
    let waiting = DutyRecord {
        outcome: Outcome::NotYetSeen,
        ..record()
    };
    let words = "not yet seen in the chain, signed after 80 ms";
    assert_eq!(duty_line(&waiting), format!("{of}: {words}"));
}

#[test]
fn what_others_have_done_without_this_peer_is_said_to_be_theirs() {
    let others = DutyRecord {
        reason: Some("this peer does not vote yet".to_owned()),
        took_ms: None,
        ..record()
    };
    let line = duty_line(&others);
    assert!(line.contains("in block 9"), "{line}");
    let words = "signed without this peer: this peer does not vote yet";
    assert!(line.contains(words), "{line}");
}

#[test]
fn what_is_left_out_is_said() {
    let report = DutyReport {
        duties: vec![record()],
        more: true,
        contributions: vec![],
    };
    assert!(page(&report).ends_with("there are older ones: --count shows more\n"));
    assert_eq!(page(&DutyReport::default()), "no such duty is kept\n");
}

#[test]
fn what_is_shown_begins_with_a_slot_or_with_an_epoch() {
    assert_eq!("1234".parse(), Ok(Since::Slot(1234)));
    assert_eq!("epoch:38".parse(), Ok(Since::Epoch(38)));
    for wrong in ["", "epoch:", "epoch:-1", "38e", "yesterday"] {
        assert!(wrong.parse::<Since>().is_err(), "{wrong}");
    }
}

#[test]
fn a_message_of_the_sync_committee_is_shown_with_its_block() {
    let synced = DutyRecord {
        work: "sync-message".to_owned(),
        source: None,
        target: None,
        head: None,
        ..record()
    };
    let words = "slot 8 sync-message of validator 71 (position 1): in block 9, signed after 80 ms";
    assert_eq!(duty_line(&synced), words);
}
