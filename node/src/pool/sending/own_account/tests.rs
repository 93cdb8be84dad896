//! An account is made once, opens with what it was sealed with, and with nothing else.

use super::*;

fn master(byte: u8) -> MasterSecret {
    MasterSecret::from_seed(&[byte; 32], &proto::Root::ZERO)
}

#[test]
fn an_account_that_was_made_opens_with_the_same_secret_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let account = make(dir.path(), &master(1)).unwrap();
    assert_eq!(stated(dir.path()).unwrap(), account);
    assert_eq!(open(dir.path(), &master(1)).unwrap().address(), account);
    let refused = open(dir.path(), &master(2)).map(drop).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("sealed with another passphrase"),
        "{refused}"
    );
    // Any wallet opens it with the password that is its own.
    let file = path(dir.path());
    let text = files::read_secret(&file, Sender::MAX_BYTES).unwrap();
    let password = master(1).account_password(&account);
    let opened = Sender::of_keystore(&file, &text, &password).unwrap();
    assert_eq!(opened.address(), account);
}

#[test]
fn an_account_is_never_overwritten_and_a_missing_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let refused = open(dir.path(), &master(1)).map(drop).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("`gantry account new` makes it"),
        "{refused}"
    );
    let account = make(dir.path(), &master(1)).unwrap();
    let refused = make(dir.path(), &master(1)).unwrap_err();
    let is_there = matches!(refused, OwnAccountError::File(FileError::Exists(_)));
    assert!(is_there, "{refused}");
    assert_eq!(stated(dir.path()).unwrap(), account);
}
