//! Questions about the chain: what it is, whether the node follows it, what stands on it.

use std::collections::BTreeMap;
use std::fmt;

use proto::eth::{BeaconBlockHeader, ChainSpec, Genesis, SignedBlock, hash_tree_root};
use proto::{PublicKey, Root, SignatureBytes, Slot};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::Call;
use super::client::{BeaconClient, JSON};
use super::contradiction::Contradiction;
use super::error::{BeaconError, Rejected, Voice, found_by_its_word};
use super::items::open;
use crate::hidden::Shown;

/// A block by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockId {
    /// The head of the node's chain.
    Head,
    /// The last finalised block.
    Finalized,
    /// The block of a slot, if the slot has one.
    Slot(Slot),
    /// The block with a root.
    Root(Root),
}

/// A beacon state by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateId {
    /// The state at the head of the node's chain.
    Head,
    /// The last finalised state.
    Finalized,
    /// The state at a slot.
    Slot(Slot),
}

/// Whether the node follows the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct SyncStatus {
    pub head_slot: Slot,
    /// How many slots it is behind.
    #[serde(with = "serde_utils::quoted_u64")]
    pub sync_distance: u64,
    pub is_syncing: bool,
    /// Whether its head's payload has not been checked by an execution client.
    #[serde(default, deserialize_with = "open::no")]
    pub is_optimistic: bool,
    /// Whether its execution client cannot be reached.
    #[serde(default, deserialize_with = "open::no")]
    pub el_offline: bool,
}

impl SyncStatus {
    /// Whether its view may be voted for.
    pub fn may_vote(&self) -> bool {
        !self.is_syncing && !self.is_optimistic
    }
}

/// A deposit that the chain has seen and not yet credited.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PendingDeposit {
    /// The validator's public key.
    pub pubkey: PublicKey,
    /// Who may withdraw.
    pub withdrawal_credentials: Root,
    /// Gwei.
    #[serde(with = "serde_utils::quoted_u64")]
    pub amount: u64,
    /// Its signature, not checked yet.
    pub signature: SignatureBytes,
    /// The slot in which it was seen.
    pub slot: Slot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownBlock {
    pub root: Root,
    pub header: BeaconBlockHeader,
    /// Its proposer's, if the node says it.
    pub signature: Option<SignatureBytes>,
    /// Whether it is on the node's chain.
    pub canonical: bool,
    /// Whether its payload has not been checked by an execution client.
    pub optimistic: bool,
}

/// The JSON object around every answer.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
    #[serde(default, deserialize_with = "open::no")]
    pub(super) execution_optimistic: bool,
}

impl BeaconClient {
    /// How the node's chain begins.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn genesis(&self) -> Result<Genesis, BeaconError> {
        let path = "/eth/v1/beacon/genesis";
        let genesis: Envelope<Genesis> = self.json(Call::Genesis, path).await?;
        Ok(genesis.data)
    }

    /// What chain the node is on.
    ///
    /// # Errors
    /// If the node cannot be asked or its spec makes no sense.
    pub async fn chain_spec(&self) -> Result<ChainSpec, BeaconError> {
        self.put((Call::Spec, 0), async {
            let genesis = self.genesis().await?;
            let keys: Envelope<BTreeMap<String, Value>> =
                self.json(Call::Spec, "/eth/v1/config/spec").await?;
            ChainSpec::new(&keys.data, genesis)
                .map_err(|error| self.undecodable(Call::Spec, &error.to_string()))
        })
        .await
    }

    /// The node's name and version, in its own words.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn version(&self) -> Result<Shown, BeaconError> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        let answer: Envelope<Version> = self.json(Call::Version, "/eth/v1/node/version").await?;
        Ok(self.shown(&answer.data.version))
    }

    /// Whether the node follows the chain.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn sync_status(&self) -> Result<SyncStatus, BeaconError> {
        self.put((Call::Syncing, 0), async {
            let answer: Envelope<SyncStatus> =
                self.json(Call::Syncing, "/eth/v1/node/syncing").await?;
            Ok(answer.data)
        })
        .await
    }

    /// Whether the node says that it is not ready for duties. Teku, while it has just begun and
    /// looks for others of its kind, says so here alone, and refuses every value. A node or proxy
    /// that does not serve the question says nothing.
    ///
    /// A proxy says 503 too: of itself, or because it does not reach the node. In the API that
    /// status has no body, and the node that says it answers other questions.
    pub async fn is_unready(&self) -> bool {
        let health = self.get(Call::Health, "/eth/v1/node/health", JSON);
        let answer = self.put((Call::Health, 0), health);
        match answer.await {
            Ok(answer) => answer.status == 206,
            Err(error) => {
                let said = error.rejected();
                let is_own = |said: &Rejected| said.status == 503 && said.voice == Voice::Own;
                said.is_some_and(is_own) && self.sync_status().await.is_ok()
            }
        }
    }

    /// How many peers the node is connected to; none where it does not say.
    pub async fn peer_count(&self) -> Option<u64> {
        #[derive(Deserialize)]
        struct Count {
            #[serde(with = "serde_utils::quoted_u64")]
            connected: u64,
        }
        let count = self.put((Call::PeerCount, 0), async {
            let path = "/eth/v1/node/peer_count";
            self.json::<Envelope<Count>>(Call::PeerCount, path).await
        });
        Some(count.await.ok()?.data.connected)
    }

    /// The deposits that are waiting in a state.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn pending_deposits(
        &self,
        state: StateId,
    ) -> Result<Vec<PendingDeposit>, BeaconError> {
        let path = format!("/eth/v1/beacon/states/{state}/pending_deposits");
        let answer: Envelope<Option<Vec<PendingDeposit>>> =
            self.json(Call::PendingDeposits, &path).await?;
        Ok(answer.data.unwrap_or_default())
    }

    /// The header of a block, if the node knows it: its hash is the block's root.
    ///
    /// # Errors
    /// If the node cannot be asked or answers with another block.
    pub async fn known_block(&self, block: BlockId) -> Result<Option<KnownBlock>, BeaconError> {
        found(self.header(block).await)
    }

    /// Whether the node has the block with this root. That it has not only it can say itself: a
    /// proxy does not know.
    ///
    /// # Errors
    /// If the node cannot be asked or answers with another block.
    pub async fn has_block(&self, root: Root) -> Result<bool, BeaconError> {
        let header = self.header(BlockId::Root(root)).await;
        Ok(found_by_its_word(header)?.is_some())
    }

    async fn header(&self, block: BlockId) -> Result<KnownBlock, BeaconError> {
        #[derive(Deserialize)]
        struct Signed {
            message: BeaconBlockHeader,
            #[serde(default, deserialize_with = "open::signature")]
            signature: Option<SignatureBytes>,
        }
        #[derive(Deserialize)]
        struct Header {
            root: Root,
            canonical: bool,
            header: Signed,
        }
        let path = format!("/eth/v1/beacon/headers/{block}");
        let answer: Envelope<Header> = self.json(Call::Header, &path).await?;
        let known = KnownBlock {
            root: answer.data.root,
            header: answer.data.header.message,
            signature: answer.data.header.signature,
            canonical: answer.data.canonical,
            optimistic: answer.execution_optimistic,
        };
        let (root, hash) = (known.root, hash_tree_root(&known.header));
        if root != hash {
            let other = Contradiction::OtherHeader { root, hash };
            return Err(self.contradiction(Call::Header, other));
        }
        if block.is_not(root, known.header.slot) {
            let other = block.contradicted_by(root);
            return Err(self.contradiction(Call::Header, other));
        }
        Ok(known)
    }

    /// A block, if the node has it.
    ///
    /// # Errors
    /// If the node cannot be asked, or answers with another block or one that cannot be read.
    pub async fn block(
        &self,
        spec: &ChainSpec,
        block: BlockId,
    ) -> Result<Option<SignedBlock>, BeaconError> {
        let path = format!("/eth/v2/beacon/blocks/{block}");
        let Some(answer) = found(self.ssz_or_json(Call::Block, &path).await)? else {
            return Ok(None);
        };
        let signed = if answer.is_ssz() {
            SignedBlock::from_ssz(spec, &answer.body)
        } else {
            let json: Envelope<&RawValue> = self.read_json(Call::Block, &answer.body)?;
            SignedBlock::from_json(spec, json.data.get())
        };
        let signed = signed.map_err(|error| self.undecodable(Call::Block, &error.to_string()))?;
        if block.is_not(signed.block.root(), signed.block.slot()) {
            let other = block.contradicted_by(signed.block.root());
            return Err(self.contradiction(Call::Block, other));
        }
        Ok(Some(signed))
    }
}

/// Turns "no such object" into nothing.
pub(super) fn found<T>(answer: Result<T, BeaconError>) -> Result<Option<T>, BeaconError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

impl BlockId {
    fn is_not(self, root: Root, slot: Slot) -> bool {
        match self {
            Self::Head | Self::Finalized => false,
            Self::Slot(asked) => asked != slot,
            Self::Root(asked) => asked != root,
        }
    }

    /// What is wrong if this was asked for and the block with another root came.
    fn contradicted_by(self, came: Root) -> Contradiction {
        let asked = self.to_string();
        Contradiction::OtherBlock { asked, came }
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Finalized => f.write_str("finalized"),
            Self::Slot(slot) => slot.fmt(f),
            Self::Root(root) => root.fmt(f),
        }
    }
}

impl fmt::Display for StateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Finalized => f.write_str("finalized"),
            Self::Slot(slot) => slot.fmt(f),
        }
    }
}
