//! Ports and directories that are free, and those that are not.

use super::*;

#[test]
fn busy_ports_are_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = taken.local_addr().unwrap().port() - 30;
    let text = Ports::from_base(base)
        .unwrap()
        .check(&Plan::small(1))
        .unwrap_err()
        .to_string();
    assert!(text.contains(&format!("{} (peer 1)", base + 30)), "{text}");
}

#[test]
fn a_block_that_somebody_uses_is_not_called_free() {
    let plan = Plan::small(1);
    let ports = Ports::free(&plan);
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.way(3))).unwrap();
    assert_ne!(Ports::free(&plan), ports);
}

#[test]
fn a_directory_in_which_another_devnet_runs_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let place = || Place::new(dir.path(), Path::new("gantry"), dir.path());
    let first = place().unwrap();
    fs::write(first.file("keys"), "of the first").unwrap();
    let words = place().unwrap_err().to_string();
    assert!(words.contains("another devnet runs in it"), "{words}");
    assert!(first.file("keys").exists());
    drop(first);
    place().unwrap();
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("diary"), "dear").unwrap();
    assert!(Place::new(dir.path(), Path::new("gantry"), dir.path()).is_err());
    assert!(dir.path().join("diary").exists());
}
