//! `gantry deposit`: sends the deposits that the chain has not seen yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use proto::definition::{Chain, Gwei, checksummed};
use proto::eth::DepositData;
use proto::lock::Lock;
use proto::{PublicKey, Root};
use reqwest::Url;
use zeroize::Zeroizing;

use super::chain::check_chain;
use super::keystore::read_lock;
use super::{CommandError, runtime};
use crate::deposit;
use crate::io::beacon::{BeaconClient, StateId};
use crate::io::execution::{Execution, Sender};
use crate::io::files;
use crate::keystore::confirmed;

/// The longest deposit file worth reading, in bytes.
const MAX_BYTES: usize = 16 << 20;
/// How many transactions may be under way: nodes keep few of one account.
const UNDER_WAY: usize = 16;

/// Send the deposits of a deposit file that are not on the chain yet.
///
/// Checks every entry against the lock, verifies its BLS signature, looks through the deposit
/// contract's log, shows what is missing, and sends that. Run it on one machine only. It may be
/// started again at any time: what is there is not sent twice.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The deposit file that the ceremony wrote.
    #[arg(value_name = "DEPOSIT_FILE")]
    file: PathBuf,
    /// The JSON-RPC of your execution node.
    #[arg(long, value_name = "URL")]
    rpc: Url,
    /// The cluster lock.
    #[arg(long, value_name = "FILE", default_value = "cluster-lock.json")]
    lock: PathBuf,
    /// The Beacon API of your beacon node: also ask it which validators it knows, and whether the
    /// definition names its chain's deposit contract.
    #[arg(long, value_name = "URL")]
    beacon_node: Option<Url>,
    /// A file with the sender's secret key in hex, mode 0600. Without it, the key is taken from
    /// the environment variable GANTRY_DEPOSIT_KEY; it is never given on the command line.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The first block to look for deposits in: one before the ceremony. Without it all blocks
    /// are looked through, which takes minutes on mainnet.
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,
    /// Gwei for the proposer of the block, by unit of gas.
    #[arg(long, value_name = "GWEI", default_value_t = 1)]
    priority_fee: u64,
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

/// What is said where nobody but the definition's writer names the contract.
const UNCHECKED: &str = "\n  NOTE: gantry does not know this chain: only the definition says that \
    this is its deposit contract.\n  Give --beacon-node to have it compared with what your beacon \
    node says.";

impl Arguments {
    pub fn run(self) -> Result<(), CommandError> {
        let refused = |error| CommandError::Deposit(self.file.clone(), error);
        let lock = read_lock(&self.lock)?;
        dkg::shared::check(&lock)
            .map_err(|error| CommandError::LockKeys(self.lock.clone(), error))?;
        let text = files::read(&self.file, MAX_BYTES)?;
        let deposits = deposit::from_json(&text, &lock).map_err(refused)?;
        println!(
            "{} deposits, all signed by the cluster's validators",
            deposits.len()
        );
        let sender = match self.dry_run {
            true => None,
            false => Some(self.sender()?),
        };
        runtime()?.block_on(self.look_and_send(&lock, &deposits, sender.as_ref()))
    }

    fn sender(&self) -> Result<Sender, CommandError> {
        let key = match &self.key_file {
            Some(file) => files::read_secret(file, 1024)?,
            None => match std::env::var("GANTRY_DEPOSIT_KEY") {
                Ok(key) => Zeroizing::new(key),
                Err(_) => return Err(CommandError::NoSender),
            },
        };
        Ok(Sender::new(&key)?)
    }

    async fn look_and_send(
        &self,
        lock: &Lock,
        deposits: &[DepositData],
        sender: Option<&Sender>,
    ) -> Result<(), CommandError> {
        let chain = &lock.definition.terms().chain;
        let beacon = match &self.beacon_node {
            Some(url) => Some(BeaconClient::connect(url.as_str())?),
            None => None,
        };
        if let Some(beacon) = &beacon {
            check_chain(lock, &beacon.chain_spec().await?)?;
        }
        let execution = Execution::connect(self.rpc.clone(), chain).await?;
        // The nonce is asked for before the log: a deposit mined in between is then in the log,
        // and the transaction that would repeat it has a used nonce.
        let payer = match sender {
            Some(sender) => Some(Payer {
                sender,
                next_nonce: execution.next_nonce(sender).await?,
            }),
            None => None,
        };
        let keys: BTreeSet<_> = deposits.iter().map(|deposit| deposit.pubkey).collect();
        let bar = indicatif::ProgressBar::new(0).with_message("blocks");
        let seen = execution
            .deposits(&keys, self.from_block, |block, head| {
                bar.set_length(head);
                bar.set_position(block);
            })
            .await?;
        bar.finish_and_clear();
        println!("looked at blocks {} to {}", seen.first, seen.last);
        let refused = |error| CommandError::Deposit(self.file.clone(), error);
        let version = chain.genesis_fork_version;
        let missing = deposit::missing(version, deposits, &seen.deposits).map_err(refused)?;
        if let Some(beacon) = &beacon {
            self.refuse_earlier(beacon, &missing, &seen.deposits)
                .await?;
        }
        println!(
            "{} are on the chain, {} are missing",
            deposits.len() - missing.len(),
            missing.len()
        );
        for deposit in &missing {
            println!("  {} {}", deposit.pubkey, Gwei(deposit.amount));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut plan = in_words(&missing, chain);
        if beacon.is_none() && !chain.is_known() {
            plan.push_str(UNCHECKED);
        }
        match payer {
            Some(payer) => self.send(&execution, &payer, &missing, &plan).await,
            None => {
                println!("{plan}");
                Ok(())
            }
        }
    }

    /// Refuses to go on if the beacon node knows a validator of which the log shows no deposit.
    async fn refuse_earlier(
        &self,
        beacon: &BeaconClient,
        missing: &[DepositData],
        seen: &[DepositData],
    ) -> Result<(), CommandError> {
        let keys: BTreeSet<PublicKey> = missing.iter().map(|deposit| deposit.pubkey).collect();
        let asked: Vec<PublicKey> = keys.iter().copied().collect();
        let registered = beacon.validators(StateId::Head, &asked).await?;
        let registered = registered.iter().map(|known| known.validator.pubkey);
        let pending = beacon.pending_deposits(StateId::Head).await?;
        let pending = pending.iter().map(|known| known.pubkey);
        let shown = |key: &PublicKey| seen.iter().any(|deposit| deposit.pubkey == *key);
        let mut known = registered.chain(pending);
        match known.find(|key| keys.contains(key) && !shown(key)) {
            Some(key) => Err(CommandError::EarlierDeposit(key, self.from_block)),
            None => Ok(()),
        }
    }

    async fn send(
        &self,
        execution: &Execution,
        payer: &Payer<'_>,
        missing: &[DepositData],
        plan: &str,
    ) -> Result<(), CommandError> {
        let sender = payer.sender;
        let fees = execution.fees(self.priority_fee).await?;
        execution.check_funds(sender, missing, fees).await?;
        let plan = format!("{plan}\n  paid by         {}", sender.address());
        if self.yes {
            println!("{plan}");
        } else if !confirmed(&format!("{plan}\nSend it? It cannot be undone. Type yes: "))? {
            return Err(CommandError::NotConfirmed);
        }
        let mut nonces = payer.next_nonce..;
        for group in missing.chunks(UNDER_WAY) {
            let fees = execution.fees(self.priority_fee).await?;
            let mut sent = Vec::with_capacity(group.len());
            for (deposit, nonce) in group.iter().zip(&mut nonces) {
                let transaction = execution.send(sender, nonce, fees, deposit).await?;
                println!(
                    "sent {} {} in {transaction}",
                    deposit.pubkey,
                    Gwei(deposit.amount)
                );
                sent.push((deposit, transaction));
            }
            for (deposit, transaction) in sent {
                let timeout = Duration::from_secs(self.timeout);
                let block = execution.included(transaction, timeout).await?;
                println!("deposited {} in block {block}", deposit.pubkey);
            }
        }
        Ok(())
    }
}

/// What is missing, with everything that decides who can ever have it back.
fn in_words(missing: &[DepositData], chain: &Chain) -> String {
    let total = Gwei(missing.iter().map(|deposit| deposit.amount).sum());
    let mut returns: BTreeMap<Root, usize> = BTreeMap::new();
    for deposit in missing {
        *returns.entry(deposit.withdrawal_credentials).or_default() += 1;
    }
    let (name, id) = (&chain.name, chain.execution_chain_id);
    let mut lines = vec![
        format!(
            "To be sent        {} deposits, {total} in all",
            missing.len()
        ),
        format!("  on              {name}, chain id {id}"),
        format!("  to the contract {}", checksummed(&chain.deposit_contract)),
    ];
    for (credentials, count) in &returns {
        let owner = match deposit::owner(credentials) {
            Some(address) => checksummed(&address),
            None => credentials.to_string(),
        };
        lines.push(format!("  returns to      {owner} ({count} of them)"));
    }
    lines.join("\n")
}

/// The account that pays, and the count of its earlier transactions.
struct Payer<'a> {
    sender: &'a Sender,
    next_nonce: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_names_contract_chain_total_and_to_whom_the_stake_returns() {
        let chain = Chain::known("hoodi").unwrap();
        let to = |owner: u8, amount: Gwei| DepositData {
            pubkey: [1; 48].into(),
            withdrawal_credentials: deposit::credentials(&[owner; 20].into()),
            amount: amount.0,
            signature: [2; 96].into(),
        };
        let missing = [
            to(0x11, Gwei::ONE_ETH),
            to(0x11, Gwei::FULL),
            to(0x22, Gwei::FULL),
        ];
        assert_eq!(
            in_words(&missing, &chain),
            "To be sent        3 deposits, 65 ETH in all\n  \
               on              hoodi, chain id 560048\n  \
               to the contract 0x00000000219ab540356cBB839Cbe05303d7705Fa\n  \
               returns to      0x1111111111111111111111111111111111111111 (2 of them)\n  \
               returns to      0x2222222222222222222222222222222222222222 (1 of them)"
        );
    }
}
