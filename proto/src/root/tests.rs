//! Byte strings in hex.

use super::*;

#[test]
fn hex_is_read_with_and_without_its_prefix_and_written_with_it() {
    let root: Root = "11".repeat(32).parse().unwrap();
    assert_eq!(root.to_string(), format!("0x{}", "11".repeat(32)));
    assert_eq!(root.to_string().parse::<Root>().unwrap(), root);
}

#[test]
fn hex_of_another_length_is_refused_with_what_was_expected() {
    let error = "0x1234".parse::<Address>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected 0x and 40 hex digits, got \"0x1234\""
    );
}
