//! An account as it is at one block, whether a call of it would succeed, and what it has sent.
//!
//! Nonces and balance are of the block whose state says what is to be done, so that the two cannot
//! contradict each other. What is under way and what a proposer gets are no part of a block: the
//! node says so as it sees it.

use alloy::primitives::{Bytes, U64, U256};
use alloy::rpc::json_rpc::ErrorPayload;
use alloy::sol_types::decode_revert_reason;
use proto::{Address, Root};
use serde::Deserialize;
use serde_json::{Value, json};

use super::at_block::{Anchor, Anchors, By, States, asked, is_of_another_chain};
use super::batch::Reply;
use super::error::ExecutionError;
use super::old_state::is_thrown_away;
use super::transaction::{Taken, Transaction, taken};

/// The most letters of a reason that are shown.
const MOST_LETTERS: usize = 200;

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// The nonce of its next transaction at the newest block.
    pub nonce: u64,
    /// The same at the finalised block.
    pub settled: u64,
    /// The same with what the node knows to be under way.
    pub pending: u64,
    /// Wei, at the newest block.
    pub balance: U256,
    /// Of the newest block, wei.
    pub base_fee: u64,
    /// What the node would give a proposer, wei, if it says so.
    pub suggested: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Priced {
    base_fee_per_gas: Option<U64>,
}

#[derive(Deserialize)]
struct Receipt {
    status: Option<U64>,
}

impl States {
    /// The account at these blocks.
    ///
    /// # Errors
    /// If the node does not answer, has thrown the state away, or the chain has turned away from a
    /// block.
    pub async fn account(
        &mut self,
        account: &Address,
        anchors: &Anchors,
    ) -> Result<AccountState, ExecutionError> {
        let mut answer = self.account_once(account, anchors).await;
        if self.doubts(&answer) {
            answer = self.account_once(account, anchors).await;
        }
        let answer = answer?;
        self.check([anchors.head, anchors.finalised]).await?;
        Ok(answer)
    }

    async fn account_once(
        &mut self,
        account: &Address,
        anchors: &Anchors,
    ) -> Result<AccountState, ExecutionError> {
        let (head, finalised) = (self.named(&anchors.head), self.named(&anchors.finalised));
        let of = account.to_string();
        let count = |block: Value| asked("eth_getTransactionCount", json!([of, block]));
        let questions = [
            count(head.clone()),
            count(finalised),
            count(json!("pending")),
            asked("eth_getBalance", json!([of, head])),
            asked(
                "eth_getBlockByHash",
                json!([anchors.head.hash.to_string(), false]),
            ),
            asked("eth_maxPriorityFeePerGas", json!([])),
            asked("eth_gasPrice", json!([])),
        ];
        let what = "about an account";
        let replies = self.node.ask(what, &questions).await?;
        let [nonce, settled, pending, balance, block, tip, price] = &replies[..] else {
            return Err(ExecutionError::NoBlock);
        };
        for (reply, at) in [(nonce, anchors.head), (settled, anchors.finalised)] {
            self.refuse_lost(reply.as_ref().err(), &at)?;
        }
        let number = |it: U64| it.to::<u64>();
        let block: Option<Priced> = self.result("for its newest block", block)?;
        let base_fee = block.and_then(|it| it.base_fee_per_gas).map(number);
        let base_fee = base_fee.ok_or(ExecutionError::Moved {
            block: anchors.head.number,
        })?;
        // Not every node has the first question.
        let tip: Option<U64> = self.result(what, tip).ok();
        let price: Option<U64> = self.result(what, price).ok();
        let above = price.map(|price| number(price).saturating_sub(base_fee));
        Ok(AccountState {
            nonce: number(self.result(what, nonce)?),
            settled: number(self.result(what, settled)?),
            pending: number(self.result(what, pending)?),
            balance: self.result(what, balance)?,
            base_fee,
            suggested: tip.map(number).or(above),
        })
    }

    /// Whether the call would succeed after this block, with the reason if not. Its fees are not
    /// looked at. A node that takes blocks by number only refuses the name as it would the call: so
    /// what fails is asked once more by number.
    ///
    /// # Errors
    /// As [`Self::account`].
    pub async fn simulate(
        &mut self,
        at: &Anchor,
        from: &Address,
        call: &Transaction,
    ) -> Result<Result<(), String>, ExecutionError> {
        let first = self.simulate_once(at, from, call).await?;
        if first.is_ok() || self.by == By::Number {
            return Ok(first);
        }
        self.by = By::Number;
        let second = self.simulate_once(at, from, call).await;
        if !matches!(second, Ok(Ok(()))) {
            // It was the call, or the node; the name was taken.
            self.by = By::Hash;
        }
        second
    }

    async fn simulate_once(
        &mut self,
        at: &Anchor,
        from: &Address,
        call: &Transaction,
    ) -> Result<Result<(), String>, ExecutionError> {
        let what = "to try a call";
        let words = json!({
            "from": from.to_string(), "to": call.to.to_string(),
            "value": format!("0x{:x}", call.value), "gas": format!("0x{:x}", call.gas),
            "input": format!("0x{}", hex::encode(&call.data)),
            "data": format!("0x{}", hex::encode(&call.data)),
        });
        let question = asked("eth_call", json!([words, self.named(at)]));
        let replies = self.node.ask(what, &[question]).await?;
        let reply = replies.first().ok_or(ExecutionError::NoBlock)?;
        self.refuse_lost(reply.as_ref().err(), at)?;
        match reply {
            Ok(_) => Ok(Ok(())),
            Err(payload) => Ok(Err(self.reason(payload))),
        }
    }

    /// Which of these transactions are in blocks, and whether they succeeded there.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn landed(&mut self, sent: &[Root]) -> Result<Vec<(Root, bool)>, ExecutionError> {
        let question = |hash: &Root| asked("eth_getTransactionReceipt", json!([hash.to_string()]));
        let questions: Vec<_> = sent.iter().map(question).collect();
        let replies = self.node.ask("for receipts", &questions).await?;
        // A node may have no receipts yet, or no more: then it says nothing of them.
        let read = |(hash, reply): (&Root, &Reply)| {
            let receipt: Option<Receipt> = self.result("for a receipt", reply).ok().flatten();
            let status = receipt?.status?;
            Some((*hash, status.to::<u64>() == 1))
        };
        Ok(sent.iter().zip(&replies).filter_map(read).collect())
    }

    /// Hands a signed transaction to the node. One that it has already is where it belongs.
    ///
    /// # Errors
    /// If the node refuses it, or it is not known whether it has it.
    pub async fn submit(&mut self, raw: &[u8]) -> Result<Taken, ExecutionError> {
        let text = format!("0x{}", hex::encode(raw));
        let question = asked("eth_sendRawTransaction", json!([text]));
        let what = "to take the transaction";
        let replies = self.node.ask(what, &[question]).await?;
        let reply = replies.first().ok_or(ExecutionError::NoBlock)?;
        match self.result::<Value>(what, reply) {
            Ok(_) => Ok(Taken::Yes),
            Err(error) => taken(error),
        }
    }

    /// A contract's reason, in its own words if they are there.
    fn reason(&self, payload: &ErrorPayload) -> String {
        let data = payload.data.as_ref();
        let data = data.and_then(|data| serde_json::from_str::<String>(data.get()).ok());
        // Some put a word before it.
        let data = data.and_then(|text| text.split(' ').next_back()?.parse::<Bytes>().ok());
        let told = data.and_then(|data| decode_revert_reason(&data));
        let told = told.map(|told| told.trim_start_matches("revert: ").to_owned());
        let words = told.unwrap_or_else(|| payload.message.to_string());
        let words = self.node.hidden.shown(&words);
        let words = words.chars().filter(|letter| !letter.is_control());
        words.take(MOST_LETTERS).collect()
    }

    /// Stops if a refusal says that the node has the state no more, or that the chain has turned.
    fn refuse_lost(
        &self,
        refusal: Option<&ErrorPayload>,
        at: &Anchor,
    ) -> Result<(), ExecutionError> {
        let words = refusal.map(|payload| self.node.hidden.shown(&payload.message));
        let block = at.number;
        match words {
            Some(cause) if is_thrown_away(&cause) => Err(ExecutionError::Pruned { block, cause }),
            Some(words) if is_of_another_chain(&words) => Err(ExecutionError::Moved { block }),
            Some(_) | None => Ok(()),
        }
    }
}
