//! What was signed is known after a start, and what is damaged is not taken for nothing.

use std::fs;

use node_core::safe::signed::Contents;

use super::*;

fn account(byte: u8) -> Account {
    Account {
        chain_id: 31_337,
        address: [byte; 20].into(),
    }
}

#[test]
fn what_was_signed_is_known_again_and_each_safe_has_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (file, mut signed) = SignedFile::open(dir.path(), account(1)).unwrap();
    assert_eq!(signed, Signed::new(account(1)));
    signed.add(3, &Contents::Nothing, 7).unwrap();
    file.store(&signed).unwrap();
    let (_, again) = SignedFile::open(dir.path(), account(1)).unwrap();
    assert_eq!(again, signed);
    let (_, other) = SignedFile::open(dir.path(), account(2)).unwrap();
    assert_eq!(other, Signed::new(account(2)));
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (file, mut signed) = SignedFile::open(dir.path(), account(1)).unwrap();
    signed.add(3, &Contents::Nothing, 7).unwrap();
    file.store(&signed).unwrap();
    let text = fs::read_to_string(&file.path).unwrap();
    for damaged in [
        &text[..text.len() / 2],
        "",
        &text.replace("0x0101", "0x0202"),
    ] {
        fs::write(&file.path, damaged).unwrap();
        let refused = SignedFile::open(dir.path(), account(1)).unwrap_err();
        let refused = refused.to_string();
        assert!(
            refused.contains("nothing is signed without it"),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&file.path).unwrap(), damaged);
    }
}
