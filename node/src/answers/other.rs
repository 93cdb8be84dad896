//! What answers where something else was expected, so that an operator who gives the wrong address
//! is told what is there.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Where execution clients serve the Engine API unless they are told otherwise: it lets nobody in
/// but their beacon node (execution-apis, `engine/authentication.md`).
const ENGINE: &str = ":8551";

/// Whether a node, as it may be shown, is at the port of the Engine API.
pub fn is_at_engine(node: &str) -> bool {
    node.ends_with(ENGINE)
}

/// What a body is that is not in the language that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// It has no bytes.
    Nothing,
    /// A page for people, of a web server or of a proxy.
    Page,
    /// What an execution node answers.
    JsonRpc,
    /// What a beacon node answers to what it does not know.
    BeaconApi,
}

impl Other {
    /// What this body is, if that can be seen.
    pub fn of(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Keys {
            jsonrpc: Option<IgnoredAny>,
            code: Option<i64>,
            message: Option<IgnoredAny>,
        }
        match body.trim_ascii() {
            [] => return Some(Self::Nothing),
            [b'<', ..] => return Some(Self::Page),
            _ => {}
        }
        let keys: Keys = serde_json::from_slice(body).ok()?;
        match (keys.jsonrpc, keys.code, keys.message) {
            (Some(_), _, _) => Some(Self::JsonRpc),
            // To what it does not know, with the status of HTTP. Some execution nodes, too, say
            // what is wrong without more around it, with codes of their own.
            (None, Some(400 | 404 | 405), Some(_)) => Some(Self::BeaconApi),
            (None, _, _) => None,
        }
    }
}
