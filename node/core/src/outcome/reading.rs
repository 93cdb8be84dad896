//! What is to be read of the chain next, and what follows from what was read.
//!
//! Once in a slot it is told the head; then it says, one by one, what else it wants, until it wants
//! nothing more or time is up; then what is new is settled. What could not be had is wanted again
//! with the next head.

mod messages;
mod strays;

use std::collections::{BTreeMap, BTreeSet};

use proto::eth::{BeaconBlockHeader, BlockVotes, Committee, IncludedVotes, ValidatorIndex};
use proto::{Epoch, Root, SignatureBytes, Slot};

use super::effect::Effect;
use super::links::Links;
use super::seats::Seats;
use super::{Followed, Owed, Shown, Signed, Vote, Work};

/// How many slots behind the head a block must lie before it is believed, unless it is finalised.
pub const DEPTH: u64 = 8;
/// How many epochs a duty is kept: finality takes two, and what [`Reading::effect`] tells goes back
/// as far.
pub const EPOCHS: u64 = 8;

/// The most questions in one slot, on a chain of so many slots an epoch: the headers of all epochs
/// that are kept, down to the first slot of the first, and a few for each kind of duty of a slot. A
/// chain that is not known yet is followed from each head anew, so fewer would never be enough.
pub const fn questions(slots_per_epoch: u64) -> u64 {
    (EPOCHS + 1) * slots_per_epoch + 64
}

/// Something to be asked of the beacon node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// The header of the block with this root.
    Header(Root),
    /// The committees of this slot, of this epoch.
    Committees(Epoch, Slot),
    /// The seats in the sync committee of this epoch.
    Members(Epoch),
    /// The block with this root.
    Block(Root),
}

/// The header of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHeader {
    /// The header.
    pub header: BeaconBlockHeader,
    /// Its proposer's signature, if the node says it.
    pub signature: Option<SignatureBytes>,
}

/// What the beacon node has given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A header.
    Header(SignedHeader),
    /// All committees of a slot.
    Committees(Vec<Committee>),
    /// Each seat in the sync committee of those of [`Reading::members`] that have one.
    Members(Vec<(ValidatorIndex, u64)>),
    /// What a block carries.
    Votes(BlockVotes),
}

/// Reads what became of our duties.
#[derive(Debug)]
pub struct Reading {
    slots_per_epoch: u64,
    head: Slot,
    finalised: Slot,
    links: Links,
    seats: BTreeMap<Slot, Seats>,
    /// The seats in the sync committee, by epoch.
    members: BTreeMap<Epoch, Vec<(ValidatorIndex, u64)>>,
    /// What was said last of each duty.
    owed: BTreeMap<Owed, Option<Shown>>,
    /// What was signed for those that ended in this run, as far as this peer knows.
    signed: BTreeMap<Owed, Option<Signed>>,
    /// What the duties of each epoch have earned, as it was told last.
    earned: BTreeMap<Epoch, Effect>,
    /// What could not be had since the last head.
    failed: BTreeSet<Want>,
}

impl Reading {
    /// Knows no duty yet, of a chain of so many slots an epoch.
    pub fn new(slots_per_epoch: u64) -> Self {
        Self {
            slots_per_epoch,
            head: Slot(0),
            finalised: Slot(0),
            links: Links::default(),
            seats: BTreeMap::new(),
            members: BTreeMap::new(),
            owed: BTreeMap::new(),
            signed: BTreeMap::new(),
            earned: BTreeMap::new(),
            failed: BTreeSet::new(),
        }
    }

    /// What becomes of this duty is to be read, which has ended.
    pub fn follow(&mut self, Followed { owed, signed }: Followed) {
        self.owe(owed, None);
        if owed.work.leaves_a_trace() {
            self.signed.insert(owed, signed);
        }
    }

    /// What becomes of this duty is to be read, and `told` is what was said of it before a restart.
    /// Of what leaves no trace nothing is read.
    pub fn owe(&mut self, owed: Owed, told: Option<Shown>) {
        if owed.work.leaves_a_trace() {
            self.owed.entry(owed).or_insert(told);
        }
    }

    /// Whether anything is left to be read.
    pub fn is_open(&self) -> bool {
        self.oldest().is_some()
    }

    /// The head is this block in the slot `now`, and blocks up to the slot `finalised` are final.
    /// Whether that can be: nobody can have built a block that this clock and a slot of tolerance
    /// rule out, and none is final before two epochs more have come (`weigh_justification_and_
    /// finalization`). Believed, the one would end all reading, and the other leave no other node
    /// that could know better.
    pub fn head(&mut self, now: Slot, (root, head): (Root, SignedHeader), finalised: Slot) -> bool {
        let slot = head.header.slot;
        let two_before = Epoch(self.epoch_of(slot).0.saturating_sub(2));
        if slot > now.next() || finalised > two_before.first_slot(self.slots_per_epoch) {
            return false;
        }
        self.head = slot;
        self.finalised = self.finalised.max(finalised);
        self.failed.clear();
        let kept = Slot(self.head.0.saturating_sub(EPOCHS * self.slots_per_epoch));
        self.owed.retain(|owed, _| owed.slot >= kept);
        self.signed.retain(|owed, _| owed.slot >= kept);
        self.links.head(root, head);
        let floor = self.join();
        self.links.forget_before(floor);
        self.seats.retain(|slot, _| *slot >= floor);
        let oldest = self.epoch_of(floor);
        self.members.retain(|epoch, _| *epoch >= oldest);
        true
    }

    /// Joins what was read to the chain, and forgets the committees that were drawn by another one:
    /// those of an epoch depend on the last block before the epoch before. The floor of the chain.
    fn join(&mut self) -> Slot {
        let floor = self.floor();
        if let Some(same) = self.links.join(floor) {
            let per_epoch = self.slots_per_epoch;
            let drawn_at = |slot: Slot| {
                let before = Epoch(slot.epoch(per_epoch).0.saturating_sub(1));
                before.first_slot(per_epoch)
            };
            self.seats.retain(|slot, _| drawn_at(*slot) <= same.next());
        }
        floor
    }

    /// What is to be asked next.
    pub fn wants(&self) -> Option<Want> {
        self.oldest()?;
        let may = |want: &Want| !self.failed.contains(want);
        let header = self.links.wants(self.floor()).map(Want::Header);
        let unseated = self
            .open_votes()
            .filter(|owed| self.seats_of(owed).is_none());
        let slots = unseated.map(|owed| (self.epoch_of(owed.slot), owed.slot));
        let at_hand = slots.filter(|(epoch, _)| self.is_at_hand(*epoch));
        let mut committees = at_hand.map(|(epoch, slot)| Want::Committees(epoch, slot));
        let epochs = self
            .open_messages()
            .map(|owed| self.epoch_of(owed.slot.next()));
        let unknown = epochs.filter(|epoch| !self.members.contains_key(epoch));
        let at_hand = unknown.filter(|epoch| self.is_at_hand(*epoch));
        let mut members = at_hand.map(Want::Members);
        let votes = self.open_votes().filter_map(|owed| self.unread(owed));
        let messages = self
            .open_messages()
            .filter_map(|owed| self.unread_next(owed));
        let header = header.filter(may);
        header
            .or_else(|| committees.find(may))
            .or_else(|| members.find(may))
            .or_else(|| votes.chain(messages).find(may))
    }

    /// Takes what was asked for; nothing if the node does not have it, or does not say.
    pub fn take(&mut self, want: Want, given: Option<Given>) {
        match (want, given) {
            (Want::Header(root), Some(Given::Header(header))) => {
                self.links.take(root, header);
                self.join();
            }
            (Want::Committees(_, slot), Some(Given::Committees(all))) => {
                let of_slot = self.open_votes().filter(|owed| owed.slot == slot);
                let ours: Vec<ValidatorIndex> = of_slot.map(|owed| owed.index).collect();
                self.seats.insert(slot, Seats::of(&all, &ours));
                // Who has no seat there is not looked for: nothing can be said of it.
                self.failed.insert(want);
            }
            (Want::Members(epoch), Some(Given::Members(seats))) => {
                self.members.insert(epoch, seats);
            }
            (Want::Block(root), Some(Given::Votes(mut carried))) => {
                let slots: BTreeSet<Slot> = self.open_votes().map(|owed| owed.slot).collect();
                let votes = &mut carried.attestations;
                votes.retain(|votes| slots.contains(&votes.data.slot));
                self.links.read(root, carried);
            }
            (Want::Header(_), _) => {
                self.failed.insert(want);
                // Whether the chain drew other committees before it cannot be told then.
                if self.links.cut() {
                    self.seats.clear();
                }
            }
            (Want::Committees(..) | Want::Members(_) | Want::Block(_), _) => {
                self.failed.insert(want);
            }
        }
    }

    /// What the chain shows by now and was not said yet, or was said otherwise.
    pub fn settle(&mut self) -> Vec<(Owed, Shown)> {
        let open: Vec<Owed> = self.open().map(|(owed, _)| *owed).collect();
        let mut news = Vec::new();
        for owed in open {
            if let Some(shown) = self.resolve(owed)
                && let Some(told) = self.owed.get_mut(&owed)
                && *told != Some(shown)
            {
                *told = Some(shown);
                news.push((owed, shown));
            }
        }
        news
    }

    /// What the duties of the last epochs have earned, of those that are over and settled: what is
    /// new, or other than it was told.
    pub fn effects(&mut self) -> Vec<(Epoch, Effect)> {
        let last = self.epoch_of(self.head).0;
        let over = (last.saturating_sub(EPOCHS)..last).map(Epoch);
        let over = over.filter(|epoch| self.last_handed_over(*epoch) <= self.head);
        let known = over.map(|epoch| (epoch, self.effect(epoch)));
        let mut news: Vec<(Epoch, Effect)> = known.collect();
        news.retain(|(epoch, effect)| {
            let is_any = effect.attestations + effect.blocks + effect.synced > 0;
            is_any && effect.is_whole() && self.earned.get(epoch) != Some(effect)
        });
        self.earned.extend(news.iter().copied());
        self.earned.retain(|epoch, _| epoch.0 + EPOCHS >= last);
        news
    }

    /// The slot in which the last duties of an epoch are handed over: two after their own.
    fn last_handed_over(&self, epoch: Epoch) -> Slot {
        Slot(epoch.next().first_slot(self.slots_per_epoch).0 + 1)
    }

    /// How much of what the duties of `epoch` could earn was earned.
    pub fn effect(&self, epoch: Epoch) -> Effect {
        let from = |slot| Owed {
            slot,
            work: Work::Attestation,
            index: ValidatorIndex(0),
        };
        let [first, end] = [epoch, epoch.next()].map(|it| it.first_slot(self.slots_per_epoch));
        let duties = self.owed.range(from(first)..from(end));
        Effect::of(
            duties.map(|(owed, shown)| (*owed, *shown)),
            self.slots_per_epoch,
        )
    }

    /// The duties of which something else may still be said.
    fn open(&self) -> impl Iterator<Item = (&Owed, Option<Shown>)> {
        let is_open = |(owed, shown): &(&Owed, &Option<Shown>)| match shown {
            None => true,
            Some(Shown::Voted(vote)) => vote.included > self.finalised,
            Some(Shown::Proposed) => owed.slot > self.finalised,
            Some(Shown::Synced | Shown::NoBlock) => owed.slot.next() > self.finalised,
            Some(Shown::Lacking) => self.last_block(owed) > self.finalised,
        };
        let open = self.owed.iter().filter(is_open);
        open.map(|(owed, shown)| (owed, *shown))
    }

    fn open_votes(&self) -> impl Iterator<Item = &Owed> {
        let votes = self.open().map(|(owed, _)| owed);
        votes.filter(|owed| owed.work == Work::Attestation)
    }

    fn oldest(&self) -> Option<Slot> {
        self.open().map(|(owed, _)| owed.slot).next()
    }

    /// The slot down to which the chain is needed: the target of the oldest open duty.
    fn floor(&self) -> Slot {
        let oldest = self.oldest().unwrap_or(self.head);
        self.epoch_of(oldest).first_slot(self.slots_per_epoch)
    }

    fn epoch_of(&self, slot: Slot) -> Epoch {
        slot.epoch(self.slots_per_epoch)
    }

    /// Whether a node has the committees of this epoch at hand. For those of an older one it would
    /// have to bring back a state that it has put away, which costs it far more than it is worth to
    /// us: what became of a duty before a long standstill of this peer may stay unknown.
    fn is_at_hand(&self, epoch: Epoch) -> bool {
        self.epoch_of(self.head) <= epoch.next()
    }

    /// The committees of its slot, if it has a seat in them.
    fn seats_of(&self, owed: &Owed) -> Option<&Seats> {
        let seats = self.seats.get(&owed.slot);
        seats.filter(|seats| seats.has(owed.index))
    }

    /// The last slot whose block may carry a duty.
    fn last_block(&self, owed: &Owed) -> Slot {
        match owed.work {
            Work::Attestation => {
                let closed = self.epoch_of(owed.slot).next().next();
                Slot(closed.first_slot(self.slots_per_epoch).0.saturating_sub(1))
            }
            Work::SyncMessage => owed.slot.next(),
            Work::Block | Work::Aggregate | Work::Contribution => owed.slot,
        }
    }

    /// The last slot whose block is believed.
    pub fn believed(&self) -> Slot {
        self.finalised.max(Slot(self.head.0.saturating_sub(DEPTH)))
    }

    /// The first block that may carry this attestation and was not read, unless one that was does.
    fn unread(&self, owed: &Owed) -> Option<Want> {
        let seats = self.seats_of(owed)?;
        let last = self.last_block(owed).min(self.believed());
        for (_, link) in self.links.within(owed.slot.next()..=last) {
            match &link.votes {
                None => return Some(Want::Block(link.root)),
                Some(votes) if vote_of(owed, seats, votes).is_some() => return None,
                Some(_) => {}
            }
        }
        None
    }

    fn resolve(&self, owed: Owed) -> Option<Shown> {
        match owed.work {
            Work::Attestation => self.vote(&owed),
            Work::Block => {
                let is_known = self.links.reaches(owed.slot) && owed.slot <= self.believed();
                let made = self.links.at(owed.slot);
                let is_ours = made.is_some_and(|link| link.header.proposer_index == owed.index);
                let shown = if is_ours {
                    Shown::Proposed
                } else {
                    Shown::Lacking
                };
                is_known.then_some(shown)
            }
            Work::SyncMessage => self.message(&owed),
            Work::Aggregate | Work::Contribution => None,
        }
    }

    fn vote(&self, owed: &Owed) -> Option<Shown> {
        let seats = self.seats_of(owed)?;
        let boundary = self.epoch_of(owed.slot).first_slot(self.slots_per_epoch);
        if !self.links.reaches(boundary) {
            return None;
        }
        let (last, believed) = (self.last_block(owed), self.believed());
        for (included, link) in self.links.within(owed.slot.next()..=last.min(believed)) {
            if let Some(votes) = vote_of(owed, seats, link.votes.as_ref()?) {
                let data = votes.data;
                return Some(Shown::Voted(Vote {
                    included,
                    target: self.links.root_at(boundary) == Some(data.target.root),
                    head: self.links.root_at(owed.slot) == Some(data.beacon_block_root),
                }));
            }
        }
        (last <= believed).then_some(Shown::Lacking)
    }
}

/// The votes among these that hold this attestation.
fn vote_of<'a>(
    owed: &Owed,
    seats: &Seats,
    votes: &'a [IncludedVotes],
) -> Option<&'a IncludedVotes> {
    votes.iter().find(|votes| hold(votes, owed, seats))
}

/// Whether these hold a vote of this validator and slot, whatever it is for.
fn hold(votes: &IncludedVotes, owed: &Owed, seats: &Seats) -> bool {
    votes.data.slot == owed.slot && seats.has_voted(owed.index, votes)
}
