//! How an error repeats what somebody has typed or written: not at all if that may be a secret.
//!
//! A key, or an address with a password in it, is easily given in the place of something else, and
//! errors end up in logs, on shared screens and in what people send each other.

/// The shortest run of letters and digits that is taken for a key.
const SHORTEST_KEY: usize = 32;

/// Most characters of a text that are shown.
const MAX_SHOWN: usize = 60;

/// Whether this may be a secret: an address with a password or a token, or a key.
pub fn may_be_secret(text: &str) -> bool {
    let mut runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    text.contains("://") || text.contains('@') || runs.any(|run| run.len() >= SHORTEST_KEY)
}

/// Whether this is 32 bytes in hex and nothing else, as secret keys are written.
pub fn is_key(text: &str) -> bool {
    let text = text.trim();
    let small = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let digits = small.unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The text in quotation marks, or only how long it is.
pub fn shown(text: &str) -> String {
    if may_be_secret(text) {
        return hidden(text);
    }
    let begin: String = text.chars().take(MAX_SHOWN).collect();
    format!("{begin:?}")
}

/// Only how long the text is.
pub fn hidden(text: &str) -> String {
    format!("({} characters, not shown)", text.chars().count())
}

#[cfg(test)]
mod tests {
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
}
