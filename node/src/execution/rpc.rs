//! The operator's execution node over JSON-RPC: one question, one answer, errors in words.

use std::sync::Arc;
use std::time::Duration;

use alloy::eips::BlockId;
use alloy::network::Ethereum;
use alloy::primitives::{B256, U256};
use alloy::providers::{Provider as _, RootProvider};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::{BlockNumberOrTag, Filter, Header, Log, TransactionRequest};
use alloy::sol_types::{SolCall as _, SolEvent as _};
use alloy::transports::TransportError;
use proto::Address;
use proto::definition::{Chain, checksummed};

use super::abi::DepositContract::{DepositEvent, get_deposit_countCall};
use super::error::ExecutionError;
use super::payer::Sender;
use super::transaction::{Fees, Signed, Taken, Unsigned, WEI_PER_GWEI};
use super::transaction::{taken, wei};
use super::transport::Bounded;
use crate::hidden::{Hidden, Shown};

/// How long the node is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long it may send nothing while it is asked something. Logs of many blocks come slowly,
    /// and they come.
    pub silence: Duration,
    /// How long to wait before it is asked again.
    pub pause: Duration,
    /// How often it is asked what it contradicts itself about, at least once.
    pub tries: u32,
}

impl Patience {
    /// That of a person who has a day for it.
    pub const USUAL: Self = Self {
        silence: Duration::from_secs(30),
        pause: Duration::from_secs(1),
        tries: 6,
    };
}

/// A connection to the operator's execution node, which follows the cluster's chain.
pub struct Execution {
    provider: RootProvider<Ethereum>,
    pub(super) chain: Chain,
    hidden: Hidden,
    pub(super) patience: Patience,
}

impl Execution {
    /// Connects to the node at this URL, and checks that it follows `chain` and that the deposit
    /// contract is there.
    ///
    /// # Errors
    /// If the URL is none, the node does not answer, or either is not so.
    pub async fn connect(
        url: &str,
        chain: &Chain,
        patience: Patience,
    ) -> Result<Self, ExecutionError> {
        let (way, hidden) = Bounded::to(url, patience.silence)?;
        let node = Self {
            provider: RootProvider::new(RpcClient::new(way, false)),
            chain: chain.clone(),
            hidden,
            patience,
        };
        let found = node.provider.get_chain_id().await;
        let found = found.map_err(node.asked("its chain id"))?;
        if found != chain.execution_chain_id {
            return Err(ExecutionError::OtherChain {
                found,
                expected: chain.execution_chain_id,
            });
        }
        let contract = &chain.deposit_contract;
        let code = node.provider.get_code_at(foreign(contract)).await;
        let code = code.map_err(node.asked("for the deposit contract"))?;
        if code.is_empty() {
            return Err(ExecutionError::NoContract(checksummed(contract)));
        }
        Ok(node)
    }

    /// How long it is waited for.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// The fees that get a transaction into one of the next blocks: twice the newest base fee, so
    /// that it may rise for six full blocks, and `priority_gwei` for the proposer.
    ///
    /// # Errors
    /// If the node does not show its newest block.
    pub async fn fees(&self, priority_gwei: u64) -> Result<Fees, ExecutionError> {
        let base_fee = self.newest().await?.base_fee_per_gas;
        let base_fee = base_fee.ok_or(ExecutionError::NoBlock)?;
        let priority_fee = priority_gwei.saturating_mul(WEI_PER_GWEI);
        Ok(Fees {
            base_fee,
            max_fee: base_fee.saturating_mul(2).saturating_add(priority_fee),
            priority_fee,
            suggested: self.suggested(base_fee).await,
        })
    }

    /// What the node would give the proposer. Not every node has the first question.
    async fn suggested(&self, base_fee: u64) -> Option<u64> {
        let fee = match self.provider.get_max_priority_fee_per_gas().await {
            Ok(fee) => fee,
            Err(_) => {
                let price = self.provider.get_gas_price().await.ok()?;
                price.saturating_sub(u128::from(base_fee))
            }
        };
        Some(u64::try_from(fee).unwrap_or(u64::MAX))
    }

    /// The nonce of the account's next transaction, with those that the node knows to be under way.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn pending_nonce(&self, sender: &Address) -> Result<u64, ExecutionError> {
        let pending = self.provider.get_transaction_count(foreign(sender));
        let pending = pending.pending().await;
        pending.map_err(self.asked("for the sender's nonce"))
    }

    /// Checks that the sender can pay these transactions and their gas.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn check_funds(
        &self,
        sender: &Sender,
        transactions: &[Unsigned],
    ) -> Result<(), ExecutionError> {
        let cost = |t: &Unsigned| t.highest_fee() + t.deposit.as_ref().map_or(U256::ZERO, wei);
        let needs = transactions.iter().fold(U256::ZERO, |sum, t| sum + cost(t));
        let has = self.provider.get_balance(foreign(&sender.address())).await;
        let has = has.map_err(self.asked("for the sender's balance"))?;
        if has < needs {
            return Err(ExecutionError::Funds {
                sender: sender.shown(),
                has: alloy::primitives::utils::format_ether(has),
                needs: alloy::primitives::utils::format_ether(needs),
            });
        }
        Ok(())
    }

    /// Signs a transaction. The same one signed again is the same to the last byte (RFC 6979).
    ///
    /// # Errors
    /// If it cannot be signed.
    pub async fn sign(
        &self,
        sender: &Sender,
        transaction: &Unsigned,
    ) -> Result<Signed, ExecutionError> {
        let call = transaction.call(self.chain.deposit_contract, sender.address());
        sender.sign(self.chain.execution_chain_id, &call).await
    }

    /// Hands a transaction to the node. One that it has already is where it belongs.
    ///
    /// # Errors
    /// If the node refuses it, or it is not known whether it has it.
    pub async fn submit(&self, signed: Signed) -> Result<Taken, ExecutionError> {
        let sent = self.provider.send_raw_transaction(&signed.raw).await;
        match sent.map_err(self.asked("to take the transaction")) {
            Ok(_) => Ok(Taken::Yes),
            Err(error) => taken(error),
        }
    }

    pub(super) async fn newest(&self) -> Result<Header, ExecutionError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest);
        let block = block.await.map_err(self.asked("for its newest block"))?;
        Ok(block.ok_or(ExecutionError::NoBlock)?.header)
    }

    /// The hash of a block that the node has shown before.
    pub(super) async fn hash_of(&self, block: u64) -> Result<B256, ExecutionError> {
        let header = self.provider.get_block_by_number(block.into()).await;
        let header = header.map_err(self.asked("for a block"))?;
        Ok(header.ok_or(ExecutionError::Moved { block })?.header.hash)
    }

    /// The nonce of the account's next transaction after `block`.
    pub(super) async fn nonce_at(
        &self,
        sender: &Address,
        block: u64,
    ) -> Result<u64, ExecutionError> {
        let count = self.provider.get_transaction_count(foreign(sender));
        let count = count.block_id(BlockId::number(block)).await;
        count.map_err(self.asked("for the sender's nonce"))
    }

    /// How many deposits the contract has counted up to `block`.
    pub(super) async fn deposit_count(&self, block: u64) -> Result<u64, ExecutionError> {
        let question = "how many deposits the contract has counted";
        let request = TransactionRequest::default()
            .to(foreign(&self.chain.deposit_contract))
            .input(get_deposit_countCall {}.abi_encode().into());
        let answer = self.provider.call(request).block(BlockId::number(block));
        let answer = answer.await.map_err(self.asked(question))?;
        let count = get_deposit_countCall::abi_decode_returns(&answer).ok();
        let count = count.and_then(|count| <[u8; 8]>::try_from(count.as_ref()).ok());
        let count = count.ok_or_else(|| ExecutionError::Refused {
            node: Arc::clone(self.hidden.node()),
            question,
            cause: Shown::ours("what it answered is not a number of deposits"),
        })?;
        Ok(u64::from_le_bytes(count))
    }

    /// The log of the deposit contract in these blocks.
    pub(super) async fn logs(&self, from: u64, to: u64) -> Result<Vec<Log>, ExecutionError> {
        let filter = Filter::new()
            .address(foreign(&self.chain.deposit_contract))
            .event_signature(DepositEvent::SIGNATURE_HASH)
            .from_block(from)
            .to_block(to);
        let logs = self.provider.get_logs(&filter).await;
        logs.map_err(self.asked("for the deposits of some blocks"))
    }

    pub(super) fn asked(
        &self,
        question: &'static str,
    ) -> impl Fn(TransportError) -> ExecutionError {
        let ms = self.patience.silence.as_millis();
        move |error| ExecutionError::of(question, ms, &self.hidden, error)
    }
}

pub(super) fn foreign(address: &Address) -> alloy::primitives::Address {
    alloy::primitives::Address::from(*address.as_bytes())
}
