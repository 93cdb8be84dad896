//! The core's question for bids, put to the relays that the operators have named: to all at once,
//! each by itself, so that one that hangs keeps no other from being heard.
//!
//! Of a relay that does not answer, or with something else, the operator is told where no other has
//! shown the bid.
//!
//! Never here: what a bid is worth. The core verifies it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use proto::agreement::Relay;
use proto::{DutyId, PublicKey, Root};
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use crate::beacon::{BeaconClient, BeaconError, Call, Cause};
use crate::report::news::News;
use node_core::duties::agreed::bids::ShownBid;
use node_core::duties::{Request, Response};

/// How long all are waited for. The core asks again while it is of use.
const PATIENCE: Duration = Duration::from_millis(600);

/// The ways to relays, made once and kept. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Relays(Arc<Mutex<BTreeMap<String, BeaconClient>>>);

impl Relays {
    /// What comes of a question for relays; nothing of any other.
    pub(super) fn ask(
        &self,
        request: &Request,
    ) -> Option<impl Future<Output = (Response, Option<News>)> + Send + use<>> {
        let Request::Bids {
            duty,
            parent_hash,
            block_hash,
            proposer,
            relays,
        } = request
        else {
            return None;
        };
        let ways: Vec<(Relay, BeaconClient)> = relays
            .iter()
            .filter_map(|relay| Some((relay.clone(), self.way(relay)?)))
            .collect();
        let wanted = Wanted {
            duty: *duty,
            parent_hash: *parent_hash,
            block_hash: *block_hash,
            proposer: *proposer,
        };
        Some(ask(ways, wanted))
    }

    fn way(&self, relay: &Relay) -> Option<BeaconClient> {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = ways.get(&relay.url) {
            return Some(way.clone());
        }
        let way = BeaconClient::connect(&relay.url)
            .inspect_err(|_| debug!(relay = %relay.public_key, "its address cannot be used"))
            .ok()?;
        ways.insert(relay.url.clone(), way.clone());
        Some(way)
    }
}

/// The bid that is looked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    duty: DutyId,
    parent_hash: Root,
    block_hash: Root,
    proposer: PublicKey,
}

/// What these show until one shows what is looked for, all have answered, or it takes too long.
async fn ask(ways: Vec<(Relay, BeaconClient)>, wanted: Wanted) -> (Response, Option<News>) {
    let until = Instant::now() + PATIENCE;
    let all = ways.into_iter().map(|way| ask_one(way, wanted, until));
    let mut open: FuturesUnordered<_> = all.collect();
    let mut shown: Vec<ShownBid> = Vec::new();
    let mut failed = Vec::new();
    let is_it = |of: &ShownBid| of.bid.message.header.block_hash == wanted.block_hash;
    while !shown.last().is_some_and(is_it) {
        match open.next().await {
            Some(Ok(bid)) => shown.extend(bid),
            Some(Err(error)) => failed.push(error.to_string()),
            None => break,
        }
    }
    let is_lacking = !failed.is_empty() && !shown.last().is_some_and(is_it);
    let news = is_lacking.then(|| News::NoBid {
        slot: wanted.duty.slot,
        why: failed.join("; "),
    });
    (Response::Bids(wanted.duty, shown), news)
}

async fn ask_one(
    (relay, way): (Relay, BeaconClient),
    wanted: Wanted,
    until: Instant,
) -> Result<Option<ShownBid>, BeaconError> {
    let slot = wanted.duty.slot;
    let bid = way.builder_bid(slot, wanted.parent_hash, wanted.proposer);
    let bid = timeout_at(until, bid).await.unwrap_or_else(|_| {
        Err(BeaconError {
            node: way.node().into(),
            call: Call::BuilderHeader,
            cause: Cause::Timeout(PATIENCE.as_millis().try_into().unwrap_or(u64::MAX)),
        })
    })?;
    Ok(bid.map(|bid| ShownBid { relay, bid }))
}

#[cfg(test)]
mod tests;
