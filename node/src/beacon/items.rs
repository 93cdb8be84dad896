//! Lists of which every item is read by itself, so that a strange one does not cost the others.
//!
//! Never here: what happens to a list of which something was passed over. Whoever asked tells it.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::hidden::one_line;

/// The most items that are described when they are passed over; more of them are counted.
const DESCRIBED: usize = 3;

/// A list as answered. Null, as Go writes an empty one, is an empty one; who cannot do with an
/// empty one sees that it was null.
#[derive(Debug)]
pub(super) struct Items<T> {
    /// The items that could be read.
    pub(super) read: Vec<T>,
    /// Why the others could not.
    pub(super) strange: Strange,
    /// Whether there was null in place of a list.
    pub(super) was_null: bool,
}

/// What was passed over in a list, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strange {
    described: Vec<String>,
    count: usize,
}

impl Strange {
    pub(super) fn add(&mut self, why: impl FnOnce() -> String) {
        self.count += 1;
        if self.described.len() < DESCRIBED {
            self.described.push(one_line(&why()));
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
        (self.count > 0).then(|| {
            let more = match self.count - self.described.len() {
                0 => String::new(),
                more => format!("; {more} more"),
            };
            format!("{}{more}", self.described.join("; "))
        })
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list: Option<Vec<&RawValue>> = Option::deserialize(deserializer)?;
        let was_null = list.is_none();
        let mut items = Self {
            read: Vec::with_capacity(list.as_ref().map_or(0, Vec::len)),
            strange: Strange::default(),
            was_null,
        };
        for item in list.into_iter().flatten() {
            match serde_json::from_str(item.get()) {
                Ok(item) => items.read.push(item),
                Err(error) => items.strange.add(|| format!("{error} in {}", item.get())),
            }
        }
        // A list of nothing but strange items is in another language.
        match items.strange.told() {
            Some(told) if items.read.is_empty() => Err(de::Error::custom(told)),
            Some(_) | None => Ok(items),
        }
    }
}

/// Reads a truth that a node may leave open with null.
pub(super) mod open {
    use serde::{Deserialize, Deserializer};

    /// Null is no.
    pub(in super::super) fn no<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(false))
    }

    /// Null is yes.
    pub(in super::super) fn yes<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(true))
    }
}
