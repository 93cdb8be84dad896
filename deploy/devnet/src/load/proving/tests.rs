//! What the command prints.

use super::*;

#[test]
fn what_the_command_prints_is_read_and_other_words_are_named() {
    let text = r#"{"slot":1,"index":0,"state_bytes":35,"milliseconds":7}"#;
    let proof = read(text).unwrap();
    assert_eq!((proof.state_bytes, proof.milliseconds), (35, 7));
    let error = read("proved validator 0").unwrap_err().to_string();
    assert!(error.contains("proved validator 0"), "{error}");
}
