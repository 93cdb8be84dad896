//! Promises of one keystore: the standard's vectors open, and nothing a file asks for hurts us.

use super::*;
use proptest::prelude::*;

/// The password of both test vectors of EIP-2335: mathematical letters and a key.
const PASSWORD: &str = "𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑";
/// The secret of both.
const SECRET: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
const PUBKEY: &str = "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902\
                      382ae2910c15e2b420d07";
const SALT: &str = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";

fn vector(kdf: &str, checksum: &str, cipher: &str) -> String {
    format!(
        r#"{{"crypto": {{"kdf": {kdf},
            "checksum": {{"function": "sha256", "params": {{}}, "message": "{checksum}"}},
            "cipher": {{"function": "aes-128-ctr",
                "params": {{"iv": "264daa3f303d7259501c93d997d84fe6"}}, "message": "{cipher}"}}}},
            "description": "This is a test keystore", "pubkey": "{PUBKEY}",
            "path": "m/12381/60/3141592653/589793238",
            "uuid": "1d85ae20-35c5-4611-98e8-aa14a633906f", "version": 4}}"#
    )
}

fn scrypt_vector(n: u64, r: u32, p: u32) -> String {
    let kdf = format!(
        r#"{{"function": "scrypt", "params": {{"dklen": 32, "n": {n}, "p": {p}, "r": {r},
            "salt": "{SALT}"}}, "message": ""}}"#
    );
    vector(
        &kdf,
        "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484",
        "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f",
    )
}

fn pbkdf2_vector(c: u64) -> String {
    let kdf = format!(
        r#"{{"function": "pbkdf2", "params": {{"dklen": 32, "c": {c}, "prf": "hmac-sha256",
            "salt": "{SALT}"}}, "message": ""}}"#
    );
    vector(
        &kdf,
        "8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1",
        "cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad",
    )
}

fn opened(text: &str, password: &str) -> Result<String, KeystoreError> {
    let secret = Keystore::from_json(text)?.decrypt(password)?;
    Ok(hex::encode(*secret))
}

#[test]
fn the_vectors_of_the_standard_open() {
    assert_eq!(
        opened(&scrypt_vector(1 << 18, 8, 1), PASSWORD).unwrap(),
        SECRET
    );
    assert_eq!(opened(&pbkdf2_vector(262_144), PASSWORD).unwrap(), SECRET);
    // The same password, typed in plain letters and with control codes among them.
    let plain = "test\u{7}passw\u{85}ord🔑\u{7f}";
    assert_eq!(opened(&pbkdf2_vector(262_144), plain).unwrap(), SECRET);
}

#[test]
fn the_whole_standard_is_read() {
    let (scrypt, pbkdf2) = (scrypt_vector(1 << 18, 8, 1), pbkdf2_vector(262_144));
    let pubkey = format!(r#""pubkey": "{PUBKEY}","#);
    let described = "\"description\": \"This is a test keystore\",";
    for (from, to) in [
        // More is derived than is used.
        ("\"dklen\": 32", "\"dklen\": 64"),
        // Any path, also none, and what need not be there.
        ("m/12381/60/3141592653/589793238", ""),
        ("m/12381/60/3141592653/589793238", "m/12381/3600/7/0/0"),
        (&pubkey, ""),
        (described, ""),
        (
            described,
            "\"description\": null, \"name\": \"of another tool\",",
        ),
        (SALT, &SALT.to_uppercase()),
    ] {
        for text in [&scrypt, &pbkdf2] {
            assert!(text.contains(from), "{from}");
            let changed = text.replace(from, to);
            assert_eq!(opened(&changed, PASSWORD).unwrap(), SECRET, "{to}");
        }
    }
    let nameless = Keystore::from_json(&pbkdf2.replace(&pubkey, "")).unwrap();
    assert!(matches!(
        nameless.public_key(),
        Err(KeystoreError::Nameless)
    ));
}

#[test]
fn what_is_written_for_others_has_all_that_they_ask_for() {
    let draw = Draw {
        salt: [1; 32],
        iv: [2; 16],
        uuid: [3; 16],
    };
    let public_key = PUBKEY.parse().unwrap();
    let keystore = Keystore::encrypt_for_others(&[5; 32], &public_key, "password", &draw);
    let text = keystore.described("a share".to_owned()).to_json();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["crypto"]["kdf"]["params"]["c"], 262_144);
    assert_eq!(json["crypto"]["kdf"]["params"]["dklen"], 32);
    assert_eq!(json["path"], "m/12381/3600/0/0/0");
    assert_eq!(json["description"], "a share");
    assert_eq!(json["pubkey"], PUBKEY);
    assert_eq!(opened(&text, "password").unwrap(), "05".repeat(32));
}

#[test]
fn a_wrong_password_opens_nothing() {
    let error = opened(&pbkdf2_vector(262_144), "testpassword").unwrap_err();
    assert!(matches!(error, KeystoreError::Password));
}

#[test]
fn a_file_cannot_ask_for_unbounded_memory_or_time() {
    let costly = [
        scrypt_vector(1 << 19, 8, 1),
        scrypt_vector(1 << 18, 9, 1),
        scrypt_vector(1 << 18, 8, 5),
        scrypt_vector(u64::MAX, u32::MAX, u32::MAX),
        pbkdf2_vector((1 << 22) + 1),
        pbkdf2_vector(0),
    ];
    for text in costly {
        let error = opened(&text, PASSWORD).unwrap_err();
        assert!(matches!(error, KeystoreError::Cost(_)), "{error}");
    }
    for (n, r, p) in [(0, 8, 1), (3, 8, 1), (1, 8, 1), (2, 0, 1), (2, 8, 0)] {
        let error = opened(&scrypt_vector(n, r, p), PASSWORD).unwrap_err();
        assert!(
            matches!(error, KeystoreError::Field(_) | KeystoreError::Password),
            "{n} {r} {p}: {error}"
        );
    }
}

#[test]
fn what_the_standard_does_not_have_is_refused() {
    let good = pbkdf2_vector(2);
    for (from, to) in [
        ("\"version\": 4", "\"version\": 3"),
        ("\"dklen\": 32", "\"dklen\": 31"),
        ("hmac-sha256", "hmac-sha1"),
        ("\"sha256\"", "\"md5\""),
        ("aes-128-ctr", "aes-128-cbc"),
        ("\"pbkdf2\"", "\"argon2\""),
        ("264daa3f", "264daa"),
        (SALT, "salt"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = opened(&good.replace(from, to), PASSWORD).unwrap_err();
        assert!(!matches!(error, KeystoreError::Password), "{from}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_closed_opens_again(secret: [u8; 32], salt: [u8; 32], password in "\\PC{1,40}") {
        let draw = Draw { salt, iv: [3; 16], uuid: [4; 16] };
        let keystore = Keystore::encrypt(&secret, &[5; 48].into(), &password, &draw);
        let read = Keystore::from_json(&keystore.to_json()).unwrap();
        prop_assert_eq!(*read.decrypt(&password).unwrap(), secret);
        prop_assert_eq!(read.public_key().unwrap(), [5; 48].into());
        prop_assert!(read.decrypt(&(password + "x")).is_err());
    }

    #[test]
    fn reading_never_panics(cut in 0usize..900, put in "[ -~]{0,6}") {
        let mut text = pbkdf2_vector(2);
        text.insert_str(cut.min(text.len()), &put);
        let _ = opened(&text, PASSWORD).is_ok();
    }
}
