//! The chain of headers behind the head of the own beacon node, as it was last followed, and the
//! votes of those blocks that were read.
//!
//! Every header names the one before it, so what hangs together here is one chain. Where the head
//! has another ancestor than it had, everything after the fork is forgotten.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proto::eth::{BeaconBlockHeader, BlockVotes, IncludedVotes};
use proto::{Root, SignatureBytes, Slot};

use super::reading::SignedHeader;

/// A block of the chain.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) root: Root,
    pub(super) header: BeaconBlockHeader,
    /// Its proposer's, if the node says it.
    pub(super) signature: Option<SignatureBytes>,
    /// The votes that it carries, as far as they are looked for; none before it was read.
    pub(super) votes: Option<Vec<IncludedVotes>>,
    /// Whose of the sync committee's seats signed the block before, once it was read.
    pub(super) seats_signed: Vec<bool>,
}

impl Link {
    fn of(root: Root, SignedHeader { header, signature }: SignedHeader) -> Self {
        Self {
            root,
            header,
            signature,
            votes: None,
            seats_signed: Vec::new(),
        }
    }
}

/// The chain, from some slot up to the head.
#[derive(Debug, Default)]
pub(super) struct Links {
    chain: BTreeMap<Slot, Link>,
    /// What leads from the head down to the chain, while that is not complete: the newest first.
    branch: Vec<(Slot, Link)>,
}

impl Links {
    /// The node's head is this block now.
    pub(super) fn head(&mut self, root: Root, head: SignedHeader) {
        let slot = head.header.slot;
        self.branch.clear();
        match self.chain.get(&slot) {
            Some(known) if known.root == root => {
                self.chain.split_off(&slot.next());
            }
            Some(_) | None => self.branch.push((slot, Link::of(root, head))),
        }
    }

    /// The header that is needed next for a chain from `floor` on, by its root.
    pub(super) fn wants(&self, floor: Slot) -> Option<Root> {
        let lowest = self.branch.last().map(|(slot, link)| (slot, link));
        let (slot, link) = lowest.or_else(|| self.chain.first_key_value())?;
        (*slot > floor).then_some(link.header.parent_root)
    }

    /// Takes the header that was wanted, if it stands where it must.
    pub(super) fn take(&mut self, root: Root, header: SignedHeader) {
        let at = header.header.slot;
        let below = |slot: Slot, link: &Link| link.header.parent_root == root && at < slot;
        let link = Link::of(root, header);
        if let Some((slot, last)) = self.branch.last() {
            if below(*slot, last) {
                self.branch.push((at, link));
            }
        } else if let Some((slot, first)) = self.chain.first_key_value()
            && below(*slot, first)
        {
            self.chain.insert(at, link);
        }
    }

    /// Joins the branch to the chain, if it has come down to it, or down to `floor`. The last slot
    /// at which the chain is the one that it was, if something was joined.
    pub(super) fn join(&mut self, floor: Slot) -> Option<Slot> {
        let (slot, last) = self.branch.last()?;
        let mut below = self.chain.range(..slot).rev();
        let fork = below.find(|(_, link)| link.root == last.header.parent_root);
        let same = fork.map(|(slot, _)| *slot);
        match same {
            Some(fork) => {
                self.chain.split_off(&fork.next());
            }
            None if *slot <= floor => self.chain.clear(),
            None => return None,
        }
        self.chain.extend(self.branch.drain(..));
        Some(same.unwrap_or(Slot(0)))
    }

    /// The header that is wanted cannot be had: the chain begins where it hangs together. Whether
    /// it is another one than before.
    pub(super) fn cut(&mut self) -> bool {
        let is_other = !self.branch.is_empty();
        if is_other {
            self.chain = self.branch.drain(..).collect();
        }
        is_other
    }

    /// Forgets what lies before the last block up to `floor`.
    pub(super) fn forget_before(&mut self, floor: Slot) {
        let first = self.chain.range(..=floor).next_back();
        if let Some(first) = first.map(|(slot, _)| *slot) {
            self.chain = self.chain.split_off(&first);
        }
    }

    /// Whether the head hangs together with a chain that reaches down to `slot`.
    pub(super) fn reaches(&self, slot: Slot) -> bool {
        let first = self.chain.first_key_value();
        self.branch.is_empty() && first.is_some_and(|(first, _)| *first <= slot)
    }

    /// The root of the last block up to `slot`.
    pub(super) fn root_at(&self, slot: Slot) -> Option<Root> {
        let last = self.chain.range(..=slot).next_back();
        last.map(|(_, link)| link.root)
    }

    /// The block of this slot.
    pub(super) fn at(&self, slot: Slot) -> Option<&Link> {
        self.chain.get(&slot)
    }

    /// The blocks of these slots, the first one first.
    pub(super) fn within(
        &self,
        slots: RangeInclusive<Slot>,
    ) -> impl Iterator<Item = (Slot, &Link)> {
        let slots = (!slots.is_empty()).then_some(slots);
        let found = slots.into_iter().flat_map(|slots| self.chain.range(slots));
        found.map(|(slot, link)| (*slot, link))
    }

    /// The block with this root was read.
    pub(super) fn read(&mut self, root: Root, carried: BlockVotes) {
        let link = self.chain.values_mut().find(|link| link.root == root);
        if let Some(link) = link {
            link.votes = Some(carried.attestations);
            link.seats_signed = carried.sync_committee;
        }
    }
}
