//! All own beacon nodes, asked about a stray vote that one of them shows.

use std::collections::BTreeMap;

use node_core::outcome::witness::{Testimony, is_believed};
use node_core::outcome::{Bears, Stray};
use proto::Slot;
use proto::eth::{ChainSpec, Committee};

use crate::beacon::{BeaconClient, BeaconError, BlockId};
use crate::pool::calm::Calm;
use crate::report::news::Disputed;

/// The nodes of one look, with what they have said of committees.
pub(super) struct Witnesses<'a> {
    clients: &'a [BeaconClient],
    chain: &'a ChainSpec,
    calm: Calm,
    believed: Slot,
    /// By slot and node.
    committees: BTreeMap<(Slot, usize), Vec<Committee>>,
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
        Self {
            clients,
            chain,
            calm,
            believed,
            committees: BTreeMap::new(),
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
            Bears::Vote(_) if self.clients.len() < 2 => return Ok(()),
            Bears::Vote(_) => {}
        }
        let mut said = Vec::new();
        for (at, client) in self.clients.iter().enumerate() {
            self.calm.come().await;
            if let Ok(Some(says)) = self.ask((at, client), stray, &is_its).await {
                said.push((client.node().to_owned(), says));
            }
        }
        if is_believed(said.iter().map(|(_, says)| *says)) {
            return Ok(());
        }
        let (shown, denied): (Vec<_>, Vec<_>) = said
            .into_iter()
            .partition(|(_, says)| *says == Testimony::Shows);
        let names = |all: Vec<(String, Testimony)>| all.into_iter().map(|(node, _)| node).collect();
        Err(Disputed {
            owed: stray.owed,
            block: stray.block,
            shown_by: names(shown),
            denied_by: names(denied),
        })
    }

    /// What this node says; nothing if it is not where it could know.
    async fn ask(
        &mut self,
        (at, client): (usize, &BeaconClient),
        stray: &Stray,
        is_its: impl Fn(&[Committee]) -> Option<bool>,
    ) -> Result<Option<Testimony>, BeaconError> {
        if client.genesis().await? != *self.chain.genesis() {
            return Ok(None);
        }
        let head = client.known_block(BlockId::Head).await?;
        let is_there = head.filter(|it| !it.optimistic && it.header.slot >= self.believed);
        if is_there.is_none() {
            return Ok(None);
        }
        if !client.has_block(stray.block).await? {
            return Ok(Some(Testimony::Denies));
        }
        let slot = stray.owed.slot;
        if !self.committees.contains_key(&(slot, at)) {
            let epoch = slot.epoch(self.chain.slots_per_epoch());
            let all = client.committees(epoch, slot).await?;
            self.committees.insert((slot, at), all);
        }
        let known = self.committees.get(&(slot, at));
        let is_its = known.and_then(|all| is_its(all));
        Ok(is_its.map(|is_its| match is_its {
            true => Testimony::Shows,
            false => Testimony::Denies,
        }))
    }
}

#[cfg(test)]
mod tests;
