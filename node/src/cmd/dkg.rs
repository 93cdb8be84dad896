//! `gantry dkg`: holds the key ceremony with the other operators, and checks evidence from one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ::dkg::blame::{self, Evidence};
use clap::{Args, Subcommand};
use proto::definition::{BadPeerAddress, PeerAddress, SignedDefinition, Terms};

use super::run::stop_signal;
use super::{CommandError, cluster, log};
use crate::ceremony::{self, CeremonyError, Plan, Site};
use crate::config::{Config, LogFilter, LogFormat, SecretSource};
use crate::io::files;
use crate::journal::DataLock;
use crate::keystore::read_identity;

/// The longest evidence worth reading, in bytes: a proof and the bundles of 13 peers for 1,000
/// validators, in hex.
const MAX_EVIDENCE: usize = 64 << 20;

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
    /// Your data directory, with identity.key; everything that is made goes there.
    #[arg(long, value_name = "DIR", env = "GANTRY_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Where to listen for the peers; may be given several times [default: 0.0.0.0:3610].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Vec<SocketAddr>,
    /// Where to reach a peer, in place of the definition's hints; may be given several times.
    #[arg(long = "peer", value_name = "NAME=HOST:PORT")]
    peers: Vec<PeerFlag>,
    /// The random secret that opens the keystores, made by `gantry keystore secret`; without this
    /// and --passphrase-file you choose a passphrase on the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    secret_file: Option<PathBuf>,
    /// A file with the passphrase that opens the keystores.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Take data directory, addresses and secret from this config, unless they are given here.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    /// Begin a new attempt after a failed one; the others follow.
    #[arg(long)]
    retry: bool,
    /// Which log lines are written beside the progress, in the form of `tracing`'s filters.
    #[arg(
        long,
        value_name = "FILTER",
        env = "GANTRY_LOG",
        default_value = "warn"
    )]
    log: LogFilter,
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

/// Where this peer keeps what the ceremony needs and makes.
struct OwnFiles {
    data_dir: PathBuf,
    identity: PathBuf,
    lock: PathBuf,
    keystores: PathBuf,
}

impl Arguments {
    pub fn run(self) -> Result<(), CommandError> {
        match self.command {
            Some(Command::VerifyBlame(verify)) => verify.run(),
            None => self.hold.run(),
        }
    }
}

impl Hold {
    fn run(self) -> Result<(), CommandError> {
        let config = self.config.as_deref().map(Config::read).transpose()?;
        log::start(&self.log, LogFormat::Text);
        let definition = read_signed(&self.definition)?;
        let plan = self.plan(config.as_ref(), definition.terms())?;
        let site = self.site(config.as_ref(), definition)?;
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build();
        // The sessions live on the workers, so that work of the ceremony never delays a ping.
        runtime.map_err(CommandError::Runtime)?.block_on(async {
            let stop = stop_signal()?;
            Ok(ceremony::hold(site, plan, stop).await?)
        })
    }

    fn site(
        &self,
        config: Option<&Config>,
        definition: SignedDefinition,
    ) -> Result<Site, CommandError> {
        let own = self.own_files(config);
        let identity = read_identity(&own.identity)?;
        let me = definition.peer_of(&identity.public())?;
        let data = DataLock::take(&own.data_dir).map_err(CeremonyError::from)?;
        Ok(Site {
            definition,
            identity,
            me,
            data,
            lock_file: own.lock,
            keystore_dir: own.keystores,
        })
    }

    /// Where `gantry run` will look for them too, unless --data-dir says another place than the
    /// config. The variable of the flag stands over the config as well, so it is no other place.
    fn own_files(&self, config: Option<&Config>) -> OwnFiles {
        let is_other = |config: &&Config| {
            let given = self.data_dir.as_ref();
            given.is_some_and(|given| *given != config.data_dir)
        };
        match config.filter(|config| !is_other(config)) {
            Some(config) => OwnFiles {
                data_dir: config.data_dir.clone(),
                identity: config.identity_file.clone(),
                lock: config.lock_file.clone(),
                keystores: config.keystore_dir.clone(),
            },
            None => {
                let dir = self.data_dir.clone().unwrap_or_else(|| PathBuf::from("."));
                OwnFiles {
                    identity: dir.join("identity.key"),
                    lock: dir.join("cluster-lock.json"),
                    keystores: dir.join("keystores"),
                    data_dir: dir,
                }
            }
        }
    }

    fn plan(&self, config: Option<&Config>, terms: &Terms) -> Result<Plan, CommandError> {
        let secret = match (&self.secret_file, &self.passphrase_file) {
            (Some(file), _) => SecretSource::SecretFile(file.clone()),
            (None, Some(file)) => SecretSource::PassphraseFile(file.clone()),
            (None, None) => config.map_or(SecretSource::Terminal, |c| c.secret.clone()),
        };
        let listen = match (self.listen.as_slice(), config) {
            ([], Some(config)) => config.listen.clone(),
            ([], None) => vec![SocketAddr::from(([0, 0, 0, 0], 3610))],
            (given, _) => given.to_vec(),
        };
        let addresses = self.addresses(config, terms)?;
        Ok(Plan {
            secret,
            listen,
            addresses,
            retry: self.retry,
        })
    }

    /// The definition's hints; the config's addresses before them; the flags' before both.
    fn addresses(
        &self,
        config: Option<&Config>,
        terms: &Terms,
    ) -> Result<Vec<Vec<PeerAddress>>, CommandError> {
        let hints = match config {
            Some(config) => config.addresses(terms)?,
            None => terms
                .operators
                .iter()
                .map(|o| o.addresses.clone())
                .collect(),
        };
        let mut given: BTreeMap<&str, Vec<PeerAddress>> = BTreeMap::new();
        for flag in &self.peers {
            if !terms
                .operators
                .iter()
                .any(|operator| operator.name == flag.name)
            {
                let names: Vec<_> = terms.operators.iter().map(|o| o.name.as_str()).collect();
                return Err(CommandError::NoSuchPeer(
                    flag.name.clone(),
                    names.join(", "),
                ));
            }
            given
                .entry(&flag.name)
                .or_default()
                .push(flag.address.clone());
        }
        let of = |(operator, hints): (&proto::definition::Operator, &Vec<_>)| {
            let given = given.get(operator.name.as_str()).cloned();
            given.unwrap_or_else(|| hints.clone())
        };
        Ok(terms.operators.iter().zip(&hints).map(of).collect())
    }
}

fn read_signed(path: &Path) -> Result<SignedDefinition, CommandError> {
    let refused = |error| CommandError::Definition(path.to_owned(), error);
    cluster::read(path)?.into_signed().map_err(refused)
}

impl VerifyBlame {
    fn run(self) -> Result<(), CommandError> {
        let text = files::read(&self.file, MAX_EVIDENCE)?;
        let evidence: Evidence = serde_json::from_str(&text)
            .map_err(|error| CommandError::Evidence(self.file.clone(), error))?;
        let definition = match &self.definition {
            Some(path) => Some(cluster::read(path)?),
            None => None,
        };
        if let Some(definition) = &definition
            && (definition.hash() != evidence.terms.definition
                || definition.terms().roster() != &evidence.terms.roster)
        {
            let there = evidence.terms.definition;
            return Err(CommandError::OtherEvidence(self.file, there));
        }
        let verdict = blame::verify(&evidence)
            .map_err(|error| CommandError::Unfounded(self.file.clone(), error))?;
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
mod tests {
    use std::ffi::OsString;

    use clap::builder::Resettable;
    use clap::{CommandFactory as _, FromArgMatches as _, Parser};

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        hold: Hold,
    }

    fn keystores(given: Option<&str>, variables: &[(&str, &str)]) -> PathBuf {
        let text = "beacon_node = 'http://localhost:5052'\ndata_dir = '/a'\nkeystore_dir = 'keys'";
        let variables = variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let config = Config::parse(Path::new("gantry.toml"), text, variables).unwrap();
        let flags = given.map(|dir| ["--data-dir", dir]);
        let typed = ["dkg"].into_iter().chain(flags.into_iter().flatten());
        // Whatever the environment of the tests says.
        let command = Typed::command().mut_args(|argument| argument.env(Resettable::Reset));
        Typed::from_arg_matches(&command.get_matches_from(typed))
            .unwrap()
            .hold
            .own_files(Some(&config))
            .keystores
    }

    #[test]
    fn a_flag_that_is_no_log_filter_is_refused_by_its_name() {
        let refused = Typed::try_parse_from(["dkg", "--log", "info,node=loud"]);
        let words = refused.err().unwrap().to_string();
        assert!(words.contains("--log <FILTER>"), "{words}");
        assert!(words.contains("is no log filter"), "{words}");
    }

    #[test]
    fn keys_are_made_where_a_peer_with_the_same_config_and_variables_looks_for_them() {
        assert_eq!(keystores(None, &[]), Path::new("/a/keys"));
        // clap hands the variable in as if it were the flag.
        let variable = ("GANTRY_DATA_DIR", "/b");
        assert_eq!(keystores(Some("/b"), &[variable]), Path::new("/b/keys"));
        assert_eq!(keystores(Some("/c"), &[]), Path::new("/c/keystores"));
    }
}
