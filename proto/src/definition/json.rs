//! Which of our files a text is, for the message when it is taken for another.

use serde::Deserialize;

/// What a JSON text seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A cluster definition.
    Definition,
    /// A cluster lock.
    Lock,
    /// Neither, or no JSON.
    Other,
}

/// Keys that tell our files apart; a file may have others beside them.
#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(borrow)]
    operators: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    transcript_hash: Option<&'a serde_json::value::RawValue>,
}

/// What `text` seems to be by its keys.
pub(crate) fn kind_of(text: &str) -> Kind {
    match serde_json::from_str::<Keys<'_>>(text) {
        Ok(Keys {
            transcript_hash: Some(_),
            ..
        }) => Kind::Lock,
        Ok(Keys {
            operators: Some(_), ..
        }) => Kind::Definition,
        Ok(_) | Err(_) => Kind::Other,
    }
}
