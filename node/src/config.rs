//! The config of a running peer: a TOML file, and environment variables over it.
//!
//! What each key means stands in one place, `deploy/gantry.example.toml`; a test holds it to the
//! struct here. Unknown keys are refused, and every error names the key and where it stands. A
//! variable is `GANTRY_` and the key in capitals; a table's key follows after two underscores, as
//! in `GANTRY_PEERS__ALICE`.
//!
//! Never here: what all operators must agree on. That is in the definition and the lock.

mod source;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proto::definition::{PeerAddress, Terms};
use reqwest::Url;
use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::io::files::{self, FileError};

/// The longest config file worth reading, in bytes.
const MAX_BYTES: usize = 1 << 18;

/// Variables that start with `GANTRY_` and are not keys of the config.
const OTHER_VARIABLES: [&str; 2] = ["GANTRY_CONFIG", "GANTRY_DEPOSIT_KEY"];

/// Why a config is refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not TOML.
    #[error("{file} is not a TOML file: {problem}")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says, with line and column.
        problem: String,
    },
    /// A key or its value is refused.
    #[error("`{key}` ({place}): {problem}")]
    Key {
        /// The key, with its table.
        key: String,
        /// The file and line, or the variable.
        place: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Which log lines are written, in the form of `tracing`'s filters: `info` unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

/// A text that is no filter of log lines.
#[derive(Debug, Error)]
#[error("{0:?} is no log filter ({1}); write one such as info, or info,node=debug")]
pub struct BadLogFilter(String, #[source] ParseError);

impl FromStr for LogFilter {
    type Err = BadLogFilter;

    fn from_str(text: &str) -> Result<Self, BadLogFilter> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(BadLogFilter(text.to_owned(), error)),
        }
    }
}

/// Where the secret that opens the keystores comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file with a random secret, made by `gantry keystore secret`: starts unattended.
    SecretFile(PathBuf),
    /// A file with the operator's passphrase: starts unattended.
    PassphraseFile(PathBuf),
    /// The operator types the passphrase.
    Terminal,
}

/// Everything a peer is told by its own operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where identity, lock, keystores and the signing record are.
    pub data_dir: PathBuf,
    /// The cluster lock.
    pub lock_file: PathBuf,
    /// This peer's identity key.
    pub identity_file: PathBuf,
    /// The keystores of this peer's shares.
    pub keystore_dir: PathBuf,
    /// What opens them.
    pub secret: SecretSource,
    /// This operator's beacon node.
    pub beacon_node: Url,
    /// Where peers are listened for.
    pub listen: Vec<SocketAddr>,
    /// Addresses to use in place of the definition's hints, by operator name.
    pub peers: BTreeMap<String, Vec<PeerAddress>>,
    /// Where `/metrics` and the status are served; loopback by default.
    pub metrics: SocketAddr,
    /// Host names, beside this machine's addresses, by which they may be asked for.
    pub metrics_names: Vec<String>,
    /// Which log lines are written.
    pub log: LogFilter,
    /// How they look.
    pub log_format: LogFormat,
    /// What own blocks carry as graffiti, at most 32 bytes.
    pub graffiti: String,
}

/// The keys as they stand in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(default = "here")]
    data_dir: PathBuf,
    lock_file: Option<PathBuf>,
    identity_file: Option<PathBuf>,
    keystore_dir: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    passphrase_file: Option<PathBuf>,
    beacon_node: source::HttpUrl,
    #[serde(default = "everywhere")]
    listen: Vec<SocketAddr>,
    #[serde(default)]
    peers: BTreeMap<String, Vec<PeerAddress>>,
    #[serde(default = "loopback")]
    metrics: SocketAddr,
    #[serde(default)]
    metrics_names: Vec<String>,
    #[serde(default)]
    log: LogFilter,
    #[serde(default)]
    log_format: LogFormat,
    #[serde(default)]
    graffiti: source::Graffiti,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

fn everywhere() -> Vec<SocketAddr> {
    vec![SocketAddr::from(([0, 0, 0, 0], 3610))]
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 3620))
}

impl Config {
    /// Reads the file and the process's environment.
    ///
    /// # Errors
    /// If the file cannot be read, or a key is unknown, missing or wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = files::read(path, MAX_BYTES)?;
        Self::parse(path, &text, std::env::vars_os())
    }

    /// The config of this text, read from `path`, and these environment variables; those whose
    /// names do not begin with `GANTRY_` may hold anything.
    ///
    /// # Errors
    /// If a key is unknown, missing or wrong.
    pub fn parse(
        path: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let (keys, sources) = source::extract::<Keys>(path, text, environment)?;
        let secret = match (keys.secret_file, keys.passphrase_file) {
            (None, None) => SecretSource::Terminal,
            (Some(file), None) => SecretSource::SecretFile(keys.data_dir.join(file)),
            (None, Some(file)) => SecretSource::PassphraseFile(keys.data_dir.join(file)),
            (Some(_), Some(_)) => {
                let problem = "secret_file is set too, and only one can open the keystores: remove \
                               one of them";
                return Err(sources.refuse(&["passphrase_file"], problem));
            }
        };
        if keys.listen.is_empty() {
            return Err(sources.refuse(&["listen"], "is empty: give at least one address"));
        }
        let in_data_dir = |given: Option<PathBuf>, default: &str| {
            let file = given.unwrap_or_else(|| PathBuf::from(default));
            keys.data_dir.join(file)
        };
        Ok(Self {
            lock_file: in_data_dir(keys.lock_file, "cluster-lock.json"),
            identity_file: in_data_dir(keys.identity_file, "identity.key"),
            keystore_dir: in_data_dir(keys.keystore_dir, "keystores"),
            secret,
            beacon_node: keys.beacon_node.0,
            listen: keys.listen,
            peers: keys.peers,
            metrics: keys.metrics,
            metrics_names: keys.metrics_names,
            log: keys.log,
            log_format: keys.log_format,
            graffiti: keys.graffiti.0,
            data_dir: keys.data_dir,
        })
    }

    /// Where each peer can be reached, in the order of the definition: its hints, unless this
    /// config has addresses for it.
    ///
    /// # Errors
    /// If the config names somebody who is no operator.
    pub fn addresses(&self, terms: &Terms) -> Result<Vec<Vec<PeerAddress>>, ConfigError> {
        for name in self.peers.keys() {
            if !terms.operators.iter().any(|o| o.name == *name) {
                let names: Vec<&str> = terms.operators.iter().map(|o| o.name.as_str()).collect();
                return Err(ConfigError::Key {
                    key: format!("peers.{name}"),
                    place: "config".to_owned(),
                    problem: format!("no operator has this name; they are {}", names.join(", ")),
                });
            }
        }
        let addresses = |operator: &proto::definition::Operator| {
            let own = self.peers.get(&operator.name);
            own.unwrap_or(&operator.addresses).clone()
        };
        Ok(terms.operators.iter().map(addresses).collect())
    }
}

#[cfg(test)]
mod tests;
