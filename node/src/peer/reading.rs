//! The thread of a running peer that reads in the chain what became of its duties: a thread of the
//! system with a runtime and connections of its own, so that no duty ever waits for it.
//!
//! Once in a slot, in its last third, it asks a beacon node for its head and for what follows from
//! that, piece by piece; each piece waits until no duty is under way. What does not fit into a slot
//! is left for the next. Of several nodes the first in the operator's order is asked that says that
//! it is on the cluster's chain, has a checked head, and answers: on another chain our indices
//! would be somebody else's.
//!
//! Of what seems to be signed by somebody else with one of our keys all own nodes are asked.
//!
//! Never here: what is to be read, and what follows from it. The core says it.

mod witnesses;

use std::io;
use std::sync::Arc;
use std::thread;

use node_core::outcome::effect::Effect;
use node_core::outcome::reading::{Given, Reading, SignedHeader, Want, questions};
use node_core::outcome::{Followed, Owed, Shown, Stray, Vote, Work};
use proto::eth::{BlockVotes, ChainSpec, Committee, ValidatorIndex};
use proto::{Epoch, Slot};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::sleep;

use crate::beacon::{BeaconClient, BeaconError, BlockId, KnownBlock};
use crate::clock;
use crate::disk::duty_history::{Fate, OnChain, Row};
use crate::pool::calm::Calm;
use crate::report::news::Disputed;
use witnesses::Witnesses;

/// Lists of duties that wait at most: what ends in some minutes.
const WAITING: usize = 256;
/// After so many answers that are of no use a node is asked no more in this slot: each may take it
/// as long as it may.
const MOST_FAILED: u32 = 3;
/// The seats of the largest sync committee.
const SEATS: usize = 512;

/// What the thread tells the loop.
#[derive(Debug)]
pub enum Told {
    /// What the chain shows by now.
    Shown {
        duties: Vec<(Owed, Shown)>,
        /// The epochs of which it shows everything, with what their duties have earned.
        effects: Vec<(Epoch, Effect)>,
    },
    /// Something bears the signature of one of our validators, and is not what is known to be
    /// signed.
    Stray(Stray),
    /// Own beacon nodes speak against each other about such a thing: nothing follows from it.
    Disputed(Disputed),
    /// Something could not be read.
    Trouble(BeaconError),
}

/// The thread's ends: duties to be followed, and what is told of them.
type Ends = (Sender<Vec<Followed>>, Receiver<Told>);

/// Starts it with the duties of before the start, and what was told of them. It ends when the
/// sender is dropped.
///
/// # Errors
/// If the system gives no thread or no runtime.
pub fn start(
    clients: Vec<BeaconClient>,
    chain: Arc<ChainSpec>,
    calm: Calm,
    known: Vec<(Owed, Option<Shown>)>,
) -> io::Result<Ends> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (to_owed, owed) = channel(WAITING);
    let (to_told, told) = channel(WAITING);
    let mut reading = Reading::new(chain.slots_per_epoch());
    for (owed, told) in known {
        reading.owe(owed, told);
    }
    let reader = Reader {
        clients,
        chain,
        calm,
        reading,
        told: to_told,
    };
    thread::Builder::new()
        .name("outcomes".to_owned())
        .spawn(move || {
            runtime.block_on(reader.work(owed));
            runtime.shutdown_background();
        })?;
    Ok((to_owed, told))
}

/// The duties of a row that was kept before the start, and what was told of them.
pub fn known(row: &Row) -> Vec<(Owed, Option<Shown>)> {
    let each = |fate: &Fate| {
        let work = Work::named(&fate.work)?;
        let told = fate.chain.map(|chain| match chain {
            OnChain::Voted {
                included,
                target,
                head,
            } => Shown::Voted(Vote {
                included: Slot(included),
                target,
                head,
            }),
            OnChain::Proposed => Shown::Proposed,
            OnChain::Synced => Shown::Synced,
            OnChain::NoBlock => Shown::NoBlock,
            OnChain::Lacking => Shown::Lacking,
        });
        let owed = |(_, index): &(u32, u64)| Owed {
            slot: Slot(row.slot),
            work,
            index: ValidatorIndex(*index),
        };
        Some(fate.of.iter().map(|of| (owed(of), told)).collect())
    };
    let all: Vec<Vec<_>> = row.fates.iter().filter_map(each).collect();
    all.concat()
}

struct Reader {
    /// In the operator's order.
    clients: Vec<BeaconClient>,
    chain: Arc<ChainSpec>,
    calm: Calm,
    reading: Reading,
    told: Sender<Told>,
}

impl Reader {
    async fn work(mut self, mut owed: Receiver<Vec<Followed>>) {
        loop {
            sleep(self.until_late()).await;
            loop {
                match owed.try_recv() {
                    Ok(more) => more.into_iter().for_each(|it| self.reading.follow(it)),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            if !self.reading.is_open() {
                continue;
            }
            if let Err(error) = self.look().await
                && self.told.send(Told::Trouble(error)).await.is_err()
            {
                return;
            }
            for told in self.strays().await {
                if self.told.send(told).await.is_err() {
                    return;
                }
            }
            let (duties, effects) = (self.reading.settle(), self.reading.effects());
            let is_news = !duties.is_empty() || !effects.is_empty();
            let told = Told::Shown { duties, effects };
            if is_news && self.told.send(told).await.is_err() {
                return;
            }
        }
    }

    /// What is to be told of stray signatures: where one node's word is not enough, what all say.
    async fn strays(&mut self) -> Vec<Told> {
        let strays = self.reading.strays();
        let reading = &self.reading;
        let believed = reading.believed();
        let mut own = Witnesses::new(&self.clients, &self.chain, self.calm.clone(), believed);
        let mut told = Vec::new();
        for stray in strays {
            let is_its = |committees: &[Committee]| reading.is_its_by(&stray, committees);
            told.push(match own.hear(&stray, is_its).await {
                Ok(()) => Told::Stray(stray),
                Err(disputed) => Told::Disputed(disputed),
            });
        }
        told
    }

    /// How long it takes until two thirds of a slot are over.
    fn until_late(&self) -> std::time::Duration {
        let now = clock::now();
        let late = |slot| self.chain.start_of(slot) + 2 * (self.chain.slot_duration() / 3);
        let slot = self.chain.slot_at(now).unwrap_or(Slot(0));
        let due = [slot, slot.next()].map(late);
        let due = due.into_iter().find(|due| *due > now);
        due.map_or(self.chain.slot_duration(), |due| due.since(now))
    }

    /// Looks at the chain once, by the first node that shows it, and what that lacks by the next.
    async fn look(&mut self) -> Result<(), BeaconError> {
        let mut failed = Ok(());
        for client in self.clients.clone() {
            match self.look_by(&client).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed
    }

    /// Whether this node is of use, and has everything that is wanted.
    async fn look_by(&mut self, client: &BeaconClient) -> Result<bool, BeaconError> {
        self.calm.come().await;
        let Some(head) = checked_head(client, &self.chain).await? else {
            return Ok(false);
        };
        let finalised = client.known_block(BlockId::Finalized).await?;
        let finalised = finalised.map_or(Slot(0), |block| block.header.slot);
        let now = self.chain.slot_at(clock::now()).unwrap_or(Slot(0));
        let head = (head.root, signed(&head));
        if !self.reading.head(now, head, finalised) {
            return Ok(false);
        }
        let (mut failed, mut failures, mut lacks) = (Ok(()), 0, false);
        for _ in 0..questions(self.chain.slots_per_epoch()) {
            let Some(want) = self.reading.wants() else {
                break;
            };
            self.calm.come().await;
            let given = self.ask(client, want).await.unwrap_or_else(|error| {
                failed = Err(error);
                failures += 1;
                None
            });
            lacks |= given.is_none();
            self.reading.take(want, given);
            if failures == MOST_FAILED {
                break;
            }
        }
        failed.map(|()| !lacks)
    }

    async fn ask(&self, client: &BeaconClient, want: Want) -> Result<Option<Given>, BeaconError> {
        Ok(match want {
            Want::Header(root) => {
                let known = client.known_block(BlockId::Root(root)).await?;
                known.as_ref().map(signed).map(Given::Header)
            }
            Want::Committees(epoch, slot) => {
                let all = client.committees(epoch, slot).await?;
                Some(Given::Committees(all))
            }
            Want::Members(epoch) => {
                let members = self.reading.members(epoch);
                let (found, _) = client.sync_duties(epoch, &members).await?;
                let seats = found.iter().flat_map(|duty| {
                    let seats = duty.validator_sync_committee_indices.iter();
                    seats.map(|seat| (duty.validator_index, *seat))
                });
                Some(Given::Members(seats.take(SEATS).collect()))
            }
            Want::Block(root) => {
                let block = client.block(&self.chain, BlockId::Root(root)).await?;
                block.map(|signed| Given::Votes(BlockVotes::of(&signed.block)))
            }
        })
    }
}

/// The head of a node that is on this chain, if its execution client has checked it: what that has
/// not may never have happened.
async fn checked_head(
    client: &BeaconClient,
    chain: &ChainSpec,
) -> Result<Option<KnownBlock>, BeaconError> {
    if client.genesis().await? != *chain.genesis() {
        return Ok(None);
    }
    let head = client.known_block(BlockId::Head).await?;
    Ok(head.filter(|head| !head.optimistic))
}

fn signed(known: &KnownBlock) -> SignedHeader {
    SignedHeader {
        header: known.header,
        signature: known.signature,
    }
}

#[cfg(test)]
mod tests;
