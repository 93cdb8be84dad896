//! Lists of which every item is read by itself, so that a strange one does not cost the others.
//!
//! Never here: what happens to a list of which something was passed over. Whoever asked tells it.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::hidden::{Hidden, Shown};

/// The most items that are described when they are passed over; more of them are counted.
const DESCRIBED: usize = 3;

/// A list as answered. Null, as Go writes an empty one, is an empty one; who cannot do with an
/// empty one sees that it was null.
#[derive(Debug)]
pub(super) struct Items<T> {
    /// The items that could be read.
    pub(super) read: Vec<T>,
    /// Why the others could not, in the node's words, as they came.
    pub(super) unread: Unread,
    /// Whether there was null in place of a list.
    pub(super) was_null: bool,
}

/// What could not be read of a list.
#[derive(Debug, Default)]
pub(super) struct Unread {
    described: Vec<String>,
    count: usize,
}

/// What was passed over in a list, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strange {
    described: Vec<Shown>,
    count: usize,
}

impl Unread {
    fn add(&mut self, why: impl FnOnce() -> String) {
        self.count += 1;
        if self.described.len() < DESCRIBED {
            self.described.push(why());
        }
    }
}

impl Strange {
    /// What could not be read, without what is `hidden`.
    pub(super) fn of(unread: &Unread, hidden: &Hidden) -> Self {
        let described = unread.described.iter();
        Self {
            described: described.map(|words| hidden.shown(words)).collect(),
            count: unread.count,
        }
    }

    /// Adds one item, for a reason in this program's own words.
    pub(super) fn add(&mut self, why: impl FnOnce() -> String) {
        self.count += 1;
        if self.described.len() < DESCRIBED {
            self.described.push(Shown::ours(why()));
        }
    }

    /// Adds what was passed over elsewhere.
    pub(super) fn append(&mut self, other: Self) {
        self.count += other.count;
        self.described.extend(other.described);
        self.described.truncate(DESCRIBED);
    }

    /// Whether nothing was passed over.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of it in one line; none if nothing was passed over.
    pub fn told(&self) -> Option<String> {
        told(self.described.iter().map(|words| &**words), self.count)
    }
}

/// The first of `count` items that are described, and how many more there are; none of none.
pub(crate) fn told<'a>(described: impl Iterator<Item = &'a str>, count: usize) -> Option<String> {
    (count > 0).then(|| {
        let described: Vec<&str> = described.take(DESCRIBED).collect();
        let more = match count - described.len() {
            0 => String::new(),
            more => format!("; {more} more"),
        };
        format!("{}{more}", described.join("; "))
    })
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list: Option<Vec<&RawValue>> = Option::deserialize(deserializer)?;
        let was_null = list.is_none();
        let mut items = Self {
            // Room for what is read, and not for whatever else stands in its place.
            read: Vec::new(),
            unread: Unread::default(),
            was_null,
        };
        for item in list.into_iter().flatten() {
            match serde_json::from_str(item.get()) {
                Ok(item) => items.read.push(item),
                Err(error) => items.unread.add(|| format!("{error} in {}", item.get())),
            }
        }
        // A list of nothing but strange items is in another language.
        let Unread { described, count } = &items.unread;
        match told(described.iter().map(String::as_str), *count) {
            Some(told) if items.read.is_empty() => Err(de::Error::custom(told)),
            Some(_) | None => Ok(items),
        }
    }
}

/// Reads what a node may leave open, with null or in a way of its own.
pub(super) mod open {
    use proto::{Epoch, Root, SignatureBytes};
    use serde::{Deserialize, Deserializer};
    use serde_json::Value;

    /// An epoch in quotes or without; anything else says nothing.
    pub(in super::super) fn epoch<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Epoch>, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::String(text) => text.parse().ok().map(Epoch),
            Value::Number(number) => number.as_u64().map(Epoch),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
    }

    /// A signature; anything else says nothing.
    pub(in super::super) fn signature<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SignatureBytes>, D::Error> {
        let value = Value::deserialize(from)?;
        Ok(value.as_str().and_then(|text| text.parse().ok()))
    }

    /// 32 bytes; anything else says nothing.
    pub(in super::super) fn root<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Root>, D::Error> {
        let value = Value::deserialize(from)?;
        Ok(value.as_str().and_then(|text| text.parse().ok()))
    }

    /// Null is no.
    pub(in super::super) fn no<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(false))
    }

    /// Null is yes.
    pub(in super::super) fn yes<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(true))
    }
}

#[cfg(test)]
mod tests;
