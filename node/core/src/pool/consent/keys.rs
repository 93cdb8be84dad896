//! That these keys may be deposited: ours, wished for, and known to nobody yet. One that is known
//! already keeps no other from it: somebody may have seen to that.

use proto::eth::DepositData;
use proto::intent::Aims;
use proto::{PublicKey, Root, ValidatorPosition};

use super::chain::views;
use super::refusal::Refusal;
use super::{Demand, Grounds, MOST_KEYS};
use crate::pool::megapool::Stage;
use crate::pool::misuse::{self, Source};
use crate::pool::view::Node;

/// The keys of a demand that may be deposited, by their places, and why others may not.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) fresh: Vec<(ValidatorPosition, PublicKey)>,
    pub(super) refused: Vec<Refusal>,
}

pub(super) fn check(
    demand: &Demand,
    grounds: &Grounds<'_>,
    (aims, credentials): (&Aims, Root),
) -> Result<Keys, Refusal> {
    let asked = &demand.validators;
    if asked.is_empty() || asked.len() > MOST_KEYS {
        return Err(Refusal::Count(asked.len()));
    }
    if !asked.is_sorted_by(|one, next| one < next) {
        return Err(Refusal::Order);
    }
    let ours = grounds.lock.group_keys();
    let version = grounds.lock.definition.terms().chain.genesis_fork_version;
    let misuses = misuse::find(grounds.sight, &ours, (grounds.evidence, version));
    if let Some(misuse) = misuses.into_iter().next() {
        return Err(Refusal::Misused(Box::new(misuse)));
    }
    refuse_foreign(demand, grounds, credentials)?;
    let mut keys = Keys::default();
    for position in asked {
        let validator = grounds.lock.validators.get(position.index());
        let key = validator.ok_or(Refusal::NotOurs(*position))?.public_key;
        if u64::from(position.0) >= aims.validators {
            return Err(Refusal::NotWished {
                key,
                wished: aims.validators,
            });
        }
        if aims.exits.contains(&key) {
            return Err(Refusal::Leaves(key));
        }
        let recorded = grounds.record.credentials.get(&key);
        if let Some(recorded) = recorded.filter(|recorded| **recorded != credentials) {
            let recorded = *recorded;
            return Err(Refusal::OtherCredentials { key, recorded });
        }
        match is_fresh(key, grounds, credentials) {
            Ok(()) => keys.fresh.push((*position, key)),
            Err(refusal) if is_of_one_key(&refusal) => keys.refused.push(refusal),
            Err(refusal) => return Err(refusal),
        }
    }
    match keys.refused.first() {
        Some(refusal) if keys.fresh.is_empty() => Err(refusal.clone()),
        Some(_) | None => Ok(keys),
    }
}

/// That no key that is asked for is deposited for others, wherever that stands: so many operators
/// have signed it as no fault can bring together, and then nothing more is signed.
fn refuse_foreign(
    demand: &Demand,
    grounds: &Grounds<'_>,
    credentials: Root,
) -> Result<(), Refusal> {
    let validators = &grounds.lock.validators;
    let version = grounds.lock.definition.terms().chain.genesis_fork_version;
    let on_chain = (&grounds.beacon.registered, &grounds.beacon.pending[..]);
    let asked = demand.validators.iter();
    let asked = asked.filter_map(|position| validators.get(position.index()));
    for key in asked.map(|it| it.public_key) {
        let theirs = misuse::of_others(&key, credentials, (on_chain, version)).or_else(|| {
            let is_theirs = |of: &Root| *of != credentials;
            let logged = misuse::valid_deposit(grounds.logged, (&key, version), is_theirs)?;
            Some((Source::Log, logged))
        });
        if let Some((shown, credentials)) = theirs {
            return Err(Refusal::ForOthers {
                key,
                credentials,
                shown,
            });
        }
    }
    Ok(())
}

/// Whether a refusal says nothing of other keys than its own.
fn is_of_one_key(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Registered(_)
        | Refusal::Minipool { .. }
        | Refusal::NotLooked(_)
        | Refusal::InMegapool { .. }
        | Refusal::Pending(_)
        | Refusal::Deposited(_) => true,
        Refusal::Settled
        | Refusal::NotAgreed
        | Refusal::ExecutionChain { .. }
        | Refusal::BeaconChain { .. }
        | Refusal::DepositContract { .. }
        | Refusal::NoStorage
        | Refusal::OtherSight
        | Refusal::Moved
        | Refusal::UnknownVersion { .. }
        | Refusal::OtherAgreement { .. }
        | Refusal::OtherFixed { .. }
        | Refusal::NotRegistered(_)
        | Refusal::OneKey
        | Refusal::Safe { .. }
        | Refusal::SafeOwner { .. }
        | Refusal::Withdrawal { .. }
        | Refusal::NoOwners
        | Refusal::WithdrawalSafe { .. }
        | Refusal::Untried { .. }
        | Refusal::PendingWithdrawal { .. }
        | Refusal::RplWithdrawal { .. }
        | Refusal::PendingRplWithdrawal { .. }
        | Refusal::NoMegapool(_)
        | Refusal::MegapoolAddress(_)
        | Refusal::Credentials { .. }
        | Refusal::Closed(_)
        | Refusal::Debt(_)
        | Refusal::Bond(_)
        | Refusal::Funds { .. }
        | Refusal::Count(_)
        | Refusal::Order
        | Refusal::NotOurs(_)
        | Refusal::NotWished { .. }
        | Refusal::Leaves(_)
        | Refusal::Misused(_)
        | Refusal::ForOthers { .. }
        | Refusal::Unseen(_)
        | Refusal::OtherCredentials { .. } => false,
    }
}

/// That nothing knows the key yet. Deposits of others are refused before ([`refuse_foreign`]).
fn is_fresh(key: PublicKey, grounds: &Grounds<'_>, credentials: Root) -> Result<(), Refusal> {
    let beacon = grounds.beacon;
    if beacon.registered.contains(&(key, credentials)) {
        return Err(Refusal::Registered(key));
    }
    let version = grounds.lock.definition.terms().chain.genesis_fork_version;
    let is_in = |deposits: &[DepositData]| {
        let is_ours = |of: &Root| *of == credentials;
        misuse::valid_deposit(deposits, (&key, version), is_ours).is_some()
    };
    if is_in(&beacon.pending) {
        return Err(Refusal::Pending(key));
    }
    if is_in(grounds.logged) {
        return Err(Refusal::Deposited(key));
    }
    for extra in grounds.extra {
        match extra.minipools.get(&key) {
            Some(None) => {}
            Some(Some(minipool)) => {
                let minipool = *minipool;
                return Err(Refusal::Minipool { key, minipool });
            }
            None => return Err(Refusal::NotLooked(key)),
        }
    }
    for (_, view) in views(grounds)? {
        let there = view.node.as_ref().map_or(&[][..], Node::validators);
        let there = there.iter().find(|it| it.pubkey == key);
        if let Some(there) = there {
            let is_burnt = there.stage == Stage::Dequeued;
            return Err(Refusal::InMegapool {
                key,
                id: there.id,
                is_burnt,
            });
        }
    }
    Ok(())
}
