//! What of the beacon chain shows whether the key of the node account was misused, asked only about
//! the validators about which there is a doubt.
//!
//! Never here: whether it was, which the core says.

use std::collections::{BTreeMap, BTreeSet};

use node_core::pool::misuse::{Doubtful, Evidence};
use proto::eth::DepositData;
use proto::{PublicKey, Root};

use crate::beacon::{BeaconClient, BeaconError, StateId};
use crate::checks::chain::{UnfitNode, UnsureSlot};
use crate::checks::own_nodes::NoneServes;
use crate::pool::leaving::{Chain, Own, paid_out};

/// Asks about these; what `paid` them out is looked for once. Of a node that is behind nothing is
/// believed: what it does not know yet would look like a misuse.
///
/// # Errors
/// If no beacon node answers that is at the head of the chain.
pub(super) async fn read(
    own: Own<'_>,
    doubtful: &Doubtful,
    paid: &mut BTreeMap<PublicKey, u64>,
) -> Result<Evidence, NoneServes<UnfitNode>> {
    if *doubtful == Doubtful::default() {
        return Ok(Evidence::default());
    }
    let read = own.whole(UnfitNode::may_differ, async |chain| {
        read_by(chain, doubtful, &mut paid.clone()).await
    });
    let evidence = read.await?;
    paid.clone_from(&evidence.paid);
    Ok(evidence)
}

async fn read_by(
    chain: Chain<'_>,
    doubtful: &Doubtful,
    paid: &mut BTreeMap<PublicKey, u64>,
) -> Result<Evidence, UnfitNode> {
    let sync = chain.beacon.sync_status().await?;
    if !sync.may_vote() {
        return Err(UnsureSlot::NotSynced(sync.head_slot).into());
    }
    let prestaked = &doubtful.prestaked;
    let known = [&doubtful.queued[..], prestaked].concat();
    let (registered, pending) = deposited(chain.beacon, (&known, prestaked)).await?;
    Ok(Evidence {
        registered,
        pending,
        paid: paid_out(chain, &doubtful.exited, paid).await?,
    })
}

/// Which of the first keys are in the registry and for whom, and the deposits of the second that
/// wait, in the head state or in the finalised one. Those that wait are a large answer on mainnet:
/// without keys nobody is asked.
///
/// # Errors
/// If the beacon node does not answer, or answers what cannot be used: what was not read of it
/// would look like what is not there.
pub(super) async fn deposited(
    beacon: &BeaconClient,
    (keys, paid_for): (&[PublicKey], &[PublicKey]),
) -> Result<(BTreeSet<(PublicKey, Root)>, Vec<DepositData>), BeaconError> {
    let (mut registered, mut pending) = (BTreeSet::new(), Vec::new());
    if keys.is_empty() {
        return Ok((registered, pending));
    }
    for state in [StateId::Head, StateId::Finalized] {
        // The waiting ones first: one that becomes a validator between the two answers is in both.
        let waiting = match paid_for {
            [] => Vec::new(),
            _ => beacon.pending_deposits(state).await?,
        };
        let of_keys = waiting
            .into_iter()
            .filter(|it| paid_for.contains(&it.pubkey));
        pending.extend(of_keys.map(|it| DepositData {
            pubkey: it.pubkey,
            withdrawal_credentials: it.withdrawal_credentials,
            amount: it.amount,
            signature: it.signature,
        }));
        registered.extend(beacon.owners(state, keys).await?);
    }
    Ok((registered, pending))
}
