//! `gantry deposit`: sends the deposits that the chain has not seen yet.
//!
//! | module | is |
//! |---|---|
//! | `plan` | which transactions are sent |
//! | `words` | what is read before typing yes |
//! | `sending` | sending them, and waiting for them |
//! | `registered` | what the beacon node knows and the log does not show |
//! | `refusal` | why nothing is sent |

mod plan;
mod refusal;
mod registered;
mod sending;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use proto::definition::{Chain, Gwei, checksummed};
use proto::eth::DepositData;
use proto::lock::Lock;
use proto::{Address, PublicKey};
use zeroize::Zeroizing;

use self::plan::{Account, Step, steps};
pub use self::refusal::Refusal;
use self::sending::Sending;
use super::chain::{check_chain, slot_by_two};
use super::lock::read as read_lock;
use super::private::keep_memory_private;
use super::{CommandError, log, runtime};
use crate::config::LogFormat;
use crate::deposit;
use crate::deposit::standing::{Sent, Standing, View};
use crate::io::beacon::BeaconClient;
use crate::io::execution::{DepositLog, Execution, Fees, Patience, Sender};
use crate::io::sent::SentFile;
use crate::io::{
    clock,
    files::{self, FileError},
};
use crate::keystore::{confirmed, passphrase};

/// The longest deposit file worth reading, in bytes.
const MAX_BYTES: usize = 16 << 20;

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
    /// The JSON-RPC of your execution node.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// The cluster lock.
    #[arg(long, value_name = "FILE", default_value = "cluster-lock.json")]
    lock: PathBuf,
    /// The Beacon API of your beacon node: also ask it which validators it knows, and whether the
    /// definition names its chain's deposit contract.
    #[arg(long, value_name = "URL")]
    beacon_node: Option<String>,
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

/// Everything that is known before anything is sent.
struct Looked<'a> {
    deposits: &'a [DepositData],
    chain: &'a Chain,
    view: View,
    standing: Standing,
    fees: Fees,
}

impl Arguments {
    pub fn run(self) -> Result<(), CommandError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        keep_memory_private();
        if self.from_block > 0 && self.beacon_node.is_none() {
            return Err(Refusal::FromBlockAlone.into());
        }
        let lock = read_lock(&self.lock)?;
        dkg::shared::check(&lock)
            .map_err(|error| CommandError::LockKeys(self.lock.clone(), error))?;
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
            return runtime()?.block_on(self.only_look(&lock, &deposits, &sent));
        }
        let sender = self.sender()?;
        let record = SentFile::open(path)?;
        runtime()?.block_on(self.look_and_send(&lock, &deposits, (&sender, record)))
    }

    fn refused(&self, error: deposit::DepositError) -> CommandError {
        CommandError::Deposit(self.file.clone(), error)
    }

    fn sender(&self) -> Result<Sender, CommandError> {
        let Some(file) = &self.key_file else {
            let key = std::env::var("GANTRY_DEPOSIT_KEY").map_err(|_| Refusal::NoSender)?;
            return Ok(Sender::of_key(&Zeroizing::new(key))?);
        };
        let text = files::read_secret(file, Sender::MAX_BYTES)?;
        if !Sender::is_keystore(&text) {
            return Ok(Sender::of_key(&text)?);
        }
        let words = match &self.key_passphrase_file {
            Some(file) => files::read_secret(file, 1024)?,
            None => passphrase(&format!("Passphrase of {}: ", file.display()))?,
        };
        let words = words.trim_end_matches(['\r', '\n']);
        Ok(Sender::of_keystore(file, &text, words)?)
    }

    async fn only_look(
        &self,
        lock: &Lock,
        deposits: &[DepositData],
        sent: &[Sent],
    ) -> Result<(), CommandError> {
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
        }
        Ok(())
    }

    async fn look_and_send(
        &self,
        lock: &Lock,
        deposits: &[DepositData],
        (sender, record): (&Sender, SentFile),
    ) -> Result<(), CommandError> {
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
            return Ok(());
        }
        if looked.fees.are_far_above() && !self.high_fee {
            let suggested = words::gwei(looked.fees.suggested.unwrap_or(0));
            let offered = self.priority_fee;
            return Err(Refusal::HighFee { offered, suggested }.into());
        }
        let transactions: Vec<_> = steps.iter().map(|step| step.transaction).collect();
        execution.check_funds(sender, &transactions).await?;
        let plan = self.plan(&steps, &looked);
        let plan = format!("{plan}\n  paid by         {}", sender.shown());
        if self.yes {
            println!("{plan}");
        } else if !confirmed(&format!("{plan}\nSend it? It cannot be undone. Type yes: "))? {
            return Err(Refusal::NotConfirmed.into());
        }
        // It may have been a long time until somebody typed it.
        let view = log.whole_view(&senders, |_, _| {}).await?;
        let version = looked.chain.genesis_fork_version;
        let standing = Standing::of(version, deposits, record.sent(), &view);
        let standing = standing.map_err(|error| self.refused(error))?;
        let pending = execution.pending_nonce(&address).await?;
        let account_is_same = view.nonces == looked.view.nonces && pending == account.pending;
        if standing != looked.standing || !account_is_same {
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
        };
        sending.perform(&steps).await?;
        self.say_the_end(&mut sending, &senders, &looked).await
    }

    /// What is paid twice is seen after the last transaction, if two have sent at one moment.
    async fn say_the_end(
        &self,
        sending: &mut Sending<'_>,
        senders: &BTreeSet<Address>,
        looked: &Looked<'_>,
    ) -> Result<(), CommandError> {
        if let Ok(view) = sending.log.view(senders, |_, _| {}).await {
            let (version, sent) = (looked.chain.genesis_fork_version, sending.record.sent());
            let standing = Standing::of(version, looked.deposits, sent, &view);
            say_doubled(&standing.map_err(|error| self.refused(error))?);
        }
        println!(
            "All is sent. A block is final after a quarter of an hour: then look again with \
             --dry-run"
        );
        Ok(())
    }

    /// The execution node, and whether the beacon node, if there is one, follows the same chain.
    async fn connect(&self, lock: &Lock) -> Result<Execution, CommandError> {
        if let Some(beacon) = self.beacon()? {
            let spec = beacon.chain_spec().await?;
            check_chain(lock, &spec)?;
            // One that does not follow would not know what was deposited lately.
            slot_by_two(&spec, &beacon.sync_status().await?, clock::now())?;
        }
        let chain = &lock.definition.terms().chain;
        Ok(Execution::connect(&self.rpc, chain, Patience::USUAL).await?)
    }

    fn beacon(&self) -> Result<Option<BeaconClient>, CommandError> {
        let url = self.beacon_node.as_deref();
        Ok(url.map(BeaconClient::connect).transpose()?)
    }

    async fn view(
        &self,
        log: &mut DepositLog<'_>,
        senders: &BTreeSet<Address>,
    ) -> Result<View, CommandError> {
        let bar = indicatif::ProgressBar::new(0).with_message("blocks");
        let view = log.whole_view(senders, |block, head| {
            bar.set_length(head);
            bar.set_position(block);
        });
        let view = view.await?;
        bar.finish_and_clear();
        println!("looked at blocks {} to {}", view.first, view.last);
        Ok(view)
    }

    /// How the deposits stand, told to the operator.
    async fn looked<'a>(
        &self,
        lock: &'a Lock,
        deposits: &'a [DepositData],
        (sent, view): (&[Sent], View),
        execution: &Execution,
    ) -> Result<Looked<'a>, CommandError> {
        let chain = &lock.definition.terms().chain;
        let standing = Standing::of(chain.genesis_fork_version, deposits, sent, &view);
        let standing = standing.map_err(|error| self.refused(error))?;
        if let Some(beacon) = self.beacon()? {
            let known = registered::hidden_deposit(&beacon, &standing, &view);
            if let Some(key) = known.await? {
                let first = self.from_block;
                return Err(Refusal::Earlier { key, first }.into());
            }
        }
        let (missing, open) = (standing.missing.len(), standing.open.len());
        let there = deposits.len() - missing - open;
        println!("{there} are on the chain, {open} are under way, {missing} are missing");
        for deposit in &standing.missing {
            println!("  {} {}", deposit.pubkey, Gwei(deposit.amount));
        }
        say_doubled(&standing);
        Ok(Looked {
            deposits,
            chain,
            view,
            standing,
            fees: execution.fees(self.priority_fee).await?,
        })
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
        if self.beacon_node.is_none() && !looked.chain.is_known() {
            plan.push_str(words::UNCHECKED);
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

fn say_doubled(standing: &Standing) {
    for deposit in &standing.doubled {
        eprintln!(
            "WARNING: {} was deposited more than once with {}: find out who else sends. What is \
             above 32 ETH comes back to {} by itself",
            deposit.pubkey,
            Gwei(deposit.amount),
            deposit::owner(&deposit.withdrawal_credentials)
                .map_or_else(|| "its owner".to_owned(), |owner| checksummed(&owner)),
        );
    }
}

#[cfg(test)]
mod tests;
