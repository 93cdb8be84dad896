//! One secret gives one password to each share.

use super::*;

#[test]
fn passwords_differ_by_secret_by_salt_and_by_share() {
    let share = |b: u8| PublicKey::from([b; 48]);
    let salt = |b: u8| Root::from([b; 32]);
    let one = MasterSecret::from_seed(&[1; 32], &salt(1));
    let passwords = [
        one.password(&share(1)),
        one.password(&share(2)),
        MasterSecret::from_seed(&[2; 32], &salt(1)).password(&share(1)),
        MasterSecret::from_seed(&[1; 32], &salt(2)).password(&share(1)),
    ];
    for (i, password) in passwords.iter().enumerate() {
        assert_eq!(password.len(), 64);
        assert!(!passwords[..i].contains(password));
    }
    let again = MasterSecret::from_seed(&[1; 32], &salt(1));
    assert_eq!(again.password(&share(1)), passwords[0]);
}

#[test]
fn a_passphrase_is_the_same_however_it_is_composed() {
    let salt = Root::from([1; 32]);
    let share = PublicKey::from([1; 48]);
    let composed = MasterSecret::from_passphrase("Žižkov tower", &salt);
    let decomposed = MasterSecret::from_passphrase("Z\u{30c}iz\u{30c}kov tower", &salt);
    assert_eq!(composed.password(&share), decomposed.password(&share));
}

#[test]
fn a_byte_order_mark_is_never_chosen_as_part_of_a_passphrase() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("passphrase");
    let text = "\u{feff}some random words";
    files::write_new(&path, text.as_bytes(), files::Mode::Secret).unwrap();
    let source = SecretSource::PassphraseFile(path);
    let salt = Root::from([1; 32]);
    let chosen = MasterSecret::obtain(&source, &salt, SecretUse::Choose);
    let mark = matches!(chosen, Err(SecretFileError::File(FileError::Mark(_))));
    assert!(mark);
    // What an older gantry let somebody choose still opens.
    let opened = MasterSecret::obtain(&source, &salt, SecretUse::Open).unwrap();
    let share = PublicKey::from([1; 48]);
    let typed = MasterSecret::from_passphrase(text, &salt);
    assert_eq!(opened.password(&share), typed.password(&share));
}

#[test]
fn a_short_passphrase_is_not_chosen_but_an_old_one_still_opens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("passphrase");
    files::write_new(&path, b"short\n", files::Mode::Secret).unwrap();
    let source = SecretSource::PassphraseFile(path);
    let salt = Root::from([1; 32]);
    let chosen = MasterSecret::obtain(&source, &salt, SecretUse::Choose);
    assert!(matches!(chosen, Err(SecretFileError::Short(12))));
    let opened = MasterSecret::obtain(&source, &salt, SecretUse::Open).unwrap();
    let typed = MasterSecret::from_passphrase("short", &salt);
    let share = PublicKey::from([1; 48]);
    assert_eq!(opened.password(&share), typed.password(&share));
}
