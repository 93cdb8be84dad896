//! Which duties of the cluster the chain's blocks contain.
//!
//! Expected are the seats of its validators in the committees of the watched epochs, and their
//! slots as proposers. An attestation is included when a canonical block carries its bit, a
//! proposal when the canonical block of the slot is the validator's. Canonical is what the node's
//! head descends from at the last reading: where the chain has changed its mind, it is read again.
//!
//! Of the sync committee's messages a block can carry only those that name the block below it. They
//! are expected where every vote of the slot that is in a block names it too: where it came late,
//! nobody could know it.

use std::collections::{BTreeMap, BTreeSet};

use proto::{Epoch, Root, Slot};

use crate::Error;
use crate::api::{BeaconApi, Block, Committee, Message, Packed, Proposer};

/// What became of the duties of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many there were.
    pub expected: usize,
    /// How many the chain's blocks contain.
    pub included: usize,
}

impl Tally {
    /// How many the blocks do not contain.
    pub fn missed(self) -> usize {
        self.expected - self.included
    }
}

/// The duties of some epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Duties {
    pub attestations: Tally,
    /// Blocks.
    pub proposals: Tally,
    /// Seats of the sync committee, once for each block.
    pub sync_messages: Tally,
}

/// What a block carries beside our attestations.
#[derive(Debug, Clone)]
struct Carried {
    parent: Root,
    /// Of our seats in the sync committee: whose each is, and whether it has signed.
    messages: Vec<(u64, bool)>,
    /// Slots that votes in it are of, and the heads that they name.
    heads: BTreeSet<(Slot, Root)>,
}

/// The duties of a set of validators, and what the blocks say about them.
#[derive(Debug)]
pub struct Ledger {
    own: BTreeSet<u64>,
    slots_per_epoch: u64,
    committees: BTreeMap<(Slot, u64), Vec<u64>>,
    /// By slot and validator, the slot of the first block that carries its attestation.
    seats: BTreeMap<(Slot, u64), Option<Slot>>,
    /// By epoch, our places in the sync committee, and whose each is.
    places: BTreeMap<Epoch, Vec<(u64, u64)>>,
    proposals: BTreeMap<Slot, (u64, bool)>,
    first: Slot,
    /// The canonical blocks that have been read.
    read: BTreeMap<Slot, Root>,
    carried: BTreeMap<Slot, Carried>,
}

impl Ledger {
    /// A ledger for the validators `own` that reads blocks from the epoch `first` on.
    pub fn new(own: BTreeSet<u64>, first: Epoch, slots_per_epoch: u64) -> Self {
        Self {
            own,
            slots_per_epoch,
            committees: BTreeMap::new(),
            seats: BTreeMap::new(),
            places: BTreeMap::new(),
            proposals: BTreeMap::new(),
            first: first.first_slot(slots_per_epoch),
            read: BTreeMap::new(),
            carried: BTreeMap::new(),
        }
    }

    /// Asks for the duties of `epoch`: at its start, when proposers are settled too.
    pub async fn expect(&mut self, api: &BeaconApi, epoch: Epoch) -> Result<(), Error> {
        self.seat(api.committees(epoch).await?);
        self.await_blocks(&api.proposers(epoch).await?);
        self.place(epoch, &api.sync_committee(epoch).await?);
        Ok(())
    }

    /// Reads the blocks before `end` that the node's head descends from: a block read before the
    /// duties of its epoch are known would not be looked at again.
    pub async fn read(&mut self, api: &BeaconApi, end: Slot) -> Result<(), Error> {
        let mut root = api.head().await?;
        let mut newer = Vec::new();
        let mut fork = Slot(0);
        loop {
            if let Some(known) = self.slot_of(root) {
                fork = known;
                break;
            }
            let block = api.block(root).await?;
            if block.message.slot < self.first {
                break;
            }
            root = block.message.parent_root;
            newer.push(block);
        }
        newer.retain(|block| block.message.slot < end);
        self.replace(fork, &newer);
        Ok(())
    }

    /// Reads on until every duty up to those of the epoch `last` is found, or blocks may contain
    /// them no longer: they may until the end of the epoch after `last` (EIP-7045).
    pub async fn settle(&mut self, api: &BeaconApi, last: Epoch) -> Result<(), Error> {
        let mut end = last.next().first_slot(self.slots_per_epoch);
        let closed = last.next().next().first_slot(self.slots_per_epoch);
        loop {
            api.until(end).await;
            self.read(api, end).await?;
            if self.missed().is_empty() || end > closed {
                return Ok(());
            }
            end = end.next();
        }
    }

    /// What the blocks read so far say about the duties of `epoch`.
    pub fn of(&self, epoch: Epoch) -> Duties {
        self.count(|slot| slot.epoch(self.slots_per_epoch) == epoch)
    }

    /// The same for all epochs expected so far.
    pub fn total(&self) -> Duties {
        self.count(|_| true)
    }

    /// The slots of the attestations and proposals that no block read so far contains.
    pub fn missed(&self) -> BTreeSet<Slot> {
        let seats = self.seats.iter();
        let left_out = seats.filter(|(_, packed_in)| packed_in.is_none());
        let proposals = self.proposals.iter().filter(|(_, (_, made))| !made);
        left_out
            .map(|((slot, _), _)| *slot)
            .chain(proposals.map(|(slot, _)| *slot))
            .collect()
    }

    /// By slot and validator, the slot of the first block that carries each attestation, if one
    /// does.
    pub fn attestations(&self) -> &BTreeMap<(Slot, u64), Option<Slot>> {
        &self.seats
    }

    /// By slot, whose block was due, and whether it is the chain's.
    pub fn proposals(&self) -> &BTreeMap<Slot, (u64, bool)> {
        &self.proposals
    }

    /// By slot of the block and validator, whether one of its seats in the sync committee has
    /// signed the block before.
    pub fn sync_messages(&self) -> BTreeMap<(Slot, u64), bool> {
        let mut signed = BTreeMap::new();
        for (slot, by) in &self.carried {
            for (of, has_signed) in &by.messages {
                *signed.entry((*slot, *of)).or_insert(false) |= has_signed;
            }
        }
        signed
    }

    /// The roots of the cluster's own blocks.
    pub fn own_blocks(&self) -> Vec<Root> {
        let made = self.proposals.iter().filter(|(_, (_, made))| *made);
        made.filter_map(|(slot, _)| self.read.get(slot).copied())
            .collect()
    }

    fn seat(&mut self, committees: Vec<Committee>) {
        for Committee {
            index,
            slot,
            validators,
        } in committees
        {
            let own = validators.iter().filter(|of| self.own.contains(of));
            for member in own {
                self.seats.entry((slot, *member)).or_insert(None);
            }
            self.committees.insert((slot, index), validators);
        }
    }

    /// These are the members of the sync committee in `epoch`.
    fn place(&mut self, epoch: Epoch, members: &[u64]) {
        let all = (0..).zip(members.iter().copied());
        let own = all.filter(|(_, of)| self.own.contains(of)).collect();
        self.places.insert(epoch, own);
    }

    fn await_blocks(&mut self, proposers: &[Proposer]) {
        for Proposer {
            slot,
            validator_index,
        } in proposers
        {
            if self.own.contains(validator_index) {
                self.proposals
                    .entry(*slot)
                    .or_insert((*validator_index, false));
            }
        }
    }

    /// The slot of a block that was read.
    fn slot_of(&self, root: Root) -> Option<Slot> {
        let mut newest_first = self.read.iter().rev();
        let found = newest_first.find(|(_, known)| **known == root);
        found.map(|(slot, _)| *slot)
    }

    /// Puts `newer`, the newest first, in the place of all that was read after the slot `fork`.
    fn replace(&mut self, fork: Slot, newer: &[Block]) {
        self.read.split_off(&fork.next());
        self.carried.split_off(&fork.next());
        for packed_in in self.seats.values_mut() {
            *packed_in = packed_in.filter(|slot| *slot <= fork);
        }
        for (_, made) in self.proposals.range_mut(fork.next()..).map(|(_, p)| p) {
            *made = false;
        }
        newer.iter().rev().for_each(|block| self.enter(block));
    }

    fn enter(&mut self, Block { root, message }: &Block) {
        self.read.insert(message.slot, *root);
        if let Some((proposer, made)) = self.proposals.get_mut(&message.slot) {
            *made |= *proposer == message.proposer_index;
        }
        for packed in &message.body.attestations {
            for member in self.members(packed) {
                if let Some(packed_in) = self.seats.get_mut(&(packed.data.slot, member)) {
                    packed_in.get_or_insert(message.slot);
                }
            }
        }
        self.carried.insert(message.slot, self.carried_by(message));
    }

    fn carried_by(&self, message: &Message) -> Carried {
        let set = bits(&message.body.sync_aggregate.sync_committee_bits);
        let places = self.places.get(&message.slot.epoch(self.slots_per_epoch));
        let places = places.map(Vec::as_slice).unwrap_or_default();
        let votes = message.body.attestations.iter().map(|packed| packed.data);
        Carried {
            parent: message.parent_root,
            messages: places
                .iter()
                .map(|(at, of)| (*of, set.contains(at)))
                .collect(),
            heads: votes.map(|of| (of.slot, of.beacon_block_root)).collect(),
        }
    }

    /// Whether everybody who voted in the slot before this block knew the block below it.
    fn was_known(&self, slot: Slot, parent: Root) -> bool {
        let votes = self.carried.range(slot..).flat_map(|(_, by)| &by.heads);
        let mut of_slot = votes.filter(|(of, _)| of.next() == slot).peekable();
        of_slot.peek().is_some() && of_slot.all(|(_, head)| *head == parent)
    }

    /// Whose attestations a packed one carries, as far as their committees are known.
    fn members(&self, packed: &Packed) -> Vec<u64> {
        let mut members = Vec::new();
        for committee in bits(&packed.committee_bits) {
            match self.committees.get(&(packed.data.slot, committee)) {
                Some(seated) => members.extend(seated),
                // Not an epoch of ours: the positions of what follows are not known either.
                None => return Vec::new(),
            }
        }
        // The bitlist's last bit marks its length and stands behind the last member.
        let set = bits(&packed.aggregation_bits).into_iter();
        set.filter_map(|bit| members.get(usize::try_from(bit).ok()?).copied())
            .collect()
    }

    fn count(&self, counts: impl Fn(Slot) -> bool) -> Duties {
        let mut duties = Duties::default();
        for ((slot, _), packed_in) in &self.seats {
            if counts(*slot) {
                duties.attestations.expected += 1;
                duties.attestations.included += usize::from(packed_in.is_some());
            }
        }
        for (slot, by) in &self.carried {
            if counts(*slot) && self.was_known(*slot, by.parent) {
                let signed = by.messages.iter().filter(|(_, has_signed)| *has_signed);
                duties.sync_messages.expected += by.messages.len();
                duties.sync_messages.included += signed.count();
            }
        }
        for (slot, (_, made)) in &self.proposals {
            if counts(*slot) {
                duties.proposals.expected += 1;
                duties.proposals.included += usize::from(*made);
            }
        }
        duties
    }
}

/// The positions of the set bits of an SSZ bitfield in hex; none if it is not hex.
fn bits(text: &str) -> Vec<u64> {
    let bytes = hex::decode(text.trim_start_matches("0x")).unwrap_or_default();
    let at = |byte: u8, bit: u64| byte >> bit & 1 == 1;
    let all = (0..)
        .zip(bytes)
        .flat_map(|(i, byte)| (0..8).map(move |bit| (8 * i + bit, byte, bit)));
    all.filter(|(_, byte, bit)| at(*byte, *bit))
        .map(|(position, ..)| position)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
