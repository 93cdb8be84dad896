//! Who of our validators sits in the sync committee, by epoch. Seats are drawn for a period of many
//! epochs, a period ahead, and no head event contradicts them. A validator that has left stays in
//! its committee to the end of the period.

use proto::eth::{SyncDuty, ValidatorIndex};
use proto::{Epoch, Slot, Subcommittee, ValidatorPosition};

use super::roots::Draw;
use super::topics::{Due, Topic};
use super::{Member, Schedule};

/// The most seats of one validator that are kept: as many as the largest committee has.
const MOST_SEATS: usize = 512;

impl Schedule {
    /// The seats of an epoch. The beacon node is told of those who have some.
    pub fn set_seats(&mut self, due: Due, found: &[SyncDuty]) {
        if self.topics.answered(due.topic, due.number).is_none() {
            return;
        }
        let epoch = due.topic.epoch();
        let preset = self.chain.preset();
        let member = |duty: &SyncDuty| {
            let index = duty.validator_index;
            let validator = self.position_of(&duty.pubkey, index)?;
            let seats = duty.validator_sync_committee_indices.iter();
            let seats = seats.take(MOST_SEATS);
            let seats: Vec<_> = seats.filter_map(|of| preset.subcommittee_of(*of)).collect();
            let member = Member {
                validator,
                index,
                seats,
            };
            (!member.seats.is_empty()).then_some(member)
        };
        let mut members: Vec<Member> = found.iter().filter_map(member).collect();
        members.sort_by_key(|member| member.validator);
        members.dedup_by_key(|member| member.validator);
        let is_halted = |member: &mut Member| self.withheld.is_halted(member.validator);
        let halted: Vec<Member> = members.extract_if(.., is_halted).collect();
        let halted = halted.iter().map(|member| (member.validator, member.index));
        self.withheld.sit(epoch, halted.collect());
        let is_news = self.members.get(&epoch) != Some(&members);
        self.members.insert(epoch, members);
        let unbound = Draw {
            root: None,
            against: None,
        };
        self.draws.insert(due.topic, unbound);
        if is_news {
            self.topics.put_back(Topic::SubscribeSync(epoch));
        }
    }

    /// Our members of the sync committee that signs in `slot`: the message stands in the block of
    /// the next slot, and so is of that slot's period.
    pub fn members(&self, slot: Slot) -> &[Member] {
        let epoch = self.chain.epoch_of(slot.next());
        let members = self.members.get(&epoch).filter(|_| self.is_syncing);
        members.map_or(&[], Vec::as_slice)
    }

    /// Our seats in a subcommittee in `slot`, each with its place in that.
    pub fn seats(&self, slot: Slot, of: Subcommittee) -> Vec<(ValidatorPosition, u64)> {
        let places = |member: &Member| {
            let validator = member.validator;
            let seats = member.seats.clone().into_iter();
            let places = seats.filter(move |(subcommittee, _)| *subcommittee == of);
            places.map(move |(_, place)| (validator, place))
        };
        self.members(slot).iter().flat_map(places).collect()
    }

    /// The members of an epoch, for the subscriptions.
    pub fn members_in(&self, epoch: Epoch) -> Vec<Member> {
        self.members.get(&epoch).cloned().unwrap_or_default()
    }

    /// Whether the peers perform the duties of the sync committee, and whether those that are here
    /// keep them from it.
    pub fn set_syncing(&mut self, is_syncing: bool, is_held_up: bool) {
        self.is_syncing = is_syncing;
        self.is_held_up = is_held_up;
    }

    /// Who of ours sits in the sync committee in this epoch, and whether that is performed: if it
    /// is known, and other than it was said last.
    pub fn news_of_seats(&mut self, epoch: Epoch) -> Option<(Vec<ValidatorIndex>, bool)> {
        let members = self.members.get(&epoch)?;
        let seats = members.iter().map(|member| member.index);
        let are_performed = !self.is_held_up;
        let told = self.told_seats.as_ref();
        if told.is_some_and(|(told, so)| {
            *so == are_performed && told.iter().copied().eq(seats.clone())
        }) {
            return None;
        }
        self.told_seats = Some((seats.collect(), are_performed));
        self.told_seats.clone()
    }
}
