//! A secret is written once and read as what it is.

use super::*;

#[test]
fn a_secret_is_read_back_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity.key");
    let secret = create(&path, SecretKind::Identity).unwrap();
    assert_eq!(read(&path, SecretKind::Identity).unwrap(), secret);
    let error = create(&path, SecretKind::Identity).unwrap_err();
    assert!(matches!(error, SecretFileError::File(FileError::Exists(_))));
}

#[test]
fn a_secret_that_is_not_there_is_named_with_what_makes_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("identity.key");
    let error = read_identity(&path).unwrap_err().to_string();
    assert!(error.contains("identity.key is not there"), "{error}");
    assert!(error.contains("`gantry identity new`"), "{error}");
}

#[test]
fn one_kind_of_secret_is_not_taken_for_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keystore.secret");
    create(&path, SecretKind::Keystores).unwrap();
    let error = read_identity(&path).unwrap_err().to_string();
    assert!(error.contains("holds no gantry-identity-secret"), "{error}");
}
