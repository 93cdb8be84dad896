//! What was seen of a validator stays until an operator says otherwise.

use super::*;

fn halted(validator: u8, cluster: u8) -> Halted {
    Halted {
        cluster: [cluster; 32].into(),
        validator: [validator; 48].into(),
        slot: 9,
        work: "attestation".to_owned(),
        block: [3; 32].into(),
    }
}

#[test]
fn what_was_seen_first_is_there_at_the_next_start_until_it_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let (data, cluster) = (dir.path(), Root::from([7; 32]));
    assert_eq!(read(data, cluster).unwrap(), []);
    for it in [halted(1, 7), halted(2, 7), halted(1, 8)] {
        add(data, it).unwrap();
    }
    let later = Halted {
        slot: 10,
        ..halted(1, 7)
    };
    add(data, later).unwrap();
    assert_eq!(read(data, cluster).unwrap(), [halted(1, 7), halted(2, 7)]);
    assert!(remove(data, cluster, &[1; 48].into()).unwrap());
    assert!(!remove(data, cluster, &[1; 48].into()).unwrap());
    assert_eq!(read(data, cluster).unwrap(), [halted(2, 7)]);
    assert_eq!(read(data, [8; 32].into()).unwrap(), [halted(1, 8)]);
}

#[test]
fn a_file_that_cannot_be_read_is_no_leave_to_sign() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(FILE), "[{}]").unwrap();
    let error = read(dir.path(), Root::ZERO).unwrap_err();
    assert!(error.to_string().contains("somebody else signs"), "{error}");
}

/// Who has copied a whole cluster signs for many validators of a slot.
#[test]
fn what_is_seen_of_many_at_once_is_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (data, cluster) = (dir.path(), Root::from([7; 32]));
    std::thread::scope(|scope| {
        let all = (0..31).map(|of| scope.spawn(move || add(data, halted(of, 7))));
        let all: Vec<_> = all.collect();
        for each in all {
            each.join().unwrap().unwrap();
        }
    });
    assert_eq!(read(data, cluster).unwrap().len(), 31);
}

#[test]
fn a_file_that_is_there_and_does_not_open_is_no_leave_to_sign_either() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE);
    std::os::unix::fs::symlink(&file, &file).unwrap();
    assert!(read(dir.path(), Root::ZERO).is_err());
}
