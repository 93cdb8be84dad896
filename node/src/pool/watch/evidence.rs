//! What of the beacon chain shows whether the key of the node account was misused, asked only about
//! the validators about which there is a doubt.
//!
//! Never here: whether it was, which the core says.

use std::collections::BTreeMap;

use node_core::pool::misuse::{Doubtful, Evidence};
use proto::PublicKey;
use proto::eth::DepositData;

use crate::beacon::{PendingDeposit, StateId};
use crate::checks::chain::{UnfitNode, UnsureSlot};
use crate::pool::leaving::{Chain, paid_out};

/// Asks about these; what `paid` them out is looked for once. Of a node that is behind nothing is
/// believed: what it does not know yet would look like a misuse.
///
/// # Errors
/// If the beacon node does not answer, or is not at the head of the chain.
pub(super) async fn read(
    chain: Chain<'_>,
    doubtful: &Doubtful,
    paid: &mut BTreeMap<PublicKey, u64>,
) -> Result<Evidence, UnfitNode> {
    let beacon = chain.beacon;
    if *doubtful == Doubtful::default() {
        return Ok(Evidence::default());
    }
    let sync = beacon.sync_status().await?;
    if !sync.may_vote() {
        return Err(UnsureSlot::NotSynced(sync.head_slot).into());
    }
    let mut evidence = Evidence {
        paid: paid_out(chain, &doubtful.exited, paid).await?,
        ..Evidence::default()
    };
    let keys = &doubtful.prestaked;
    if !keys.is_empty() {
        for state in [StateId::Head, StateId::Finalized] {
            // The pending ones first: one that becomes a validator between the two answers is in
            // both.
            let pending = beacon.pending_deposits(state).await?;
            evidence.pending.extend(of_keys(pending, keys));
            let known = beacon.known_validators(state, keys).await?.known;
            let known = known.into_iter().map(|it| it.validator.pubkey);
            evidence.registered.extend(known);
        }
    }
    Ok(evidence)
}

/// The deposits of these keys among those that wait.
pub(super) fn of_keys(
    pending: Vec<PendingDeposit>,
    keys: &[PublicKey],
) -> impl Iterator<Item = DepositData> + use<'_> {
    let of_keys = pending.into_iter().filter(|it| keys.contains(&it.pubkey));
    of_keys.map(|it| DepositData {
        pubkey: it.pubkey,
        withdrawal_credentials: it.withdrawal_credentials,
        amount: it.amount,
        signature: it.signature,
    })
}
