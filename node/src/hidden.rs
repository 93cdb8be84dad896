//! What of a node's address nobody may read in a log or a message: user name, password, and keys in
//! the path or the query. Nodes and proxies like to repeat a path that they do not know, and some
//! what they were sent, in whatever spelling.
//!
//! So a foreign text is compared as it is meant, layer by layer (`meaning`), with the parts of the
//! address as they are meant, and what stands for one of them is left out. What a node says can
//! only be shown as a [`Shown`], which nothing but this comparison makes of it.

mod meaning;

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use reqwest::Url;

use meaning::{Layer, of_base64};

/// The most characters that are kept of a foreign text.
pub const TEXT_LIMIT: usize = 300;
/// The shortest part of a path or query that is taken for a key, in bytes.
const SHORTEST_KEY: usize = 6;
/// The most bytes of a foreign text that are looked at to show that many characters.
const LOOKED_AT: usize = 16 << 10;
/// How many bytes on either side are looked at with a part of a text: a password that is cut in two
/// is found by its other half.
const AROUND: usize = 8 << 10;
/// How many times over a text may be escaped: more is meant for nobody to read.
const DEEPEST: usize = 8;

/// A text that may be shown: of this program, or a foreign one without what is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// A text of this program, without a word of a node.
    pub fn ours(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Deref for Shown {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// What of one address is shown, and what is not.
#[derive(Clone)]
pub struct Hidden {
    node: Arc<str>,
    /// Folded, in every layer of their meaning.
    parts: Vec<Vec<u8>>,
    /// Those of them that are looked for in base64 too, and user and password as every request has
    /// them there.
    sent: Vec<Vec<u8>>,
}

impl Hidden {
    /// What is to be hidden of this address.
    pub fn of(url: &Url) -> Self {
        let path = url.path_segments().into_iter().flatten();
        let query = url.query().unwrap_or_default().split(['&', '=']);
        let keys = path.chain(query).chain([url.username()]);
        let keys = keys.map(|part| (part, SHORTEST_KEY));
        let password = url.password().map(|part| (part, 1));
        let mut parts: Vec<Vec<u8>> = keys
            .chain(password)
            .flat_map(|(part, shortest)| {
                let meant = meanings(part).into_iter();
                let long = meant.filter(move |meant| meant.bytes().len() >= shortest);
                long.flat_map(compared)
            })
            .collect();
        parts.sort();
        parts.dedup();
        let is_long = |part: &&Vec<u8>| part.len() >= SHORTEST_KEY;
        let mut sent: Vec<Vec<u8>> = parts.iter().filter(is_long).cloned().collect();
        if url.username().len() >= SHORTEST_KEY || url.password().is_some() {
            // RFC 7617, section 2.
            let pair = format!("{}:{}", url.username(), url.password().unwrap_or_default());
            sent.extend(meanings(&pair).into_iter().flat_map(compared));
        }
        Self {
            node: shown_of(url).into(),
            parts,
            sent,
        }
    }

    /// The node as it may be shown: scheme, host and port.
    pub fn node(&self) -> &Arc<str> {
        &self.node
    }

    /// A foreign text in one line of bounded length, without the hidden parts.
    pub fn shown(&self, text: &str) -> Shown {
        let looked_at = text.len().min(LOOKED_AT);
        let mut line = one_line(&self.part(text.as_bytes(), 0..looked_at));
        if looked_at < text.len() && !line.ends_with('…') {
            line.push('…');
        }
        Shown(line)
    }

    /// A part of a foreign text without the hidden parts, or what of them reaches into it.
    pub fn part(&self, text: &[u8], part: Range<usize>) -> String {
        let from = part.start.saturating_sub(AROUND);
        let to = text.len().min(part.end + AROUND);
        let Some(places) = self.places(&text[from..to]) else {
            return "… (it is escaped too many times over)".to_owned();
        };
        let mut shown = Vec::new();
        let mut at = part.start;
        for place in places {
            let (start, end) = (from + place.start, from + place.end);
            if end <= at || start >= part.end {
                continue;
            }
            shown.extend(text.get(at..start).unwrap_or_default());
            shown.extend("…".bytes());
            at = end;
        }
        shown.extend(text.get(at..part.end).unwrap_or_default());
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Where hidden parts stand in a text, apart and in order; nothing if it is not to be fathomed.
    fn places(&self, text: &[u8]) -> Option<Vec<Range<usize>>> {
        let mut found = Vec::new();
        if self.parts.is_empty() && self.sent.is_empty() {
            return Some(found);
        }
        let mut layer = Layer::of(text);
        for _ in 0..=DEEPEST {
            found.extend(in_layer(&layer.folded(), &self.parts));
            for word in of_base64(&layer) {
                found.extend(in_layer(&word.folded(), &self.sent));
            }
            match layer.deeper() {
                Some(deeper) => layer = deeper,
                None => return Some(apart(found)),
            }
        }
        None
    }
}

/// Scheme, host and port of an address.
fn shown_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{}://{host}{port}", url.scheme())
}

/// A part of an address in every layer of its meaning.
fn meanings(part: &str) -> Vec<Layer> {
    let first = Some(Layer::of(part.as_bytes()));
    std::iter::successors(first, Layer::deeper).collect()
}

/// All that may be printed of a part of an address, folded.
fn compared(meant: Layer) -> Vec<Vec<u8>> {
    let questioned = meant.questioned();
    let all = questioned.iter().chain([&meant]);
    all.map(|it| it.folded().bytes().to_vec()).collect()
}

/// Every place of these parts in a folded text, as places in the text as it came.
fn in_layer(text: &Layer, parts: &[Vec<u8>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in parts {
        let windows = text.bytes().windows(part.len().max(1)).enumerate();
        let places = windows.filter(|(_, window)| window == part);
        found.extend(places.map(|(at, window)| text.place(at..at + window.len())));
    }
    found
}

/// The same places in order, those that touch as one.
fn apart(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| place.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for place in places {
        match apart.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            Some(_) | None => apart.push(place),
        }
    }
    apart
}

/// A text in one line of bounded length.
fn one_line(text: &str) -> String {
    let text = text.trim();
    let mut short: String = text
        .chars()
        .take(TEXT_LIMIT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if short.chars().count() < text.chars().count() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
