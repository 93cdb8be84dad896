//! All own beacon nodes, asked about a stray vote that one of them shows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use node_core::outcome::witness::is_believed;
use node_core::outcome::{Bears, Stray};
use proto::Slot;
use proto::eth::{ChainSpec, Committee};

use super::checked_head;
use crate::beacon::{BeaconClient, BeaconError};
use crate::pool::calm::Calm;
use crate::report::news::Disputed;

/// The nodes of one look, with what they have said in it.
pub(super) struct Witnesses<'a> {
    all: Vec<Witness<'a>>,
    chain: &'a ChainSpec,
    calm: Calm,
    believed: Slot,
}

struct Witness<'a> {
    client: &'a BeaconClient,
    /// Whether it is where it could know; none before it has said so.
    is_there: Option<bool>,
    committees: BTreeMap<Slot, Vec<Committee>>,
}

impl<'a> Witnesses<'a> {
    /// Those of `clients` that are on this chain and have come to the last slot whose block is
    /// `believed`; they are asked while no duty is under way.
    pub(super) fn new(
        clients: &'a [BeaconClient],
        chain: &'a ChainSpec,
        calm: Calm,
        believed: Slot,
    ) -> Self {
        let witness = |client| Witness {
            client,
            is_there: None,
            committees: BTreeMap::new(),
        };
        Self {
            all: clients.iter().map(witness).collect(),
            chain,
            calm,
            believed,
        }
    }

    /// Who says what of a stray, where one node's word is not enough; `is_its` says whether it is
    /// its validator's by these committees. A node that does not answer, or whose committees seat
    /// that validator nowhere, says nothing.
    ///
    /// # Errors
    /// If the nodes speak against each other.
    pub(super) async fn hear(
        &mut self,
        stray: &Stray,
        is_its: impl Fn(&[Committee]) -> Option<bool>,
    ) -> Result<(), Disputed> {
        match stray.bears {
            // Its signature is checked by this peer itself.
            Bears::Block(..) => return Ok(()),
            Bears::Vote(_) if self.all.len() < 2 => return Ok(()),
            Bears::Vote(_) => {}
        }
        let (mut shown_by, mut denied_by) = (Vec::new(), Vec::new());
        for witness in &mut self.all {
            self.calm.come().await;
            let shows = witness.shows(stray, (self.chain, self.believed), &is_its);
            let said = match shows.await {
                Ok(Some(true)) => &mut shown_by,
                Ok(Some(false)) => &mut denied_by,
                Ok(None) | Err(_) => continue,
            };
            said.push(witness.client.node().to_owned());
        }
        if is_believed(shown_by.len(), denied_by.len()) {
            return Ok(());
        }
        Err(Disputed {
            owed: stray.owed,
            block: stray.block,
            shown_by,
            denied_by,
        })
    }
}

impl Witness<'_> {
    /// Whether it shows a stray or denies it; none if it is not where it could know.
    async fn shows(
        &mut self,
        stray: &Stray,
        (chain, believed): (&ChainSpec, Slot),
        is_its: impl Fn(&[Committee]) -> Option<bool>,
    ) -> Result<Option<bool>, BeaconError> {
        let is_there = match self.is_there {
            Some(is_there) => is_there,
            None => {
                let head = checked_head(self.client, chain).await?;
                let is_there = head.is_some_and(|head| head.header.slot >= believed);
                *self.is_there.insert(is_there)
            }
        };
        if !is_there {
            return Ok(None);
        }
        if !self.client.has_block(stray.block).await? {
            return Ok(Some(false));
        }
        let slot = stray.owed.slot;
        Ok(is_its(match self.committees.entry(slot) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let epoch = slot.epoch(chain.slots_per_epoch());
                unknown.insert(self.client.committees(epoch, slot).await?)
            }
        }))
    }
}

#[cfg(test)]
mod tests;
