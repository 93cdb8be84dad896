//! `gantry pool intent`: what the node is to do next at Rocket Pool. Proposed and approved on each
//! operator's own machine; the running peers carry it to each other. This finds the own one through
//! the socket on its disk.

mod asked;
mod words;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::control::{Answer, IntentRequest, Intents, Request, Shown};
use proto::intent::Aims;
use proto::lock::Lock;
use thiserror::Error;

use crate::checks::lock::{self, LockFileError};
use crate::clock;
use crate::cmd::chosen::NoSuchKey;
use crate::cmd::runtime::{RuntimeError, complete, runtime};
use crate::config::{Config, ConfigError};
use crate::control::{self, ControlError};
use crate::disk::keystore::{SecretFileError, confirmed};
use asked::{Asked, WhichIntent};
use words::Words;

/// Nothing was proposed, approved or shown.
#[derive(Debug, Error)]
pub enum IntentError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    NoSuchKey(#[from] NoSuchKey),
    #[error("the lock has no validator {0}: `gantry lock show` prints them")]
    NoSuchPlace(u32),
    #[error(
        "an intent names validators by their keys, and {0} is an index on the chain: give the key \
         (0x…), or its place in the lock (lock:0)"
    )]
    ByIndex(u64),
    #[error("{0}")]
    Refused(String),
    #[error(
        "this is what holds already, and nothing else is open that it would end: nothing was \
         proposed"
    )]
    Unchanged,
    #[error("nothing was signed: the answer was not yes")]
    NotSaid,
    #[error("no intent is open: `gantry pool intent show` shows what holds")]
    NoneOpen,
    #[error(
        "{0} intents are open: name one by its number, or by its hash if two have that number \
         (`gantry pool intent show`)"
    )]
    SeveralOpen(usize),
    #[error("no open intent has this number or hash: `gantry pool intent show` shows them")]
    NotOpen,
    #[error("the running peer answered something else than it was asked: its log may say why")]
    Strange,
}

/// Say what the node is to do next at Rocket Pool: it holds once t operators have signed it.
///
/// `gantry run` must be running. The agreement, which all sign, says where money goes and what each
/// puts in; an intent changes none of that.
#[derive(Debug, Subcommand)]
pub enum Command {
    Propose(Propose),
    Approve(Approve),
    Show(Show),
}

/// Propose an intent, and sign it. What is not named stays as it is.
///
/// A signature on an intent that is still open cannot be taken back. To end such ones propose what
/// holds, with `--keep`.
#[derive(Debug, Args)]
pub struct Propose {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    through: Through,
}

/// Sign an intent that another operator has proposed.
#[derive(Debug, Args)]
pub struct Approve {
    /// Its number or its hash; not needed if one is open.
    intent: Option<WhichIntent>,
    #[command(flatten)]
    through: Through,
}

/// Show what holds, since when, who has signed it, and what is open.
#[derive(Debug, Args)]
pub struct Show {
    /// The config file of the running peer.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct Through {
    /// Sign without being asked, for scripts.
    #[arg(long)]
    yes: bool,
    /// The config file of the running peer.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
}

impl Command {
    pub fn run(self) -> Result<(), IntentError> {
        let config = match &self {
            Self::Propose(propose) => &propose.through.config,
            Self::Approve(approve) => &approve.through.config,
            Self::Show(show) => &show.config,
        };
        let config = Config::read(config)?;
        let lock = lock::read(&config.lock_file)?;
        let peer = Peer { config, lock };
        complete(runtime()?, async {
            let seen = peer.ask(IntentRequest::Show).await?;
            match self {
                Self::Show(_) => print!("{}", peer.words().page(&seen)),
                Self::Propose(propose) => {
                    let aims = propose.asked.aims(seen.aims(), &peer.lock)?;
                    peer.propose(seen, aims, propose.through.yes).await?;
                }
                Self::Approve(approve) => {
                    let shown = asked::choose(approve.intent, &seen.open)?.clone();
                    peer.approve(&seen, &shown, approve.through.yes).await?;
                }
            }
            Ok(())
        })
    }
}

/// The running peer, and what its operator knows of the cluster.
struct Peer {
    config: Config,
    lock: Lock,
}

impl Peer {
    fn words(&self) -> Words<'_> {
        Words {
            lock: &self.lock,
            now: clock::now().unix_seconds(),
        }
    }

    async fn ask(&self, request: IntentRequest) -> Result<Intents, IntentError> {
        let request = Request::Intent(request);
        let answer = control::ask(&self.config.data_dir, self.lock.hash(), &request).await?;
        match answer {
            Answer::Intents(intents) => Ok(*intents),
            Answer::Refused(why) => Err(IntentError::Refused(why)),
            Answer::Exits(_) | Answer::Exit(_) | Answer::Proof(_) | Answer::Presigned(_) => {
                Err(IntentError::Strange)
            }
        }
    }

    async fn propose(&self, seen: Intents, aims: Aims, is_said: bool) -> Result<(), IntentError> {
        if aims == *seen.aims() && seen.open.is_empty() {
            return Err(IntentError::Unchanged);
        }
        print!("{}", self.words().before_proposing(&seen, &aims));
        say_yes(is_said, "Do you propose and sign this? Type yes: ")?;
        let on = seen.holds();
        let now = self.ask(IntentRequest::Propose { on, aims }).await?;
        print!("{}", self.words().signed(&now));
        Ok(())
    }

    async fn approve(
        &self,
        seen: &Intents,
        shown: &Shown,
        is_said: bool,
    ) -> Result<(), IntentError> {
        print!("{}", self.words().before_approving(seen, shown));
        say_yes(is_said, "Do you sign this? Type yes: ")?;
        let hash = shown.intent.hash();
        let now = self.ask(IntentRequest::Approve(hash)).await?;
        print!("{}", self.words().signed(&now));
        Ok(())
    }
}

fn say_yes(is_said: bool, question: &str) -> Result<(), IntentError> {
    match is_said || confirmed(question)? {
        true => Ok(()),
        false => Err(IntentError::NotSaid),
    }
}

#[cfg(test)]
mod tests;
