//! Shares come back, and nothing else is taken for one.

use dkg::bls::work::Operation;
use proto::Root;

use super::*;

fn shares(count: u8) -> Vec<StoredShare> {
    let share = |i: u8| StoredShare {
        validator: [0xaa; 48].into(),
        secret: SecretShare::from_bytes(&[i; 32]).unwrap(),
    };
    (1..=count).map(share).collect()
}

fn public_keys(shares: &[StoredShare]) -> Vec<PublicKey> {
    let public_key = |share: &StoredShare| share.secret.public().to_bytes();
    shares.iter().map(public_key).collect()
}

fn master(seed: u8) -> MasterSecret {
    MasterSecret::from_seed(&[seed; 32], &Root::from([7; 32]))
}

#[test]
fn shares_come_back_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let shares = shares(20);
    store_all(dir.path(), &master(1), &shares).unwrap();
    let opened = open_all(dir.path(), &master(1), &public_keys(&shares)).unwrap();
    let opened: Vec<_> = opened.iter().map(SecretShare::to_bytes).collect();
    let stored: Vec<_> = shares.iter().map(|s| s.secret.to_bytes()).collect();
    assert_eq!(opened, stored);
}

/// They are the only threads of the program that do such work beside the one that counts it.
#[test]
fn the_curve_work_of_many_threads_counts_for_who_has_asked_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let (stored, done) = counted(|| store_all(dir.path(), &master(1), &shares(20)));
    stored.unwrap();
    assert_eq!(done.of(Operation::Key), 20);
    let keys = public_keys(&shares(20));
    let (opened, done) = counted(|| open_all(dir.path(), &master(1), &keys));
    assert_eq!(opened.unwrap().len(), 20);
    assert_eq!(done.of(Operation::Key), 20);
}

#[test]
fn storing_again_after_a_crash_keeps_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    store_all(dir.path(), &master(1), &shares(3)).unwrap();
    let path = keystore_path(dir.path(), &public_keys(&shares(2))[1]);
    let before = std::fs::read(&path).unwrap();
    store_all(dir.path(), &master(1), &shares(5)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let all = public_keys(&shares(5));
    assert_eq!(open_all(dir.path(), &master(1), &all).unwrap().len(), 5);
}

#[test]
fn a_keystore_under_another_shares_name_is_neither_taken_nor_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let keys = public_keys(&shares(2));
    let other = Keystore::encrypt(
        &[2; 32],
        &keys[0],
        &master(1).password(&keys[0]),
        &Draw {
            salt: [0; 32],
            iv: [0; 16],
            uuid: [0; 16],
        },
    );
    let path = keystore_path(dir.path(), &keys[0]);
    files::write_new(&path, other.to_json().as_bytes(), Mode::Secret).unwrap();
    let error = open_all(dir.path(), &master(1), &keys[..1]).err().unwrap();
    assert!(matches!(error, StoreError::OtherShare(_)));
    let error = store_all(dir.path(), &master(1), &shares(1)).unwrap_err();
    assert!(matches!(error, StoreError::OtherShare(_)));
}

#[test]
fn a_wrong_passphrase_is_said_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    store_all(dir.path(), &master(1), &shares(2)).unwrap();
    let keys = public_keys(&shares(2));
    let error = open_all(dir.path(), &master(2), &keys)
        .err()
        .unwrap()
        .to_string();
    let file = keystore_path(dir.path(), &keys[0]);
    let expected = format!("{}: the keystore does not open", file.display());
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn an_exported_share_is_the_same_behind_the_same_password() {
    let dir = tempfile::tempdir().unwrap();
    store_all(dir.path(), &master(1), &shares(1)).unwrap();
    let key = public_keys(&shares(1))[0];
    let path = keystore_path(dir.path(), &key);
    let exported = exported(&path, &master(1)).unwrap();
    assert_eq!(exported.public_key().unwrap(), key);
    assert!(exported.description().contains("share of group key 0xaaaa"));
    let secret = exported.decrypt(&master(1).password(&key)).unwrap();
    assert_eq!(*secret, *shares(1)[0].secret.to_bytes());
    let wrong = super::exported(&path, &master(2)).unwrap_err().to_string();
    assert!(wrong.contains("does not open"), "{wrong}");
}

#[test]
fn keystores_that_others_can_read_are_one_line_and_one_command() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    store_all(dir.path(), &master(1), &shares(5)).unwrap();
    let keys = public_keys(&shares(5));
    for key in &keys[1..] {
        let loose = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(keystore_path(dir.path(), key), loose).unwrap();
    }
    let error = open_all(dir.path(), &master(1), &keys).err().unwrap();
    let words = error.to_string();
    let dir = dir.path().display();
    let expected = format!(
        "4 of the 5 keystores in {dir} can be read by others: run `chmod 600 \
             {dir}/keystore-*.json`"
    );
    assert!(words.starts_with(&expected), "{words}");
}

#[test]
fn a_missing_keystore_is_named() {
    let dir = tempfile::tempdir().unwrap();
    store_all(dir.path(), &master(1), &shares(2)).unwrap();
    let keys = public_keys(&shares(3));
    let error = open_all(dir.path(), &master(1), &keys)
        .err()
        .unwrap()
        .to_string();
    let file = keystore_path(dir.path(), &keys[2]);
    let words = format!("{} is missing: restore it", file.display());
    assert!(error.contains(&words), "{error}");
}
