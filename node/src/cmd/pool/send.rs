//! `gantry pool send`: takes a step by hand, from the operator's own account.
//!
//! | module | is |
//! |---|---|
//! | `step` | the steps by name |
//! | `asking` | the call of the step, with its proof |
//! | `told` | what is said while it waits |

mod asking;
mod step;
mod told;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use alloy::primitives::U256;
use clap::Args;
use node_core::pool::dispatch;
use node_core::pool::open_step::{NotNow, OpenStep};
use node_core::sending::asked::Asked;
use node_core::sending::call::Call;
use node_core::sending::fees::WEI_PER_GWEI;
use node_core::sending::why::{Stop, Why};
use proto::Address;
use proto::definition::checksummed;
use proto::eth::ChainSpec;
use thiserror::Error;

use super::flags::{Subject, Through};
use crate::beacon::BadUrl;
use crate::checks::chain::UnfitNode;
use crate::checks::lock::LockFileError;
use crate::checks::own_nodes::{Expected, NoneServes, OwnNodes};
use crate::clock;
use crate::cmd::account::{self, AccountError};
use crate::cmd::log;
use crate::cmd::runtime::{RuntimeError, complete, runtime};
use crate::config::{Config, ConfigError, LogFormat};
use crate::deposit::amounts::eth;
use crate::disk::keystore::{SecretFileError, confirmed};
use crate::execution::{Patience, Sender};
use crate::pool::leaving::{Lost, Unseen};
use crate::pool::proving::Unproved;
use crate::pool::sending::{Progress, Sending, SendingError};
use crate::pool::{SightError, Target, anchors};
use asking::Asking;
use step::Step;
use told::{Told, done};

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
    BeaconUrl(#[from] BadUrl),
    #[error(transparent)]
    Beacon(#[from] NoneServes<UnfitNode>),
    #[error("this step is proved with your beacon node: give --beacon-node")]
    NoBeacon,
    #[error(transparent)]
    Lost(#[from] Lost),
    #[error(transparent)]
    Unseen(#[from] NoneServes<Unseen>),
    #[error(transparent)]
    Unproved(#[from] NoneServes<Unproved>),
    #[error(transparent)]
    Sending(#[from] SendingError),
    #[error(transparent)]
    NotNow(#[from] NotNow),
    #[error("nothing was sent: {words}; by your execution node that would fail now: {reason}")]
    Fails { words: String, reason: String },
    #[error(
        "only the peer that coordinates sends this: here it can be taken back with --cancel, or \
         had sent anew with --again"
    )]
    NotByHand,
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

/// Take a step for a node of Rocket Pool by hand, from your own account: most of them anybody may
/// take.
///
/// Shows what it does and what it may cost, asks before it sends, and waits until the contracts
/// show it done. Proofs are made with your own beacon node. What was sent stands in the data
/// directory before it leaves: started again, gantry goes on with it, and replaces it at its nonce
/// if the fee is too low.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(value_name = "STEP")]
    step: Step,
    #[command(flatten)]
    subject: Subject,
    /// The validator, by its number in the megapool; the first one for which there is something to
    /// do, if it is left out.
    #[arg(long, value_name = "NUMBER")]
    validator: Option<u32>,
    /// The slot of the block that paid the final balance out; gantry looks for it if it is left
    /// out. Any withdrawal counts as the final one: a wrong slot costs the bond.
    #[arg(long, value_name = "SLOT", requires = "validator")]
    withdrawn_in: Option<u64>,
    /// A file with your account's secret key, mode 0600: a keystore (version 3) or 64 hex digits.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// A file with the passphrase of that keystore, mode 0600; without it you are asked.
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    through: Through,
    /// Your beacon node, in place of those of the config; only proofs need one. Given several
    /// times, the first node that answers and follows the chain is asked.
    #[arg(
        long,
        value_name = "URL",
        env = "GANTRY_BEACON_NODE",
        hide_env_values = true
    )]
    beacon_node: Vec<String>,
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
        let config = self.through.config()?;
        let url = self.through.url(&config)?;
        let sender = account::open(&self.key_file, self.key_passphrase_file.as_deref())?;
        complete(runtime()?, self.send(url, sender, &config))
    }

    /// The beacon nodes of the chain with this id, and what one says of it; none if nothing is
    /// proved.
    async fn beacon(
        &self,
        step: Option<OpenStep>,
        chain_id: u64,
        config: &Config,
    ) -> Result<Option<(OwnNodes, ChainSpec)>, SendError> {
        let is_proved = step.is_some_and(OpenStep::is_of_validator) && !self.cancel;
        if !is_proved {
            return Ok(None);
        }
        let expected = Expected::Execution(chain_id);
        let nodes = match &self.beacon_node[..] {
            [] => OwnNodes::connect(config.beacon_nodes()?, expected)?,
            given => OwnNodes::connect(given, expected)?,
        };
        let spec = nodes.whole(UnfitNode::may_differ, async |node| {
            Ok(node.chain_spec().await?)
        });
        let spec = spec.await?;
        Ok(Some((nodes, spec)))
    }

    fn asking(&self, step: Option<OpenStep>, url: String) -> Asking {
        Asking {
            step,
            validator: self.validator,
            slot: self.withdrawn_in,
            target: Target {
                is_safe: false,
                node: self.subject.node,
                storage: self.subject.rocket_storage,
                chain_id: None,
                may_be_new: step.is_none(),
            },
            execution_node: url,
            beacon: None,
            leaving: BTreeMap::new(),
        }
    }

    async fn send(&self, url: String, sender: Sender, config: &Config) -> Result<(), SendError> {
        let step = self.step.open();
        if step.is_none() && !self.cancel && !self.again {
            return Err(SendError::NotByHand);
        }
        let mut asking = self.asking(step, url);
        let sight = asking.look().await?;
        asking.beacon = self.beacon(step, sight.chain_id, config).await?;
        let on = (sender, sight.chain_id);
        let node = asking.execution_node.clone();
        let mut sending = Sending::open(&node, on, &config.data_dir, self.max_fee_gwei)?;
        let kind = self.step.kind();
        if self.again {
            sending.again(&kind)?;
        }
        if self.cancel {
            if !sending.cancel(&kind)? {
                return Err(SendError::NothingToCancel(sending.account()));
            }
            return self.wait(&mut asking, &mut sending, None).await;
        }
        if step.is_none() {
            println!("The peer that coordinates sends it anew, if it is still to be done.");
            return Ok(());
        }
        let call = match asking.planned(&sight).await {
            Ok(step) => Some(asking.call(&step, &sight, &mut sending).await?),
            Err(SendError::NotNow(_) | SendError::Lost(_)) if sending.has_open(&kind) => None,
            Err(error) => return Err(error),
        };
        if let Some(call) = &call {
            self.confirm(call, &sending.account())?;
        }
        self.wait(&mut asking, &mut sending, call).await
    }

    fn confirm(&self, call: &Call, account: &Address) -> Result<(), SendError> {
        let gas = call.gas.units();
        let fee = U256::from(gas) * U256::from(self.max_fee_gwei) * U256::from(WEI_PER_GWEI);
        println!("To do             {}", call.words);
        println!("  at the contract {}", checksummed(&call.to));
        println!("  paid by         {}", checksummed(account));
        if !call.value.is_zero() {
            println!("  with            {} ETH of that account", eth(call.value));
        }
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
        asking: &mut Asking,
        sending: &mut Sending,
        mut call: Option<Call>,
    ) -> Result<(), SendError> {
        let begin = Instant::now();
        let mut told = Told::default();
        loop {
            match advance(asking, sending, &mut call).await {
                Ok(Progress::Done { is_final }) => {
                    println!("{}", done(is_final));
                    return Ok(());
                }
                Ok(Progress::Stopped(stop)) => return Err(stop.into()),
                Ok(progress) => told.tell(progress),
                Err(error) if passes(&error) => told.trouble = format!(": {error}"),
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
}

/// One look, and the next thing for the same deed, as the contracts show it now. A proof that is
/// taken no more is made anew.
async fn advance(
    asking: &mut Asking,
    sending: &mut Sending,
    call: &mut Option<Call>,
) -> Result<Progress, SendError> {
    let sight = asking.look().await?;
    let planned = match asking.planned(&sight).await {
        Err(SendError::NotByHand) => None,
        Ok(step) => Some(step),
        Err(SendError::NotNow(NotNow::Idle(_)) | SendError::Lost(_)) => None,
        Err(error) => return Err(error),
    };
    let planned = planned.zip(call.as_mut());
    let same = planned.filter(|(step, call)| dispatch::name(step) == call.step);
    let mut asked = Vec::new();
    if let Some((step, call)) = &same {
        // One that carries a proof stays as it is while it is taken: another one would take its
        // place at each look.
        asked.push(dispatch::call(step).unwrap_or_else(|| (*call).clone()));
    }
    let seconds = clock::now().unix_seconds();
    let asked = Asked {
        calls: &asked,
        unproved: &[],
        // Another step that waits may be wanted all the same: one is done at a time.
        given_up: &[],
    };
    let advance = sending.advance(asked, &anchors(&sight), seconds).await?;
    if let (Some((step, call)), Progress::Waits(Why::Reverts { .. })) = (same, &advance.progress) {
        *call = asking.call(&step, &sight, sending).await?;
    }
    Ok(advance.progress)
}

/// Whether it may be otherwise at the next look.
fn passes(error: &SendError) -> bool {
    match error {
        SendError::Sight(_)
        | SendError::Beacon(_)
        | SendError::Unseen(_)
        | SendError::Unproved(_)
        | SendError::Fails { .. }
        | SendError::NotNow(NotNow::Waits(_))
        | SendError::Sending(SendingError::Execution(_)) => true,
        SendError::Config(_)
        | SendError::Lock(_)
        | SendError::Runtime(_)
        | SendError::Account(_)
        | SendError::Secret(_)
        | SendError::BeaconUrl(_)
        | SendError::NoBeacon
        | SendError::Lost(_)
        | SendError::NotNow(NotNow::Idle(_) | NotNow::NoValidator(_))
        | SendError::NothingToCancel(_)
        | SendError::NotByHand
        | SendError::NotConfirmed
        | SendError::Stopped(_)
        | SendError::Late { .. }
        | SendError::Sending(
            SendingError::Kept(_) | SendingError::Outbox(_) | SendingError::OtherChain { .. },
        ) => false,
    }
}
