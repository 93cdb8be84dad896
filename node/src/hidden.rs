//! What of a node's address nobody may read in a log or a message: user name, password, and keys in
//! the path or the query. Nodes and proxies like to repeat a path that they do not know, and some
//! what they were sent, decoded or not.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;
use reqwest::Url;

/// The most characters that are kept of a foreign text.
pub const TEXT_LIMIT: usize = 300;
/// The shortest part of a path or query that is taken for a key, in characters.
const SHORTEST_KEY: usize = 6;

/// The parts of one address that are not shown.
#[derive(Clone)]
pub struct Hidden(Vec<String>);

impl Hidden {
    /// What is to be hidden of this address: as it is written, as it is meant, and as user and
    /// password are sent.
    pub fn of(url: &Url) -> Self {
        let path = url.path_segments().into_iter().flatten();
        let query = url.query().unwrap_or_default().split(['&', '=']);
        let keys = path.chain(query).chain([url.username()]);
        let keys = keys.map(|part| (part, SHORTEST_KEY));
        let password = url.password().map(|part| (part, 1));
        let written = keys.chain(password);
        let forms = written.flat_map(|(part, shortest)| {
            let forms = [part.to_owned(), meant(part)].into_iter();
            forms.filter(move |form| form.len() >= shortest)
        });
        let pairs = url.query_pairs().flat_map(|(key, value)| [key, value]);
        let pairs = pairs.filter(|part| part.len() >= SHORTEST_KEY);
        let is_key = url.username().len() >= SHORTEST_KEY || url.password().is_some();
        let mut parts: Vec<String> = forms
            .chain(pairs.map(String::from))
            .chain(is_key.then(|| sent(url)))
            .collect();
        // The longest first: a part may stand in another one.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts.dedup();
        Self(parts)
    }

    /// Whether any of it stands in a foreign text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.iter().any(|part| text.contains(part.as_str()))
    }

    /// A foreign text in one line of bounded length, without the hidden parts.
    pub fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for part in &self.0 {
            text = text.replace(part.as_str(), "…");
        }
        // One that spells some of it with other percent signs than the address shows nothing.
        if self.is_in(&meant(&text)) {
            return "… (it repeats a part of the address)".to_owned();
        }
        one_line(&text)
    }
}

/// A part of an address without its percent signs.
fn meant(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// User and password as the header of every request has them, but for what fills up its end.
fn sent(url: &Url) -> String {
    let password = url.password().unwrap_or_default();
    let pair = format!("{}:{}", meant(url.username()), meant(password));
    BASE64_STANDARD_NO_PAD.encode(pair)
}

/// A foreign text in one line of bounded length.
pub fn one_line(text: &str) -> String {
    let text = text.trim();
    let mut short: String = text
        .chars()
        .take(TEXT_LIMIT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
