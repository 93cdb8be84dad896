//! `gantry dkg`: holds the key ceremony with the other operators, and checks evidence from one.

mod ending;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use ::dkg::blame::{self, Evidence, Unfounded};
use clap::{Args, Subcommand};
use ending::Ending;
use node_core::ceremony::Place;
use proto::Root;
use proto::definition::{BadDefinition, BadPeerAddress, PeerAddress, SignedDefinition, Terms};
use thiserror::Error;
use tracing::warn;

use super::log;
use super::runtime::{RuntimeError, complete};
use crate::ceremony::{self, CeremonyError, Plan, Site};
use crate::checks::definition::{self, DefinitionFileError};
use crate::checks::lock::{self, LockFileError};
use crate::config::{Config, ConfigError, LogFilter};
use crate::disk::DataLock;
use crate::disk::files::{self, FileError};
use crate::disk::keystore::{SecretFileError, SecretSource, read_identity};
use crate::signals::stop_signal;

/// The longest evidence worth reading, in bytes: a proof and the bundles of 13 peers for 1,000
/// validators, in hex.
const MAX_EVIDENCE: usize = 64 << 20;

/// There are no keys, or evidence that convicts nobody.
#[derive(Debug, Error)]
pub enum DkgError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Definition(#[from] DefinitionFileError),
    /// This peer is none of the operators.
    #[error(transparent)]
    Agreement(#[from] BadDefinition),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    #[error("--peer {0}: no operator has this name; they are {1}")]
    NoSuchPeer(String, String),
    #[error("{} is no evidence of a ceremony: {}", .0.display(), .1)]
    Malformed(PathBuf, #[source] serde_json::Error),
    #[error("{} is about another definition ({}): it does not concern you", .0.display(), .1)]
    OtherEvidence(PathBuf, Root),
    #[error("{}: {}", .0.display(), .1)]
    Unfounded(PathBuf, #[source] Unfounded),
}

/// Make the cluster's keys together with the other operators.
///
/// Every operator runs this at the same time, for as long as it takes: it waits for those who are
/// late and names them. After a crash or a stop the same command continues. It ends when every
/// peer has its keystores, cluster-lock.json, its signing record and the signed deposits.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    hold: Hold,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check evidence against a peer of a ceremony. Exits with 0 only if it convicts somebody.
    VerifyBlame(VerifyBlame),
}

#[derive(Debug, Args)]
struct Hold {
    /// The definition that all operators have signed.
    #[arg(long, value_name = "FILE", default_value = "cluster-definition.json")]
    definition: PathBuf,
    /// Your config, the one of `gantry run`. Without it, gantry.toml is read if it is there. Its
    /// keys and their variables (GANTRY_LISTEN and so on) mean the same here as there; the flags
    /// below stand over them.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    /// Your data directory, with identity.key; everything that is made goes there.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where to listen for the peers; may be given several times.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen_address)]
    listen: Vec<SocketAddr>,
    /// Where to reach a peer, in place of the definition's hints; may be given several times.
    #[arg(long = "peer", value_name = "NAME=HOST:PORT")]
    peers: Vec<PeerFlag>,
    #[command(flatten)]
    secret: SecretFlags,
    /// Begin a new attempt after a failed one; the others follow.
    #[arg(long)]
    retry: bool,
    /// Which log lines are written beside the progress, in the form of `tracing`'s filters.
    #[arg(long, value_name = "FILTER")]
    log: Option<LogFilter>,
}

/// What opens the keystores, in place of the config's.
#[derive(Debug, Default, Args)]
pub(super) struct SecretFlags {
    /// The random secret that opens the keystores, made by `gantry keystore secret`. If neither
    /// flags nor config name this or a passphrase, it is asked for on the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    secret_file: Option<PathBuf>,
    /// A file with the passphrase that opens the keystores.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl SecretFlags {
    /// What these flags say, or else the config.
    pub fn source(&self, config: &Config) -> SecretSource {
        match (&self.secret_file, &self.passphrase_file) {
            (Some(file), _) => SecretSource::SecretFile(file.clone()),
            (None, Some(file)) => SecretSource::PassphraseFile(file.clone()),
            (None, None) => config.secret.clone(),
        }
    }
}

/// An address to listen on that others can know before.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => Ok(address),
        Ok(_) => Err("port 0 is another at each start: name the port that others know".to_owned()),
        Err(_) => Err(
            "write an IP address of this machine and a port, such as 0.0.0.0:3610 for all of its \
             addresses"
                .to_owned(),
        ),
    }
}

#[derive(Debug, Args)]
struct VerifyBlame {
    /// The evidence.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The definition the ceremony was for: names the peer, and checks that it is yours.
    #[arg(long, value_name = "FILE")]
    definition: Option<PathBuf>,
}

/// `NAME=HOST:PORT`.
#[derive(Debug, Clone)]
struct PeerFlag {
    name: String,
    address: PeerAddress,
}

impl FromStr for PeerFlag {
    type Err = BadPeerAddress;

    fn from_str(text: &str) -> Result<Self, BadPeerAddress> {
        let (name, address) = text.split_once('=').unwrap_or(("", text));
        Ok(Self {
            name: name.to_owned(),
            address: address.parse()?,
        })
    }
}

impl Arguments {
    pub fn run(self) -> Result<(), DkgError> {
        match self.command {
            Some(Command::VerifyBlame(verify)) => verify.run(),
            None => self.hold.run(),
        }
    }
}

impl Hold {
    fn run(self) -> Result<(), DkgError> {
        let config = Config::read_or_default(self.config.as_deref(), self.data_dir.as_deref())?;
        log::start(self.log.as_ref().unwrap_or(&config.log), config.log_format);
        let definition = definition::read_signed(&self.definition)?;
        let plan = self.plan(&config, definition.terms())?;
        let site = site(&config, definition)?;
        for caution in config.cautions(site.place.definition.terms(), site.place.me) {
            warn!("{caution}");
        }
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build();
        // The sessions live on the workers, so that work of the ceremony never delays a ping.
        complete(runtime.map_err(RuntimeError)?, async {
            let stop = stop_signal().map_err(RuntimeError)?;
            Ok::<(), DkgError>(ceremony::hold(site, plan, stop).await?)
        })?;
        let ending = Ending {
            lock: &lock::read(&config.lock_file)?,
            config: &config,
            secret: &self.secret.source(&config),
            flags: &self.place(),
        };
        print!("{ending}");
        Ok(())
    }

    /// The flags by which `gantry lock verify` finds what was made.
    fn place(&self) -> String {
        let given = [
            ("config", self.config.as_ref()),
            ("data-dir", self.data_dir.as_ref()),
            ("secret-file", self.secret.secret_file.as_ref()),
            ("passphrase-file", self.secret.passphrase_file.as_ref()),
        ];
        let flag = |(flag, path): (&str, Option<&PathBuf>)| {
            path.map_or_else(String::new, |path| {
                format!(" --{flag} {}", files::typed(path))
            })
        };
        given.map(flag).concat()
    }

    fn plan(&self, config: &Config, terms: &Terms) -> Result<Plan, DkgError> {
        let listen = match self.listen.as_slice() {
            [] => config.listen.clone(),
            given => given.to_vec(),
        };
        Ok(Plan {
            secret: self.secret.source(config),
            listen,
            addresses: self.addresses(config, terms)?,
            retry: self.retry,
        })
    }

    /// The definition's hints; the config's addresses before them; the flags' before both.
    fn addresses(&self, config: &Config, terms: &Terms) -> Result<Vec<Vec<PeerAddress>>, DkgError> {
        let mut given: BTreeMap<&str, Vec<PeerAddress>> = BTreeMap::new();
        for flag in &self.peers {
            let mut operators = terms.operators.iter();
            let Some(operator) = operators.find(|o| o.name.eq_ignore_ascii_case(&flag.name)) else {
                let names: Vec<_> = terms.operators.iter().map(|o| o.name.as_str()).collect();
                return Err(DkgError::NoSuchPeer(flag.name.clone(), names.join(", ")));
            };
            given
                .entry(&operator.name)
                .or_default()
                .push(flag.address.clone());
        }
        let of = |(operator, hints): (&proto::definition::Operator, Vec<_>)| {
            given.remove(operator.name.as_str()).unwrap_or(hints)
        };
        let hints = config.addresses(terms)?;
        Ok(terms.operators.iter().zip(hints).map(of).collect())
    }
}

/// Where this peer keeps what the ceremony needs and makes: where `gantry run` will look for it.
fn site(config: &Config, definition: SignedDefinition) -> Result<Site, DkgError> {
    let identity = read_identity(&config.identity_file)?;
    let me = definition.peer_of(&identity.public())?;
    let data = DataLock::take(&config.data_dir).map_err(CeremonyError::from)?;
    Ok(Site {
        place: Place {
            definition,
            identity,
            me,
        },
        data,
        lock_file: config.lock_file.clone(),
        keystore_dir: config.keystore_dir.clone(),
    })
}

impl VerifyBlame {
    fn run(self) -> Result<(), DkgError> {
        let text = files::read(&self.file, MAX_EVIDENCE)?;
        let evidence: Evidence = serde_json::from_str(&text)
            .map_err(|error| DkgError::Malformed(self.file.clone(), error))?;
        let definition = match &self.definition {
            Some(path) => Some(definition::read(path)?),
            None => None,
        };
        if let Some(definition) = &definition
            && (definition.hash() != evidence.terms.definition
                || definition.terms().roster() != &evidence.terms.roster)
        {
            let there = evidence.terms.definition;
            return Err(DkgError::OtherEvidence(self.file, there));
        }
        let verdict = blame::verify(&evidence)
            .map_err(|error| DkgError::Unfounded(self.file.clone(), error))?;
        let key = evidence.terms.roster.key(verdict.culprit);
        let name = match &definition {
            Some(definition) => definition.name_of(verdict.culprit).to_owned(),
            None => verdict.culprit.to_string(),
        };
        println!("{name} (identity key {key}) {}.", verdict.rule);
        println!("Definition {}.", evidence.terms.definition);
        if definition.is_none() {
            println!("Compare its hash with `gantry cluster show`, or give --definition.");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
