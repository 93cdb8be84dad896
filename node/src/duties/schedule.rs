//! Which of our validators has a duty in which slot, and what to ask the beacon node to know it.
//!
//! The schedule is a table of [`Errand`]s: each is waiting, asked, or done. A failed errand waits
//! and is asked again; a chain reorganisation that changes a dependent root puts its errand back.
//! It never talks to a beacon node itself.

mod known;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proto::eth::{AttesterDuty, ChainSpec, ForkName, ProposerDuty, ValidatorIndex};
use proto::{Epoch, PublicKey, Root, Slot, Timestamp};

pub use known::{Attester, Registered};

/// How long a failed errand waits before it is asked again.
const RETRY: Duration = Duration::from_millis(500);
/// How long an errand may stay unanswered before it counts as failed.
const UNANSWERED: Duration = Duration::from_secs(20);

/// A validator's position in the lock, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u32);

impl Position {
    /// The position as an index of a list in the order of the lock.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One thing to ask of, or tell, the beacon node for one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Errand {
    /// Which of our keys the chain knows, under which index.
    Validators(Epoch),
    /// In which slots and committees our validators attest.
    Attesters(Epoch),
    /// Who proposes in which slot.
    Proposers(Epoch),
    /// Tell which address our proposers want their fees sent to.
    Prepare(Epoch),
    /// Tell which committees our attesters will be in.
    Subscribe(Epoch),
}

impl Errand {
    fn epoch(self) -> Epoch {
        match self {
            Self::Validators(epoch)
            | Self::Attesters(epoch)
            | Self::Proposers(epoch)
            | Self::Prepare(epoch)
            | Self::Subscribe(epoch) => epoch,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting { until: Timestamp },
    Asked { at: Timestamp },
    Done,
}

/// Our validators' duties, epoch by epoch.
#[derive(Debug)]
pub struct Schedule {
    chain: Arc<ChainSpec>,
    positions: BTreeMap<PublicKey, Position>,
    registered: BTreeMap<Position, Registered>,
    errands: BTreeMap<Errand, Progress>,
    attesters: BTreeMap<Slot, Vec<Attester>>,
    proposers: BTreeMap<Slot, Position>,
    roots: Option<DependentRoots>,
}

/// What the duties around a head depend on.
#[derive(Debug, Clone, Copy)]
struct DependentRoots {
    epoch: Epoch,
    previous: Root,
    current: Root,
}

impl Schedule {
    /// An empty schedule for validators of these group keys, in the order of the lock.
    pub fn new(chain: Arc<ChainSpec>, keys: &[PublicKey]) -> Self {
        let positions = keys
            .iter()
            .zip(0..)
            .map(|(key, at)| (*key, Position(at)))
            .collect();
        Self {
            chain,
            positions,
            registered: BTreeMap::new(),
            errands: BTreeMap::new(),
            attesters: BTreeMap::new(),
            proposers: BTreeMap::new(),
            roots: None,
        }
    }

    /// The validators that attest in `slot`, in the order of the lock.
    pub fn attesters(&self, slot: Slot) -> &[Attester] {
        self.attesters.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// Our validator that proposes in `slot`, if one does.
    pub fn proposer(&self, slot: Slot) -> Option<Position> {
        self.proposers.get(&slot).copied()
    }

    /// Whether nobody has said yet who proposes in `slot`, though one of our validators may.
    pub fn is_proposer_unknown(&self, slot: Slot) -> bool {
        let errand = Errand::Proposers(self.chain.epoch_of(slot));
        let known = matches!(self.errands.get(&errand), Some(Progress::Done));
        !known && !self.registered.is_empty()
    }

    /// What the chain knows of `validator`.
    pub fn registered(&self, validator: Position) -> Option<&Registered> {
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
    pub fn known(&self) -> impl Iterator<Item = (Position, &Registered)> {
        self.registered
            .iter()
            .map(|(position, registered)| (*position, registered))
    }

    /// All attestations of `epoch`, for the committee subscriptions.
    pub fn attesters_of(&self, epoch: Epoch) -> impl Iterator<Item = &Attester> {
        self.attesters
            .range(self.slots_of(epoch))
            .flat_map(|(_, list)| list)
    }

    /// The errands due at `now`; each is returned once until it fails or is put back.
    pub fn due(&mut self, now: Timestamp) -> Vec<Errand> {
        self.plan(now);
        let ripe = |progress: &Progress| match *progress {
            Progress::Waiting { until } => until <= now,
            Progress::Asked { at } => now.since(at) >= UNANSWERED,
            Progress::Done => false,
        };
        let ripe = self.errands.iter().filter(|(_, progress)| ripe(progress));
        let due: Vec<Errand> = ripe
            .map(|(errand, _)| *errand)
            .filter(|errand| self.is_possible(*errand))
            .collect();
        for errand in &due {
            self.errands.insert(*errand, Progress::Asked { at: now });
        }
        due
    }

    /// Whether enough is known to run `errand`.
    fn is_possible(&self, errand: Errand) -> bool {
        match errand {
            Errand::Validators(_) => true,
            Errand::Attesters(_) | Errand::Proposers(_) | Errand::Prepare(_) => {
                !self.registered.is_empty()
            }
            Errand::Subscribe(epoch) => self.attesters.range(self.slots_of(epoch)).next().is_some(),
        }
    }

    /// When [`Schedule::due`] may next have something: a retry, or the next epoch.
    pub fn deadline(&self, now: Timestamp) -> Timestamp {
        let boundary = self
            .chain
            .start_of(self.chain.first_slot(self.epoch_at(now).next()));
        let retries = self
            .errands
            .values()
            .filter_map(|progress| match *progress {
                Progress::Waiting { until } if until > now => Some(until),
                Progress::Asked { at } => Some(at + UNANSWERED),
                Progress::Waiting { .. } | Progress::Done => None,
            });
        retries.fold(boundary, Timestamp::min)
    }

    /// The beacon node did not answer `errand`, or with an error: ask again in a while.
    pub fn failed(&mut self, errand: Errand, now: Timestamp) {
        if let Some(progress) = self.errands.get_mut(&errand) {
            *progress = Progress::Waiting { until: now + RETRY };
        }
    }

    /// The beacon node took note of `errand`.
    pub fn done(&mut self, errand: Errand) {
        self.finish(errand);
    }

    /// The chain knows these of our validators. Newly known ones put the duties back.
    pub fn set_registered(&mut self, epoch: Epoch, found: Vec<(PublicKey, Registered)>) {
        let mut news = false;
        for (key, registered) in found {
            if let Some(position) = self.positions.get(&key) {
                let before = self.registered.insert(*position, registered);
                news |= before.is_none_or(|b| b.active != registered.active);
            }
        }
        self.finish(Errand::Validators(epoch));
        if news {
            for (errand, progress) in &mut self.errands {
                if !matches!(errand, Errand::Validators(_)) {
                    *progress = Progress::Waiting {
                        until: Timestamp::from_micros(0),
                    };
                }
            }
        }
    }

    /// The attestations of `epoch`, by the beacon node's present view.
    pub fn set_attesters(&mut self, epoch: Epoch, duties: Vec<AttesterDuty>) {
        let per_epoch = self.chain.slots_per_epoch();
        self.attesters
            .retain(|slot, _| slot.epoch(per_epoch) != epoch);
        for duty in duties {
            let ours = self.position_of(&duty.pubkey, duty.validator_index);
            if let (Some(validator), true) = (ours, duty.slot.epoch(per_epoch) == epoch) {
                let list = self.attesters.entry(duty.slot).or_default();
                list.push(Attester { validator, duty });
                list.sort_by_key(|attester| attester.validator);
                list.dedup_by_key(|attester| attester.validator);
            }
        }
        self.finish(Errand::Attesters(epoch));
        if let Some(progress) = self.errands.get_mut(&Errand::Subscribe(epoch)) {
            *progress = Progress::Waiting {
                until: Timestamp::from_micros(0),
            };
        }
    }

    /// The proposers of `epoch`, by the beacon node's present view.
    pub fn set_proposers(&mut self, epoch: Epoch, duties: &[ProposerDuty]) {
        let per_epoch = self.chain.slots_per_epoch();
        self.proposers
            .retain(|slot, _| slot.epoch(per_epoch) != epoch);
        for duty in duties {
            let ours = self.position_of(&duty.pubkey, duty.validator_index);
            if let (Some(validator), true) = (ours, duty.slot.epoch(per_epoch) == epoch) {
                self.proposers.insert(duty.slot, validator);
            }
        }
        self.finish(Errand::Proposers(epoch));
    }

    /// A new head depends on these roots. Where they are not those of the head before, duties that
    /// were computed from the old ones are put back.
    ///
    /// `previous` decides the attesters of the head's epoch, `current` those of the next epoch and,
    /// before Fulu, the proposers of the head's epoch (Beacon API, `head` event).
    pub fn head(&mut self, slot: Slot, previous: Root, current: Root) {
        let epoch = self.chain.epoch_of(slot);
        let roots = DependentRoots {
            epoch,
            previous,
            current,
        };
        let Some(before) = self.roots.replace(roots) else {
            return;
        };
        let known = if before.epoch == epoch {
            [before.previous, before.current]
        } else if before.epoch.next() == epoch {
            // What the next epoch depended on is what this one depends on now.
            [before.current, current]
        } else {
            [previous, current]
        };
        let lookahead = self.has_lookahead(epoch);
        if known[0] != previous {
            self.put_back(Errand::Attesters(epoch));
            self.put_back(Errand::Proposers(epoch));
        }
        if known[1] != current {
            self.put_back(Errand::Attesters(epoch.next()));
            let proposers = if lookahead { epoch.next() } else { epoch };
            self.put_back(Errand::Proposers(proposers));
        }
    }

    /// The epoch at `now`; before genesis the first.
    fn epoch_at(&self, now: Timestamp) -> Epoch {
        self.chain
            .epoch_of(self.chain.slot_at(now).unwrap_or(Slot(0)))
    }

    fn slots_of(&self, epoch: Epoch) -> std::ops::Range<Slot> {
        self.chain.first_slot(epoch)..self.chain.first_slot(epoch.next())
    }

    /// Whether the chain fixes the proposers of an epoch one epoch ahead.
    fn has_lookahead(&self, epoch: Epoch) -> bool {
        matches!(self.chain.fork_at(epoch), Ok(ForkName::Fulu))
    }

    fn put_back(&mut self, errand: Errand) {
        if let Some(progress) = self.errands.get_mut(&errand) {
            *progress = Progress::Waiting {
                until: Timestamp::from_micros(0),
            };
        }
    }

    fn finish(&mut self, errand: Errand) {
        if let Some(progress) = self.errands.get_mut(&errand) {
            *progress = Progress::Done;
        }
    }

    /// Our validator of this key, if the chain knows it under this index.
    fn position_of(&self, key: &PublicKey, index: ValidatorIndex) -> Option<Position> {
        let position = *self.positions.get(key)?;
        (self.registered.get(&position)?.index == index).then_some(position)
    }

    /// Adds the errands of this epoch and the next, forgets those of epochs past.
    fn plan(&mut self, now: Timestamp) {
        let epoch = self.epoch_at(now);
        self.errands.retain(|errand, _| errand.epoch() >= epoch);
        let per_epoch = self.chain.slots_per_epoch();
        let oldest = Slot(self.chain.first_slot(epoch).0.saturating_sub(per_epoch));
        self.attesters = self.attesters.split_off(&oldest);
        self.proposers = self.proposers.split_off(&oldest);
        let next = epoch.next();
        let mut wanted = vec![
            Errand::Validators(epoch),
            Errand::Attesters(epoch),
            Errand::Attesters(next),
            Errand::Proposers(epoch),
            Errand::Prepare(epoch),
            Errand::Subscribe(epoch),
            Errand::Subscribe(next),
        ];
        // From Fulu on the proposers of the next epoch are certain (EIP-7917).
        if self.has_lookahead(epoch) {
            wanted.push(Errand::Proposers(next));
        }
        for errand in wanted {
            self.errands
                .entry(errand)
                .or_insert(Progress::Waiting { until: now });
        }
    }
}
