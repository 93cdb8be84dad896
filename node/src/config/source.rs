//! Where each key of a config comes from, so that an error can say where to look.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use figment::error::{Actual, Kind};
use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use reqwest::Url;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::{ConfigError, LogFilter, OTHER_VARIABLES};
use crate::beacon::address;
use crate::config::home;
use crate::execution::rpc_url;

/// The config in which every key is explained.
const EXAMPLE: &str = include_str!("../../../deploy/gantry.example.toml");

/// The parsed sources of a config.
pub(super) struct Sources {
    file: String,
    text: String,
    figment: Figment,
}

/// Reads the keys from the file's text and the environment, which wins.
pub(super) fn extract<T: DeserializeOwned>(
    path: &Path,
    text: &str,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(T, Sources), ConfigError> {
    let file = path.display().to_string();
    // Parsed on its own first: an error of syntax has a line, but no key.
    if let Err(error) = Figment::from(Toml::string(text)).extract::<Dict>() {
        return Err(ConfigError::Syntax {
            file,
            problem: without_source(&error.kind.to_string()),
        });
    }
    let mut figment = Figment::from(Toml::string(text));
    for (name, value) in environment {
        if let Some(mut variable) = Variable::of(&name, value)? {
            if let Some(name) = variable.key.strip_prefix("peers.") {
                // A variable has capitals only; in the file the name has its own.
                let written = peers_of(&figment).find(|peer| peer.eq_ignore_ascii_case(name));
                variable.key = format!("peers.{}", written.as_deref().unwrap_or(name));
            }
            figment = figment.merge(variable);
        }
    }
    let sources = Sources {
        file,
        text: text.to_owned(),
        figment,
    };
    match sources.figment.extract() {
        Ok(keys) => Ok((keys, sources)),
        Err(error) => Err(sources.explain(&error)),
    }
}

/// The names in the table of peers.
fn peers_of(figment: &Figment) -> impl Iterator<Item = String> {
    let table = figment.find_value("peers").ok().and_then(Value::into_dict);
    table.unwrap_or_default().into_keys()
}

impl Sources {
    /// The error that `key` is refused for `problem`.
    pub fn refuse(&self, key: &[&str], problem: &str) -> ConfigError {
        ConfigError::Key {
            key: key.join("."),
            place: self.place(key),
            problem: problem.to_owned(),
        }
    }

    fn explain(&self, error: &figment::Error) -> ConfigError {
        let mut key: Vec<&str> = error.path.iter().map(String::as_str).collect();
        if let Kind::MissingField(field) = &error.kind {
            key.push(field);
            return ConfigError::Key {
                key: key.join("."),
                place: self.file.clone(),
                problem: "is missing, and there is no default: add it".to_owned(),
            };
        }
        if let Kind::UnknownField(_, known) = &error.kind {
            let known: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
            let mut problem = format!("there is no such key; known are {}", known.join(", "));
            if self.variable(&key).is_some() {
                problem.push_str(
                    ". If it is not meant for gantry, `unset` or rename the variable: an \
                     orchestrator sets some for a service called gantry",
                );
            }
            return self.refuse(&key, &problem);
        }
        let mut problem = without_value(&error.kind);
        if let Some(example) = key.first().and_then(|key| example_of(key)) {
            problem.push_str(&format!("; write it like this: `{example}`"));
        }
        self.refuse(&key, &problem)
    }

    /// The variable that holds `key`, if one does.
    fn variable(&self, key: &[&str]) -> Option<&str> {
        // An entry of a list has no source of its own, so its list is asked for next.
        let metadata = (1..=key.len())
            .rev()
            .find_map(|depth| self.figment.find_metadata(&key[..depth].join(".")));
        let name = metadata.map(|metadata| &*metadata.name)?;
        name.starts_with(Variable::PREFIX).then_some(name)
    }

    /// The variable, or the file and line, that holds `key`.
    pub fn place(&self, key: &[&str]) -> String {
        if let Some(name) = self.variable(key) {
            return format!("environment variable {name}");
        }
        match line_of(&self.text, key) {
            Some(line) => format!("{} line {line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// What a parser of TOML says, without the lines in which it shows the text: they may hold a
/// secret.
fn without_source(problem: &str) -> String {
    let is_source = |line: &&str| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        line.starts_with('|')
    };
    let lines = problem.lines().filter(|line| !is_source(line));
    lines.collect::<Vec<_>>().join(" ")
}

/// What is wrong with a value, without the value: it may hold a secret.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enums are figment's, and may grow"
)]
fn without_value(kind: &Kind) -> String {
    let found = |actual: &Actual| match actual {
        Actual::Str(_) => "text".to_owned(),
        other => other.to_string(),
    };
    match kind {
        Kind::InvalidType(actual, expected) => {
            format!("invalid type: found {}, expected {expected}", found(actual))
        }
        Kind::InvalidValue(actual, expected) => {
            format!(
                "invalid value: found {}, expected {expected}",
                found(actual)
            )
        }
        Kind::UnknownVariant(_, known) => {
            format!("unknown variant, expected one of {}", known.join(", "))
        }
        other => other.to_string(),
    }
}

/// How the key, or an entry of the table, stands in the documented config.
fn example_of(key: &str) -> Option<&'static str> {
    let mut lines = EXAMPLE.lines().map(|line| line.trim_start_matches("# "));
    let begins = |line: &&str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(" = "))
    };
    if let Some(line) = lines.clone().find(begins) {
        return Some(line);
    }
    lines.find(|line| *line == format!("[{key}]"))?;
    lines.next()
}

/// The line, counted from 1, where `key` is set, or else the table or list that holds it.
fn line_of(text: &str, key: &[&str]) -> Option<usize> {
    let mut table = String::new();
    let mut best = (0, None);
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        let path = if let Some(header) = line.strip_prefix('[') {
            table = header.split(']').next().unwrap_or("").trim().to_owned();
            table.clone()
        } else {
            let Some((name, _)) = line.split_once('=') else {
                continue;
            };
            let name = name.trim().trim_matches('"');
            if table.is_empty() {
                name.to_owned()
            } else {
                format!("{table}.{name}")
            }
        };
        let depth = path.split('.').count();
        let is_it = || key[..depth].join(".").eq_ignore_ascii_case(&path);
        if depth > best.0 && depth <= key.len() && is_it() {
            best = (depth, Some(i + 1));
        }
    }
    best.1
}

/// One environment variable that sets one key.
struct Variable {
    name: String,
    key: String,
    value: Value,
}

impl Variable {
    const PREFIX: &'static str = "GANTRY_";

    /// The variable of this name, if it is one of ours.
    fn of(name: &OsStr, value: OsString) -> Result<Option<Self>, ConfigError> {
        let ours = name.as_encoded_bytes().starts_with(Self::PREFIX.as_bytes());
        if !ours || OTHER_VARIABLES.iter().any(|other| name == *other) {
            return Ok(None);
        }
        let readable = name.to_string_lossy();
        let key = readable.trim_start_matches(Self::PREFIX);
        let key = key.to_ascii_lowercase().replace("__", ".");
        let refused = |key: &str, problem: &str| ConfigError::Key {
            key: key.to_owned(),
            place: format!("environment variable {readable}"),
            problem: problem.to_owned(),
        };
        let Some(name) = name.to_str() else {
            return Err(refused(&key, "the name is not UTF-8: remove the variable"));
        };
        let Ok(value) = value.into_string() else {
            return Err(refused(&key, "the value is not UTF-8: write it anew"));
        };
        if is_service_link(name.trim_start_matches(Self::PREFIX), &value) {
            return Ok(None);
        }
        let Ok(value) = value.parse::<Value>();
        Ok(Some(Self {
            name: name.to_owned(),
            key,
            value,
        }))
    }
}

/// Whether Kubernetes or Docker sets this variable to say where a service is: a container that runs
/// beside a service called `gantry` or `gantry-…` gets them unasked. None of them names a key.
fn is_service_link(rest: &str, value: &str) -> bool {
    let words: Vec<&str> = rest.split('_').collect();
    (0..words.len()).any(|at| match &words[at..] {
        ["SERVICE", "HOST"] | ["SERVICE", "PORT", ..] => true,
        ["PORT"] => value.contains("://"),
        ["PORT", number, "TCP" | "UDP" | "SCTP"]
        | [
            "PORT",
            number,
            "TCP" | "UDP" | "SCTP",
            "PROTO" | "PORT" | "ADDR",
        ] => number.parse::<u16>().is_ok(),
        _ => false,
    })
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = figment::util::nest(&self.key, self.value.clone());
        let dict = nested.into_dict().unwrap_or_default();
        Ok(Profile::Default.collect(dict))
    }
}

/// A URL of http or https.
#[derive(Debug)]
pub(super) struct HttpUrl(pub Url);

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        address::read(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A URL of an execution node's JSON-RPC.
#[derive(Debug)]
pub(super) struct RpcUrl(pub Url);

impl<'de> Deserialize<'de> for RpcUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        rpc_url(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A path, with the user's home in place of a leading `~`.
#[derive(Debug)]
pub(super) struct FilePath(pub PathBuf);

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        home::expanded(&path).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// A text that fits into the graffiti of a block.
#[derive(Debug)]
pub(super) struct Graffiti(pub String);

impl Default for Graffiti {
    fn default() -> Self {
        Self("gantry".to_owned())
    }
}

impl<'de> Deserialize<'de> for Graffiti {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > 32 {
            let problem = format!("has {} bytes, and a block holds 32: shorten it", text.len());
            return Err(D::Error::custom(problem));
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests;
