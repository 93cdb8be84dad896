//! What may be repeated of what was typed.

use super::*;

#[test]
fn what_may_be_a_secret_is_not_shown() {
    let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    for text in [
        "http://node/v3",
        "//user:pass4711@node",
        key,
        &format!("node={key}"),
    ] {
        let length = text.len();
        assert_eq!(shown(text), format!("({length} characters, not shown)"));
    }
    assert_eq!(shown("info,node=loud"), "\"info,node=loud\"");
    assert_eq!(shown(&"a ".repeat(100)).len(), MAX_SHOWN + 2);
}

#[test]
fn a_key_is_told_from_other_digits() {
    let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    assert!(is_key(key) && is_key(&format!("0x{key}\n")));
    for text in [
        "",
        "0x",
        "keys",
        &key[1..],
        &format!("{key}.json"),
        &format!("./{key}"),
    ] {
        assert!(!is_key(text), "{text}");
    }
}
