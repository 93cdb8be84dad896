//! `gantry pool send`: takes a step that the contracts let anybody take, from the operator's own
//! account.

use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use alloy::primitives::U256;
use clap::{Args, ValueEnum};
use node_core::pool::open_step::{Idle, OpenStep};
use node_core::pool::sight::Sight;
use node_core::sending::call::Call;
use node_core::sending::fees::WEI_PER_GWEI;
use node_core::sending::why::{Stop, Why};
use proto::definition::{checksummed, parse_address};
use proto::{Address, Root};
use thiserror::Error;

use super::status::EXECUTION_NODE;
use crate::checks::lock::LockFileError;
use crate::clock;
use crate::cmd::account::{self, AccountError};
use crate::cmd::log;
use crate::cmd::runtime::{RuntimeError, complete, runtime};
use crate::config::{Config, ConfigError, LogFormat};
use crate::deposit::amounts::eth;
use crate::disk::keystore::{SecretFileError, confirmed};
use crate::execution::{Patience, Sender};
use crate::pool::sending::{Progress, Sending, SendingError};
use crate::pool::{SightError, Target, anchors, look};

/// The step is not taken, or it is not known that it is.
#[derive(Debug, Error)]
pub enum SendError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Sight(#[from] SightError),
    #[error(transparent)]
    Sending(#[from] SendingError),
    #[error("there is nothing to do: {0}")]
    Idle(#[from] Idle),
    #[error("--cancel: nothing of this step is under way from {}", checksummed(.0))]
    NothingToCancel(Address),
    #[error("nothing was sent: the answer was not yes")]
    NotConfirmed,
    #[error(transparent)]
    Stopped(#[from] Stop),
    #[error(
        "it is not done after {seconds} s{trouble}. What was sent stands in {}: start again to go \
         on waiting; nothing is done twice by that", .file.display()
    )]
    Late {
        seconds: u64,
        /// What was said last.
        trouble: String,
        file: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Split the rewards that lie in the node's megapool.
    Distribute,
    /// Give the node's validator at the top of the queue its ether.
    Assign,
}

impl Step {
    fn open(self) -> OpenStep {
        match self {
            Self::Distribute => OpenStep::Distribute,
            Self::Assign => OpenStep::Assign,
        }
    }
}

/// Take a step for a node that Rocket Pool's contracts let anybody take, from your own account.
///
/// Shows what it does and what it may cost, asks before it sends, and waits until the contracts
/// show it done. What was sent stands in the data directory before it leaves: started again, gantry
/// goes on with it, and replaces it at its nonce if the fee is too low.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(value_name = "STEP")]
    step: Step,
    /// The node account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    node: Address,
    /// A file with your account's secret key, mode 0600: a keystore (version 3) or 64 hex digits.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// A file with the passphrase of that keystore, mode 0600; without it you are asked.
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// The JSON-RPC of your execution node, in place of `execution_node` of the config.
    #[arg(long, value_name = "URL", env = EXECUTION_NODE, hide_env_values = true)]
    execution_node: Option<String>,
    /// The config file; gantry.toml if there is one. Its data directory holds what was sent.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    /// RocketStorage on a chain that is neither mainnet nor hoodi.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    rocket_storage: Option<Address>,
    /// The highest price of a unit of gas, in gwei. Above it gantry waits.
    #[arg(long, value_name = "GWEI", default_value_t = 50)]
    max_fee_gwei: u64,
    /// Put a transaction that does nothing in the place of what is under way.
    #[arg(long, conflicts_with = "again")]
    cancel: bool,
    /// Send anew what failed before: you have looked at why.
    #[arg(long)]
    again: bool,
    /// How long to wait until it is done, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// Send without asking.
    #[arg(long)]
    yes: bool,
}

impl Arguments {
    pub fn run(self) -> Result<(), SendError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let config = Config::read_or_default(self.config.as_deref(), None)?;
        let url = match &self.execution_node {
            Some(url) => url.clone(),
            None => config.execution_node()?.to_string(),
        };
        let sender = account::open(&self.key_file, self.key_passphrase_file.as_deref())?;
        complete(runtime()?, self.send(&url, sender, &config))
    }

    async fn send(&self, url: &str, sender: Sender, config: &Config) -> Result<(), SendError> {
        let sight = self.look(url).await?;
        let on = (sender, sight.chain_id);
        let mut sending = Sending::open(url, on, &config.data_dir, self.max_fee_gwei)?;
        let kind = self.step.open().kind();
        if self.again {
            sending.again(kind)?;
        }
        if self.cancel {
            if !sending.cancel(kind)? {
                return Err(SendError::NothingToCancel(sending.account()));
            }
            return self.wait(url, &mut sending, None).await;
        }
        let call = match self.step.open().call(&sight.head) {
            Ok(call) => Some(call),
            Err(_) if sending.has_open(kind) => None,
            Err(idle) => return Err(idle.into()),
        };
        if let Some(call) = &call {
            self.confirm(call, &sending.account())?;
        }
        self.wait(url, &mut sending, call).await
    }

    fn confirm(&self, call: &Call, account: &Address) -> Result<(), SendError> {
        let gas = call.gas.units();
        let fee = U256::from(gas) * U256::from(self.max_fee_gwei) * U256::from(WEI_PER_GWEI);
        println!("To do             {}", call.words);
        println!("  at the contract {}", checksummed(&call.to));
        println!("  paid by         {}", checksummed(account));
        println!("  gas             at most {gas}");
        println!("  fee             at most {} ETH", eth(fee));
        if self.yes || confirmed("Send it? Type yes: ")? {
            return Ok(());
        }
        Err(SendError::NotConfirmed)
    }

    /// Sends and waits until the contracts show the step done.
    async fn wait(
        &self,
        url: &str,
        sending: &mut Sending,
        call: Option<Call>,
    ) -> Result<(), SendError> {
        let begin = Instant::now();
        let mut told = Told::default();
        loop {
            match self.advance(url, sending, call.as_ref()).await {
                Ok(Progress::Done { is_final }) => {
                    println!("{}", done(is_final));
                    return Ok(());
                }
                Ok(Progress::Stopped(stop)) => return Err(stop.into()),
                Ok(progress) => told.tell(progress),
                Err(SendError::Sight(error)) => told.trouble = format!(": {error}"),
                Err(SendError::Sending(SendingError::Execution(error))) => {
                    told.trouble = format!(": {error}");
                }
                Err(error) => return Err(error),
            }
            if begin.elapsed() > Duration::from_secs(self.timeout) {
                return Err(SendError::Late {
                    seconds: self.timeout,
                    trouble: told.trouble,
                    file: sending.path().to_owned(),
                });
            }
            tokio::time::sleep(Patience::USUAL.pause).await;
        }
    }

    async fn advance(
        &self,
        url: &str,
        sending: &mut Sending,
        call: Option<&Call>,
    ) -> Result<Progress, SendError> {
        let sight = self.look(url).await?;
        let now = self.step.open().call(&sight.head).ok();
        // The same deed, as the contracts show it now.
        let is_it = |now: &Call| call.is_some_and(|call| call.step == now.step);
        let asked: Vec<Call> = now.filter(is_it).into_iter().collect();
        let seconds = clock::now().micros() / 1_000_000;
        Ok(sending.advance(&asked, &anchors(&sight), seconds).await?)
    }

    async fn look(&self, url: &str) -> Result<Sight, SightError> {
        let target = Target {
            node: self.node,
            storage: self.rocket_storage,
            chain_id: None,
            may_be_new: false,
        };
        look(url, &target, Patience::USUAL).await
    }
}

/// What was said, so that it is said once.
#[derive(Default)]
struct Told {
    sent: Option<Root>,
    why: Option<Discriminant<Why>>,
    /// What was wrong last.
    trouble: String,
}

impl Told {
    fn tell(&mut self, progress: Progress) {
        match progress {
            Progress::Done { .. } | Progress::Stopped(_) => {}
            Progress::Sent {
                step,
                nonce,
                transaction,
            } => {
                self.trouble.clear();
                // One that the node does not keep is handed to it again and again.
                if self.sent.replace(transaction) != Some(transaction) {
                    println!("sent {step} at nonce {nonce} in {transaction}");
                }
            }
            Progress::Refused { step, cause } => {
                self.trouble = format!(": {step} is not taken: {cause}");
            }
            Progress::Waits(why) => {
                let kind = discriminant(&why);
                if self.why.replace(kind) != Some(kind) {
                    println!("{why}");
                }
                self.trouble = format!(": {why}");
            }
        }
    }
}

fn done(is_final: bool) -> &'static str {
    match is_final {
        true => "It is done, and final.",
        false => {
            "It is done. Until it is final, in a quarter of an hour, another block may take its \
             place: started again by then, gantry looks after that"
        }
    }
}
