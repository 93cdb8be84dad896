//! What is taken in while the peer runs comes into force, and nothing older takes it back.

use node_core::pool::agreement::example::{agreement_on, identities, lock, relay};
use proto::agreement::Terms;
use tokio::time::timeout;

use super::*;
use crate::disk::files::{self, Mode};

/// A slot of these tests.
const PAUSE: Duration = Duration::from_millis(5);
/// Longer than any machine takes.
const LONG: Duration = Duration::from_secs(60);

fn write(place: &Place, agreement: &Agreement) {
    let text = agreement.to_file().to_json();
    files::replace(&place.file, text.as_bytes(), Mode::Public).unwrap();
}

/// The agreement with a version behind it that all have signed, with this boost factor.
fn followed(agreement: &Agreement, boost_factor: u64) -> Agreement {
    let mut terms: Terms = agreement.last().content.terms.clone();
    terms.builder.as_mut().unwrap().boost_factor = boost_factor;
    let mut next = agreement.next(terms, Deposits::UNKNOWN).unwrap();
    for identity in identities() {
        next.sign(&identity).unwrap();
    }
    next
}

#[tokio::test]
async fn a_version_that_is_taken_in_comes_into_force_while_the_peer_runs() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place {
        file: dir.path().join("pool-agreement.json"),
        lock: lock(),
        deposits: Deposits::None,
    };
    let mut changes = watch(place.clone(), InForce::default(), PAUSE);
    let mut next = async || {
        let change = timeout(LONG, changes.recv()).await;
        change.expect("what is new is told").expect("it looks on")
    };
    let first = agreement_on(vec![relay()], 5);
    write(&place, &first);
    assert_eq!(next().await, BuilderPolicy::of(&first));
    let second = followed(&first, 90);
    write(&place, &second);
    assert_eq!(next().await.unwrap().boost_factor(), 90);
}

#[test]
fn neither_an_older_copy_nor_what_cannot_be_read_takes_anything_back() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place {
        file: dir.path().join("pool-agreement.json"),
        lock: lock(),
        deposits: Deposits::None,
    };
    assert_eq!(read(&place), None);
    let first = agreement_on(vec![relay()], 5);
    let second = followed(&first, 90);
    write(&place, &second);
    let mut known = InForce::default();
    let told = known.follow(read(&place).unwrap());
    assert_eq!(told, Some(BuilderPolicy::of(&second)));
    write(&place, &first);
    assert_eq!(read(&place), None);
    assert_eq!(known.follow(InForce::of(&first)), None);
    files::replace(&place.file, b"{}", Mode::Public).unwrap();
    assert_eq!(read(&place), None);
    assert_eq!(known.policy.unwrap().boost_factor(), 90);
}

/// It would bring back relays on which nobody agrees any more.
#[test]
fn nothing_older_is_in_force_after_a_new_start() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place {
        file: dir.path().join("pool-agreement.json"),
        lock: lock(),
        deposits: Deposits::None,
    };
    let first = agreement_on(vec![relay()], 5);
    write(&place, &first);
    assert!(read_and_keep(&place).is_ok());
    let second = followed(&first, 90);
    write(&place, &second);
    assert!(read_and_keep(&place).is_ok());
    write(&place, &first);
    let words = read_and_keep(&place).unwrap_err().to_string();
    assert!(words.contains("no older one holds again"), "{words}");
    write(&place, &second);
    assert!(read_and_keep(&place).is_ok());
}
