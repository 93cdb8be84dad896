//! Promises of the paying account: what wallets write opens, and no number in it is believed.

use std::fs;

use super::*;

/// The address of both vectors, and their passphrase. The first one is the definition's, the second
/// one has the same key behind the scrypt that wallets write, made with OpenSSL.
const ADDRESS: &str = "008aeeda4d805471df9b2a5b0f38a0c3bcba786b";
const PASSPHRASE: &str = "testpassword";

fn vector(kdf: &str, [iv, ciphertext, mac]: [&str; 3]) -> String {
    format!(
        r#"{{"address": "{ADDRESS}", "crypto": {{"cipher": "aes-128-ctr",
            "cipherparams": {{"iv": "{iv}"}}, "ciphertext": "{ciphertext}", {kdf}, "mac": "{mac}"}},
            "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}}"#
    )
}

fn pbkdf2() -> String {
    vector(
        r#""kdf": "pbkdf2", "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"}"#,
        [
            "6087dab2f9fdbbfaddc31a909735c1e6",
            "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
        ],
    )
}

fn scrypt() -> String {
    vector(
        r#""kdf": "scrypt", "kdfparams": {"dklen": 32, "n": 262144, "p": 1, "r": 8,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"}"#,
        [
            "83dbcc02d8ccb40e466191a123791e0e",
            "b160ff7e6d855b53a3f8d65e4b2850584cfaa01751807f19d07c298de16f802d",
            "daeeba49ffae86381ae33f74c05dc0038888a7806267a04a1ae2183a7f2b7b17",
        ],
    )
}

fn opened(text: &str, passphrase: &str) -> Result<Sender, ExecutionError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("account");
    fs::write(&path, text).unwrap();
    assert!(Sender::is_keystore(text));
    Sender::of_keystore(&path, text, passphrase)
}

fn refusal(text: &str) -> String {
    opened(text, PASSPHRASE).err().unwrap().to_string()
}

#[test]
fn a_keystore_as_wallets_write_it_pays() {
    for text in [pbkdf2(), scrypt()] {
        let sender = opened(&text, PASSPHRASE).unwrap();
        assert_eq!(sender.address().to_string(), format!("0x{ADDRESS}"));
        // Some wallets leave the address out.
        let without = text.replace(&format!(r#""address": "{ADDRESS}", "#), "");
        assert_eq!(
            opened(&without, PASSPHRASE).unwrap().shown(),
            sender.shown()
        );
        let words = opened(&text, "testpasswort").err().unwrap().to_string();
        assert!(words.contains("the passphrase is not its own"), "{words}");
    }
}

#[test]
fn a_key_in_hex_pays_and_nothing_else_does() {
    let key = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
    for text in [key.to_owned(), format!("0x{key}\n")] {
        assert!(!Sender::is_keystore(&text));
        let sender = Sender::of_key(&text).unwrap();
        assert_eq!(sender.address().to_string(), format!("0x{ADDRESS}"));
    }
    assert!(Sender::of_key(&key[2..]).is_err());
    assert!(Sender::of_key(&"0".repeat(64)).is_err());
}

#[test]
fn a_keystore_of_another_account_than_it_says_is_refused() {
    let words = refusal(&pbkdf2().replace(ADDRESS, &"11".repeat(20)));
    assert!(words.contains("it says that it is of 1111"), "{words}");
}

#[test]
fn no_number_of_a_keystore_is_believed() {
    for (from, to, why) in [
        ("\"dklen\": 32", "\"dklen\": 16", "dklen"),
        ("\"n\": 262144", "\"n\": 2147483648", "more than any wallet"),
        ("\"n\": 262144", "\"n\": 262143", "that scrypt takes"),
        ("\"n\": 262144", "\"n\": 0", "that scrypt takes"),
        ("\"r\": 8", "\"r\": 1", "that scrypt takes"),
        ("ab0c7876", "ab0c787", "salt or mac"),
        ("daeeba49", "daeeba", "salt or mac"),
        ("\"r\": 8", "\"r\": 4294967295", "more than any wallet"),
        ("\"p\": 1,", "\"p\": 17,", "more than any wallet"),
        ("\"p\": 1,", "\"p\": 0,", "that scrypt takes"),
        ("83dbcc02", "83dbcc", "iv of 16 bytes"),
        ("b160ff7e", "b160ff", "ciphertext"),
        ("\"version\": 3", "\"version\": 4", "validator's"),
        ("\"version\": 3", "\"version\": 1", "version is not 3"),
        ("\"scrypt\"", "\"argon2\"", "neither"),
        ("aes-128-ctr", "aes-128-cbc", "cipher"),
    ] {
        assert!(scrypt().contains(from), "{from}");
        let words = refusal(&scrypt().replace(from, to));
        assert!(words.contains(why), "{to}: {words}");
    }
    for (from, to) in [("\"c\": 262144", "\"c\": 4194305"), ("sha256", "sha1")] {
        refusal(&pbkdf2().replace(from, to));
    }
    refusal("{}");
}
