//! The state after one block: what contracts answer, and what accounts have.
//!
//! All that is asked about a block has to be of that block, whatever becomes of the chain in the
//! meantime and whichever of several nodes answers. So a block is named by its hash (EIP-1898)
//! where the node can; where it cannot, by its number, and its hash has to be the same before and
//! after.

use alloy::primitives::{B256, Bytes, U64, U256};
use alloy::rpc::json_rpc::ErrorPayload;
use proto::definition::checksummed;
use proto::{Address, Root, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::batch::{Asked, Batches, Reply};
use super::error::{ExecutionError, said};
use super::old_state::is_thrown_away;
use super::rpc::Patience;
use super::transport::Bounded;
use crate::clock;
use crate::hidden::Shown;

/// How old the newest block of a node that follows the chain is at most.
const OLDEST_HEAD: Duration = Duration::from_secs(600);

/// A block of the chain that the node follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    pub number: u64,
    pub hash: Root,
    /// Unix seconds.
    pub time: u64,
}

/// The two blocks that views are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchors {
    pub chain_id: u64,
    pub head: Anchor,
    pub finalised: Anchor,
}

/// What is asked about the state after a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateQuestion {
    /// What the contract answers to these bytes.
    Call(Address, Vec<u8>),
    /// What would become of a transaction.
    Simulation {
        /// Who sends it.
        from: Address,
        /// To whom.
        to: Address,
        /// Wei that go with it, the highest byte first.
        value: [u8; 32],
        /// Its bytes.
        data: Vec<u8>,
    },
    /// How many wei the account has.
    Balance(Address),
    /// The code at this address.
    Code(Address),
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateAnswer {
    /// These bytes; 32 for a balance, the highest first.
    Bytes(Vec<u8>),
    /// The contract refused, with its reason if it gave one.
    Reverted(String),
}

/// How the node takes the name of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Hash,
    Number,
}

/// An execution node that is asked about the state after single blocks.
pub struct States {
    pub(super) node: Batches,
    pub(super) by: By,
}

#[derive(Deserialize)]
struct BlockShape {
    number: U64,
    hash: B256,
    timestamp: U64,
}

impl States {
    /// Makes ready to ask the node at this URL. Nothing is sent yet.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn at(url: &str, patience: Patience) -> Result<Self, ExecutionError> {
        let node = Batches::new(Bounded::to(url, patience.silence)?, patience);
        Ok(Self { node, by: By::Hash })
    }

    /// Names blocks by their hashes again, until the node refuses that: one that was short of time
    /// may have seemed to.
    pub fn begin_anew(&mut self) {
        self.by = By::Hash;
    }

    /// The chain, its newest block and its finalised one.
    ///
    /// # Errors
    /// If the node does not answer, does not follow, or knows no finalised block.
    pub async fn anchors(&mut self) -> Result<Anchors, ExecutionError> {
        let block = |tag: &str| asked("eth_getBlockByNumber", json!([tag, false]));
        let questions = [
            asked("eth_chainId", json!([])),
            asked("eth_syncing", json!([])),
            block("latest"),
            block("finalized"),
        ];
        let what = "which chain it follows";
        let replies = self.node.ask(what, &questions).await?;
        let [chain_id, syncing, head, finalised] = &replies[..] else {
            return Err(ExecutionError::NoBlock);
        };
        let chain_id: U64 = self.result(what, chain_id)?;
        // Not every node has this question.
        if syncing.as_ref().is_ok_and(|answer| answer.get() != "false") {
            return Err(ExecutionError::Syncing);
        }
        let head: Option<BlockShape> = self.result("for its newest block", head)?;
        let head = head.ok_or(ExecutionError::NoBlock)?.anchor();
        let time = Timestamp::from_unix(Duration::from_secs(head.time));
        let age = clock::now().since(time);
        if head.number > 0 && age > OLDEST_HEAD {
            return Err(ExecutionError::Stale(age.as_secs()));
        }
        // Some have no such block, and others not even the word.
        let finalised = self.result::<Option<BlockShape>>("for its finalised block", finalised);
        let finalised = finalised
            .ok()
            .flatten()
            .ok_or(ExecutionError::NoFinalised)?;
        let finalised = finalised.anchor();
        if finalised.number > head.number {
            return Err(ExecutionError::Moved { block: head.number });
        }
        Ok(Anchors {
            chain_id: chain_id.to(),
            head,
            finalised,
        })
    }

    /// Whether there is code at `contract` after each of these blocks.
    ///
    /// # Errors
    /// If the node does not answer, or has thrown away what is asked for.
    pub async fn code(
        &mut self,
        contract: &Address,
        blocks: [Anchor; 2],
    ) -> Result<[bool; 2], ExecutionError> {
        let questions = blocks.map(|block| (block, StateQuestion::Code(*contract)));
        let answers = self.ask(&questions).await;
        let is_there = |answer: &StateAnswer| match answer {
            StateAnswer::Bytes(code) => !code.is_empty(),
            StateAnswer::Reverted(_) => false,
        };
        let found: Vec<bool> = answers?.iter().map(is_there).collect();
        <[bool; 2]>::try_from(found).map_err(|_| ExecutionError::NoBlock)
    }

    /// The chain, and the block with this hash.
    ///
    /// # Errors
    /// If the node does not answer, or does not have the block.
    pub async fn block(&mut self, hash: &Root) -> Result<(u64, Anchor), ExecutionError> {
        let questions = [
            asked("eth_chainId", json!([])),
            asked("eth_getBlockByHash", json!([hash.to_string(), false])),
        ];
        let what = "for a block";
        let replies = self.node.ask(what, &questions).await?;
        let [chain_id, block] = &replies[..] else {
            return Err(ExecutionError::NoBlock);
        };
        let chain_id: U64 = self.result(what, chain_id)?;
        let block: Option<BlockShape> = self.result(what, block)?;
        // Another one that it answers with is not taken in its place.
        let block = block.map(BlockShape::anchor);
        let block = block.filter(|block| block.hash == *hash);
        Ok((chain_id.to(), block.ok_or(ExecutionError::Lacks(*hash))?))
    }

    /// Whether the node may take blocks by number only; from then on they are named so.
    pub(super) fn doubts<T>(&mut self, answer: &Result<T, ExecutionError>) -> bool {
        let is_doubt = matches!(answer, Err(ExecutionError::Refused { .. }));
        let changes = is_doubt && self.by == By::Hash;
        if changes {
            self.by = By::Number;
        }
        changes
    }

    /// The answers to these questions in their order, each about the state after its block. Learns
    /// how the node takes a block's name.
    ///
    /// # Errors
    /// If the node does not answer, has thrown the state away, or the chain has turned away from a
    /// block.
    pub async fn ask(
        &mut self,
        questions: &[(Anchor, StateQuestion)],
    ) -> Result<Vec<StateAnswer>, ExecutionError> {
        let answers = self.ask_once(questions).await;
        if self.doubts(&answers) {
            return self.ask_once(questions).await;
        }
        answers
    }

    async fn ask_once(
        &mut self,
        questions: &[(Anchor, StateQuestion)],
    ) -> Result<Vec<StateAnswer>, ExecutionError> {
        let asked: Vec<_> = questions.iter().map(|it| self.worded(it)).collect();
        let replies = self
            .node
            .ask("about the state after a block", &asked)
            .await?;
        let both = questions.iter().zip(&replies);
        both.map(|((block, question), reply)| self.read(block, question, reply))
            .collect()
    }

    /// Checks that these are still blocks of the chain, unless they were named by their hashes.
    ///
    /// # Errors
    /// If the chain has turned away from one, or the node does not answer.
    pub async fn check(&mut self, blocks: [Anchor; 2]) -> Result<(), ExecutionError> {
        if self.by == By::Hash {
            return Ok(());
        }
        let number = |block: Anchor| format!("0x{:x}", block.number);
        let asked = blocks.map(|it| asked("eth_getBlockByNumber", json!([number(it), false])));
        let replies = self.node.ask("for a block", &asked).await?;
        for (block, reply) in blocks.iter().zip(&replies) {
            let now: Option<BlockShape> = self.result("for a block", reply)?;
            if now.is_none_or(|now| now.anchor().hash != block.hash) {
                return Err(ExecutionError::Moved {
                    block: block.number,
                });
            }
        }
        Ok(())
    }

    /// The block as this node takes its name.
    pub(super) fn named(&self, block: &Anchor) -> Value {
        match self.by {
            By::Hash => json!({"blockHash": block.hash.to_string(), "requireCanonical": true}),
            By::Number => json!(format!("0x{:x}", block.number)),
        }
    }

    fn worded(&self, (block, question): &(Anchor, StateQuestion)) -> Asked {
        let block = self.named(block);
        match question {
            StateQuestion::Call(to, data) => {
                let call =
                    json!({"to": to.to_string(), "data": format!("0x{}", hex::encode(data))});
                asked("eth_call", json!([call, block]))
            }
            StateQuestion::Simulation {
                from,
                to,
                value,
                data,
            } => {
                let value = U256::from_be_bytes(*value);
                let call = json!({
                    "from": from.to_string(), "to": to.to_string(),
                    "value": format!("0x{value:x}"), "data": format!("0x{}", hex::encode(data)),
                });
                asked("eth_call", json!([call, block]))
            }
            StateQuestion::Balance(account) => {
                asked("eth_getBalance", json!([account.to_string(), block]))
            }
            StateQuestion::Code(at) => asked("eth_getCode", json!([at.to_string(), block])),
        }
    }

    fn read(
        &self,
        block: &Anchor,
        question: &StateQuestion,
        reply: &Reply,
    ) -> Result<StateAnswer, ExecutionError> {
        let reply = match (question, reply) {
            (StateQuestion::Call(..) | StateQuestion::Simulation { .. }, Err(payload))
                if is_revert(payload) =>
            {
                let reason = self.node.hidden.shown(&payload.message);
                return Ok(StateAnswer::Reverted(reason.to_string()));
            }
            (_, reply) => reply,
        };
        if let Err(payload) = reply {
            let words = self.node.hidden.shown(&payload.message);
            // What lacks ether is refused before any contract is asked.
            let is_simulated = matches!(question, StateQuestion::Simulation { .. });
            if is_simulated && is_poor(&words) {
                return Ok(StateAnswer::Reverted(words.to_string()));
            }
            if is_thrown_away(&words) {
                return Err(ExecutionError::Pruned {
                    block: block.number,
                    cause: words,
                });
            }
            if is_of_another_chain(&words) {
                return Err(ExecutionError::Moved {
                    block: block.number,
                });
            }
        }
        Ok(StateAnswer::Bytes(match question {
            StateQuestion::Call(to, _)
            | StateQuestion::Simulation { to, .. }
            | StateQuestion::Code(to) => {
                let bytes: Option<Bytes> = self.result("what a contract answers", reply)?;
                let bytes = bytes.ok_or_else(|| ExecutionError::Refused {
                    node: Arc::clone(self.node.hidden.node()),
                    question: "what a contract answers",
                    cause: Shown::ours(format!("nothing came from {}", checksummed(to))),
                })?;
                bytes.to_vec()
            }
            StateQuestion::Balance(_) => {
                let balance: U256 = self.result("what an account has", reply)?;
                balance.to_be_bytes::<32>().to_vec()
            }
        }))
    }

    /// A reply's result in the shape that it must have.
    pub(super) fn result<T: for<'a> Deserialize<'a>>(
        &self,
        question: &'static str,
        reply: &Reply,
    ) -> Result<T, ExecutionError> {
        let hidden = &self.node.hidden;
        let refused = |cause| ExecutionError::Refused {
            node: Arc::clone(hidden.node()),
            question,
            cause,
        };
        match reply {
            Ok(result) => serde_json::from_str(result.get()).map_err(|error| {
                refused(hidden.shown(&format!("the answer cannot be read: {error}")))
            }),
            Err(payload) => Err(refused(said(payload, hidden))),
        }
    }
}

impl BlockShape {
    fn anchor(self) -> Anchor {
        Anchor {
            number: self.number.to(),
            hash: self.hash.0.into(),
            time: self.timestamp.to(),
        }
    }
}

pub(super) fn asked(method: &'static str, params: Value) -> Asked {
    Asked { method, params }
}

/// Whether the contract refused, and not the node: code 3 by most nodes, -32015 by Nethermind;
/// older ones say it in words only.
fn is_revert(payload: &ErrorPayload) -> bool {
    let words = payload.message.to_lowercase();
    payload.code == 3
        || payload.code == -32015
        || words.contains("revert")
        || words.contains("invalid opcode")
}

/// Whether the account that sends has too little: nodes say so in words only, each in its own.
fn is_poor(words: &str) -> bool {
    let words = words.to_lowercase();
    let ways = [
        "insufficient",
        "lack of funds",
        "lackoffunds",
        "upfront cost",
    ];
    ways.iter().any(|it| words.contains(it))
}

/// Whether the node does not have the block in its chain, or not any more.
pub(super) fn is_of_another_chain(words: &str) -> bool {
    let words = words.to_lowercase();
    let no_block = ["header not found", "unknown block", "block not found"];
    words.contains("canonical") || no_block.iter().any(|it| words.contains(it))
}
