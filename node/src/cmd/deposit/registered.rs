//! What the beacon node knows of deposits that the execution node's log does not show: a log that
//! is read from too late a block, or by a node that keeps silent, would have them paid twice.

use std::collections::{BTreeMap, BTreeSet};

use proto::PublicKey;
use proto::eth::DepositData;

use crate::deposit::standing::{Seen, Standing, View};
use crate::io::beacon::{BeaconClient, BeaconError, StateId};

/// A validator of which `beacon` knows a deposit that the log does not show.
///
/// # Errors
/// If the beacon node does not answer.
pub(super) async fn hidden_deposit(
    beacon: &BeaconClient,
    standing: &Standing,
    view: &View,
) -> Result<Option<PublicKey>, BeaconError> {
    let asked: BTreeSet<PublicKey> = standing.missing.iter().map(|d| d.pubkey).collect();
    let asked: Vec<PublicKey> = asked.into_iter().collect();
    let registered = beacon.validators(StateId::Head, &asked).await?;
    let registered = registered.iter().map(|v| (v.validator.pubkey, v.balance));
    let pending = beacon.pending_deposits(StateId::Head).await?;
    let mut known: BTreeMap<PublicKey, u64> = BTreeMap::new();
    for (key, amount) in registered.chain(pending.iter().map(|p| (p.pubkey, p.amount))) {
        let sum = known.entry(key).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(hides(&standing.missing, &view.seen, &known))
}

/// A validator of which the beacon node knows a deposit that the log does not show: registered
/// while the log has none, or with so much ETH that what is missing is in it.
fn hides(
    missing: &[DepositData],
    seen: &[Seen],
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
        (Some(known), Some(shown)) => *known >= shown.saturating_add(deposit.amount),
    };
    Some(missing.iter().find(hides)?.pubkey)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deposit(amount: u64) -> DepositData {
        DepositData {
            pubkey: [1; 48].into(),
            withdrawal_credentials: [2; 32].into(),
            amount,
            signature: [3; 96].into(),
        }
    }

    #[test]
    fn a_deposit_that_only_the_beacon_node_knows_is_not_made_again() {
        let key = deposit(0).pubkey;
        let seen = |amount| Seen {
            deposit: deposit(amount),
            transaction: [4; 32].into(),
            block: 5,
        };
        let hidden = |missing: u64, seen: &[Seen], known: &[u64]| {
            let known = known.iter().map(|balance| (key, *balance)).collect();
            hides(&[deposit(missing)], seen, &known)
        };
        assert_eq!(hidden(32, &[], &[]), None);
        // Registered, whatever its balance: a validator that has left has none.
        assert_eq!(hidden(32, &[], &[0]), Some(key));
        // The first of two deposits is shown, with some rewards.
        assert_eq!(hidden(31, &[seen(1)], &[2]), None);
        assert_eq!(hidden(31, &[seen(1)], &[32]), Some(key));
        assert_eq!(hidden(31, &[seen(1)], &[]), None);
    }
}
