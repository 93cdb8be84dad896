//! `gantry exit`: says that this operator approves of the exit of a validator, and shows how far
//! exits have come. The running peer does it: this finds it through the socket on its disk.

mod owner;
mod pool;
mod presigned;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use proto::control::{Answer, Exit, ExitRequest, Presigned, Request, Stage, Which};
use proto::exit::{LONGEST_TERM, TERM};
use proto::lock::Lock;
use thiserror::Error;

use super::chosen::{Chosen, NoSuchKey};
use super::runtime::{RuntimeError, complete, runtime};
use crate::checks::lock::{self, LockFileError};
use crate::clock;
use crate::config::{Config, ConfigError};
use crate::control::{self, ControlError};
use crate::disk::keystore::{SecretFileError, confirmed};
use owner::Owner;
use pool::AtPool;
use words::Words;

const HOUR: u64 = 60 * 60;
/// How often the peer is asked how far a signed exit has come.
const PAUSE: Duration = Duration::from_secs(1);

/// The exit was not approved, withdrawn or shown.
#[derive(Debug, Error)]
pub enum ExitError {
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
    #[error("{0}")]
    Refused(String),
    #[error("nothing was approved: {0}")]
    NotNow(String),
    #[error("nothing was approved: the answer was not yes")]
    NotApproved,
    #[error("the running peer answered something else than it was asked: its log may say why")]
    Strange,
}

/// Approve of a validator's exit, together with the other operators.
///
/// An exit cannot be taken back. When t operators have approved, each on his own machine, the peers
/// sign it and give it to their beacon nodes. `gantry run` must be running.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["validator", "list"]))]
pub struct Arguments {
    /// Its public key (0x…), its index on the chain, or its place in the lock (lock:0).
    validator: Option<Chosen>,
    /// Approve that the exit is opened which all peers have signed in advance: n - t + 1 operators
    /// are enough, for the day on which the others are gone for good.
    #[arg(long, conflicts_with_all = ["list", "withdraw"])]
    presigned: bool,
    /// Take back this operator's approval, as long as too few have approved.
    #[arg(long, conflicts_with = "list")]
    withdraw: bool,
    /// Show all exits that are approved by somebody or under way, and what is signed in advance.
    #[arg(long)]
    list: bool,
    /// For how many hours the approval holds, at most a week.
    #[arg(long, value_name = "HOURS", default_value_t = TERM / HOUR,
          value_parser = clap::value_parser!(u64).range(1..=LONGEST_TERM / HOUR))]
    hours: u64,
    /// Approve without being asked, for scripts.
    #[arg(long)]
    yes: bool,
    /// The config file of the running peer.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), ExitError> {
        let config = Config::read(&self.config)?;
        let lock = lock::read(&config.lock_file)?;
        let peer = Peer { config, lock };
        complete(runtime()?, async {
            let Some(chosen) = self.validator else {
                let exits = peer.list().await?;
                print!("{}", peer.words().list(&exits));
                let presigned = peer.presigned().await?;
                print!("{}", peer.words().presigned(&presigned));
                return Ok(());
            };
            let which = chosen.among(&peer.lock)?;
            if self.withdraw {
                let exit = peer.exit(ExitRequest::Withdraw(which)).await?;
                println!("{}", peer.words().withdrawn(&exit));
                return Ok(());
            }
            self.approve(&peer, which).await
        })
    }

    async fn approve(&self, peer: &Peer, which: Which) -> Result<(), ExitError> {
        let exit = peer.exit(ExitRequest::Look(which)).await?;
        let at_pool = AtPool::read(&peer.config, &peer.lock).await;
        match &exit.stage {
            Stage::Held(why) => return Err(ExitError::NotNow(why.clone())),
            Stage::Leaving { .. } => return peer.follow(exit, &at_pool).await,
            Stage::Waiting
            | Stage::Asking
            | Stage::Signing(_)
            | Stage::Opening(_)
            | Stage::Signed
            | Stage::Accepted
            | Stage::Refused(_) => {}
        }
        let mut pool = at_pool.before(pool::key(&exit, &peer.lock));
        if let Some(owner) = Owner::of(&peer.lock, exit.validator) {
            pool = format!("{pool}\n{}", owner.words(&peer.config).await);
        }
        let words = peer.words();
        println!(
            "{}",
            match self.presigned {
                true => words.before_opening(&exit, self.hours, &pool),
                false => words.before(&exit, self.hours, &pool),
            }
        );
        if !self.yes && !confirmed("Do you approve? Type yes: ")? {
            return Err(ExitError::NotApproved);
        }
        // What was read and said yes to, whatever an index leads to by now.
        let (validator, term) = (Which::Position(exit.validator), self.hours * HOUR);
        let order = match self.presigned {
            true => ExitRequest::Open { validator, term },
            false => ExitRequest::Approve { validator, term },
        };
        let exit = peer.exit(order).await?;
        let words = peer.words();
        let (said, lacks) = match self.presigned {
            true => (words.approved_opening(&exit), words.lacks_openers(&exit)),
            false => (words.approved(&exit), words.lacks(&exit)),
        };
        println!("{said}");
        if lacks > 0 {
            return Ok(());
        }
        peer.follow(exit, &at_pool).await
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

    async fn ask(&self, request: ExitRequest) -> Result<Answer, ExitError> {
        let request = Request::Exit(request);
        Ok(control::ask(&self.config.data_dir, self.lock.hash(), &request).await?)
    }

    async fn exit(&self, request: ExitRequest) -> Result<Exit, ExitError> {
        match self.ask(request).await? {
            Answer::Exit(exit) => Ok(exit),
            Answer::Refused(why) => Err(ExitError::Refused(why)),
            Answer::Exits(_) | Answer::Proof(_) | Answer::Intents(_) | Answer::Presigned(_) => {
                Err(ExitError::Strange)
            }
        }
    }

    async fn list(&self) -> Result<Vec<Exit>, ExitError> {
        match self.ask(ExitRequest::List).await? {
            Answer::Exits(exits) => Ok(exits),
            Answer::Refused(why) => Err(ExitError::Refused(why)),
            Answer::Exit(_) | Answer::Proof(_) | Answer::Intents(_) | Answer::Presigned(_) => {
                Err(ExitError::Strange)
            }
        }
    }

    async fn presigned(&self) -> Result<Vec<Presigned>, ExitError> {
        match self.ask(ExitRequest::Presigned).await? {
            Answer::Presigned(all) => Ok(all),
            Answer::Refused(why) => Err(ExitError::Refused(why)),
            Answer::Exit(_) | Answer::Exits(_) | Answer::Proof(_) | Answer::Intents(_) => {
                Err(ExitError::Strange)
            }
        }
    }

    /// Shows how the exit goes on, until the chain shows it or it is open no more.
    async fn follow(&self, mut exit: Exit, at_pool: &AtPool) -> Result<(), ExitError> {
        let mut shown = None;
        loop {
            if shown.as_ref() != Some(&exit.stage) {
                println!("{}", self.words().stage(&exit));
                shown = Some(exit.stage.clone());
            }
            if let Stage::Leaving {
                withdrawable_epoch, ..
            } = exit.stage
            {
                let words = at_pool.after(withdrawable_epoch);
                words.into_iter().for_each(|words| println!("{words}"));
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
            let exits = self.list().await?;
            let same = |other: &Exit| other.validator == exit.validator;
            let Some(now) = exits.into_iter().find(same) else {
                println!("the exit is not open any more: its approvals have run out");
                return Ok(());
            };
            exit = now;
        }
    }
}

#[cfg(test)]
mod tests;
