//! What a command asks of the beacon node first: whether its chain is the one that the definition
//! names, and which slot it is.

use proto::definition::{Chain, checksummed};
use proto::eth::ChainSpec;
use proto::lock::Lock;
use proto::{Slot, Timestamp};
use thiserror::Error;

use crate::beacon::{BeaconClient, BeaconError, SyncStatus};
use crate::clock;

/// Beacon node and definition do not name the same chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadChain {
    /// Everything would be signed under wrong domains.
    #[error(
        "the beacon node is on another chain: its {field} is {theirs}, the cluster's {ours}. Give \
         the URL of a node of the cluster's chain"
    )]
    Other {
        field: &'static str,
        /// Its value in the definition.
        ours: String,
        /// Its value by the beacon node.
        theirs: String,
    },
    /// The chain is right, and deposits by this definition would not arrive on it.
    #[error(
        "the definition says that the {field} of this chain is {ours}, and the beacon node says \
         {theirs}: send no deposit by this definition, for it would be lost, or go to whoever \
         wrote the definition. If the beacon node is right, the cluster needs another definition \
         and another ceremony"
    )]
    Deposits {
        field: &'static str,
        /// Its value in the definition.
        ours: String,
        /// Its value by the beacon node.
        theirs: String,
    },
    /// Rocket Pool is looked at on one chain, and what is proved stands on another.
    #[error(
        "the beacon node is on another chain: what is deposited with it arrives on execution chain \
         {theirs}, and the execution node is on chain {ours}. Give the URL of a node of the same \
         chain"
    )]
    Execution { ours: u64, theirs: u64 },
}

/// Compares the chain of the definition with that of the beacon node, deposit contract included:
/// the definition's writer names it, and every operator's own node knows better.
pub(crate) fn check_chain(lock: &Lock, node: &ChainSpec) -> Result<(), BadChain> {
    compare(&lock.definition.terms().chain, node)
}

/// Why it cannot be said which slot it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnsureSlot {
    #[error("the chain has not begun: there is no current slot")]
    BeforeGenesis,
    #[error(
        "by the clock of this machine it is slot {slot}, and the beacon node has a block of slot \
         {head}: set the clock first"
    )]
    ClockBehind {
        /// The slot by the clock.
        slot: Slot,
        /// The slot of the beacon node's head.
        head: Slot,
    },
    #[error(
        "the beacon node does not follow the chain yet (its head is of slot {0}, unchecked or far \
         from the newest), so nothing shows that the clock of this machine is right: wait until it \
         is synced"
    )]
    NotSynced(Slot),
    #[error(
        "by the clock of this machine or of the beacon node it is slot {slot}, and the newest \
         block of the beacon node, which says that it is synced, is of slot {head}: set the clock, \
         or wait until the chain has blocks again"
    )]
    FarApart {
        /// The slot by the later clock.
        slot: Slot,
        /// The slot of the beacon node's head.
        head: Slot,
    },
}

/// The slot at `now` by the clock of this machine, unless the beacon node's head is later.
pub(crate) fn slot_by_clock(
    spec: &ChainSpec,
    node: &SyncStatus,
    now: Timestamp,
) -> Result<Slot, UnsureSlot> {
    let slot = spec.slot_at(now).ok_or(UnsureSlot::BeforeGenesis)?;
    let head = node.head_slot;
    if slot < head {
        return Err(UnsureSlot::ClockBehind { slot, head });
    }
    Ok(slot)
}

/// The slot at `now` by two witnesses, this clock and a beacon node that is synced: the later one,
/// and none if they are an epoch or more apart. Of a node that is not synced the head says nothing
/// about how late it is, and a clock that is behind would go unnoticed.
pub(crate) fn slot_by_two(
    spec: &ChainSpec,
    node: &SyncStatus,
    now: Timestamp,
) -> Result<Slot, UnsureSlot> {
    let slot = slot_by_clock(spec, node, now)?;
    let head = node.head_slot;
    if !node.may_vote() {
        return Err(UnsureSlot::NotSynced(head));
    }
    // What the node takes for the current slot, by a clock that may be another machine's.
    let theirs = Slot(head.0.saturating_add(node.sync_distance));
    let latest = slot.max(theirs);
    if latest.0 - head.0 >= spec.slots_per_epoch() {
        return Err(UnsureSlot::FarApart { slot: latest, head });
    }
    Ok(latest)
}

/// A beacon node whose word is not taken for what is signed or sent.
#[derive(Debug, Error)]
pub enum UnfitNode {
    #[error(transparent)]
    Silent(#[from] BeaconError),
    #[error(transparent)]
    Chain(#[from] BadChain),
    #[error(transparent)]
    Slot(#[from] UnsureSlot),
}

impl UnfitNode {
    /// Whether another own node may serve: not if the definition or the time before genesis is
    /// what keeps this one from it.
    pub(crate) fn may_differ(&self) -> bool {
        match self {
            Self::Silent(_)
            | Self::Chain(BadChain::Other { .. } | BadChain::Execution { .. })
            | Self::Slot(
                UnsureSlot::ClockBehind { .. }
                | UnsureSlot::NotSynced(_)
                | UnsureSlot::FarApart { .. },
            ) => true,
            // No node is asked until one is found that does not contradict it.
            Self::Chain(BadChain::Deposits { .. }) | Self::Slot(UnsureSlot::BeforeGenesis) => false,
        }
    }

    /// The same where the slot itself is asked for: what speaks against the clock of this machine
    /// is not asked away.
    pub(crate) fn leaves_the_clock(&self) -> bool {
        match self {
            Self::Slot(UnsureSlot::ClockBehind { .. } | UnsureSlot::FarApart { .. }) => false,
            Self::Slot(UnsureSlot::NotSynced(_) | UnsureSlot::BeforeGenesis)
            | Self::Silent(_)
            | Self::Chain(_) => self.may_differ(),
        }
    }
}

/// Whom to believe about the slot.
pub(crate) type Judge = fn(&ChainSpec, &SyncStatus, Timestamp) -> Result<Slot, UnsureSlot>;

/// The current slot by `judge`, and the chain, of a beacon node that follows the lock's: from its
/// genesis, slot length and head and this clock.
pub(crate) async fn current_slot(
    beacon: &BeaconClient,
    lock: &Lock,
    judge: Judge,
) -> Result<(ChainSpec, Slot), UnfitNode> {
    let spec = beacon.chain_spec().await?;
    check_chain(lock, &spec)?;
    let slot = judge(&spec, &beacon.sync_status().await?, clock::now())?;
    Ok((spec, slot))
}

/// The same with the chain of the definition itself.
pub(crate) fn compare(chain: &Chain, node: &ChainSpec) -> Result<(), BadChain> {
    let genesis = node.genesis();
    let signed_under = [
        (
            "genesis validators root",
            chain.genesis_validators_root.to_string(),
            genesis.genesis_validators_root.to_string(),
        ),
        (
            "genesis fork version",
            chain.genesis_fork_version.to_string(),
            genesis.genesis_fork_version.to_string(),
        ),
    ];
    // The definition does not say it: of a chain of one's own only the peers can.
    let begins = chain.genesis_time().map(|known| {
        let (ours, theirs) = (known.to_string(), genesis.genesis_time.to_string());
        ("genesis time", ours, theirs)
    });
    let deposits = [
        (
            "execution chain id",
            chain.execution_chain_id.to_string(),
            node.deposit_chain_id().to_string(),
        ),
        (
            "deposit contract",
            checksummed(&chain.deposit_contract),
            checksummed(&node.deposit_contract()),
        ),
    ];
    let differs = |(_, ours, theirs): &(&str, String, String)| ours != theirs;
    let mut signed_under = signed_under.into_iter().chain(begins);
    if let Some((field, ours, theirs)) = signed_under.find(differs) {
        return Err(BadChain::Other {
            field,
            ours,
            theirs,
        });
    }
    match deposits.into_iter().find(differs) {
        Some((field, ours, theirs)) => Err(BadChain::Deposits {
            field,
            ours,
            theirs,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
