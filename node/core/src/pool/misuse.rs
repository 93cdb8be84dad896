//! What a misused key of the node account leaves behind, or a deposit that was signed for others,
//! found in what the own nodes show.
//!
//! A peer's checks keep the money of the group with the group, but one key alone can still waste
//! the bond, and so many operators as sign together can give a validator away. It is seen, and said
//! with the rule that was broken; and no deposit is signed any more ([`consent`](super::consent)),
//! since each one would put more into the same hands.
//!
//! | misuse | seen by |
//! |---|---|
//! | [`Foreign`](Misuse::Foreign) | a key in the megapool that is not of the lock |
//! | [`JunkSignature`](Misuse::JunkSignature) | the beacon chain has no valid deposit of it |
//! | [`FalseBalance`](Misuse::FalseBalance) | another final balance was proved than came back |
//! | [`ForOthers`](Misuse::ForOthers) | the beacon chain has a key of ours for others |
//!
//! Source: the contracts check no BLS signature, and take any withdrawal after the exit as the
//! final one (`RocketMegapoolManager.notifyFinalBalance`). Every deposit is in the state of the
//! beacon chain with its block (EIP-6110), and leaves the queue there only into the registry or, if
//! its signature is not valid, for nothing: so what is in neither was deposited with junk.
//!
//! Never here: asking a node.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proto::eth::{DepositData, ForkVersion};
use proto::{PublicKey, Root};
use thiserror::Error;

use super::amount::Wei;
use super::megapool::{Stage, Validator};
use super::sight::Sight;
use super::view::Node;
use crate::deposit::{credentials, has_valid_signature};

/// Where it shows whom the stake of a key returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Whoever has a key in it has had a valid deposit.
    Registry,
    /// A deposit with a valid signature waits.
    Pending,
    /// A deposit with a valid signature was made.
    Log,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registry => "is in the beacon chain's registry",
            Self::Pending => "has a deposit with a valid signature that waits on the beacon chain",
            Self::Log => "has a deposit with a valid signature at the deposit contract",
        })
    }
}

/// Something that only the holder of the node account's key can have done, or so many operators
/// together as sign for the cluster.
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
    /// A key of ours is deposited for others.
    #[error(
        "validator {id} of the megapool ({key}) {shown}, for {credentials} and not for the \
         megapool: so many operators as sign together have given it to others, and whichever \
         deposit came first says whose it is. No deposit is signed any more: call the others"
    )]
    ForOthers {
        /// Its number.
        id: u32,
        /// The key.
        key: PublicKey,
        /// Whom its stake returns to.
        credentials: Root,
        /// Where that shows.
        shown: Source,
    },
}

impl Misuse {
    /// The rule's name in logs, frames and metrics. It is stable.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "foreign_validator",
            Self::JunkSignature { .. } => "junk_signature",
            Self::FalseBalance { .. } => "false_final_balance",
            Self::ForOthers { .. } => "for_others",
        }
    }

    /// Whether only the holder of the node account's key can have done it.
    pub const fn is_of_node_account(&self) -> bool {
        match self {
            Self::Foreign { .. } | Self::JunkSignature { .. } | Self::FalseBalance { .. } => true,
            Self::ForOthers { .. } => false,
        }
    }
}

/// What has to be known of the beacon chain, of the keys that [`doubtful`] names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Which are in the registry, at the head or at the finalised state, and whom the stake of each
    /// returns to.
    pub registered: BTreeSet<(PublicKey, Root)>,
    /// Deposits of them that wait in either state; their signatures are not checked.
    pub pending: Vec<DepositData>,
    /// What paid each out that has left, gwei, as far as it could be found.
    pub paid: BTreeMap<PublicKey, u64>,
}

/// The keys about which the beacon chain has to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubtful {
    /// Those that wait for their 1 ETH: whether they are in the registry.
    pub queued: Vec<PublicKey>,
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
            Stage::Queued { .. } => doubtful.queued.push(validator.pubkey),
            Stage::Prestaked { .. } => doubtful.prestaked.push(validator.pubkey),
            Stage::Exited { .. } => doubtful.exited.push(validator.pubkey),
            Stage::Staked | Stage::Exiting | Stage::Dissolved | Stage::Dequeued => {}
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
        Stage::Queued { .. } => for_others(sight, (id, key), (evidence, version)),
        Stage::Prestaked { .. } => {
            let theirs = for_others(sight, (id, key), (evidence, version));
            if theirs.is_some() {
                return theirs;
            }
            let old = sight.node_at_finalised().map_or(&[][..], Node::validators);
            let is_final = old
                .iter()
                .any(|it| it.pubkey == key && matches!(it.stage, Stage::Prestaked { .. }));
            let is_there = evidence.registered.iter().any(|(it, _)| *it == key)
                || valid_deposit(&evidence.pending, (&key, version), |_| true).is_some();
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
        Stage::Staked | Stage::Exiting | Stage::Dissolved | Stage::Dequeued => None,
    }
}

/// Whether a key of the megapool is deposited for others.
fn for_others(
    sight: &Sight,
    (id, key): (u32, PublicKey),
    (evidence, version): (&Evidence, ForkVersion),
) -> Option<Misuse> {
    let megapool = sight.node_at_head().and_then(Node::deployed)?;
    let ours = credentials(&megapool.place.address);
    let on_chain = (&evidence.registered, &evidence.pending[..]);
    let (shown, credentials) = of_others(&key, ours, (on_chain, version))?;
    Some(Misuse::ForOthers {
        id,
        key,
        credentials,
        shown,
    })
}

/// What the beacon chain has of keys: those in the registry, and the deposits that wait.
pub(super) type OnChain<'a> = (&'a BTreeSet<(PublicKey, Root)>, &'a [DepositData]);

/// Whom a key is deposited for on the beacon chain, if that is others than `ours`, and where that
/// shows. A deposit whose signature is not valid is anybody's, and makes no validator.
pub(super) fn of_others(
    key: &PublicKey,
    ours: Root,
    ((registered, pending), version): (OnChain<'_>, ForkVersion),
) -> Option<(Source, Root)> {
    let mut registered = registered.iter();
    if let Some((_, theirs)) = registered.find(|(it, of)| it == key && *of != ours) {
        return Some((Source::Registry, *theirs));
    }
    let theirs = valid_deposit(pending, (key, version), |of| *of != ours)?;
    Some((Source::Pending, theirs))
}

/// The credentials of a deposit of this key whose signature is valid, among those that are meant.
pub(super) fn valid_deposit(
    deposits: &[DepositData],
    (key, version): (&PublicKey, ForkVersion),
    is_meant: impl Fn(&Root) -> bool,
) -> Option<Root> {
    let counts = |it: &&DepositData| {
        let is_its = it.pubkey == *key && is_meant(&it.withdrawal_credentials);
        is_its && has_valid_signature(it, version)
    };
    Some(deposits.iter().find(counts)?.withdrawal_credentials)
}

#[cfg(test)]
mod tests;
