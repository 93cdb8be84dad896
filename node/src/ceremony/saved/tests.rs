//! What an unfinished ceremony keeps, and what is refused of it.

use dkg::ceremony::Acked;
use node_core::ceremony::example;
use proto::ceremony::{Ack, Context};
use proto::lock::LockHash;

use super::*;

const DEFINITION: [u8; 32] = [5; 32];

fn master(seed: u8) -> MasterSecret {
    MasterSecret::from_seed(&[seed; 32], &Root::from([7; 32]))
}

fn open(dir: &Path, definition: [u8; 32]) -> Result<SavedCeremony, CeremonyError> {
    SavedCeremony::open(dir, definition.into())
}

fn begun(dir: &Path, position: &Position) -> SavedCeremony {
    let saved = open(dir, DEFINITION).unwrap();
    saved.begin(&master(1), position).unwrap();
    saved
}

fn at(attempt: u32) -> Position {
    Position {
        attempt,
        opened: attempt,
        ..Position::default()
    }
}

#[test]
fn the_seed_is_the_same_after_a_crash_and_lies_encrypted() {
    let dir = tempfile::tempdir().unwrap();
    let saved = open(dir.path(), DEFINITION).unwrap();
    assert_eq!(saved.memory().unwrap(), Memory::Blank(None));
    let seed = begun(dir.path(), &at(0)).seed(&master(1)).unwrap();
    let again = open(dir.path(), DEFINITION).unwrap();
    assert_eq!(again.memory().unwrap(), Memory::Begun);
    assert_eq!(again.position().unwrap(), at(0));
    assert_eq!(again.seed(&master(1)).unwrap(), seed);
    let text = fs::read_to_string(dir.path().join("ceremony/seed.json")).unwrap();
    assert!(!text.contains(&hex::encode(*seed)));
}

#[test]
fn another_secret_or_definition_does_not_open_it() {
    let dir = tempfile::tempdir().unwrap();
    let refused = begun(dir.path(), &at(0)).seed(&master(2));
    assert!(matches!(refused, Err(CeremonyError::SeedClosed(_))));
    let refused = open(dir.path(), [6; 32]);
    assert!(matches!(refused, Err(CeremonyError::OtherCeremony { .. })));
}

#[test]
fn a_lost_seed_is_remembered_by_its_attempt_unless_something_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let saved = begun(dir.path(), &at(3));
    assert_eq!(saved.position().unwrap().attempt, 3);
    fs::remove_file(dir.path().join("ceremony/seed.json")).unwrap();
    assert_eq!(saved.memory().unwrap(), Memory::Blank(Some(3)));
    let acked = Acked {
        attempt: 3,
        transcript: [1; 32].into(),
        lock: [2; 32].into(),
    };
    let acked = Position {
        acked: vec![acked],
        ..at(3)
    };
    saved.persist(&acked).unwrap();
    let refused = saved.memory();
    assert!(matches!(refused, Err(CeremonyError::SeedLost(_))));
}

#[test]
fn a_position_of_the_version_before_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let saved = begun(dir.path(), &at(0));
    let old = br#"{"version":1,"position":{"attempt":2,"opened":2,"acked":[]}}"#;
    fs::write(dir.path().join("ceremony/position.json"), old).unwrap();
    assert_eq!(saved.position().unwrap(), at(2));
}

#[test]
fn what_was_heard_is_read_as_it_was_kept_and_an_older_folder_holds_none() {
    let place = example::place(0);
    let dir = tempfile::tempdir().unwrap();
    let saved = begun(dir.path(), &at(0));
    assert_eq!(saved.heard(&place).unwrap(), Heard::default());
    let other = example::place(2);
    let lock = Root::from([7; 32]);
    let ack = Ack {
        context: Context {
            terms: terms(&place.definition).hash(),
            attempt: 0,
        },
        transcript: Root::from([8; 32]),
        lock,
        lock_signature: other.identity.sign_bare(&LockHash(lock)),
    };
    let ack = Spoken::Ack(other.identity.sign(other.me, ack).into_signed());
    saved.remember(std::slice::from_ref(&ack)).unwrap();
    assert_eq!(saved.heard(&place).unwrap().of(other.me), [ack]);
    // Nobody keeps what it has said itself.
    let refused = saved.heard(&other);
    assert!(matches!(refused, Err(CeremonyError::NotHeard(..))));
    let path = dir.path().join("ceremony/heard.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("07070707", "07070708")).unwrap();
    let words = saved.heard(&place).unwrap_err().to_string();
    assert!(words.contains("heard.json is damaged"), "{words}");
    fs::write(&path, text.replace("\"version\":1", "\"version\":2")).unwrap();
    let refused = saved.heard(&place);
    assert!(matches!(refused, Err(CeremonyError::Version(_, 2))));
}

#[test]
fn closing_leaves_nothing_and_may_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let saved = begun(dir.path(), &at(0));
    saved.close().unwrap();
    saved.close().unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
