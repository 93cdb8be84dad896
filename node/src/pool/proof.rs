//! Makes a proof with the operator's own beacon node: chooses the block, reads its state as it
//! comes, and what the proof of a withdrawal needs besides.
//!
//! Whatever the node answers leads to the root of a block, or no proof is made; whether that block
//! is the chain's shows when the contract's call is simulated.
//!
//! Never here: which proof is needed, and sending it.

mod hashing;

use std::io;

use futures::StreamExt as _;
use futures::stream;
use node_core::proof::anchor::{Anchor, Candidate, Choice, Need, Next, Standing};
use node_core::proof::{
    BadState, BlockProofs, Era, Form, NoWithdrawal, StateReader, StateTerms, Unanchored,
    Unprovable, Wanted, WithdrawalProof,
};
use proto::eth::{Block, ChainSpec, PresetBase};
use proto::{Root, Slot, Timestamp};
use thiserror::Error;

use super::calm::Calm;
use crate::beacon::{BeaconClient, BeaconError, BlockId, StateId};
use hashing::Hashing;

/// How many slots in a row may be missed before the next block is no more looked for.
const MOST_MISSED: u64 = 64;
/// How many block roots of an era are asked for at the same time.
const AT_ONCE: usize = 8;

/// No proof was made.
#[derive(Debug, Error)]
pub enum NoProof {
    #[error(transparent)]
    Beacon(#[from] BeaconError),
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
    #[error(transparent)]
    BadState(#[from] BadState),
    #[error(transparent)]
    Unanchored(#[from] Unanchored),
    #[error(transparent)]
    Withdrawal(#[from] NoWithdrawal),
    #[error("the system gives no thread to hash a state in: {0}")]
    Thread(#[source] io::Error),
    #[error("the beacon node does not have the block {0}; ask another beacon node")]
    NoBlock(Root),
    #[error("the beacon node has no block of slot {0}; ask another beacon node")]
    NoBlockAt(Slot),
}

impl NoProof {
    /// Whether it may be made with another node.
    pub(super) fn may_differ(&self) -> bool {
        match self {
            Self::Beacon(_)
            | Self::BadState(_)
            | Self::Unanchored(_)
            | Self::Withdrawal(_)
            | Self::NoBlock(_)
            | Self::NoBlockAt(_) => true,
            Self::Unprovable(_) | Self::Thread(_) => false,
        }
    }
}

/// A maker of proofs.
pub struct Prover<'a> {
    beacon: &'a BeaconClient,
    spec: &'a ChainSpec,
    calm: Calm,
}

impl<'a> Prover<'a> {
    /// With this node, on this chain.
    pub fn new(beacon: &'a BeaconClient, spec: &'a ChainSpec) -> Self {
        Self {
            beacon,
            spec,
            calm: Calm::always(),
        }
    }

    /// The same, which gives way to duties.
    pub fn in_calm(self, calm: Calm) -> Self {
        Self { calm, ..self }
    }

    /// The block to make a proof for at `now`.
    ///
    /// # Errors
    /// If the node cannot be asked, or does not have the blocks that it names.
    pub async fn choose(&self, need: Need, now: Timestamp) -> Result<Choice, NoProof> {
        let agreed = self.beacon.agreed().await?;
        let head = self.beacon.known_block(BlockId::Head).await?;
        let named = [
            (Standing::Finalised, is_there(agreed.finalised)),
            (Standing::Justified, is_there(agreed.justified)),
            // No block stands on the head itself, so no contract knows it yet.
            (Standing::Head, head.map(|head| head.header.parent_root)),
        ];
        let mut candidates = Vec::new();
        for (standing, root) in named {
            let Some(root) = root else { continue };
            candidates.push(self.candidate(standing, root).await?);
            let choice = need.choose(self.spec, now, &candidates);
            if let Choice::Prove(_) = choice {
                return Ok(choice);
            }
        }
        Ok(need.choose(self.spec, now, &candidates))
    }

    async fn candidate(&self, standing: Standing, root: Root) -> Result<Candidate, NoProof> {
        let block = self.block(root).await?;
        let slot = block.slot();
        let mut next = None;
        for later in slot.0 + 1..=slot.0 + MOST_MISSED {
            let known = self.beacon.known_block(BlockId::Slot(Slot(later))).await?;
            if let Some(known) = known.filter(|known| known.canonical) {
                next = Some(Next {
                    slot: known.header.slot,
                    parent: known.header.parent_root,
                });
                break;
            }
        }
        Ok(Candidate {
            standing,
            slot,
            root,
            has_payload: block.execution_block_hash() != Root::ZERO,
            next,
        })
    }

    async fn block(&self, root: Root) -> Result<Block, NoProof> {
        let signed = self.beacon.block(self.spec, BlockId::Root(root)).await?;
        Ok(signed.ok_or(NoProof::NoBlock(root))?.block)
    }

    /// Proves what is wanted of the state after the block of `anchor`.
    ///
    /// # Errors
    /// If the node does not give that state.
    pub async fn prove(&self, anchor: &Anchor, wanted: Wanted) -> Result<BlockProofs, NoProof> {
        let terms = StateTerms::at(self.spec, anchor.slot)?;
        let reader = StateReader::new(terms, wanted)?;
        let known = self.beacon.known_block(BlockId::Root(anchor.root)).await?;
        let header = known.ok_or(NoProof::NoBlock(anchor.root))?.header;
        let _turn = self.calm.turn().await;
        let mut state = self.beacon.state(StateId::Slot(anchor.slot)).await?;
        let hashing = Hashing::begin(reader).map_err(NoProof::Thread)?;
        let mut calm = self.calm.clone();
        while let Some(bytes) = state.next().await? {
            calm.come().await;
            if !hashing.take(bytes).await {
                break; // it cannot be the state
            }
        }
        Ok(hashing.end().await?.anchored(&header, anchor.root)?)
    }

    /// Proves the withdrawal `number` of the block of `slot`, with what was proven of a later
    /// state.
    ///
    /// # Errors
    /// If the node does not have that block, or it is not the one that the state remembers.
    pub async fn withdrawal(
        &self,
        proofs: &BlockProofs,
        (slot, number): (Slot, u16),
    ) -> Result<WithdrawalProof, NoProof> {
        let form = Form::of(self.spec, slot, proofs.slot().slot())?;
        let signed = self.beacon.block(self.spec, BlockId::Slot(slot)).await?;
        let block = signed.ok_or(NoProof::NoBlockAt(slot))?.block;
        let era = match form {
            Form::Recent { .. } => None,
            Form::Historical { .. } => self.era(slot).await?,
        };
        Ok(proofs.withdrawal((&block, number), form, era.as_ref())?)
    }

    /// The block roots of the era of `slot`.
    async fn era(&self, slot: Slot) -> Result<Option<Era>, NoProof> {
        let preset: PresetBase = self.spec.preset();
        let slots = Era::slots(preset, slot);
        let before = self.last_before(slots.start).await?;
        let mut asked = stream::iter(slots)
            .map(|slot| self.beacon.block_root(Slot(slot)))
            .buffered(AT_ONCE);
        let mut blocks = Vec::new();
        while let Some(block) = asked.next().await {
            blocks.push(block?);
        }
        Ok(Era::new(preset, before, blocks))
    }

    /// The root of the last block before a slot; that of zeros before genesis.
    async fn last_before(&self, first: u64) -> Result<Root, NoProof> {
        for slot in (first.saturating_sub(MOST_MISSED)..first).rev() {
            if let Some(root) = self.beacon.block_root(Slot(slot)).await? {
                return Ok(root);
            }
        }
        Ok(Root::ZERO)
    }
}

/// A young chain has agreed on nothing yet, and names no block.
fn is_there(root: Root) -> Option<Root> {
    (root != Root::ZERO).then_some(root)
}

#[cfg(test)]
pub(crate) mod tests;
