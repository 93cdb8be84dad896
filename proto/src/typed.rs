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
mod tests;
