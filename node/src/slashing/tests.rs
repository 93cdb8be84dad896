//! A record is renewed, moved and kept, and never lowered or replaced by accident.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proto::{Epoch, Identity, Slot};

use super::*;
use node_core::record::Watermarks;

const NOW: Moment = moment(320, 10);

const fn moment(slot: u64, epoch: u64) -> Moment {
    Moment {
        slot: Slot(slot),
        epoch: Epoch(epoch),
    }
}

fn key(byte: u8) -> PublicKey {
    [byte; 48].into()
}

fn place(data: &Path) -> Place<'_> {
    Place {
        data,
        owner: Owner {
            cluster: [7; 32].into(),
            identity: Identity::from_seed(&[7; 32]).public(),
        },
        genesis_validators_root: [1; 32].into(),
    }
}

fn history(place: &Place<'_>) -> History {
    let lock = DataLock::take(place.data).unwrap();
    Journal::read(&mut Files::within(&lock), &place.owner).unwrap()
}

fn marks(history: &History, byte: u8) -> Watermarks {
    let number = history.number(&key(byte)).unwrap();
    history.marks(number).unwrap().watermarks
}

fn at(slot: u64, source: u64, target: u64) -> Watermarks {
    Watermarks {
        source: Some(Epoch(source)),
        target: Some(Epoch(target)),
        slot: Some(Slot(slot)),
    }
}

#[test]
fn a_lost_record_begins_above_everything_that_may_have_been_signed() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    let renewed = new_record(&place, &[key(1), key(2)], NOW).unwrap();
    assert_eq!(renewed, Renewed::Begun);
    let history = history(&place);
    assert_eq!(marks(&history, 2), at(320, 9, 10));
    assert_eq!(history.mark(), Some(Slot(320)));
    // Far above what a record of 320 slots can have reached, so peers do not object.
    assert!(history.sequence() >= 320 * 1024);
}

#[test]
fn a_readable_record_goes_on_with_higher_marks_and_new_keys() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    new_record(&place, &[key(1)], NOW).unwrap();
    let before = history(&place).sequence();
    let later = moment(640, 20);
    let renewed = new_record(&place, &[key(1), key(2)], later).unwrap();
    assert_eq!(renewed, Renewed::Continued);
    let after = history(&place);
    assert_eq!(marks(&after, 1), at(640, 19, 20));
    assert_eq!(marks(&after, 2), at(640, 19, 20));
    assert!(after.sequence() > before);
    // An earlier moment lowers nothing.
    new_record(&place, &[key(1)], NOW).unwrap();
    assert_eq!(marks(&history(&place), 1), at(640, 19, 20));
}

#[test]
fn damaged_files_are_kept_beside_the_new_record() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    new_record(&place, &[key(1)], NOW).unwrap();
    for name in ["record-a.log", "record-b.log"] {
        fs::write(data.path().join("record").join(name), b"rubbish").unwrap();
    }
    let Renewed::SetAside(kept) = new_record(&place, &[key(1)], NOW).unwrap() else {
        panic!("the damaged files were not kept");
    };
    assert_eq!(fs::read(kept.join("record-a.log")).unwrap(), b"rubbish");
    assert_eq!(marks(&history(&place), 1), at(320, 9, 10));
}

#[test]
fn another_peers_record_is_never_replaced() {
    let data = tempfile::tempdir().unwrap();
    let mine = place(data.path());
    new_record(&mine, &[key(1)], NOW).unwrap();
    let mut other = mine;
    other.owner.cluster = [8; 32].into();
    let words = new_record(&other, &[key(1)], NOW).unwrap_err().to_string();
    assert!(
        words.contains("belongs to another cluster or peer"),
        "{words}"
    );
}

#[test]
fn marks_move_from_one_record_to_another_by_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, to) = (place(from.path()), place(to.path()));
    new_record(&from, &[key(1), key(2)], NOW).unwrap();
    new_record(&to, &[key(2)], moment(0, 0)).unwrap();
    let file = from.data.join("protection.json");
    assert_eq!(export(&from, &file).unwrap(), 2);
    let imported = import(&to, read(&to, &file).unwrap(), NOW).unwrap();
    let expected = Imported {
        raised: 1,
        unchanged: 0,
        unknown: vec![key(1)],
    };
    assert_eq!(imported, expected);
    assert_eq!(marks(&history(&to), 2), at(320, 9, 10));
}

#[test]
fn an_export_is_private_and_overwrites_nothing() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    new_record(&place, &[key(1)], NOW).unwrap();
    let file = data.path().join("protection.json");
    export(&place, &file).unwrap();
    let written = fs::read(&file).unwrap();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    new_record(&place, &[key(1)], moment(640, 20)).unwrap();
    let words = export(&place, &file).unwrap_err().to_string();
    assert!(words.contains("does not overwrite"), "{words}");
    assert_eq!(fs::read(&file).unwrap(), written);
}

#[test]
fn a_file_of_another_chain_is_refused_before_anything_else_is_looked_at() {
    let data = tempfile::tempdir().unwrap();
    let mut place = place(data.path());
    new_record(&place, &[key(1)], NOW).unwrap();
    let file = data.path().join("protection.json");
    export(&place, &file).unwrap();
    place.genesis_validators_root = [2; 32].into();
    let words = read(&place, &file).unwrap_err().to_string();
    assert!(words.contains("another chain"), "{words}");
    assert!(words.contains("protection.json"), "{words}");
    let words = read(&place, data.path()).unwrap_err().to_string();
    assert!(words.contains("cannot read"), "{words}");
}

#[test]
fn nothing_works_while_gantry_runs_or_without_a_record() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    let file = data.path().join("protection.json");
    let words = export(&place, &file).unwrap_err().to_string();
    assert!(words.contains("there is no signing record"), "{words}");
    new_record(&place, &[key(1)], NOW).unwrap();
    export(&place, &file).unwrap();
    let read = read(&place, &file).unwrap();
    let _running = DataLock::take(data.path()).unwrap();
    for words in [
        export(&place, &file).unwrap_err().to_string(),
        import(&place, read, NOW).unwrap_err().to_string(),
        new_record(&place, &[], NOW).unwrap_err().to_string(),
    ] {
        assert!(words.contains("is in use by process"), "{words}");
    }
}

/// The way back of three operators, one of whose programs claims that a record is an old copy.
#[test]
fn a_claim_is_denied_only_where_it_stops_something() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    let claim = |sequence| Denial {
        cluster: place.owner.cluster,
        operator: "bob".to_owned(),
        sequence,
    };
    let error = keep_record(&place, claim(77), false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("record"), "{error}");
    new_record(&place, &[key(1)], moment(0, 0)).unwrap();
    let ours = history(&place).sequence();
    let error = keep_record(&place, claim(ours), false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("stops nothing"), "{error}");
    assert_eq!(denials::read(data.path()).unwrap(), []);
    assert_eq!(keep_record(&place, claim(u64::MAX), false).unwrap(), ours);
    assert_eq!(denials::read(data.path()).unwrap(), [claim(u64::MAX)]);
    assert_eq!(history(&place).sequence(), ours, "the record is as it was");
}

/// Of three, the two others are all who can have seen the record: they do not both err lightly.
#[test]
fn the_claim_of_the_second_operator_is_not_denied_as_lightly_as_that_of_the_first() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    new_record(&place, &[key(1)], moment(0, 0)).unwrap();
    let ours = history(&place).sequence();
    let claim = |operator: &str, sequence| Denial {
        cluster: place.owner.cluster,
        operator: operator.to_owned(),
        sequence,
    };
    keep_record(&place, claim("bob", ours + 1), false).unwrap();
    keep_record(&place, claim("bob", ours + 2), false).unwrap();
    let refused = keep_record(&place, claim("carol", ours + 1), false);
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("now carol claims it too"), "{words}");
    assert!(words.contains("--against-both"), "{words}");
    assert_eq!(denials::read(data.path()).unwrap().len(), 2);
    keep_record(&place, claim("carol", ours + 1), true).unwrap();
    assert_eq!(denials::read(data.path()).unwrap().len(), 3);
    // A record that has passed what was denied has nothing to do with it any more.
    new_record(&place, &[key(1)], NOW).unwrap();
    keep_record(&place, claim("carol", u64::MAX), false).unwrap();
    assert_eq!(
        denials::read(data.path()).unwrap(),
        [claim("carol", u64::MAX)]
    );
}

#[test]
fn duties_of_a_halted_validator_begin_again_when_its_operator_says_so_and_not_while_it_runs() {
    let data = tempfile::tempdir().unwrap();
    let place = place(data.path());
    let seen = |validator| halts::Halted {
        cluster: place.owner.cluster,
        validator: key(validator),
        slot: 9,
        work: "block".to_owned(),
        block: Root::ZERO,
    };
    for validator in [1, 2] {
        halts::add(place.data, seen(validator)).unwrap();
    }
    let ours = [key(1), key(2)];
    let refused = resume(&place, &ours, &key(3)).unwrap_err();
    assert!(matches!(refused, SlashingError::NotOurs(_)), "{refused}");
    let running = DataLock::take(place.data).unwrap();
    let refused = resume(&place, &ours, &key(1)).unwrap_err();
    assert!(matches!(refused, SlashingError::Lock(_)), "{refused}");
    drop(running);
    resume(&place, &ours, &key(1)).unwrap();
    let left = halts::read(place.data, place.owner.cluster).unwrap();
    assert_eq!(left, [seen(2)]);
    let refused = resume(&place, &ours, &key(1)).unwrap_err();
    assert!(matches!(refused, SlashingError::NotHalted(_)), "{refused}");
}

/// One epoch in which everybody with these keys votes, and one until blocks show it.
#[test]
fn who_has_lost_its_record_signs_nothing_for_two_whole_epochs() {
    for slot in [64, 95] {
        let until = watched_until(moment(slot, 2), 32);
        assert_eq!(until, moment(5 * 32 - 1, 4), "epochs 3 and 4 are watched");
    }
}
