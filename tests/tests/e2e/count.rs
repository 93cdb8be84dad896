//! Counts the cluster's duties in the chain's blocks while something else happens.

use std::collections::BTreeSet;

use devnet::api::BeaconApi;
use devnet::ledger::Ledger;
use proto::Epoch;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running count.
pub struct Count {
    last: watch::Sender<bool>,
    counting: JoinHandle<Ledger>,
}

impl Count {
    /// Counts the duties of the validators `own` from the epoch `first` on, which has not begun.
    pub fn begin(api: &BeaconApi, own: BTreeSet<u64>, first: Epoch) -> Self {
        let (last, is_last) = watch::channel(false);
        let counting = tokio::spawn(count(api.clone(), own, first, is_last));
        Self { last, counting }
    }

    /// Waits for the end of the present epoch, and on while blocks may still carry one of its
    /// duties that is missing; answers with everything.
    pub async fn close(self) -> Ledger {
        self.last.send_replace(true);
        self.counting.await.unwrap()
    }
}

async fn count(
    api: BeaconApi,
    own: BTreeSet<u64>,
    first: Epoch,
    is_last: watch::Receiver<bool>,
) -> Ledger {
    let slots = api.slots_per_epoch();
    let mut ledger = Ledger::new(own, first, slots);
    let mut epoch = first;
    loop {
        // Asked in the epoch itself: before it the proposers are not settled until Fulu.
        api.until(epoch.first_slot(slots)).await;
        ledger.expect(&api, epoch).await.unwrap();
        let end = epoch.next().first_slot(slots);
        api.until(end).await;
        if *is_last.borrow() {
            ledger.settle(&api, epoch).await.unwrap();
            return ledger;
        }
        ledger.read(&api, end).await.unwrap();
        epoch = epoch.next();
    }
}
