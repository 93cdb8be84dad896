//! What lies on the disk after a crash between any two steps, and what wrong signatures of
//! deposits come to. The whole ceremony runs in `tests/dkg.rs`.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use dkg::bls::{Message, SecretShare};
use dkg::ceremony::Position;
use node_core::ceremony::example::{definition as definition_of, peer};
use node_core::ceremony::{
    Finished, Input, Made, Output, Participation, Performed, Place, Start, Task, share_key,
};
use node_core::deposit;
use node_core::deposit::session::{BadSignatures, Deposits};
use node_core::record::{Entry, History, JournalError};
use proto::definition::{Gwei, SignedDefinition};
use proto::lock::LockHash;
use proto::lock::{Lock, Validator};
use proto::{Identity, IdentitySignature, Machine as _, Root, SignatureBytes, Timestamp, example};

use super::CeremonyError;
use super::desk::Desk;
use super::keys::Site;
use super::saved::SavedCeremony;
use crate::disk::DataLock;
use crate::disk::keystore;
use crate::disk::keystore::SecretSource;

/// The coefficients of the polynomials of two validators, constant term first.
const POLYNOMIALS: [[u64; 3]; 2] = [[5, 7, 11], [13, 17, 19]];

fn secrets() -> Vec<Identity> {
    example::identities(4)
}

fn definition() -> SignedDefinition {
    definition_of(2, vec![Gwei::ONE_ETH, Gwei(31_000_000_000)])
}

/// The value of a validator's polynomial at x: its key at 0, its shares above.
fn share(validator: usize, x: u64) -> SecretShare {
    let value = POLYNOMIALS[validator]
        .iter()
        .rev()
        .fold(0, |sum, a| sum * x + a);
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&value.to_be_bytes());
    SecretShare::from_bytes(&bytes).unwrap()
}

fn made() -> Made {
    let key = |validator, x| share(validator, x).public().to_bytes();
    let validator = |v| Validator {
        public_key: key(v, 0),
        share_public_keys: (1..=4).map(|x| key(v, x)).collect(),
    };
    Made {
        transcript_hash: Root::from([9; 32]),
        validators: vec![validator(0), validator(1)],
        seal_commitment: (21..24).map(|x| key(0, x)).collect(),
        exit_seal_commitment: Some((31..33).map(|x| key(0, x)).collect()),
    }
}

/// The first operator in `dir`.
pub(super) fn site(dir: &Path) -> Site {
    let definition = definition();
    Site {
        place: Place {
            me: definition.peer_named("alice").unwrap(),
            definition,
            identity: secrets().remove(0),
        },
        data: DataLock::take(dir).unwrap(),
        lock_file: dir.join("cluster-lock.json"),
        keystore_dir: dir.join("keystores"),
    }
}

pub(super) fn lock(site: &Site) -> Lock {
    let hash = site.place.unsigned(made()).unwrap().hash();
    let signatures: Vec<IdentitySignature> = secrets()
        .iter()
        .map(|secret| secret.sign_bare(&LockHash(hash)))
        .collect();
    site.place.signed(made(), &signatures).unwrap()
}

/// What follows the last acknowledgement, up to the lock.
pub(super) fn finish(site: Site, lock: &Lock) -> Site {
    let mut desk = Desk::new(site).unwrap();
    let mut history = History::default();
    let group_keys = lock.validators.iter().map(|v| v.public_key).collect();
    history.add(Entry::Enrolled(group_keys)).unwrap();
    for task in [
        Task::BeginRecord(lock.hash(), Box::new(history)),
        Task::WriteLock(Box::new(lock.clone())),
        Task::Forget,
    ] {
        desk.perform(task).unwrap();
    }
    desk.site
}

/// Signs the deposits of `lock`, after a start on which it was there.
fn sign(site: Site, lock: &Lock) -> Result<Site, CeremonyError> {
    let finished = Finished {
        lock: lock.clone(),
        abandoned: Vec::new(),
        deposits: None,
    };
    let start = Start::Finished(Box::new(finished));
    let mut peer = Participation::new(site.place.clone(), start, [3; 32]).unwrap();
    let mut desk = Desk::new(site)?;
    let now = Timestamp::from_micros(1);
    let mut outputs = VecDeque::from(peer.handle(now, Input::Tick));
    while let Some(output) = outputs.pop_front() {
        let Output::Disk(task) = output else {
            continue;
        };
        let performed = match matches!(task, Task::OpenShares(_)) {
            // There are no keystores.
            true => Performed::Shares(vec![share(0, 1), share(1, 1)]),
            false => desk.perform(task)?,
        };
        outputs.extend(peer.handle(now, Input::Performed(performed)));
    }
    Ok(desk.site)
}

#[test]
fn finishing_is_repeated_after_a_crash_between_any_two_steps() {
    for crash in [
        "nowhere",
        "after the record",
        "within the record",
        "after the lock",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let site = site(dir.path());
        let lock = lock(&site);
        let site = finish(site, &lock);
        match crash {
            "after the record" => fs::remove_file(&site.lock_file).unwrap(),
            "within the record" => {
                fs::remove_file(&site.lock_file).unwrap();
                fs::remove_file(dir.path().join("record/record-b.log")).unwrap();
            }
            _ => {}
        }
        let site = finish(site, &lock);
        assert_eq!(site.lock().unwrap(), Some(lock.clone()), "{crash}");
        let journal = site.record(lock.hash()).unwrap();
        assert_eq!(journal.history().validators().len(), 2, "{crash}");
    }
}

#[test]
fn a_lock_without_its_record_does_not_get_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let lock = lock(&site);
    let site = finish(site, &lock);
    fs::remove_dir_all(dir.path().join("record")).unwrap();
    let refused = sign(site, &lock);
    assert!(matches!(
        refused,
        Err(CeremonyError::Record(JournalError::Missing))
    ));
}

#[test]
fn what_is_signed_is_what_the_lock_says_and_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let lock = lock(&site);
    let mut site = finish(site, &lock);
    // Twice, as after a crash.
    for _ in 0..2 {
        site = sign(site, &lock).unwrap();
    }
    let journal = site.record(lock.hash()).unwrap();
    for (_, marks) in journal.history().validators() {
        assert_eq!(marks.deposits.as_ref().unwrap().signing_roots.len(), 2);
    }
}

/// The deposits of the lock, and the partial signatures of each peer.
fn deposits() -> (Deposits, Vec<Vec<SignatureBytes>>) {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let lock = lock(&site);
    let messages = deposit::messages(&lock).unwrap();
    let version = lock.definition.terms().chain.genesis_fork_version;
    let partials = (1..=4).map(|x| {
        let sign = |(place, message): (usize, &proto::eth::DepositMessage)| {
            let hashed = Message::hash(message.signing_root(version));
            share(place / 2, x).sign(&hashed).to_bytes()
        };
        messages.iter().enumerate().map(sign).collect()
    });
    let partials = partials.collect();
    (Deposits::new(&lock, messages, [3; 32]), partials)
}

#[test]
fn any_threshold_of_peers_makes_the_deposits_and_they_are_valid() {
    let mut all = Vec::new();
    for absent in 0..4 {
        let (mut deposits, partials) = deposits();
        for (position, partials) in partials.into_iter().enumerate() {
            if position != absent {
                deposits.hear(peer(position), partials).unwrap();
            }
        }
        assert_eq!(deposits.combine(), []);
        let signed = deposits.signed().unwrap();
        let chain = definition().terms().chain.clone();
        for deposit in &signed {
            assert!(deposit::has_valid_signature(
                deposit,
                chain.genesis_fork_version
            ));
        }
        all.push(signed);
    }
    assert!(all.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn a_peer_with_one_wrong_partial_is_named_and_the_others_are_enough() {
    let (mut deposits, mut partials) = deposits();
    // A valid point, and the signature of another message.
    partials[1][3] = partials[1][0];
    let mut partials = partials.into_iter();
    for position in 0..3 {
        deposits
            .hear(peer(position), partials.next().unwrap())
            .unwrap();
    }
    assert_eq!(deposits.combine(), [peer(1)]);
    assert!(deposits.signatures().is_none());
    deposits.hear(peer(3), partials.next().unwrap()).unwrap();
    assert_eq!(deposits.combine(), []);
    assert!(deposits.signatures().is_some());
}

#[test]
fn bytes_that_are_no_signature_are_their_senders_fault() {
    let (mut deposits, partials) = deposits();
    for (position, partials) in partials.into_iter().enumerate().take(3) {
        deposits.hear(peer(position), partials).unwrap();
    }
    deposits.hear(peer(2), vec![[0xff; 96].into(); 4]).unwrap();
    assert_eq!(deposits.combine(), [peer(2)]);
    let short = deposits.hear(peer(2), Vec::new());
    assert_eq!(
        short,
        Err(BadSignatures::Count {
            found: 0,
            expected: 4
        })
    );
}

#[test]
fn whole_signatures_of_another_are_taken_only_if_they_are_the_groups() {
    let (mut complete, partials) = deposits();
    for (position, partials) in partials.iter().enumerate().take(3) {
        complete.hear(peer(position), partials.clone()).unwrap();
    }
    complete.combine();
    let whole = complete.signatures().unwrap().to_vec();
    let (mut deposits, _) = deposits();
    assert_eq!(
        deposits.take(partials[0].clone()),
        Err(BadSignatures::Invalid)
    );
    deposits.take(whole.clone()).unwrap();
    assert_eq!(deposits.signatures(), Some(&whole[..]));
    assert_eq!(
        complete.take(partials[0].clone()),
        Err(BadSignatures::Invalid)
    );
}

/// Why a peer in `dir`, with what lies there, does not begin. There is no secret to be asked for.
fn refusal(dir: &Path) -> String {
    let site = site(dir);
    let secret = SecretSource::SecretFile(dir.join("no.secret"));
    let refused = Desk::begin(site, &secret);
    refused.err().expect("it does not begin").to_string()
}

#[test]
fn what_an_earlier_ceremony_has_left_is_found_before_this_one_and_not_to_be_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let hash = {
        let site = site(dir.path());
        let lock = lock(&site);
        let site = finish(site, &lock);
        fs::remove_file(&site.lock_file).unwrap();
        lock.hash().to_string()
    };
    let words = refusal(dir.path());
    assert!(words.contains(&hash), "{words}");
    assert!(words.contains("put cluster-lock.json back"), "{words}");
    assert!(words.contains("Leave the record as it is"), "{words}");

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("deposit-data-01020304.json"), "[]").unwrap();
    let words = refusal(dir.path());
    assert!(
        words.contains("deposit-data-01020304.json holds"),
        "{words}"
    );

    let dir = tempfile::tempdir().unwrap();
    let keystores = dir.path().join("keystores");
    fs::create_dir(&keystores).unwrap();
    fs::write(keystores.join("keystore-m_12381_3600_0_0_0-1.json"), "{}").unwrap();
    assert!(refusal(dir.path()).contains("no.secret is not there"));
    let share = format!("keystore-{}.json", "0a".repeat(48));
    fs::write(keystores.join(share), "{}").unwrap();
    let words = refusal(dir.path());
    assert!(words.contains("Delete no keystore"), "{words}");
    assert!(!dir.path().join("record").exists(), "nothing is made");
}

#[test]
fn foreign_keystores_are_found_in_every_state_of_this_ceremony_and_its_own_are_none() {
    for begun in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let keystores = dir.path().join("keystores");
        fs::create_dir(&keystores).unwrap();
        let site = site(dir.path());
        let hash = site.place.definition.hash();
        let saved = SavedCeremony::open(dir.path(), hash).unwrap();
        fs::create_dir(site.unfinished()).unwrap();
        if begun {
            // It cannot be opened, which comes later.
            let seed =
                format!(r#"{{"version":1,"definition":"{hash}","nonce":"00","ciphertext":"00"}}"#);
            fs::write(site.unfinished().join("seed.json"), seed).unwrap();
        }
        saved.persist(&Position::default()).unwrap();
        saved.keep(Root::from([7; 32]), &made()).unwrap();
        let own = share(1, 1).public().to_bytes();
        let made = made();
        let seals = [made.seal_commitment, made.exit_seal_commitment.unwrap()];
        let seals = seals.map(|seal| share_key(&seal, site.place.me).unwrap());
        drop(site);
        for key in [own].into_iter().chain(seals) {
            fs::write(keystore::keystore_path(&keystores, &key), "{}").unwrap();
        }
        let words = refusal(dir.path());
        assert!(words.contains("no.secret is not there"), "{words}");
        let foreign = share(1, 2).public().to_bytes();
        fs::write(keystore::keystore_path(&keystores, &foreign), "{}").unwrap();
        let words = refusal(dir.path());
        assert!(words.contains("Delete no keystore"), "{words}");
    }
}

#[test]
fn a_deposit_file_of_which_a_part_is_missing_is_found_before_anybody_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let lock = lock(&site);
    let messages = deposit::messages(&lock).unwrap();
    let version = definition().terms().chain.genesis_fork_version;
    let mut signed: Vec<_> = (0..)
        .zip(&messages)
        .map(|(place, message)| {
            let hashed = Message::hash(message.signing_root(version));
            message.signed(share(place / 2, 0).sign(&hashed).to_bytes())
        })
        .collect();
    signed.pop();
    let text = deposit::to_json(&signed, &definition().terms().chain);
    let prefix = hex::encode(&lock.hash().as_bytes()[..4]);
    let file = dir.path().join(format!("deposit-data-{prefix}.json"));
    fs::write(&file, text).unwrap();
    drop(finish(site, &lock));
    let refused = refusal(dir.path());
    assert!(refused.contains("Move it away"), "{refused}");
}

#[test]
fn what_is_missing_is_not_made_by_looking_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let missing = site.record(lock(&site).hash()).err().unwrap();
    assert!(matches!(
        missing,
        CeremonyError::Record(JournalError::Missing)
    ));
    assert!(!dir.path().join("record").exists());
}
