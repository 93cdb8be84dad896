//! The config of a running peer: a TOML file, and environment variables over it.
//!
//! `gantry run`, `gantry dkg` and every other command read the same one: the file that --config or
//! `GANTRY_CONFIG` names, or `gantry.toml` in the folder in which gantry is started.
//!
//! What each key means stands in one place, `deploy/gantry.example.toml`; a test holds it to the
//! struct here. Unknown keys are refused, and every error names the key and where it stands. A
//! variable is `GANTRY_` and the key in capitals; a table's key follows after two underscores, as
//! in `GANTRY_PEERS__ALICE`, whatever the capitals of the operator's name.
//!
//! Never here: what all operators must agree on. That is in the definition and the lock.

mod cautions;
mod coordinator;
pub mod home;
mod nodes;
mod source;

use crate::disk::keystore::SecretSource;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proto::definition::{Operator, PeerAddress, Terms};
use proto::typed;
use reqwest::Url;
use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

use crate::disk::files::{self, FileError};
pub use coordinator::Coordinator;
use coordinator::CoordinatorKeys;
use source::{FilePath, Graffiti, HttpUrl, RpcUrl};

/// The config that is read where none is named.
pub const DEFAULT_FILE: &str = "gantry.toml";

/// The longest config file worth reading, in bytes.
const MAX_BYTES: usize = 1 << 18;

/// Variables that start with `GANTRY_` and are not keys of the config.
const OTHER_VARIABLES: [&str; 4] = [
    "GANTRY_CONFIG",
    "GANTRY_DEPOSIT_KEY",
    "GANTRY_DEPOSIT_RPC",
    "GANTRY_ALLOW_TRACING",
];

/// Why a config is refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{file} is not a TOML file: {problem}")]
    Syntax {
        file: String,
        /// What the parser says, with line and column.
        problem: String,
    },
    #[error("`{key}` ({place}): {problem}")]
    Key {
        key: String,
        /// The file and line, or the variable.
        place: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}

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
#[error("{0} is no log filter{1}; write one such as info, or info,node=debug")]
pub struct BadLogFilter(String, String);

impl FromStr for LogFilter {
    type Err = BadLogFilter;

    fn from_str(text: &str) -> Result<Self, BadLogFilter> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            // What the parser says may repeat the text.
            Err(error) if !typed::may_be_secret(text) => {
                Err(BadLogFilter(typed::shown(text), format!(" ({error})")))
            }
            Err(_) => Err(BadLogFilter(typed::hidden(text), String::new())),
        }
    }
}

/// Everything a peer is told by its own operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where identity, lock, keystores and the signing record are.
    pub data_dir: PathBuf,
    pub lock_file: PathBuf,
    pub identity_file: PathBuf,
    pub keystore_dir: PathBuf,
    /// What opens them.
    pub secret: SecretSource,
    /// This operator's beacon nodes, the preferred one first; a ceremony needs none.
    beacon_nodes: Vec<Url>,
    /// This operator's execution node; only Rocket Pool needs one.
    execution_node: Option<Url>,
    /// If this peer sends what the node account has to send at Rocket Pool.
    pub coordinator: Option<Coordinator>,
    /// The highest price of a unit of gas that the own account pays, in gwei.
    pub max_fee_gwei: u32,
    /// Where peers are listened for.
    pub listen: Vec<SocketAddr>,
    /// Addresses to use in place of the definition's hints, by operator name.
    pub peers: BTreeMap<String, Vec<PeerAddress>>,
    /// Where `/metrics` and the status are served; loopback by default.
    pub metrics: SocketAddr,
    /// Host names, beside this machine's addresses, by which they may be asked for.
    pub metrics_names: Vec<String>,
    pub log: LogFilter,
    pub log_format: LogFormat,
    /// What own blocks carry as graffiti, at most 32 bytes.
    pub graffiti: String,
    /// The file, for errors that come later.
    file: PathBuf,
    /// Whether the file begins with a byte order mark.
    is_marked: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    data_dir: Option<FilePath>,
    lock_file: Option<FilePath>,
    identity_file: Option<FilePath>,
    keystore_dir: Option<FilePath>,
    secret_file: Option<FilePath>,
    passphrase_file: Option<FilePath>,
    beacon_node: Option<HttpUrl>,
    beacon_nodes: Option<Vec<HttpUrl>>,
    execution_node: Option<RpcUrl>,
    coordinator: Option<CoordinatorKeys>,
    #[serde(default = "coordinator::usual_fee")]
    account_max_fee_gwei: u32,
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
    graffiti: Graffiti,
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
    /// If the file cannot be read, or a key is unknown or wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = files::read_marked(path, MAX_BYTES)?;
        Self::parse(path, &text, std::env::vars_os())
    }

    /// For a command that can do without a file: reads `path`, or the default file if there is
    /// one, and the environment. A data directory given on the command line stands over both.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read_or_default(
        path: Option<&Path>,
        data_dir: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        let text = match path {
            None if !default.exists() => String::new(),
            None => files::read_marked(default, MAX_BYTES)?,
            Some(path) => files::read_marked(path, MAX_BYTES)?,
        };
        let path = path.unwrap_or(default);
        Self::parse_over(path, &text, std::env::vars_os(), data_dir)
    }

    /// The config of this text, read from `path`, and these environment variables; those whose
    /// names do not begin with `GANTRY_` may hold anything.
    ///
    /// # Errors
    /// If a key is unknown or wrong.
    pub fn parse(
        path: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        Self::parse_over(path, text, environment, None)
    }

    /// The same, with a data directory that stands over file and environment.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_over(
        path: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        data_dir: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let unmarked = text.strip_prefix(files::BYTE_ORDER_MARK);
        let is_marked = unmarked.is_some();
        let (keys, sources) = source::extract::<Keys>(path, unmarked.unwrap_or(text), environment)?;
        let given = data_dir.map(Path::to_owned);
        let data_dir = given.or(keys.data_dir.map(|dir| dir.0));
        let data_dir = data_dir.unwrap_or_else(|| PathBuf::from("."));
        let secret = match (keys.secret_file, keys.passphrase_file) {
            (None, None) => SecretSource::Terminal,
            (Some(file), None) => SecretSource::SecretFile(data_dir.join(file.0)),
            (None, Some(file)) => SecretSource::PassphraseFile(data_dir.join(file.0)),
            (Some(_), Some(_)) => {
                let problem = "secret_file is set too, and only one can open the keystores: remove \
                               one of them";
                return Err(sources.refuse(&["passphrase_file"], problem));
            }
        };
        let in_data_dir = |given: Option<FilePath>, default: &str| {
            let file = given.map_or_else(|| PathBuf::from(default), |file| file.0);
            data_dir.join(file)
        };
        let config = Self {
            lock_file: in_data_dir(keys.lock_file, "cluster-lock.json"),
            identity_file: in_data_dir(keys.identity_file, "identity.key"),
            keystore_dir: in_data_dir(keys.keystore_dir, "keystores"),
            secret,
            beacon_nodes: nodes::of(keys.beacon_node, keys.beacon_nodes, &sources)?,
            execution_node: keys.execution_node.map(|url| url.0),
            coordinator: match keys.coordinator.map(|keys| keys.within(&data_dir)) {
                Some(Err(missing)) => {
                    let problem = format!(
                        "{missing} is missing: a node account with a key needs both node_keystore \
                         and node_password_file, one that is a Safe neither"
                    );
                    return Err(sources.refuse(&["coordinator"], &problem));
                }
                Some(Ok(coordinator)) => Some(coordinator),
                None => None,
            },
            max_fee_gwei: keys.account_max_fee_gwei,
            listen: keys.listen,
            peers: keys.peers,
            metrics: keys.metrics,
            metrics_names: keys.metrics_names,
            log: keys.log,
            log_format: keys.log_format,
            graffiti: keys.graffiti.0,
            file: path.to_owned(),
            is_marked,
            data_dir,
        };
        config.check_sockets(&sources)?;
        config.check_peers(&sources)?;
        Ok(config)
    }

    /// This operator's execution node.
    ///
    /// # Errors
    /// If none is named.
    pub fn execution_node(&self) -> Result<&Url, ConfigError> {
        self.execution_node_or("")
    }

    /// The same, for a command with a flag for it, or with what else is in its place.
    ///
    /// # Errors
    /// As [`Config::execution_node`].
    pub fn execution_node_or(&self, other: &str) -> Result<&Url, ConfigError> {
        let url = self.execution_node.as_ref();
        url.ok_or_else(|| {
            let example = "execution_node = \"http://127.0.0.1:8545\"";
            let variable = "or set GANTRY_EXECUTION_NODE";
            self.lacks("execution_node", &format!("{example}, {variable}{other}"))
        })
    }

    fn lacks(&self, key: &str, example: &str) -> ConfigError {
        let file = self.file.display();
        ConfigError::Key {
            key: key.to_owned(),
            place: match self.file.exists() {
                true => file.to_string(),
                false => format!("{file}, which is not there"),
            },
            problem: format!("is missing, and there is no default: add it, such as {example}"),
        }
    }

    /// The addresses that this config has for the operator of this name, whatever its capitals:
    /// names of operators differ in more than these.
    fn peer(&self, name: &str) -> Option<&Vec<PeerAddress>> {
        let mut peers = self.peers.iter();
        peers.find_map(|(key, addresses)| key.eq_ignore_ascii_case(name).then_some(addresses))
    }

    /// Where each peer can be reached, in the order of the definition: its hints, unless this
    /// config has addresses for it.
    ///
    /// # Errors
    /// If the config names somebody who is no operator.
    pub fn addresses(&self, terms: &Terms) -> Result<Vec<Vec<PeerAddress>>, ConfigError> {
        for key in self.peers.keys() {
            let is_it = |operator: &Operator| operator.name.eq_ignore_ascii_case(key);
            if !terms.operators.iter().any(is_it) {
                let names: Vec<&str> = terms.operators.iter().map(|o| o.name.as_str()).collect();
                return Err(ConfigError::Key {
                    key: format!("peers.{key}"),
                    place: self.file.display().to_string(),
                    problem: format!("no operator has this name; they are {}", names.join(", ")),
                });
            }
        }
        let addresses = |operator: &Operator| {
            let own = self.peer(&operator.name);
            own.unwrap_or(&operator.addresses).clone()
        };
        Ok(terms.operators.iter().map(addresses).collect())
    }
}

#[cfg(test)]
mod tests;
