//! Whether this peer gives its share for deposits of 1 ETH at Rocket Pool: all that it checks
//! itself before, at its own nodes, at the newest block and at the finalised one.
//!
//! | file | holds |
//! |---|---|
//! | `refusal` | the rules by their names, their words, and who is at fault |
//! | `chain` | that all of it is one chain, and a Rocket Pool that this program knows |
//! | `owners` | that what comes back comes to the group |
//! | `safe` | that no person has the node account alone, where it must be everybody's |
//! | `withdrawal` | that what comes back comes to a Safe of the operators, which they have tried |
//! | `keys` | that these keys may be deposited |
//! | [`extra`] | what of the contracts only this asks |
//!
//! A [`Demand`] comes from the peer of the coordinator, who may lie in all of it. So it says only
//! which keys and what the sender believes; what is signed is built here, from the own lock and
//! from what the own nodes show. Whoever signs two credentials for one key has given the validator
//! away: what was signed before ([`OnRecord`]) is judged here for its words, and once more by the
//! vault, which alone can sign.
//!
//! A [`Consent`] is the only thing that the vault takes for such a deposit, and [`judge`] the only
//! one who makes it.
//!
//! Source: the deposit of `RocketMegapoolDelegate` and `RocketNodeDeposit`; consensus-specs
//! `electra/beacon-chain.md` (`apply_pending_deposit`), by which only deposits with a valid
//! signature make a validator. So does here: an outsider's with a junk signature must not keep a
//! cluster from its own.
//!
//! Never here: asking a node, signing.

mod chain;
pub mod extra;
mod keys;
mod owners;
mod refusal;
mod safe;
mod withdrawal;

use std::collections::{BTreeMap, BTreeSet};

use proto::agreement::{Fixed, PoolVersion};
use proto::eth::{DepositData, DepositMessage, ForkVersion};
use proto::frame::MAX_DEPOSITS;
use proto::lock::Lock;
use proto::{Address, PublicKey, Root, ValidatorPosition};

pub use proto::frame::DepositDemand as Demand;

pub use extra::Extra;
pub use refusal::{Culprit, Refusal, When};

use super::agreement::join;
use super::misuse::Evidence;
use super::plan::MOST_AT_ONCE;
use super::sight::Sight;
use super::withdrawal::Unfit;
use super::withdrawal::rehearsal::Rehearsal;
use crate::deposit::credentials;
use crate::record::Joined;

/// What every such deposit brings, gwei; the rest comes from Rocket Pool.
pub const GWEI: u64 = 1_000_000_000;

/// The most keys of one demand: as many as one call deposits.
pub const MOST_KEYS: usize = MOST_AT_ONCE;
const _: () = assert!(MOST_KEYS == MAX_DEPOSITS, "a frame holds as many");

/// What the own beacon node says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeaconFacts {
    /// Of its chain's genesis.
    pub genesis_validators_root: Root,
    /// Of its chain's genesis.
    pub genesis_fork_version: ForkVersion,
    /// The chain id of its execution chain.
    pub deposit_chain_id: u64,
    /// The deposit contract from which it takes deposits.
    pub deposit_contract: Address,
    /// Which of the keys are in the registry, at its head or at its finalised state, and whom the
    /// stake of each returns to: one that somebody else has made a validator is stolen.
    pub registered: BTreeSet<(PublicKey, Root)>,
    /// The deposits of the keys that wait in either state. Their signatures are not checked yet.
    pub pending: Vec<DepositData>,
}

/// What the own signing record says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnRecord {
    /// The credentials of every key that has signed a deposit.
    pub credentials: BTreeMap<PublicKey, Root>,
    /// What was fixed when the first share of such a deposit left.
    pub fixed: Option<Fixed>,
}

/// All by which a demand is judged.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// The cluster's lock.
    pub lock: &'a Lock,
    /// The version of its agreement that is in force, by this peer's own copy.
    pub agreement: Option<&'a PoolVersion>,
    /// Rocket Pool, as the own execution node shows it.
    pub sight: &'a Sight,
    /// What else it shows, at the same two blocks: the newest, and the finalised one.
    pub extra: [&'a Extra; 2],
    /// Whether the agreed withdrawal addresses are Safes of the operators, and if not, why not: of
    /// each that was looked at.
    pub withdrawal: &'a [(Address, Result<(), Unfit>)],
    /// How far the operators have tried that for ether, at the finalised block.
    pub rehearsal: Rehearsal,
    /// Deposits of the keys that the deposit contract has logged lately: those that the states of
    /// the beacon chain may not hold yet. Their signatures are not checked.
    pub logged: &'a [DepositData],
    /// The beacon chain.
    pub beacon: &'a BeaconFacts,
    /// What was signed before.
    pub record: &'a OnRecord,
    /// By what of the beacon chain a misuse of the node account's key shows.
    pub evidence: &'a Evidence,
}

/// That this peer has found nothing against these deposits, and what it has against others of the
/// same demand. Only [`judge`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    joined: Joined,
    version: ForkVersion,
    messages: Vec<(ValidatorPosition, DepositMessage)>,
    refused: Vec<Refusal>,
}

impl Consent {
    /// What stands for ever once the first share leaves.
    pub fn joined(&self) -> Joined {
        self.joined
    }

    /// The genesis fork version of the lock's chain, under which deposits are signed.
    pub fn version(&self) -> ForkVersion {
        self.version
    }

    /// What is signed, in the order of the lock.
    pub fn messages(&self) -> &[(ValidatorPosition, DepositMessage)] {
        &self.messages
    }

    /// Why other keys that were demanded are not deposited, each for itself.
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }
}

/// Judges a demand by every rule. The first that is broken is named; what speaks against one key
/// alone keeps no other from being signed for.
///
/// # Errors
/// Why no share is given, of no key.
pub fn judge(demand: &Demand, grounds: &Grounds<'_>) -> Result<Consent, Refusal> {
    let lock = grounds.lock;
    join(lock, &[]).map_err(|_| Refusal::Settled)?;
    let version = grounds.agreement.ok_or(Refusal::NotAgreed)?;
    chain::check(grounds)?;
    let terms = &version.terms;
    if version.hash != demand.agreement {
        return Err(Refusal::OtherAgreement {
            ours: version.hash,
            theirs: demand.agreement,
        });
    }
    if let Some(fixed) = grounds.record.fixed.filter(|fixed| *fixed != terms.fixed) {
        return Err(Refusal::OtherFixed {
            recorded: fixed.node_account,
        });
    }
    safe::check(grounds, terms)?;
    let megapool = owners::check(grounds, terms)?;
    withdrawal::check(grounds, terms)?;
    let ours = credentials(&megapool);
    if demand.credentials != ours {
        return Err(Refusal::Credentials {
            ours,
            theirs: demand.credentials,
        });
    }
    let keys = keys::check(demand, grounds, (&version.aims, ours))?;
    let message = |(position, pubkey)| {
        let message = DepositMessage {
            pubkey,
            withdrawal_credentials: ours,
            amount: GWEI,
        };
        (position, message)
    };
    Ok(Consent {
        joined: Joined {
            number: version.number,
            fixed: terms.fixed,
        },
        version: lock.definition.terms().chain.genesis_fork_version,
        messages: keys.fresh.into_iter().map(message).collect(),
        refused: keys.refused,
    })
}

#[cfg(any(test, feature = "example"))]
pub mod example;
#[cfg(test)]
mod tests;
