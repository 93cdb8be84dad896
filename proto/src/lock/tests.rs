//! Promises of the lock: nothing in it can be changed, and who did not sign it is named.

use super::*;
use crate::definition::{Definition, Draft, Version, Withdrawal};
use crate::example;

fn secrets() -> Vec<Identity> {
    example::identities(4)
}

fn contents() -> Contents {
    let definition = Draft {
        validators: 2,
        withdrawal: Withdrawal::Later,
        ..example::draft(&secrets())
    };
    let validator = |v: u8| Validator {
        public_key: [v; 48].into(),
        share_public_keys: (1..=4).map(|share| [v + share; 48].into()).collect(),
    };
    Contents {
        definition: example::agreed(definition, &secrets()),
        validators: vec![validator(0x10), validator(0x20)],
        seal_commitment: vec![[0x31; 48].into(), [0x32; 48].into(), [0x33; 48].into()],
        exit_seal_commitment: None,
        transcript_hash: Root::from([0x41; 32]),
        keystore_salt: Root::from([0x51; 32]),
    }
}

fn lock() -> Lock {
    example::witnessed(contents(), &secrets())
}

#[test]
fn a_lock_is_read_as_it_was_written() {
    assert_eq!(Lock::from_json(&lock().to_json()).unwrap(), lock());
}

#[test]
fn a_file_that_is_cut_off_or_another_says_so_and_what_to_do() {
    let whole = lock().to_json();
    let refused = |text: &str| Lock::from_json(text).unwrap_err().to_string();
    for text in ["", &whole[..whole.len() / 2]] {
        let words = refused(text);
        assert!(words.starts_with("the lock is empty or cut off"), "{words}");
        assert!(
            words.contains("from your backup or from any other"),
            "{words}"
        );
    }
    let definition = lock().definition.to_json();
    let words = refused(&definition);
    assert!(
        words.contains("a cluster definition and no lock"),
        "{words}"
    );
    let words = Definition::from_json(&whole).unwrap_err().to_string();
    assert!(words.contains("`gantry lock show` prints it"), "{words}");
    for text in ["", &definition[..definition.len() / 2]] {
        let words = Definition::from_json(text).unwrap_err().to_string();
        assert!(words.contains("empty or cut off"), "{words}");
        assert!(words.contains("once more from whoever sent it"), "{words}");
    }
}

#[test]
fn a_lock_is_whole_only_with_every_signature() {
    let unsigned = UnsignedLock::new(contents()).unwrap();
    let secrets = secrets();
    let some = secrets[..3].iter().map(|s| unsigned.sign(s).unwrap());
    let error = unsigned
        .clone()
        .with_signatures(some.collect())
        .unwrap_err();
    assert!(
        error.to_string().contains("lacks the signature of dave"),
        "{error}"
    );
    let stranger = Identity::from_seed(&[99; 32]);
    assert!(unsigned.sign(&stranger).is_err());
}

#[test]
fn every_changed_digit_is_noticed() {
    let text = lock().to_json();
    for (at, _) in text
        .match_indices("\": \"0x")
        .chain(text.match_indices("      \"0x"))
    {
        let digit = at + text[at..].find("0x").unwrap() + 10;
        let mut changed = text.clone();
        let other = if &text[digit..=digit] == "1" {
            "2"
        } else {
            "1"
        };
        changed.replace_range(digit..=digit, other);
        assert!(Lock::from_json(&changed).is_err(), "digit {digit}");
    }
}

#[test]
fn a_wrong_signature_names_its_operator() {
    let bob = hex::encode(lock().signatures().values().nth(1).unwrap().0);
    let carol = hex::encode(lock().signatures().values().nth(2).unwrap().0);
    let error = Lock::from_json(&lock().to_json().replace(&bob, &carol)).unwrap_err();
    assert!(matches!(error, BadLock::Signature(name) if name == "bob"));
}

#[test]
fn counts_are_those_of_the_definition() {
    let refused = |change: fn(&mut Contents)| {
        let mut contents = contents();
        change(&mut contents);
        UnsignedLock::new(contents).unwrap_err().to_string()
    };
    assert!(refused(|c| c.validators.truncate(1)).contains("1 validators"));
    assert!(refused(|c| c.validators[1].share_public_keys.truncate(3)).contains("3 share keys"));
    assert!(refused(|c| c.seal_commitment.truncate(2)).contains("2 seal key coefficients"));
    assert!(refused(|c| c.validators[1].public_key = c.validators[0].public_key).contains("twice"));
}

/// What a ceremony makes of a definition of version 2.
fn contents_with_exit_key() -> Contents {
    let contents = contents();
    let mut draft: Draft = (**contents.definition.terms()).clone();
    draft.version = Version::V2;
    Contents {
        definition: example::agreed(draft, &secrets()),
        exit_seal_commitment: Some(vec![[0x35; 48].into(), [0x36; 48].into()]),
        ..contents
    }
}

#[test]
fn a_lock_has_a_key_for_exits_if_its_definition_is_of_version_2_and_it_is_signed_with_the_rest() {
    let lock = example::witnessed(contents_with_exit_key(), &secrets());
    let text = lock.to_json();
    assert!(text.contains("\"version\": 2"), "{text}");
    assert_eq!(Lock::from_json(&text).unwrap(), lock);

    let other = text.replace(&"36".repeat(48), &"37".repeat(48));
    let error = Lock::from_json(&other).unwrap_err();
    assert!(matches!(error, BadLock::Hash { .. }), "{error}");
    let mut changed = contents_with_exit_key();
    changed.exit_seal_commitment = Some(vec![[0x35; 48].into(), [0x37; 48].into()]);
    assert_ne!(UnsignedLock::new(changed).unwrap().hash(), lock.hash());

    let refused = |exit| {
        let contents = Contents {
            exit_seal_commitment: exit,
            ..contents_with_exit_key()
        };
        UnsignedLock::new(contents).unwrap_err().to_string()
    };
    let [point] = [[0x35; 48].into()];
    for (exit, count) in [(None, 0), (Some(vec![point]), 1), (Some(vec![point; 3]), 3)] {
        let words = refused(exit);
        let expected = format!("{count} exit key coefficients, and its definition asks for 2");
        assert!(words.contains(&expected), "{words}");
    }
    for exit in [vec![], vec![point; 2]] {
        let mut first = contents();
        first.exit_seal_commitment = Some(exit);
        let words = UnsignedLock::new(first).unwrap_err().to_string();
        assert!(words.contains("asks for 0"), "{words}");
    }
}

#[test]
fn a_lock_and_its_definition_are_of_one_version() {
    let text = lock()
        .to_json()
        .replacen("\"version\": 1", "\"version\": 2", 1);
    let error = Lock::from_json(&text).unwrap_err();
    assert!(matches!(error, BadLock::OtherVersion(2)), "{error}");
}

/// A lock is read by every later gantry: this file is as gantry 0.1.0 wrote it.
#[test]
fn a_lock_of_version_1_is_read_for_ever() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/lock-1.json");
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(Lock::from_json(&text).unwrap(), lock());
}

/// So is one with a key for exits: this file is as gantry 0.1.0 wrote it.
#[test]
fn a_lock_of_version_2_is_read_for_ever() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/lock-2.json");
    let text = std::fs::read_to_string(path).unwrap();
    let lock = example::witnessed(contents_with_exit_key(), &secrets());
    assert_eq!(Lock::from_json(&text).unwrap(), lock);
}

#[test]
fn a_lock_of_a_later_version_is_refused_as_one_whatever_else_it_holds() {
    let later = lock()
        .to_json()
        .replacen("\"version\": 1", "\"version\": 3, \"resharing\": 1", 1);
    let error = Lock::from_json(&later).unwrap_err().to_string();
    assert!(error.contains("version 3"), "{error}");
    assert!(error.contains("update gantry"), "{error}");
}
