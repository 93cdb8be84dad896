//! Evidence is kept beside what is there, and not for ever.

use std::fs;

use super::*;

#[test]
fn a_second_verdict_leaves_the_first_as_it_is_and_there_is_an_end_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| write_beside(dir.path(), "blame-1-op4", text.as_bytes()).unwrap();
    let first = write("one").unwrap();
    assert_eq!(first, dir.path().join("blame-1-op4.json"));
    assert_eq!(write("two").unwrap(), dir.path().join("blame-1-op4-2.json"));
    assert_eq!(write("one").unwrap(), first, "the same again is no second");
    assert_eq!(fs::read_to_string(&first).unwrap(), "one");
    for number in 3..=MAX_BLAMES {
        write(&number.to_string()).unwrap();
    }
    assert_eq!(write("one too many"), None);
}
