//! The execution node: what the deposit contract has seen, and transactions that send deposits.
//!
//! Asks only what every client answers, in bounded block ranges, and sets the fees itself. Source
//! of the contract's interface: consensus-specs, `solidity_deposit_contract`; EIP-1559 for fees.
//!
//! Never here: whether a deposit is right. [`crate::deposit`] decides that.

mod error;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use alloy::network::{Ethereum, EthereumWallet, NetworkTransactionBuilder as _};
use alloy::primitives::{B256, Bytes, TxHash, U256};
use alloy::providers::{Provider as _, RootProvider};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::{BlockNumberOrTag, Filter, Header, Log, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall as _, SolEvent as _};
use alloy::transports::{TransportError, TransportErrorKind};
use proto::definition::{Chain, checksummed};
use proto::eth::DepositData;
use proto::{Address, PublicKey, Timestamp};
use reqwest::{Client, Url};

pub use self::error::ExecutionError;
use super::clock;

/// The most blocks one question about logs covers.
const BLOCKS_PER_QUESTION: u64 = 2_500;
/// Gas a deposit may use: it needs about 60,000, and 160,000 if every level of the contract's tree
/// is read. Not estimated, because not every client estimates EIP-1559 transactions; what the
/// contract checks was checked before, and gas that is not used is not paid.
const GAS_LIMIT: u64 = 250_000;
/// How old the newest block of a node that follows the chain is at most: many slots in a row may
/// be empty. What an older one does not show could be paid twice.
const OLDEST_HEAD: Duration = Duration::from_secs(600);
/// How long the node may send nothing while it is asked something. Logs of many blocks come slowly,
/// and they come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Wei in a gwei.
const WEI_PER_GWEI: u64 = 1_000_000_000;

mod abi {
    #![allow(
        missing_docs,
        clippy::too_many_arguments,
        reason = "generated from the contract's interface"
    )]

    alloy::sol! {
        interface DepositContract {
            event DepositEvent(
                bytes pubkey, bytes withdrawal_credentials, bytes amount, bytes signature,
                bytes index
            );
            function deposit(
                bytes pubkey, bytes withdrawal_credentials, bytes signature,
                bytes32 deposit_data_root
            ) external payable;
        }
    }
}

use abi::DepositContract::{DepositEvent, depositCall};

/// What the log of the deposit contract shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The deposits for the keys that were asked for, oldest first.
    pub deposits: Vec<DepositData>,
    /// The first block that was looked at.
    pub first: u64,
    /// The last one, the newest of the node; never before `first`.
    pub last: u64,
}

/// What a transaction may cost beside its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// Highest price of a unit of gas, wei.
    pub max_fee: u128,
    /// Of which goes to the proposer, wei.
    pub priority_fee: u128,
}

/// The account that pays.
pub struct Sender {
    address: alloy::primitives::Address,
    wallet: EthereumWallet,
}

impl Sender {
    /// The account of this secret key, 64 hex digits with or without 0x.
    ///
    /// # Errors
    /// If it is no secret key.
    pub fn new(key: &str) -> Result<Self, ExecutionError> {
        let signer: PrivateKeySigner = key.trim().parse().map_err(|_| ExecutionError::Key)?;
        Ok(Self {
            address: signer.address(),
            wallet: signer.into(),
        })
    }

    /// The account's address, with checksum.
    pub fn address(&self) -> String {
        checksummed(&self.address.into_array().into())
    }
}

/// A connection to the operator's execution node, which follows the cluster's chain.
pub struct Execution {
    provider: RootProvider<Ethereum>,
    chain: Chain,
}

impl Execution {
    /// Connects to the node at this URL, and checks that it follows `chain` and that the deposit
    /// contract is there.
    ///
    /// # Errors
    /// If the node does not answer or either is not so.
    pub async fn connect(url: Url, chain: &Chain) -> Result<Self, ExecutionError> {
        Self::connect_within(url, chain, PATIENCE).await
    }

    async fn connect_within(
        url: Url,
        chain: &Chain,
        patience: Duration,
    ) -> Result<Self, ExecutionError> {
        let http = Client::builder()
            .connect_timeout(patience)
            .read_timeout(patience)
            .build()
            .map_err(ExecutionError::Client)?;
        let provider = RootProvider::new(RpcClient::builder().http_with_client(http, url));
        let asked = |question| asked_within(question, patience);
        let found = provider.get_chain_id().await;
        let found = found.map_err(asked("its chain id"))?;
        if found != chain.execution_chain_id {
            return Err(ExecutionError::OtherChain {
                found,
                expected: chain.execution_chain_id,
            });
        }
        let contract = &chain.deposit_contract;
        let code = provider.get_code_at(foreign(contract)).await;
        if code.map_err(asked("for the deposit contract"))?.is_empty() {
            return Err(ExecutionError::NoContract(checksummed(contract)));
        }
        Ok(Self {
            provider,
            chain: chain.clone(),
        })
    }

    /// Every deposit for one of `keys` in the blocks from `first` to the newest.
    /// `progress` hears of the last block looked at and of the newest.
    ///
    /// # Errors
    /// If the node does not answer or does not follow, `first` is still to come, or a log of the
    /// contract is none of a deposit.
    pub async fn deposits(
        &self,
        keys: &BTreeSet<PublicKey>,
        first: u64,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Seen, ExecutionError> {
        let contract = &self.chain.deposit_contract;
        let newest = self.newest().await?;
        let age = clock::now().since(Timestamp::from_unix(Duration::from_secs(newest.timestamp)));
        // A chain of our own that has just begun has an old genesis. (On mainnet the contract is
        // younger than block 0, so a node that has only that one was refused before.)
        if newest.number > 0 && age > OLDEST_HEAD {
            return Err(ExecutionError::Behind(age.as_secs()));
        }
        let head = newest.number;
        if first > head {
            return Err(ExecutionError::BeyondHead { first, head });
        }
        let mut deposits = Vec::new();
        let mut from = first;
        while from <= head {
            let to = head.min(from + (BLOCKS_PER_QUESTION - 1));
            let filter = Filter::new()
                .address(foreign(contract))
                .event_signature(DepositEvent::SIGNATURE_HASH)
                .from_block(from)
                .to_block(to);
            let logs = self.provider.get_logs(&filter).await;
            for log in logs.map_err(asked("for the deposits of some blocks"))? {
                let deposit = read_log(&log);
                let deposit =
                    deposit.ok_or_else(|| ExecutionError::BadLog(checksummed(contract)))?;
                if keys.contains(&deposit.pubkey) {
                    deposits.push(deposit);
                }
            }
            progress(to, head);
            from = to + 1;
        }
        Ok(Seen {
            deposits,
            first,
            last: head,
        })
    }

    /// The fees that get a transaction into one of the next blocks: twice the newest base fee, so
    /// that it may rise for six full blocks, and `priority_gwei` for the proposer.
    ///
    /// # Errors
    /// If the node does not show its newest block.
    pub async fn fees(&self, priority_gwei: u64) -> Result<Fees, ExecutionError> {
        let base_fee = self.newest().await?.base_fee_per_gas;
        let base_fee = u128::from(base_fee.ok_or(ExecutionError::NoBlock)?);
        let priority_fee = u128::from(priority_gwei) * u128::from(WEI_PER_GWEI);
        Ok(Fees {
            max_fee: 2 * base_fee + priority_fee,
            priority_fee,
        })
    }

    async fn newest(&self) -> Result<Header, ExecutionError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest);
        let block = block.await.map_err(asked("for its newest block"))?;
        Ok(block.ok_or(ExecutionError::NoBlock)?.header)
    }

    /// The nonce of the sender's next transaction.
    ///
    /// # Errors
    /// If one is under way: it could be a deposit that an earlier start has sent.
    pub async fn next_nonce(&self, sender: &Sender) -> Result<u64, ExecutionError> {
        let question = "for the sender's nonce";
        let latest = self.provider.get_transaction_count(sender.address);
        let latest = latest.await.map_err(asked(question))?;
        let pending = self
            .provider
            .get_transaction_count(sender.address)
            .pending();
        let pending = pending.await.map_err(asked(question))?;
        if pending > latest {
            return Err(ExecutionError::UnderWay(sender.address()));
        }
        Ok(latest)
    }

    /// Checks that the sender can pay these deposits and their gas.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn check_funds(
        &self,
        sender: &Sender,
        deposits: &[DepositData],
        fees: Fees,
    ) -> Result<(), ExecutionError> {
        let gas = U256::from(deposits.len()) * U256::from(GAS_LIMIT) * U256::from(fees.max_fee);
        let needs = deposits.iter().fold(gas, |sum, deposit| sum + wei(deposit));
        let has = self.provider.get_balance(sender.address).await;
        let has = has.map_err(asked("for the sender's balance"))?;
        if has < needs {
            return Err(ExecutionError::Funds {
                sender: sender.address(),
                has: alloy::primitives::utils::format_ether(has),
                needs: alloy::primitives::utils::format_ether(needs),
            });
        }
        Ok(())
    }

    /// Sends one deposit as the transaction `nonce` of the sender.
    ///
    /// # Errors
    /// If the node refuses it.
    pub async fn send(
        &self,
        sender: &Sender,
        nonce: u64,
        fees: Fees,
        deposit: &DepositData,
    ) -> Result<TxHash, ExecutionError> {
        let credentials = &deposit.withdrawal_credentials;
        let call = depositCall {
            pubkey: Bytes::copy_from_slice(deposit.pubkey.as_bytes()),
            withdrawal_credentials: Bytes::copy_from_slice(credentials.as_bytes()),
            signature: Bytes::copy_from_slice(deposit.signature.as_bytes()),
            deposit_data_root: B256::from(*deposit.root().as_bytes()),
        };
        let mut request = TransactionRequest::default()
            .from(sender.address)
            .to(foreign(&self.chain.deposit_contract))
            .value(wei(deposit))
            .input(call.abi_encode().into())
            .max_fee_per_gas(fees.max_fee)
            .max_priority_fee_per_gas(fees.priority_fee)
            .gas_limit(GAS_LIMIT)
            .nonce(nonce);
        request.chain_id = Some(self.chain.execution_chain_id);
        let signed = request.build(&sender.wallet).await;
        let signed = signed.map_err(|error| ExecutionError::Sign(error.to_string()))?;
        let sent = self.provider.send_tx_envelope(signed).await;
        Ok(*sent.map_err(asked("to take the transaction"))?.tx_hash())
    }

    /// Waits until a transaction is in a block, and says in which.
    ///
    /// # Errors
    /// If it failed, or is not in a block by `timeout`.
    pub async fn included(
        &self,
        transaction: TxHash,
        timeout: Duration,
    ) -> Result<u64, ExecutionError> {
        let start = Instant::now();
        loop {
            let receipt = self.provider.get_transaction_receipt(transaction).await;
            match receipt.map_err(asked("for a receipt"))? {
                Some(receipt) if !receipt.status() => {
                    return Err(ExecutionError::Reverted(transaction));
                }
                Some(receipt) => return Ok(receipt.block_number.unwrap_or_default()),
                None if start.elapsed() > timeout => {
                    return Err(ExecutionError::Late(transaction, timeout.as_secs()));
                }
                None => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }
}

fn asked(question: &'static str) -> impl Fn(TransportError) -> ExecutionError {
    asked_within(question, PATIENCE)
}

fn asked_within(
    question: &'static str,
    patience: Duration,
) -> impl Fn(TransportError) -> ExecutionError {
    move |cause| {
        let kind = cause.as_transport_err();
        let custom = kind.and_then(TransportErrorKind::as_custom);
        let http = custom.and_then(|error| error.downcast_ref::<reqwest::Error>());
        match http.is_some_and(reqwest::Error::is_timeout) {
            true => ExecutionError::Hangs {
                question,
                ms: patience.as_millis(),
            },
            false => ExecutionError::Rpc { question, cause },
        }
    }
}

fn foreign(address: &Address) -> alloy::primitives::Address {
    alloy::primitives::Address::from(*address.as_bytes())
}

fn wei(deposit: &DepositData) -> U256 {
    U256::from(deposit.amount) * U256::from(WEI_PER_GWEI)
}

/// The deposit of a log, if every field has its length. The amount is little-endian gwei.
fn read_log(log: &Log) -> Option<DepositData> {
    let event = DepositEvent::decode_log(&log.inner).ok()?.data;
    let amount = <[u8; 8]>::try_from(event.amount.as_ref()).ok()?;
    Some(DepositData {
        pubkey: event.pubkey.as_ref().try_into().ok()?,
        withdrawal_credentials: event.withdrawal_credentials.as_ref().try_into().ok()?,
        amount: u64::from_le_bytes(amount),
        signature: event.signature.as_ref().try_into().ok()?,
    })
}

#[cfg(test)]
mod tests;
