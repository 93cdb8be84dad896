//! What the beacon node knows of deposits that the execution node's log does not show: a log that
//! is read from too late a block, or by a node that keeps silent, would have them paid twice.

use std::collections::{BTreeMap, BTreeSet};

use proto::PublicKey;
use proto::eth::{DepositData, DepositView, LoggedDeposit};

use crate::beacon::{BeaconClient, BeaconError, StateId};
use node_core::deposit::standing::Standing;

/// A validator of which `beacon` knows a deposit that the log does not show.
///
/// # Errors
/// If the beacon node does not answer.
pub(crate) async fn hidden_deposit(
    beacon: &BeaconClient,
    standing: &Standing,
    view: &DepositView,
) -> Result<Option<PublicKey>, BeaconError> {
    let asked: BTreeSet<PublicKey> = standing.missing.iter().map(|d| d.pubkey).collect();
    let asked: Vec<PublicKey> = asked.into_iter().collect();
    // The pending ones first: a deposit that becomes a balance between the two answers is in both,
    // and in the other order it would be in neither.
    let pending = beacon.pending_deposits(StateId::Head).await?;
    let registered = beacon.validators(StateId::Head, &asked).await?;
    let registered = registered.iter().map(|v| (v.validator.pubkey, v.balance));
    let mut known: BTreeMap<PublicKey, u64> = BTreeMap::new();
    for (key, amount) in registered.chain(pending.iter().map(|p| (p.pubkey, p.amount))) {
        let sum = known.entry(key).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(hides(&standing.missing, &view.seen, &known))
}

/// A validator of which the beacon node knows a deposit that the log does not show: registered
/// while the log has none, or with so much ETH that half of what is missing is in it. Not all of
/// it: penalties take from a balance, and what is above 32 ETH is paid out.
fn hides(
    missing: &[DepositData],
    seen: &[LoggedDeposit],
    known: &BTreeMap<PublicKey, u64>,
) -> Option<PublicKey> {
    let shown = |key: &PublicKey| {
        let of_key = seen.iter().filter(|seen| seen.deposit.pubkey == *key);
        of_key.fold(None, |sum: Option<u64>, seen| {
            Some(sum.unwrap_or(0).saturating_add(seen.deposit.amount))
        })
    };
    let hides = |deposit: &&DepositData| match (known.get(&deposit.pubkey), shown(&deposit.pubkey))
    {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(known), Some(shown)) => *known >= shown.saturating_add(deposit.amount / 2),
    };
    Some(missing.iter().find(hides)?.pubkey)
}

#[cfg(test)]
mod tests;
