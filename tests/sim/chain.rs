//! The chain of the simulated world, as each peer's beacon node sees it: which blocks have arrived
//! where, what a head vote would be, and what has been submitted. Who has duties stands in `draws`.
//!
//! Foreign blocks appear by themselves; those of our proposers when somebody submits them. A block
//! arrives at every beacon node at its own time, so views differ, lag and split.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use node_core::duties::agreed::judge::{Sight, Sighting};
use node_core::duties::agreed::value::Value;
use node_core::duties::schedule::Registered;
use proto::eth::{
    BeaconBlockHeader, Blobs, Block, BlockContents, ChainSpec, Checkpoint, CommitteeIndex, Genesis,
    HeadVote, ValidatorIndex,
};
use proto::{DutyId, DutyKind, Epoch, PublicKey, Root, SignatureBytes, Slot, Timestamp, example};

use crate::blocks::BlockOrder;

/// Slots in an epoch: few, so that each of a few validators attests often.
pub const SLOTS_PER_EPOCH: u64 = 4;
/// From this epoch on the chain is at Fulu, before it at Electra.
pub const FULU_EPOCH: u64 = 5;
/// The definition's fee recipient.
pub const FEE_RECIPIENT: [u8; 20] = [0xfe; 20];
/// The index of the first of our validators.
pub const FIRST_INDEX: u64 = 100;

/// The chain's constants.
pub fn spec() -> ChainSpec {
    spec_with([])
}

/// The same chain with other values of some keys.
pub fn spec_with<const N: usize>(changes: [(&str, &str); N]) -> ChainSpec {
    let genesis = Genesis {
        genesis_time: 1_700_000_000,
        genesis_validators_root: [3; 32].into(),
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    let (slots, fulu) = (SLOTS_PER_EPOCH.to_string(), FULU_EPOCH.to_string());
    let ours = [
        ("SLOTS_PER_EPOCH", slots.as_str()),
        ("FULU_FORK_EPOCH", fulu.as_str()),
        ("SHARD_COMMITTEE_PERIOD", "2"),
    ];
    example::chain_since(genesis, &[&ours[..], &changes[..]].concat())
}

/// What every beacon node sees and has been given.
pub struct Chain {
    /// The constants.
    pub spec: Arc<ChainSpec>,
    /// The time now.
    pub clock: Timestamp,
    pub(crate) keys: Vec<PublicKey>,
    /// For each peer's beacon node, the blocks of every slot with the time they arrived.
    seen: Vec<BTreeMap<Slot, Vec<(Timestamp, Root)>>>,
    /// For each peer's beacon node, since when it takes which block of a slot for the chain's, if
    /// that is not the one that arrived first.
    turned: Vec<BTreeMap<Slot, Turn>>,
    /// Proposals that a reorganisation gave to another of our validators.
    pub(crate) moved: BTreeMap<Slot, u32>,
    /// For each peer's beacon node, the time in which it stands still.
    stalls: Vec<Option<Stall>>,
    /// Until when a beacon node still has the justified checkpoint before the last.
    pub late_until: BTreeMap<usize, Timestamp>,
    /// Those of our validators that are not there for all time.
    pub lives: BTreeMap<u32, Life>,
    /// How many blobs a block carries.
    pub blobs: usize,
    /// Whose beacon node built each block, and its blobs.
    blobs_of: BTreeMap<Root, (usize, Blobs)>,
    /// Every value that some beacon node gave, by its hash.
    values: BTreeMap<Root, Value>,
    /// When each duty of each validator was first accepted.
    accepted: BTreeMap<(DutyId, u32), Timestamp>,
    /// Our votes that a beacon node has taken.
    pub(crate) votes: BTreeMap<(Slot, u32), (HeadVote, SignatureBytes)>,
    /// Our blocks that a beacon node has taken, with their proposers and signatures.
    pub(crate) signed_blocks: BTreeMap<Slot, (u32, BeaconBlockHeader, SignatureBytes)>,
    /// The heads that our members of the sync committee have signed.
    pub(crate) messages: BTreeMap<(Slot, u32), (Root, SignatureBytes)>,
}

/// How long a beacon node that stood still takes to catch up.
pub const CATCHES_UP: Duration = Duration::from_millis(1_500);

/// From when until when a beacon node takes no block in.
#[derive(Debug, Clone, Copy)]
struct Stall {
    from: Timestamp,
    until: Timestamp,
}

/// Since when which block, or none, is a slot's: a beacon node may change its mind often.
type Turn = Vec<(Timestamp, Option<Root>)>;

/// The epochs of a validator.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// From when on the registry has it.
    pub known: Epoch,
    /// Its first epoch with duties, and its first without.
    pub active: [Epoch; 2],
    /// From when on it is slashed.
    pub slashed: Epoch,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            known: Epoch(0),
            active: [Epoch(0), Epoch(u64::MAX)],
            slashed: Epoch(u64::MAX),
        }
    }
}

impl Life {
    /// Whether it has duties in `epoch`.
    pub fn is_active(self, epoch: Epoch) -> bool {
        let [first, end] = self.active;
        (first..end).contains(&epoch)
    }
}

impl Chain {
    /// A chain with validators of these keys, seen by `peers` beacon nodes.
    pub fn new(keys: Vec<PublicKey>, peers: usize) -> Self {
        let genesis = (Timestamp::from_micros(0), Self::foreign(Slot(0), 0));
        Self {
            spec: Arc::new(spec()),
            clock: Timestamp::from_micros(0),
            keys,
            stalls: vec![None; peers],
            seen: vec![BTreeMap::from([(Slot(0), vec![genesis])]); peers],
            turned: vec![BTreeMap::new(); peers],
            moved: BTreeMap::new(),
            late_until: BTreeMap::new(),
            lives: BTreeMap::new(),
            blobs: 0,
            blobs_of: BTreeMap::new(),
            values: BTreeMap::new(),
            accepted: BTreeMap::new(),
            votes: BTreeMap::new(),
            signed_blocks: BTreeMap::new(),
            messages: BTreeMap::new(),
        }
    }

    /// The root of a foreign block.
    pub fn foreign(slot: Slot, branch: u8) -> Root {
        let mut root = [branch; 32];
        root[..8].copy_from_slice(&slot.0.to_le_bytes());
        root.into()
    }

    /// A block will be known to the beacon node of `peer` from `at` on.
    pub fn arrives(&mut self, peer: usize, (slot, root): (Slot, Root), at: Timestamp) {
        let blocks = self.seen[peer].entry(slot).or_default();
        match blocks.iter_mut().find(|(_, known)| *known == root) {
            Some((known_at, _)) => *known_at = at.min(*known_at),
            None => blocks.push((at, root)),
        }
        blocks.sort_by_key(|(at, _)| *at);
    }

    /// The beacon node of `peer` takes no block in until then.
    pub fn stall(&mut self, peer: usize, from: Timestamp, until: Timestamp) {
        self.stalls[peer] = Some(Stall { from, until });
    }

    /// The moment whose chain the beacon node of `peer` has at `now`.
    fn horizon(&self, peer: usize, now: Timestamp) -> Timestamp {
        match self.stalls[peer] {
            Some(Stall { from, until }) if now >= from && now < until => from,
            Some(Stall { from, until }) if now >= until && now < until + CATCHES_UP => {
                let whole = (until + CATCHES_UP).since(from);
                let part = now.since(until).as_secs_f64() / CATCHES_UP.as_secs_f64();
                from + whole.mul_f64(part)
            }
            Some(_) | None => now,
        }
    }

    /// Whether the beacon node of `peer` stands still, or has not caught up yet.
    pub fn is_behind(&self, peer: usize, now: Timestamp) -> bool {
        self.horizon(peer, now) < now
    }

    /// What the beacon node of `peer` knows of this block.
    pub fn sight(&self, peer: usize, root: Root, now: Timestamp) -> Sight {
        let now = self.horizon(peer, now);
        let is_known = |(at, known): &(Timestamp, Root)| *known == root && *at <= now;
        let mut slots = self.seen[peer].iter();
        let Some((slot, _)) = slots.find(|(_, blocks)| blocks.iter().any(is_known)) else {
            return Sight::Unknown;
        };
        let (head, _) = self.head(peer, Slot(u64::MAX), now);
        let before = Slot(head.0.saturating_sub(1));
        Sight::Known(Sighting {
            slot: *slot,
            head,
            is_heads_parent: self.head(peer, before, now).1 == root,
        })
    }

    /// From `at` on the beacon node of `peer` takes this block, or none, for the chain's in `slot`.
    pub fn turns(&mut self, peer: usize, (slot, block): (Slot, Option<Root>), at: Timestamp) {
        let turns = self.turned[peer].entry(slot).or_default();
        turns.push((at, block));
        turns.sort_by_key(|(at, _)| *at);
    }

    /// All beacon nodes agree again: on what the first of them sees.
    pub fn converge(&mut self, now: Timestamp) {
        let slots: Vec<Slot> = self.seen.iter().flat_map(|of| of.keys().copied()).collect();
        for slot in slots {
            let block = self.block(0, slot, now);
            for peer in 0..self.seen.len() {
                if let Some(root) = block {
                    self.arrives(peer, (slot, root), now);
                }
                self.turns(peer, (slot, block), now);
            }
        }
    }

    /// The block of `slot` in the chain of this peer's beacon node.
    fn block(&self, peer: usize, slot: Slot, now: Timestamp) -> Option<Root> {
        let now = self.horizon(peer, now);
        let turns = self.turned[peer].get(&slot);
        let turned = turns.and_then(|turns| turns.iter().rev().find(|(at, _)| *at <= now));
        let (since, turned) = turned.copied().unwrap_or((Timestamp::from_micros(0), None));
        let blocks = self.seen[peer].get(&slot);
        // Whatever was there before a turn to none is not the chain's; what comes later may be.
        let mut new = blocks
            .into_iter()
            .flatten()
            .filter(|(at, _)| *at >= since && *at <= now);
        turned.or_else(|| new.next().map(|(_, root)| *root))
    }

    /// The head up to `slot`: of the newest slot the block that arrived first, unless the beacon
    /// node has changed its mind.
    pub fn head(&self, peer: usize, slot: Slot, now: Timestamp) -> (Slot, Root) {
        let slots = self.seen[peer].range(..=slot).rev();
        let mut blocks = slots.filter_map(|(slot, _)| Some((*slot, self.block(peer, *slot, now)?)));
        blocks
            .next()
            .unwrap_or((Slot(0), Self::foreign(Slot(0), 0)))
    }

    /// What the beacon node of `peer` would attest to.
    pub fn head_vote(&mut self, peer: usize, slot: Slot, now: Timestamp) -> HeadVote {
        let epoch = self.spec.epoch_of(slot);
        let (_, head) = self.head(peer, slot, now);
        let (_, boundary) = self.head(peer, self.spec.first_slot(epoch), now);
        let is_late = self.late_until.get(&peer).is_some_and(|until| now < *until);
        let source = Epoch(epoch.0 - 1 - u64::from(is_late));
        let vote = HeadVote {
            slot,
            index: CommitteeIndex(0),
            beacon_block_root: head,
            source: Checkpoint {
                epoch: source,
                root: Self::foreign(Slot(source.0), 0xcc),
            },
            target: Checkpoint {
                epoch,
                root: boundary,
            },
        };
        self.note(Value::Head(vote));
        vote
    }

    /// A block that the beacon node of `peer` builds on its head.
    pub fn build(&mut self, peer: usize, order: &BlockOrder, now: Timestamp) -> BlockContents {
        let contents = self.built_by(peer as u8, peer, (order, now));
        self.note(Value::Block(contents.block.clone()));
        let blobs = contents.blobs.clone();
        self.blobs_of.insert(contents.block.root(), (peer, blobs));
        contents
    }

    /// A block with a payload of this builder, for what the beacon node of `peer` sees.
    pub fn built_by(
        &self,
        builder: u8,
        peer: usize,
        (order, now): (&BlockOrder, Timestamp),
    ) -> BlockContents {
        let parent = Slot(order.slot.0 - 1);
        let (_, parent) = self.head(peer, parent, now);
        let proposer = self
            .proposer_seen(peer, order.slot, now)
            .expect("a block of ours was asked for");
        order.build(&self.spec, (parent, builder, proposer), self.blobs)
    }

    /// Whether these are the blobs that the block commits to.
    pub fn is_whole(&self, contents: &BlockContents) -> bool {
        let built = self.blobs_of.get(&contents.block.root());
        built.is_none_or(|(_, blobs)| *blobs == contents.blobs)
    }

    /// Whose beacon node built this block.
    pub fn builder(&self, block: &Block) -> Option<usize> {
        self.blobs_of.get(&block.root()).map(|(peer, _)| *peer)
    }

    /// Takes note of a value, so that its hash can be understood later.
    pub fn note(&mut self, value: Value) {
        self.values.insert(consensus::Value::hash(&value), value);
    }

    /// Every value that some beacon node gave.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.values.values()
    }

    /// Every block that some beacon node built.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.values().filter_map(|value| match value {
            Value::Block(block) => Some(block),
            Value::Head(_) | Value::Blinded(_) | Value::Aggregates(_) | Value::Contribution(_) => {
                None
            }
        })
    }

    /// The value with this hash, if some beacon node gave it.
    pub fn value(&self, hash: &Root) -> Option<&Value> {
        self.values.get(hash)
    }

    /// Another value that somebody might vote for in this duty.
    pub fn other_value(&self, duty: DutyId, than: &Root) -> Option<Root> {
        let fits = |value: &Value| match value {
            Value::Head(data) => {
                let kinds = [DutyKind::Head, DutyKind::SyncMessage];
                kinds.contains(&duty.kind) && data.slot == duty.slot
            }
            Value::Block(_) | Value::Blinded(_) => {
                let slot = value.block().map(Block::slot);
                duty.kind == DutyKind::Block && slot == Some(duty.slot)
            }
            Value::Contribution(of) => contribution_duty(of) == Some(duty),
            Value::Aggregates(all) => {
                duty.kind == DutyKind::Aggregate && all.data().slot == duty.slot
            }
        };
        let mut others = self
            .values
            .iter()
            .filter(|(hash, value)| *hash != than && fits(value));
        others.next().map(|(hash, _)| *hash)
    }

    /// What the chain knows of our keys at `now`.
    pub fn registered(&self, now: Timestamp) -> Vec<(PublicKey, Registered)> {
        let epoch = self.spec.slot_at(now).map(|slot| self.spec.epoch_of(slot));
        let epoch = epoch.unwrap_or(Epoch(0));
        let registered = |(at, key): (u32, &PublicKey)| {
            let life = self.life(at);
            let found = Registered {
                index: ValidatorIndex(FIRST_INDEX + u64::from(at)),
                active: life.is_active(epoch),
                slashed: life.slashed <= epoch,
            };
            (life.known <= epoch).then_some((*key, found))
        };
        (0..).zip(&self.keys).filter_map(registered).collect()
    }

    /// When this validator is there.
    pub fn life(&self, validator: u32) -> Life {
        self.lives.get(&validator).copied().unwrap_or_default()
    }

    /// A beacon node accepts the signature of a duty; true if nobody had brought it before.
    pub fn accept(&mut self, duty: DutyId, validator: u32, now: Timestamp) -> bool {
        let first = !self.accepted.contains_key(&(duty, validator));
        self.accepted.entry((duty, validator)).or_insert(now);
        first
    }

    /// When a duty was first accepted.
    pub fn accepted(&self, duty: DutyId, validator: u32) -> Option<Timestamp> {
        self.accepted.get(&(duty, validator)).copied()
    }

    /// The duties of these slots that nobody submitted within their slot.
    pub fn missed(&self, slots: std::ops::Range<u64>) -> Vec<DutyId> {
        let duties = slots.map(Slot).flat_map(|slot| self.duties(slot));
        let in_time = |(duty, validator): &(DutyId, u32)| {
            let end = self.spec.start_of(duty.slot.next());
            self.accepted(*duty, *validator).is_some_and(|at| at < end)
        };
        duties
            .filter(|duty| !in_time(duty))
            .map(|(duty, _)| duty)
            .collect()
    }
}

/// The duty that a contribution is of.
pub fn contribution_duty(of: &proto::eth::Contribution) -> Option<DutyId> {
    let subcommittee = proto::Subcommittee::new(of.subcommittee_index)?;
    Some(DutyId {
        slot: of.slot,
        kind: DutyKind::Contribution(subcommittee),
    })
}
