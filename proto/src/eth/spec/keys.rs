//! The keys of a spec, each read as what it must be.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;

use super::{BASIS_POINTS, SpecError, Unserved};
use crate::Epoch;
use crate::eth::PresetBase;
use crate::eth::fork::{ScheduledFork, is_served};

/// The spec's keys, all of them text or numbers except those that nobody here reads.
pub(super) struct Keys<'a>(pub(super) &'a BTreeMap<String, Value>);

impl Keys<'_> {
    pub(super) fn parsed<T: FromStr>(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<T, SpecError> {
        let value = self.0.get(key).ok_or(SpecError::Missing(key))?;
        read(value).ok_or_else(|| bad(key, value, expected))
    }

    pub(super) fn number(&self, key: &'static str) -> Result<Option<u64>, SpecError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| bad(key, value, "a number")),
        }
    }

    pub(super) fn within(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, SpecError> {
        let number = self.number(key)?.ok_or(SpecError::Missing(key))?;
        self.check(key, number, range)
    }

    pub(super) fn check(
        &self,
        key: &'static str,
        number: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, SpecError> {
        if range.contains(&number) {
            return Ok(number);
        }
        Err(bad(key, &Value::from(number), "a number that makes sense"))
    }

    /// A part of a slot in basis points.
    pub(super) fn due(&self, key: &'static str) -> Result<Option<u64>, SpecError> {
        self.number(key)?
            .map(|bps| self.check(key, bps, 0..=BASIS_POINTS))
            .transpose()
    }

    /// Every fork that has both an epoch and a version, also those this version does not know.
    pub(super) fn forks(&self) -> Result<Vec<ScheduledFork>, SpecError> {
        let mut forks = Vec::new();
        for (key, value) in self.0 {
            let Some(name) = key.strip_suffix("_FORK_EPOCH") else {
                continue;
            };
            let Some(version) = self.0.get(&format!("{name}_FORK_VERSION")) else {
                continue;
            };
            if value.is_null() {
                continue; // not scheduled
            }
            forks.push(ScheduledFork {
                name: name.to_ascii_lowercase(),
                version: read(version).ok_or_else(|| bad(key, version, "4 bytes in hex"))?,
                epoch: Epoch(epoch(value).ok_or_else(|| bad(key, value, "an epoch"))?),
            });
        }
        Ok(forks)
    }

    /// The first fork that has an epoch, and is none that Gantry knows, whether the node says
    /// its version or not.
    pub(super) fn unserved(&self) -> Option<Unserved> {
        let scheduled = self.0.iter().filter_map(|(key, value)| {
            let name = key.strip_suffix("_FORK_EPOCH")?.to_ascii_lowercase();
            let epoch = read(value).filter(|epoch| *epoch != u64::MAX)?;
            (!is_served(&name)).then(|| Unserved {
                name: name.chars().take(32).collect(),
                epoch: Epoch(epoch),
            })
        });
        scheduled.min_by_key(|fork| fork.epoch)
    }

    /// A node whose list limits differ from ours would give blocks with other roots.
    pub(super) fn same_limits(&self, preset: PresetBase) -> Result<(), SpecError> {
        for (key, expected) in preset.limits() {
            match self.number(key)? {
                Some(got) if got != expected => {
                    return Err(SpecError::OtherPreset {
                        preset,
                        key,
                        got,
                        expected,
                    });
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }
}

/// Reads a text, or a number that a node or a proxy has taken out of its quotes.
pub(super) fn read<T: FromStr>(value: &Value) -> Option<T> {
    if let Value::Number(number) = value {
        return number.to_string().parse().ok();
    }
    value.as_str()?.parse().ok()
}

/// Reads an epoch. The far future, 2^64 - 1, is rounded to 2^64 where a number is a double.
pub(super) fn epoch(value: &Value) -> Option<u64> {
    let is_far = value
        .as_f64()
        .is_some_and(|number| number >= u64::MAX as f64);
    read(value).or(is_far.then_some(u64::MAX))
}

fn bad(key: &str, value: &Value, expected: &'static str) -> SpecError {
    SpecError::Bad {
        key: key.to_owned(),
        value: value.to_string().chars().take(80).collect(),
        expected,
    }
}
