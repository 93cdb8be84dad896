//! Files are whole, private where they have to be, and not overwritten.

use super::*;

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_file_is_complete_and_private_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    write_new(&path, b"one", Mode::Secret).unwrap();
    assert_eq!(mode_of(&path), 0o600);
    write_new(&path, b"one", Mode::Secret).unwrap();
    let error = write_new(&path, b"two", Mode::Secret).unwrap_err();
    assert!(matches!(error, FileError::Exists(_)));
    assert_eq!(read_secret(&path, 100).unwrap().as_str(), "one");
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no temporary stays"
    );
}

#[test]
fn a_secret_that_others_can_read_is_refused_with_the_command_that_repairs_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    write_new(&path, b"one", Mode::Secret).unwrap();
    for mode in [0o640, 0o604, 0o644, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = read_secret(&path, 100).unwrap_err().to_string();
        assert!(
            error.contains(&format!("chmod 600 {}", path.display())),
            "{error}"
        );
    }
}

#[test]
fn a_credential_of_systemd_may_be_readable_for_its_group() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("keystore.secret");
    let credentials = Some(dir.path());
    assert!(is_credential(&secret, 0o440, credentials));
    assert!(!is_credential(&secret, 0o444, credentials), "for all");
    assert!(!is_credential(&secret, 0o460, credentials), "to change");
    assert!(!is_credential(&secret, 0o440, None), "no credentials");
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(!is_credential(&secret, 0o440, Some(elsewhere.path())));
    let below = dir.path().join("more/keystore.secret");
    assert!(
        !is_credential(&below, 0o440, credentials),
        "in a folder below"
    );
}

#[test]
fn a_byte_order_mark_is_refused_with_the_command_that_removes_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("definition.json");
    fs::write(&path, "\u{feff}{}").unwrap();
    let error = read(&path, 100).unwrap_err().to_string();
    let command = format!("sed -i '1s/^\\xEF\\xBB\\xBF//' {}", path.display());
    assert!(error.contains(&command), "{error}");
    assert_eq!(read_marked(&path, 100).unwrap(), "\u{feff}{}");
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let error = read(&dir.path().join("gone"), 10).unwrap_err().to_string();
    assert!(error.contains("check the name, and the folder"), "{error}");
    let error = read(dir.path(), 10).unwrap_err().to_string();
    assert!(error.contains("name the file in it"), "{error}");
}

#[test]
fn reading_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long");
    fs::write(&path, [b'a'; 11]).unwrap();
    assert!(matches!(read(&path, 10), Err(FileError::TooLong(_, 10))));
    assert_eq!(read(&path, 11).unwrap().len(), 11);
    fs::write(&path, [0xff]).unwrap();
    assert!(matches!(read(&path, 10), Err(FileError::NotText(_))));
}

#[test]
fn replacing_keeps_one_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("definition.json");
    replace(&path, b"one", Mode::Public).unwrap();
    replace(&path, b"two", Mode::Public).unwrap();
    assert_eq!(read(&path, 10).unwrap(), "two");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_path_in_a_command_is_read_back_by_a_shell() {
    for name in [
        "/a/b.json",
        "my file",
        "it's",
        "$HOME",
        "a;b",
        "~x",
        "*",
        "ü-1",
        "#",
        "",
    ] {
        let command = format!("printf %s {}", typed(Path::new(name)));
        let read = std::process::Command::new("sh")
            .args(["-c", &command])
            .output();
        assert_eq!(String::from_utf8(read.unwrap().stdout).unwrap(), name);
    }
    assert_eq!(typed(Path::new("/a/b-1.json")), "/a/b-1.json");
}
