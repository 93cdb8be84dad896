//! What of a node's address nobody may read in a log or a message: user name, password, and keys in
//! the path or the query. Nodes and proxies like to repeat a path that they do not know.

use reqwest::Url;

/// The most characters that are kept of a foreign text.
pub const TEXT_LIMIT: usize = 300;
/// The shortest part of a path or query that is taken for a key, in characters.
const SHORTEST_KEY: usize = 6;

/// The parts of one address that are not shown.
#[derive(Clone)]
pub struct Hidden(Vec<String>);

impl Hidden {
    /// What is to be hidden of this address.
    pub fn of(url: &Url) -> Self {
        let path = url.path_segments().into_iter().flatten();
        let query = url.query().unwrap_or_default().split(['&', '=']);
        let keys = path.chain(query).chain([url.username()]);
        let mut parts: Vec<String> = keys
            .filter(|part| part.len() >= SHORTEST_KEY)
            .chain(url.password())
            .map(str::to_owned)
            .collect();
        // The longest first: a part may stand in another one.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        Self(parts)
    }

    /// A foreign text in one line of bounded length, without the hidden parts.
    pub fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for part in &self.0 {
            text = text.replace(part.as_str(), "…");
        }
        one_line(&text)
    }
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
