//! `gantry deposit`: sends the deposits that the chain has not seen yet.
//!
//! | module | is |
//! |---|---|
//! | `looking` | what is known of the chain before anything is sent |
//! | `words` | what is read before typing yes |

mod looking;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use proto::eth::DepositData;
use proto::lock::Lock;
use proto::{Address, PublicKey};
use zeroize::Zeroizing;

use thiserror::Error;

use super::account::{self, AccountError};
use super::log;
use super::runtime::{RuntimeError, complete, runtime};
use crate::beacon::BadUrl;
use crate::checks::chain::UnfitNode;
use crate::checks::lock::{self, LockFileError};
use crate::checks::own_nodes::NoneServes;
use crate::config::LogFormat;
use crate::deposit::plan::{Account, Kind, Step, refuse_unsettled, steps};
use crate::deposit::refusal::Refusal;
use crate::deposit::sending::{Sending, SendingError};
use crate::deposit::sent::{SentError, SentFile};
use crate::disk::files::{self, FileError};
use crate::disk::keystore::{SecretFileError, confirmed};
use crate::execution::{DepositLog, ExecutionError, Fees, Sender};
use looking::{Looked, say_doubled};
use node_core::deposit::standing::{Sent, Standing};
use node_core::deposit::{self, DepositError};
use node_core::sending::fees::{gwei, is_far_above};

/// The address of the execution node, where the command line does not give it.
const RPC: &str = "GANTRY_DEPOSIT_RPC";
/// The address of the beacon node, where the command line does not: `beacon_node` of a config.
const BEACON_NODE: &str = "GANTRY_BEACON_NODE";
/// The longest deposit file worth reading, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// What comes after the deposits.
const AFTERWARDS: &str = "When the chain has activated the validators, the running peers perform \
                          their duties: `gantry status` counts the active ones";

/// Nothing is deposited, or nothing more.
#[derive(Debug, Error)]
pub enum DepositCommandError {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error("{}: {}", .0.display(), .1)]
    BadFile(PathBuf, #[source] DepositError),
    /// It is not known what was sent.
    #[error(transparent)]
    Sent(#[from] SentError),
    #[error(transparent)]
    Sending(#[from] SendingError),
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    #[error(transparent)]
    BeaconUrl(#[from] BadUrl),
    /// No beacon node answers that follows the chain of the lock.
    #[error(transparent)]
    Beacon(#[from] NoneServes<UnfitNode>),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Send the deposits of a deposit file that are not on the chain yet.
///
/// Checks every entry against the lock, verifies its BLS signature, looks through the deposit
/// contract's log, shows what is missing and what it costs, and sends that. It may be started again
/// at any time: what is there is not sent twice, and what is under way is waited for. What was sent
/// stands in a file beside the deposit file, DEPOSIT_FILE.sent: keep both together.
///
/// One of you sends, on one machine. Two operators who send at the same moment cannot see each
/// other: gantry says afterwards what was paid twice.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The deposit file that the ceremony wrote.
    #[arg(value_name = "DEPOSIT_FILE")]
    file: PathBuf,
    /// The JSON-RPC of your execution node. If a key is in it, give it by the variable: whoever
    /// lists the processes of this machine reads the command line.
    #[arg(long, value_name = "URL", env = RPC, hide_env_values = true)]
    rpc: String,
    /// The cluster lock.
    #[arg(long, value_name = "FILE", default_value = "cluster-lock.json")]
    lock: PathBuf,
    /// The Beacon API of your beacon node: also ask it which validators it knows, and whether the
    /// definition names its chain's deposit contract. Given several times, the first node that
    /// answers and follows the chain is asked.
    #[arg(long, value_name = "URL", env = BEACON_NODE, hide_env_values = true)]
    beacon_node: Vec<String>,
    /// A file with the sender's secret key, mode 0600: a keystore (version 3) or 64 hex digits.
    /// Without it, the key is taken in hex from the environment variable GANTRY_DEPOSIT_KEY; it is
    /// never given on the command line.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// A file with the passphrase of that keystore, mode 0600; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "key_file")]
    key_passphrase_file: Option<PathBuf>,
    /// The first block to look for deposits in: one before the ceremony. Needs --beacon-node.
    /// Without it all blocks are looked through, which takes minutes on mainnet.
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,
    /// Gwei for the proposer of the block, by unit of gas.
    #[arg(long, value_name = "GWEI", default_value_t = 1)]
    priority_fee: u64,
    /// Send even if the proposer gets far more than your node suggests.
    #[arg(long)]
    high_fee: bool,
    /// Replace what is under way at its nonces, with higher fees: both at least an eighth more.
    #[arg(long)]
    replace: bool,
    /// How long to wait until a transaction is in a block, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// Only show what is missing.
    #[arg(long)]
    dry_run: bool,
    /// Send without asking.
    #[arg(long)]
    yes: bool,
}

/// How the deposits in `file` are sent, as somebody types it; what only the operator knows is in
/// capitals.
pub(super) fn to_deposit(file: &Path, lock: &Path) -> String {
    let (file, lock) = (files::typed(file), files::typed(lock));
    format!("gantry deposit {file} --lock {lock} --rpc URL --beacon-node URL --key-file FILE")
}

impl Arguments {
    pub fn run(self) -> Result<(), DepositCommandError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        if self.from_block > 0 && self.beacon_node.is_empty() {
            return Err(Refusal::FromBlockAlone.into());
        }
        let lock = lock::read_given(&self.lock)?;
        lock::check_keys(&lock, &self.lock)?;
        let text = files::read(&self.file, MAX_BYTES)?;
        let deposits = deposit::from_json(&text, &lock).map_err(|error| self.refused(error))?;
        println!(
            "{} deposits, all signed by the cluster's validators",
            deposits.len()
        );
        if let Err(lacking) = deposit::check_all(&lock, &deposits) {
            println!("NOTE: {lacking}, unless you mean to send only these");
        }
        // Whatever links lead to the file, there is one list of what was sent.
        let file = std::fs::canonicalize(&self.file);
        let file = file.map_err(|error| FileError::Read(self.file.clone(), error))?;
        let path = SentFile::beside(&file);
        if self.dry_run {
            let sent = SentFile::look(&path)?;
            return complete(runtime()?, self.only_look(&lock, &deposits, &sent));
        }
        let sender = self.sender()?;
        let record = SentFile::open(path)?;
        let work = self.look_and_send(&lock, &deposits, (&sender, record));
        complete(runtime()?, work)
    }

    fn refused(&self, error: DepositError) -> DepositCommandError {
        DepositCommandError::BadFile(self.file.clone(), error)
    }

    fn sender(&self) -> Result<Sender, DepositCommandError> {
        let Some(file) = &self.key_file else {
            let key = std::env::var("GANTRY_DEPOSIT_KEY").map_err(|_| Refusal::NoSender)?;
            return Ok(Sender::of_key(&Zeroizing::new(key))?);
        };
        Ok(account::open(file, self.key_passphrase_file.as_deref())?)
    }

    async fn only_look(
        &self,
        lock: &Lock,
        deposits: &[DepositData],
        sent: &[Sent],
    ) -> Result<(), DepositCommandError> {
        let execution = self.connect(lock).await?;
        let senders = senders_of(sent);
        let mut log = execution.log(keys_of(deposits), self.from_block);
        let view = self.view(&mut log, &senders).await?;
        let looked = self.looked(lock, deposits, (sent, view), &execution);
        let mut looked = looked.await?;
        for pinned in looked.standing.open.drain(..) {
            let (key, hash) = (pinned.deposit.pubkey, pinned.newest().transaction);
            println!("  {key} is under way in {hash}");
        }
        if let Err(early) = refuse_unsettled(&looked.standing, &looked.view) {
            eprintln!("WARNING: {early}");
        }
        for pinned in looked.standing.overtaken.drain(..) {
            let (key, hash) = (pinned.deposit.pubkey, pinned.newest().transaction);
            eprintln!(
                "WARNING: {key} is on the chain, and {hash} may still pay it twice: --replace"
            );
        }
        // No account is asked for, so the nonces are nobody's.
        let nobody = Account {
            address: Address::from([0; 20]),
            next: 0,
            pending: 0,
        };
        let (standing, fees) = (&looked.standing, &looked.fees);
        let steps = steps(standing, &looked.view, (&nobody, fees), false)?;
        if !steps.is_empty() {
            println!("{}", self.plan(&steps, &looked));
            println!("Nothing was sent, as --dry-run says: start again without it to send");
        }
        Ok(())
    }

    async fn look_and_send(
        &self,
        lock: &Lock,
        deposits: &[DepositData],
        (sender, record): (&Sender, SentFile),
    ) -> Result<(), DepositCommandError> {
        let execution = self.connect(lock).await?;
        let mut senders = senders_of(record.sent());
        senders.insert(sender.address());
        let mut log = execution.log(keys_of(deposits), self.from_block);
        let view = self.view(&mut log, &senders).await?;
        let looked = self.looked(lock, deposits, (record.sent(), view), &execution);
        let looked = looked.await?;
        let address = sender.address();
        let account = Account {
            address,
            next: looked.view.nonces.get(&address).copied().unwrap_or(0),
            pending: execution.pending_nonce(&address).await?,
        };
        let steps = self.steps(&account, &looked)?;
        if steps.is_empty() {
            return Ok(refuse_unsettled(&looked.standing, &looked.view)?);
        }
        self.refuse_high_fee(&steps, &looked.fees)?;
        let transactions: Vec<_> = steps.iter().map(|step| step.transaction).collect();
        execution.check_funds(sender, &transactions).await?;
        let plan = self.plan(&steps, &looked);
        let plan = format!("{plan}\n  paid by         {}", sender.shown());
        if self.yes {
            println!("{plan}");
        } else if !confirmed(&format!("{plan}\nSend it? It cannot be undone. Type yes: "))? {
            return Err(Refusal::NotConfirmed.into());
        }
        self.refuse_change(&mut log, (&account, &senders, record.sent()), &looked)
            .await?;
        let pending = execution.pending_nonce(&address).await?;
        if pending != account.pending {
            return Err(Refusal::Changed.into());
        }
        let mut sending = Sending {
            execution: &execution,
            log,
            record,
            ours: deposits,
            sender,
            agreed: looked.fees,
            timeout: Duration::from_secs(self.timeout),
            say: |line| println!("{line}"),
        };
        sending.perform(&steps).await?;
        self.say_the_end(&mut sending, &senders, &looked).await
    }

    /// Stops if a fee that would be signed now is a slip of the keyboard.
    fn refuse_high_fee(&self, steps: &[Step], fees: &Fees) -> Result<(), Refusal> {
        let is_new = |step: &&Step| match step.kind {
            Kind::New | Kind::Instead => true,
            Kind::Again => false,
        };
        let tips = steps.iter().filter(is_new);
        let highest = tips.map(|step| step.transaction.priority_fee).max();
        match highest.filter(|tip| is_far_above(*tip, fees.suggested)) {
            Some(tip) if !self.high_fee => Err(Refusal::HighFee {
                offered: gwei(tip),
                suggested: gwei(fees.suggested.unwrap_or(0)),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Stops if anything is not as the operator has seen it: it may have been a long time until
    /// somebody typed yes. The log and the beacon node are asked again, both.
    async fn refuse_change(
        &self,
        log: &mut DepositLog<'_>,
        (account, senders, sent): (&Account, &BTreeSet<Address>, &[Sent]),
        looked: &Looked<'_>,
    ) -> Result<(), DepositCommandError> {
        let view = log.whole_view(senders, |_, _| {}).await?;
        let version = looked.chain.genesis_fork_version;
        let standing = Standing::of(version, looked.deposits, sent, &view);
        let standing = standing.map_err(|error| self.refused(error))?;
        let is_same = |address| view.nonces.get(address) == looked.view.nonces.get(address);
        let are_same = senders.iter().all(is_same) && is_same(&account.address);
        if standing != looked.standing || !are_same {
            return Err(Refusal::Changed.into());
        }
        // The note of it was not among what the operator has read.
        if looked.view.is_counted && !view.is_counted {
            return Err(Refusal::Uncounted.into());
        }
        self.refuse_hidden(looked.chain, &standing, &view).await
    }

    /// What is paid twice is seen after the last transaction, if two have sent at one moment.
    async fn say_the_end(
        &self,
        sending: &mut Sending<'_>,
        senders: &BTreeSet<Address>,
        looked: &Looked<'_>,
    ) -> Result<(), DepositCommandError> {
        if let Ok(view) = sending.log.view(senders, |_, _| {}).await {
            let (version, sent) = (looked.chain.genesis_fork_version, sending.record.sent());
            let standing = Standing::of(version, looked.deposits, sent, &view);
            say_doubled(&standing.map_err(|error| self.refused(error))?);
        }
        refuse_unsettled(&looked.standing, &looked.view)?;
        println!(
            "All is sent. A block is final after a quarter of an hour: then look again with \
             --dry-run. {AFTERWARDS}"
        );
        Ok(())
    }

    fn steps(&self, account: &Account, looked: &Looked<'_>) -> Result<Vec<Step>, Refusal> {
        let standing = &looked.standing;
        let idle = standing.missing.is_empty()
            && standing.open.is_empty()
            && standing.overtaken.is_empty();
        if idle && !self.replace {
            return Ok(Vec::new());
        }
        let of = (account, &looked.fees);
        steps(standing, &looked.view, of, self.replace)
    }

    fn plan(&self, steps: &[Step], looked: &Looked<'_>) -> String {
        let mut plan = words::in_words(steps, looked.chain, &looked.fees);
        if self.beacon_node.is_empty() && !looked.chain.is_known() {
            plan.push_str(words::UNCHECKED);
        }
        if !looked.view.is_counted {
            plan.push_str(words::UNCOUNTED);
        }
        plan.push_str(words::ALONE);
        plan
    }
}

fn keys_of(deposits: &[DepositData]) -> BTreeSet<PublicKey> {
    deposits.iter().map(|deposit| deposit.pubkey).collect()
}

fn senders_of(sent: &[Sent]) -> BTreeSet<Address> {
    sent.iter().map(|sent| sent.sender).collect()
}

#[cfg(test)]
mod tests;
