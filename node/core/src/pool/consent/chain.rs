//! That both nodes, the lock and Rocket Pool are of one chain, and that it is a Rocket Pool that
//! this program knows, at both blocks.

use super::refusal::{Refusal, When};
use super::{BeaconFacts, Grounds};
use crate::pool::contracts::Contract;
use crate::pool::view::View;
use proto::agreement::PoolVersion;
use proto::definition::Chain;

/// The two views with the block of each.
pub(super) fn views<'a>(grounds: &Grounds<'a>) -> Result<[(When, &'a View); 2], Refusal> {
    let sight = grounds.sight;
    let finalised = sight.finalised.as_ref().ok_or(Refusal::NoStorage)?;
    Ok([(When::Head, &sight.head), (When::Finalised, finalised)])
}

pub(super) fn check(grounds: &Grounds<'_>) -> Result<(), Refusal> {
    let chain = &grounds.lock.definition.terms().chain;
    of_execution(grounds, chain)?;
    of_beacon(grounds.beacon, chain)?;
    let [(_, head), (_, finalised)] = views(grounds)?;
    if let Some(agreed) = grounds.agreement {
        of_agreement(grounds, agreed)?;
    }
    if head.contracts.places() != finalised.contracts.places() {
        return Err(Refusal::Moved);
    }
    for (when, view) in views(grounds)? {
        let unknown = view.contracts.found().find(|it| !it.is_known);
        if let Some(found) = unknown {
            return Err(Refusal::UnknownVersion {
                contract: found.name(),
                version: found.version,
            });
        }
        let theirs = view.contracts.at(Contract::CasperDeposit);
        if theirs.map(|place| place.address) != Some(chain.deposit_contract) {
            return Err(Refusal::DepositContract {
                of: "Rocket Pool",
                when,
            });
        }
    }
    Ok(())
}

fn of_execution(grounds: &Grounds<'_>, chain: &Chain) -> Result<(), Refusal> {
    let (ours, found) = (chain.execution_chain_id, grounds.sight.chain_id);
    match ours == found {
        true => Ok(()),
        false => Err(Refusal::ExecutionChain { ours, found }),
    }
}

fn of_beacon(beacon: &BeaconFacts, chain: &Chain) -> Result<(), Refusal> {
    let is_same = [
        (
            "genesis validators root",
            beacon.genesis_validators_root == chain.genesis_validators_root,
        ),
        (
            "genesis fork version",
            beacon.genesis_fork_version == chain.genesis_fork_version,
        ),
        (
            "deposit chain id",
            beacon.deposit_chain_id == chain.execution_chain_id,
        ),
    ];
    if let Some((what, _)) = is_same.iter().find(|(_, is_same)| !is_same) {
        return Err(Refusal::BeaconChain { what });
    }
    match beacon.deposit_contract == chain.deposit_contract {
        true => Ok(()),
        false => Err(Refusal::DepositContract {
            of: "the beacon node",
            when: When::Head,
        }),
    }
}

/// What was looked at is what was agreed on.
fn of_agreement(grounds: &Grounds<'_>, agreed: &PoolVersion) -> Result<(), Refusal> {
    let fixed = &agreed.terms.fixed;
    let storages = views(grounds)?.map(|(_, view)| view.contracts.storage.address);
    let is_same = storages.iter().all(|it| *it == fixed.rocket_storage);
    match is_same && grounds.sight.node == fixed.node_account {
        true => Ok(()),
        false => Err(Refusal::OtherSight),
    }
}
