//! Which of our validators has a duty in which slot, and what to ask the beacon node to know it.
//!
//! The schedule is a table of [`Topic`]s: each is waiting, asked, or done. One that failed waits
//! and is asked again. Every answer is kept with the block that it depends on, and compared with
//! every head event: one that the newest event contradicts is asked again, and until then its
//! duties are held back.
//!
//! Never here: a beacon node that is talked to.

mod chosen;
mod known;
mod roots;
mod seats;
#[cfg(test)]
mod tests;
mod topics;
mod withheld;

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::eth::{AttesterDuty, ChainSpec, ProposerDuty, ValidatorIndex};
use proto::{Epoch, PublicKey, Root, Slot, Timestamp, ValidatorPosition};

pub use known::{Aggregator, Attester, Contributor, Drawn, Member, Registered, Subscription};
pub use roots::Head;
pub use topics::{Asked, Due, Topic};

use chosen::Chosen;
use roots::{Draw, has_lookahead};
use topics::{Topics, is_of_ours};
use withheld::Withheld;

/// Our validators' duties, epoch by epoch.
#[derive(Debug)]
pub struct Schedule {
    chain: Arc<ChainSpec>,
    positions: BTreeMap<PublicKey, ValidatorPosition>,
    registered: BTreeMap<ValidatorPosition, Registered>,
    topics: Topics,
    attesters: BTreeMap<Slot, Vec<Attester>>,
    proposers: BTreeMap<Slot, ValidatorPosition>,
    chosen: Chosen,
    /// Whether selection proofs are exchanged, so that it is worth waiting for them.
    is_choosing: bool,
    /// Our members of the sync committee in each epoch.
    members: BTreeMap<Epoch, Vec<Member>>,
    /// Whether the peers perform their duties.
    is_syncing: bool,
    is_held_up: bool,
    /// Who was said to sit in the sync committee, and whether to perform its duties.
    told_seats: Option<(Vec<ValidatorIndex>, bool)>,
    /// Of whom nothing is signed any more, and what they owe all the same.
    withheld: Withheld,
    /// What the answers in use depend on.
    draws: BTreeMap<Topic, Draw>,
    /// What an answer that was not taken depends on, and what the events said instead.
    contradicted: BTreeMap<Topic, (Root, Root)>,
    /// The newest head, since events come without a gap.
    head: Option<Head>,
    /// The epoch of the last look at the clock.
    epoch: Option<Epoch>,
    /// The last slot whose proposal the beacon node was prepared for ahead.
    prepared: Option<Slot>,
}

impl Schedule {
    /// An empty schedule for validators of these group keys, in the order of the lock.
    pub fn new(chain: Arc<ChainSpec>, keys: &[PublicKey]) -> Self {
        let positions = keys
            .iter()
            .zip(0..)
            .map(|(key, at)| (*key, ValidatorPosition(at)))
            .collect();
        Self {
            chain,
            positions,
            registered: BTreeMap::new(),
            topics: Topics::default(),
            attesters: BTreeMap::new(),
            proposers: BTreeMap::new(),
            chosen: Chosen::default(),
            is_choosing: false,
            members: BTreeMap::new(),
            is_syncing: false,
            is_held_up: false,
            told_seats: None,
            withheld: Withheld::default(),
            draws: BTreeMap::new(),
            contradicted: BTreeMap::new(),
            head: None,
            epoch: None,
            prepared: None,
        }
    }

    /// The validators that attest in `slot`, in the order of the lock.
    pub fn attesters(&self, slot: Slot) -> &[Attester] {
        self.attesters.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// Our validator that proposes in `slot`, if one does.
    pub fn proposer(&self, slot: Slot) -> Option<ValidatorPosition> {
        self.proposers.get(&slot).copied()
    }

    /// Whether one of our validators has a duty in `slot`, or may propose as nobody has said yet
    /// who does. Not in an epoch later than all those that the beacon node has named duties of (it
    /// names those of the next epoch ahead): a jump of the clock must not look like duties.
    pub fn may_have_duty(&self, slot: Slot) -> bool {
        let epoch = self.chain.epoch_of(slot);
        let is_known = self.is_known(Topic::Proposers(epoch));
        let may_propose = !is_known && !self.registered.is_empty();
        let attests = !self.attesters(slot).is_empty() || !self.members(slot).is_empty();
        let has_duty = attests || self.proposer(slot).is_some();
        // Seats in the sync committee are named many epochs ahead: they show nothing.
        let shows = |topic: &&Topic| matches!(topic, Topic::Attesters(_) | Topic::Proposers(_));
        let latest = self
            .draws
            .keys()
            .filter(shows)
            .map(|topic| topic.epoch())
            .max();
        latest >= Some(epoch) && (has_duty || may_propose)
    }

    /// What the chain knows of `validator`.
    pub fn registered(&self, validator: ValidatorPosition) -> Option<&Registered> {
        self.registered.get(&validator)
    }

    /// The indices of all our validators that the chain knows.
    pub fn indices(&self) -> Vec<ValidatorIndex> {
        self.registered
            .values()
            .map(|registered| registered.index)
            .collect()
    }

    /// Every validator the chain knows, in the order of the lock.
    pub fn known(&self) -> impl Iterator<Item = (ValidatorPosition, &Registered)> {
        self.registered
            .iter()
            .map(|(position, registered)| (*position, registered))
    }

    /// Whether the beacon node has answered `topic`.
    pub fn is_known(&self, topic: Topic) -> bool {
        self.draws.contains_key(&topic)
    }

    /// Whether the newest head event contradicts the answer to `topic` that is in use: what it
    /// says is not to be signed for.
    pub fn is_held(&self, topic: Topic) -> bool {
        let draw = self.draws.get(&topic);
        draw.is_some_and(|draw| !draw.fits(self.settles(topic)))
    }

    /// What is to be asked at `now`; each is returned once until it fails or is put back.
    pub fn due(&mut self, now: Timestamp) -> Vec<Due> {
        self.plan(now);
        let mut topics = std::mem::take(&mut self.topics);
        let may = |topic| self.is_possible(topic, now);
        let due = topics.due(now, may, |topic| self.settles(topic));
        self.topics = topics;
        due
    }

    /// Whether enough is known to ask about `topic`.
    fn is_possible(&self, topic: Topic, now: Timestamp) -> bool {
        match topic {
            Topic::Chain(_) | Topic::Validators(_) => true,
            Topic::Attesters(_) | Topic::Proposers(_) | Topic::Seats(_) | Topic::Prepare(_) => {
                !self.registered.is_empty()
            }
            Topic::SubscribeSync(epoch) => {
                let members = self.members.get(&epoch);
                members.is_some_and(|members| !members.is_empty())
            }
            Topic::Subscribe(epoch) => {
                let attests = self.attesters_of(epoch).next().is_some();
                attests && (now >= self.subscribes_at(epoch) || self.is_all_chosen(epoch))
            }
        }
    }

    /// When [`Schedule::due`] may next have something: a retry, or the next epoch.
    pub fn deadline(&self, now: Timestamp) -> Timestamp {
        let boundary = self
            .chain
            .start_of(self.chain.first_slot(self.epoch_at(now).next()));
        let retries = self.topics.deadline(now);
        let next = self.subscribes_at(self.epoch_at(now).next());
        let next = Some(next).filter(|at| *at > now);
        [retries, next]
            .into_iter()
            .flatten()
            .fold(boundary, Timestamp::min)
    }

    /// The beacon node did not answer this question, or with an error: ask again in a while.
    pub fn failed(&mut self, Due { topic, number }: Due, now: Timestamp) {
        self.topics.failed(topic, number, now);
    }

    /// The beacon node took note, or its answer is of no interest here.
    pub fn done(&mut self, Due { topic, number }: Due) {
        self.topics.answered(topic, number);
    }

    /// The chain knows these of our validators. News of one put the duties back.
    pub fn set_registered(&mut self, due: Due, found: Vec<(PublicKey, Registered)>) {
        if self.topics.answered(due.topic, due.number).is_none() {
            return;
        }
        let mut news = false;
        for (key, registered) in found {
            if let Some(position) = self.positions.get(&key) {
                let before = self.registered.insert(*position, registered);
                news |= before != Some(registered);
            }
        }
        if news {
            self.topics.put_back_all(is_of_ours);
        }
    }

    /// The attestations of an epoch, by the beacon node's view when it was asked.
    pub fn set_attesters(&mut self, due: Due, found: Drawn<AttesterDuty>) {
        if !self.takes(due, found.root) {
            return;
        }
        let epoch = due.topic.epoch();
        let slots = self.slots_of(epoch);
        self.attesters.retain(|slot, _| !slots.contains(slot));
        self.withheld.forget_attesters(&slots);
        for duty in found.duties {
            let ours = self.position_of(&duty.pubkey, duty.validator_index);
            let Some(validator) = ours.filter(|_| slots.contains(&duty.slot)) else {
                continue;
            };
            if self.withheld.is_halted(validator) {
                let of = (validator, duty.validator_index);
                self.withheld.attests(duty.slot, of);
            } else {
                let list = self.attesters.entry(duty.slot).or_default();
                list.push(Attester { validator, duty });
                list.sort_by_key(|attester| attester.validator);
                list.dedup_by_key(|attester| attester.validator);
            }
        }
        self.topics.put_back(Topic::Subscribe(epoch));
    }

    /// The proposers of an epoch, by the beacon node's view when it was asked.
    pub fn set_proposers(&mut self, due: Due, found: &Drawn<ProposerDuty>) {
        if !self.takes(due, found.root) {
            return;
        }
        let slots = self.slots_of(due.topic.epoch());
        self.proposers.retain(|slot, _| !slots.contains(slot));
        self.withheld.forget_proposers(&slots);
        for duty in &found.duties {
            let ours = self.position_of(&duty.pubkey, duty.validator_index);
            let Some(validator) = ours.filter(|_| slots.contains(&duty.slot)) else {
                continue;
            };
            if self.withheld.is_halted(validator) {
                let of = (validator, duty.validator_index);
                self.withheld.proposes(duty.slot, of);
            } else {
                self.proposers.insert(duty.slot, validator);
            }
        }
    }

    /// Whether the answer to this question is to be used: none to a newer one was, and the newest
    /// head event does not contradict it, or the node insists on it. It depends on `root`, or if
    /// the node does not say, on what the events said when it was asked.
    fn takes(&mut self, Due { topic, number }: Due, root: Option<Root>) -> bool {
        let Some(bound) = self.topics.answered(topic, number) else {
            return false;
        };
        let expected = self.settles(topic);
        let mut draw = Draw {
            root: root.or(bound),
            against: None,
        };
        if let (Some(root), Some(expected), false) = (draw.root, expected, draw.fits(expected)) {
            let said = (root, expected);
            if self.contradicted.insert(topic, said) != Some(said) {
                self.topics.put_back(topic);
                return false;
            }
            draw.against = Some(expected);
        } else if !draw.fits(expected) {
            // Asked before anybody knew what it depends on.
            self.topics.put_back(topic);
        } else {
            self.contradicted.remove(&topic);
        }
        self.draws.insert(topic, draw);
        true
    }

    /// The beacon node has a new head: answers that it contradicts are asked again.
    pub fn head(&mut self, head: Head) {
        self.head = Some(head);
        for topic in self.draws.keys() {
            if !self.draws[topic].fits(head.settles(&self.chain, *topic)) {
                self.topics.put_back_if_done(*topic);
            }
        }
    }

    /// The event stream of the beacon node has ended: what its head does is not known any more.
    pub fn deaf(&mut self) {
        self.head = None;
    }

    /// The event stream is back: the node may have restarted, and have forgotten what it was told;
    /// and the chain may have turned meanwhile.
    pub fn hears_again(&mut self) {
        self.head = None;
        self.topics.put_back_all(is_of_ours);
    }

    /// The epoch at `now`; before genesis the first.
    fn epoch_at(&self, now: Timestamp) -> Epoch {
        self.chain
            .epoch_of(self.chain.slot_at(now).unwrap_or(Slot(0)))
    }

    fn slots_of(&self, epoch: Epoch) -> std::ops::Range<Slot> {
        self.chain.first_slot(epoch)..self.chain.first_slot(epoch.next())
    }

    /// What the answer to `topic` depends on by the newest head event, as far as it says.
    fn settles(&self, topic: Topic) -> Option<Root> {
        self.head?.settles(&self.chain, topic)
    }

    /// Our validator of this key, if the chain knows it under this index.
    fn position_of(&self, key: &PublicKey, index: ValidatorIndex) -> Option<ValidatorPosition> {
        let position = *self.positions.get(key)?;
        (self.registered.get(&position)?.index == index).then_some(position)
    }

    fn plan(&mut self, now: Timestamp) {
        let epoch = self.epoch_at(now);
        if self.epoch.replace(epoch) != Some(epoch) {
            self.begin(epoch);
            self.confirm(epoch);
        }
        self.prepare_ahead(now, epoch);
    }

    /// Adds the topics of this epoch and the next, forgets all others, those of a time far ahead
    /// among them.
    fn begin(&mut self, epoch: Epoch) {
        let next = epoch.next();
        let before = Epoch(epoch.0.saturating_sub(1));
        self.topics.keep(epoch..=next);
        let kept = self.chain.first_slot(before)..self.chain.first_slot(next.next());
        self.attesters.retain(|slot, _| kept.contains(slot));
        self.proposers.retain(|slot, _| kept.contains(slot));
        self.chosen.keep(&kept);
        self.withheld.keep(&kept, &[before, epoch, next]);
        self.members.retain(|of, _| (before..=next).contains(of));
        let is_near = |topic: &Topic| (before..=next).contains(&topic.epoch());
        self.draws.retain(|topic, _| is_near(topic));
        self.contradicted.retain(|topic, _| is_near(topic));
        let mut wanted = vec![
            Topic::Chain(epoch),
            Topic::Validators(epoch),
            Topic::Attesters(epoch),
            Topic::Attesters(next),
            Topic::Proposers(epoch),
            Topic::Seats(epoch),
            Topic::Seats(next),
            Topic::SubscribeSync(epoch),
            Topic::SubscribeSync(next),
            Topic::Prepare(epoch),
            Topic::Subscribe(epoch),
            Topic::Subscribe(next),
        ];
        if has_lookahead(&self.chain, next) {
            wanted.push(Topic::Proposers(next));
        }
        wanted.into_iter().for_each(|e| self.topics.want(e));
    }

    /// Asks the duties of an epoch that begins again, unless a head event has borne them out for
    /// good: they were asked an epoch ago, and the node may have stood still since.
    fn confirm(&mut self, epoch: Epoch) {
        for topic in [Topic::Attesters(epoch), Topic::Proposers(epoch)] {
            let head = self
                .head
                .filter(|head| head.is_final_for(&self.chain, topic));
            if head.is_none() || self.is_held(topic) {
                self.topics.put_back(topic);
            }
        }
    }

    /// The beacon node is to be told anew whom blocks pay.
    pub fn prepare_again(&mut self) {
        if let Some(epoch) = self.epoch {
            self.topics.put_back(Topic::Prepare(epoch));
        }
    }

    /// Tells the beacon node of the fees once more one slot before a proposal of ours: it may have
    /// restarted since the epoch began.
    fn prepare_ahead(&mut self, now: Timestamp, epoch: Epoch) {
        let next = self.chain.slot_at(now).map(Slot::next);
        let proposal = next.filter(|slot| self.proposer(*slot).is_some());
        if proposal.is_some() && self.prepared != proposal {
            self.prepared = proposal;
            self.topics.put_back(Topic::Prepare(epoch));
        }
    }
}
