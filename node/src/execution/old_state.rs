//! Questions about the state after an old block, which many nodes no longer have.
//!
//! A node that keeps little state and one that only will not answer now both refuse, and no rule
//! says with which words or codes. Whoever takes the second for the first gives up a comparison
//! that guards money, so a refusal is believed to last only if its words say so or it is repeated.

use proto::Address;

use super::error::ExecutionError;
use super::rpc::Execution;

impl Execution {
    /// The nonce of the account's next transaction after `block`; none if the node no longer knows.
    ///
    /// # Errors
    /// If the node does not answer, or limits how much it answers.
    pub(super) async fn nonce_if_kept(
        &self,
        sender: &Address,
        block: u64,
    ) -> Result<Option<u64>, ExecutionError> {
        self.if_kept(async || self.nonce_at(sender, block).await)
            .await
    }

    /// How many deposits the contract has counted up to `block`; none if the node no longer knows.
    ///
    /// # Errors
    /// As [`Self::nonce_if_kept`].
    pub(super) async fn deposit_count_if_kept(
        &self,
        block: u64,
    ) -> Result<Option<u64>, ExecutionError> {
        self.if_kept(async || self.deposit_count(block).await).await
    }

    async fn if_kept<T>(
        &self,
        ask: impl AsyncFn() -> Result<T, ExecutionError>,
    ) -> Result<Option<T>, ExecutionError> {
        for _ in 1..self.patience.tries {
            match ask().await {
                Err(ExecutionError::Refused { cause, .. }) if is_thrown_away(&cause) => {
                    return Ok(None);
                }
                Err(ExecutionError::Refused { .. }) => {
                    tokio::time::sleep(self.patience.pause).await;
                }
                answer => return answer.map(Some),
            }
        }
        match ask().await {
            Err(ExecutionError::Refused { cause, .. }) if !is_limited(&cause) => Ok(None),
            answer => answer.map(Some),
        }
    }
}

/// Whether a node says that it is asked too often: fewer blocks at once would make that worse.
pub(super) fn is_hurried(cause: &str) -> bool {
    cause.starts_with("HTTP status 429")
}

/// Whether a node, or what stands before it, is asked too much or is out of order: that says
/// nothing of what it keeps. -32005 is "limit exceeded" (EIP-1474).
fn is_limited(cause: &str) -> bool {
    is_hurried(cause) || cause.starts_with("HTTP status 5") || cause.contains("(code -32005)")
}

/// Whether the words are those of a node without this state. By client: go-ethereum "missing trie
/// node" and "historical state ... is not available", Nethermind "No state available", Besu "World
/// state unavailable", Erigon and Reth with some form of "pruned". Others are asked again.
pub(super) fn is_thrown_away(cause: &str) -> bool {
    let words = cause.to_lowercase();
    let names_state = words.contains("state") && words.contains("available");
    !is_limited(cause)
        && (names_state || words.contains("missing trie node") || words.contains("prun"))
}
