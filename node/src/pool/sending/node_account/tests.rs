//! A node account is opened from a keystore, and nowhere but on test chains.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// The keystore of the format's own definition, and its password.
const KEYSTORE: &str = r#"{"address": "008aeeda4d805471df9b2a5b0f38a0c3bcba786b", "crypto": {
    "cipher": "aes-128-ctr", "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
    "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    "kdf": "pbkdf2", "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256",
    "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
    "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}"#;

fn place(key: &str, mode: u32) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let [keystore, password] = ["node.json", "node.password"].map(|name| dir.path().join(name));
    for (file, text) in [(&keystore, key), (&password, "testpassword\n")] {
        fs::write(file, text).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }
    (dir, keystore, password)
}

#[test]
fn a_keystore_is_the_node_account_and_on_mainnet_what_that_means_is_said() {
    let (_dir, keystore, password) = place(KEYSTORE, 0o600);
    let account = open(&keystore, &password).unwrap();
    assert_eq!(
        account.shown(),
        "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b"
    );
    assert_eq!(caution(560_048), None);
    let caution = caution(1).unwrap();
    assert!(
        caution.contains("one person holds the node key"),
        "{caution}"
    );
}

#[test]
fn a_bare_key_and_files_that_others_may_read_are_refused() {
    let (_dir, keystore, password) = place(&"11".repeat(32), 0o600);
    let refused = open(&keystore, &password).err().unwrap();
    assert!(refused.to_string().contains("is no keystore"), "{refused}");
    assert!(!refused.to_string().contains("1111"), "{refused}");
    let (_dir, keystore, password) = place(KEYSTORE, 0o644);
    let refused = open(&keystore, &password).err().unwrap();
    assert!(refused.to_string().contains("chmod 600"), "{refused}");
}

#[test]
fn what_is_wrong_with_a_file_is_known_before_the_keystore_is_opened() {
    let (_dir, keystore, password) = place(KEYSTORE, 0o600);
    check(&keystore, &password).unwrap();
    let refused = |keystore: &Path, password: &Path| {
        let error = check(keystore, password).err().unwrap();
        error.to_string()
    };
    let missing = Path::new("/nowhere");
    for (words, key) in [
        (refused(missing, &password), "`node_keystore`"),
        (refused(&keystore, missing), "`node_password_file`"),
    ] {
        assert!(words.contains("cannot read /nowhere"), "{words}");
        assert!(words.contains(key), "{words}");
    }
    // Each in the other's place.
    let words = refused(&password, &keystore);
    assert!(words.contains("node.password is no keystore"), "{words}");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
    let words = refused(&keystore, &password);
    assert!(words.contains("`node_password_file`"), "{words}");
    assert!(words.contains("chmod 600"), "{words}");
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&keystore, "{}").unwrap();
    let words = refused(&keystore, &password);
    assert!(words.contains("no keystore of version 3"), "{words}");
}
