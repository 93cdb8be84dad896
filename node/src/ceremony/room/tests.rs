//! Whether the end can be written is found before the beginning, and nothing is left of looking.

use node_core::ceremony::example::definition as definition_of;
use proto::definition::Gwei;

use super::super::desk::Desk;
use super::super::tests::{finish, lock, site};
use super::*;
use crate::disk::keystore::SecretSource;

#[test]
fn where_something_would_be_made_the_nearest_directory_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(nearest(&dir.path().join("a/b")), dir.path());
    assert_eq!(nearest(dir.path()), dir.path());
    assert_eq!(nearest(Path::new("not there")), Path::new("."));
    write_something(dir.path()).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_another_has_put_into_a_shared_directory_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (other, link) = (dir.path().join("other"), dir.path().join("link"));
    fs::write(&other, "kept").unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();
    let refused = make_and_remove(&link).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&other).unwrap(), b"kept");
    assert!(link.is_symlink());
}

#[test]
fn a_disk_that_is_too_full_is_refused_with_both_numbers() {
    let few = needs(definition_of(1, vec![Gwei::FULL]).terms());
    let many = needs(definition_of(1000, vec![Gwei::FULL]).terms());
    assert!(many > few + 1000 * BLOCK);
    assert!(refuse_small(Path::new("/a"), few, few).is_ok());
    let words = refuse_small(Path::new("/a"), few - 1, few).unwrap_err();
    let words = words.to_string();
    assert!(words.contains("the disk of /a has "), "{words}");
}

#[test]
fn a_ceremony_that_could_not_write_its_end_does_not_begin() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let begin = |lock_file: &Path, keystore_dir: &Path| {
        let site = Site {
            lock_file: lock_file.to_owned(),
            keystore_dir: keystore_dir.to_owned(),
            ..site(dir.path())
        };
        let secret = SecretSource::SecretFile(dir.path().join("no.secret"));
        let refused = Desk::begin(site, &secret).err().unwrap();
        refused.to_string()
    };
    let (lock, keystores) = (dir.path().join("a/lock"), dir.path().join("b/keystores"));
    let words = begin(&lock, &keystores);
    assert!(words.contains("no.secret is not there"), "{words}");
    let words = begin(&lock, &file.join("keystores"));
    assert!(words.contains("the keystores of this ceremony"), "{words}");
    let words = begin(&file.join("lock"), &keystores);
    assert!(words.contains("the lock of this ceremony"), "{words}");
    // And what is refused has made nothing.
    let names = fs::read_dir(dir.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !names.iter().any(|name| name == "a" || name == "b"),
        "{names:?}"
    );
}

#[test]
fn the_directory_of_the_lock_is_made_when_the_lock_is() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site {
        lock_file: dir.path().join("a/b/cluster-lock.json"),
        ..site(dir.path())
    };
    let (lock, lock_file) = (lock(&site), site.lock_file.clone());
    finish(site, &lock);
    assert!(lock_file.exists());
}
