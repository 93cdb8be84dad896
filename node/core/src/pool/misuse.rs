//! What a misused key of the node account leaves behind, found in what the own nodes show.
//!
//! A peer's checks keep the money of the group with the group, but one key alone can still waste
//! the bond. It is seen, and said with the rule that was broken; and no deposit is signed any more
//! ([`consent`](super::consent)), since each one would put more into the same hands.
//!
//! | misuse | seen by |
//! |---|---|
//! | [`Foreign`](Misuse::Foreign) | a key in the megapool that is not of the lock |
//! | [`JunkSignature`](Misuse::JunkSignature) | the beacon chain has no valid deposit of it |
//! | [`FalseBalance`](Misuse::FalseBalance) | another final balance was proved than came back |
//!
//! Source: the contracts check no BLS signature, and take any withdrawal after the exit as the
//! final one (`RocketMegapoolManager.notifyFinalBalance`). Every deposit is in the state of the
//! beacon chain with its block (EIP-6110), and leaves the queue there only into the registry or, if
//! its signature is not valid, for nothing: so what is in neither was deposited with junk.
//!
//! Never here: asking a node.

use std::collections::{BTreeMap, BTreeSet};

use proto::PublicKey;
use proto::eth::{DepositData, ForkVersion};
use thiserror::Error;

use super::amount::Wei;
use super::megapool::{Stage, Validator};
use super::sight::Sight;
use super::view::Node;
use crate::deposit::has_valid_signature;

/// Something that only the holder of the node account's key can have done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misuse {
    /// A stranger's key is in the megapool.
    #[error(
        "validator {id} of the megapool has the key {key}, which is not of this cluster: whoever \
         holds the key of the node account has put it in, and what it loses the bond of ours pays. \
         No deposit is signed any more: call the others"
    )]
    Foreign {
        /// Its number.
        id: u32,
        /// The key.
        key: PublicKey,
    },
    /// A deposit was sent with a signature that nobody has made.
    #[error(
        "the deposit of validator {id} ({key}) was sent with a signature that is not the \
         cluster's: whoever holds the key of the node account has changed it, and its 1 ETH is \
         lost. No deposit is signed any more: call the others"
    )]
    JunkSignature {
        /// Its number.
        id: u32,
        /// The key.
        key: PublicKey,
    },
    /// Another withdrawal was proved than the one that paid the validator out.
    #[error(
        "{proved} ETH were proved as final balance of validator {id} ({key}), and {paid} ETH came \
         back: a later, small withdrawal was proved, which whoever holds the key of the node \
         account can do at once and anybody weeks later, and the bond is lost in it. No deposit is \
         signed any more: call the others"
    )]
    FalseBalance {
        /// Its number.
        id: u32,
        /// The key.
        key: PublicKey,
        /// What the contract was shown.
        proved: Wei,
        /// What the beacon chain paid out.
        paid: Wei,
    },
}

impl Misuse {
    /// The rule's name in logs, frames and metrics. It is stable.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "foreign_validator",
            Self::JunkSignature { .. } => "junk_signature",
            Self::FalseBalance { .. } => "false_final_balance",
        }
    }
}

/// What has to be known of the beacon chain, of the keys that [`doubtful`] names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Which are in the registry, at the head or at the finalised state.
    pub registered: BTreeSet<PublicKey>,
    /// Deposits of them that wait in either state; their signatures are not checked.
    pub pending: Vec<DepositData>,
    /// What paid each out that has left, gwei, as far as it could be found.
    pub paid: BTreeMap<PublicKey, u64>,
}

/// The keys about which the beacon chain has to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubtful {
    /// Those whose 1 ETH is at the deposit contract, and no more.
    pub prestaked: Vec<PublicKey>,
    /// Those whose final balance was proved.
    pub exited: Vec<PublicKey>,
}

/// Whom to ask about, of the cluster with these keys.
pub fn doubtful(sight: &Sight, keys: &[PublicKey]) -> Doubtful {
    let mut doubtful = Doubtful::default();
    for validator in ours(sight, keys) {
        match validator.stage {
            Stage::Prestaked { .. } => doubtful.prestaked.push(validator.pubkey),
            Stage::Exited { .. } => doubtful.exited.push(validator.pubkey),
            Stage::Queued { .. }
            | Stage::Staked
            | Stage::Exiting
            | Stage::Dissolved
            | Stage::Dequeued => {}
        }
    }
    doubtful
}

/// Every misuse that shows, of the cluster with these keys, on the chain with this genesis version.
pub fn find(
    sight: &Sight,
    keys: &[PublicKey],
    (evidence, version): (&Evidence, ForkVersion),
) -> Vec<Misuse> {
    let all = [sight.node_at_head(), sight.node_at_finalised()];
    let mut found = Vec::new();
    let strangers = all.into_iter().flatten().flat_map(Node::validators);
    for stranger in strangers.filter(|it| !keys.contains(&it.pubkey)) {
        let misuse = Misuse::Foreign {
            id: stranger.id,
            key: stranger.pubkey,
        };
        if !found.contains(&misuse) {
            found.push(misuse);
        }
    }
    for validator in ours(sight, keys) {
        found.extend(of_stage(sight, validator, (evidence, version)));
    }
    found
}

/// The cluster's validators in the megapool at the newest block.
fn ours<'a>(
    sight: &'a Sight,
    keys: &'a [PublicKey],
) -> impl Iterator<Item = &'a Validator> + use<'a> {
    let all = sight.node_at_head().map_or(&[][..], Node::validators);
    all.iter().filter(|it| keys.contains(&it.pubkey))
}

fn of_stage(
    sight: &Sight,
    validator: &Validator,
    (evidence, version): (&Evidence, ForkVersion),
) -> Option<Misuse> {
    let (id, key) = (validator.id, validator.pubkey);
    match validator.stage {
        Stage::Prestaked { .. } => {
            let old = sight.node_at_finalised().map_or(&[][..], Node::validators);
            let is_final = old
                .iter()
                .any(|it| it.pubkey == key && matches!(it.stage, Stage::Prestaked { .. }));
            let counts = |it: &DepositData| it.pubkey == key && has_valid_signature(it, version);
            let is_there =
                evidence.registered.contains(&key) || evidence.pending.iter().any(counts);
            (is_final && !is_there).then_some(Misuse::JunkSignature { id, key })
        }
        Stage::Exited { balance } => {
            let paid = Wei::of_gwei(*evidence.paid.get(&key)?);
            (paid != balance).then_some(Misuse::FalseBalance {
                id,
                key,
                proved: balance,
                paid,
            })
        }
        Stage::Queued { .. }
        | Stage::Staked
        | Stage::Exiting
        | Stage::Dissolved
        | Stage::Dequeued => None,
    }
}

#[cfg(test)]
mod tests;
