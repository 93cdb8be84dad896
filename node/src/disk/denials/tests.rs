//! What is denied is kept, ends, and has an end.

use super::*;

fn denial(sequence: u64) -> Denial {
    Denial {
        cluster: [7; 32].into(),
        operator: "bob".to_owned(),
        sequence,
    }
}

#[test]
fn a_denial_is_there_at_the_next_start_once() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(read(data.path()).unwrap(), []);
    for sequence in [77, u64::MAX, 77] {
        add(data.path(), denial(sequence)).unwrap();
    }
    assert_eq!(read(data.path()).unwrap(), [denial(77), denial(u64::MAX)]);
}

#[test]
fn a_denial_ends_when_the_record_has_passed_its_number() {
    let data = tempfile::tempdir().unwrap();
    let of_another = Denial {
        cluster: [8; 32].into(),
        ..denial(77)
    };
    for denial in [denial(77), denial(90), of_another.clone()] {
        add(data.path(), denial).unwrap();
    }
    let in_force = |sequence| in_force(data.path(), [7; 32].into(), sequence).unwrap();
    assert_eq!(in_force(76), [denial(77), denial(90)]);
    assert_eq!(in_force(77), [denial(90)]);
    assert_eq!(in_force(5), [denial(90)], "an old copy does not revive it");
    assert_eq!(read(data.path()).unwrap(), [denial(90), of_another]);
}

#[test]
fn there_is_an_end_of_denying_and_words_for_a_file_that_is_none() {
    let data = tempfile::tempdir().unwrap();
    for sequence in 0..MOST as u64 {
        add(data.path(), denial(sequence)).unwrap();
    }
    let error = add(data.path(), denial(777)).unwrap_err().to_string();
    assert!(error.contains("bob"), "{error}");
    assert_eq!(read(data.path()).unwrap().len(), MOST);
    std::fs::write(data.path().join(FILE), "{").unwrap();
    let error = read(data.path()).unwrap_err().to_string();
    assert!(error.contains("Move it away"), "{error}");
}
