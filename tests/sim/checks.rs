//! What must hold at every step, whatever goes wrong. Each check bears the name of its invariant.
//!
//! | name | says |
//! |---|---|
//! | S1 | no two signatures that t peers have released shares of are slashable together |
//! | S2 | what a correct peer releases is in the durable bytes of its disk at that moment |
//! | S3 | a record that is opened again holds everything that was ever durable, nothing slashable |
//! | S5 | a value that is signed is one that a beacon node gave, of the duty's slot and kind |
//! | S8 | a correct peer speaks only of duties that the cluster has |
//! | S11 | behind a submitted signature stand t - b correct peers that have released a share |
//! | S12 | a peer that f + 1 others told of a rolled-back record votes and signs nothing new |
//! | S14 | one PREPARE, PROPOSE, ROUND-CHANGE for each round, one COMMIT: across restarts |
//! | S16 | what is submitted is a valid signature of the group key |
//! | S17 | no two correct peers have different values of one duty on record (with S4) |
//! | L7 | a vault never refuses the one value of a duty that it has on record |
//! | blobs | a block is submitted with its blobs, so by its builder or who has them from it |
//! | exits | nothing of an exit is signed of which fewer than t operators approve |
//! | blame | no correct peer is blamed, and no evidence is found against one |
//! | sync | a member of the sync committee signs one head a slot: what the cluster attests to |
//! | foreign | nothing that the cluster has signed is foreign to a correct peer |
//! | idle | a tick that finds nothing to do does not ask for the next one at once |

use std::collections::{BTreeMap, BTreeSet};

use node_core::duties::agreed::value::Value;
use node_core::duties::note::Note;
use node_core::record::{History, RecordNumber};
use proto::eth::{Checkpoint, CommitteeIndex, HeadVote};
use proto::vote::{Commit, Message};
use proto::{ClusterSize, DutyId, DutyKind, Epoch, Root, Round, Slot, ValidatorPosition};

use crate::chain::contribution_duty;
use crate::kept::Kept;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its name.
    pub invariant: &'static str,
    pub detail: String,
}

/// What a share signs, as far as slashing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// An attestation with this source and target.
    Vote(Epoch, Epoch),
    Block(Slot),
    /// What cannot be slashed.
    Agreed,
}

/// Everything the checkers remember.
pub struct Checks {
    pub(crate) size: ClusterSize,
    /// Peers that are villains or lost their record: counted as if they had signed everything.
    pub bad: BTreeSet<usize>,
    released: BTreeMap<u32, BTreeMap<Root, (Claim, BTreeSet<usize>)>>,
    said: BTreeMap<(usize, DutyId, &'static str, Option<Round>), Root>,
    pub(crate) kept: Kept,
    /// What was found to be violated, first things first.
    pub found: Vec<Violation>,
}

impl Checks {
    /// Nothing has been seen yet.
    pub fn new(size: ClusterSize) -> Self {
        Self {
            size,
            bad: BTreeSet::new(),
            released: BTreeMap::new(),
            said: BTreeMap::new(),
            kept: Kept::new(!size.has_ambiguous_quorums()),
            found: Vec::new(),
        }
    }

    /// Somebody will sign contradictory statements: S17 promises nothing then.
    pub fn expect_contradictions(&mut self) {
        self.kept.locks_agree = false;
    }

    /// An invariant does not hold.
    pub fn violated(&mut self, invariant: &'static str, detail: String) {
        self.found.push(Violation { invariant, detail });
    }

    /// S14: a correct peer says this.
    pub fn says(&mut self, peer: usize, message: &Message) {
        let duty = message.scope().duty;
        let (kind, round, what) = match message {
            Message::Propose(proposal) => {
                let said = &proposal.signed.statement;
                ("PROPOSE", Some(said.round), said.value)
            }
            Message::Prepare(vote) => {
                let said = &vote.signed.statement;
                ("PREPARE", Some(said.round), said.value)
            }
            Message::Commit(committal) => ("COMMIT", None, committal.signed.statement.value),
            Message::RoundChange { change, .. } => {
                let said = &change.signed.statement;
                (
                    "ROUND-CHANGE",
                    Some(said.round),
                    root_of(&format!("{said:?}")),
                )
            }
            Message::Pull { .. } | Message::Value { .. } => return,
        };
        let before = *self.said.entry((peer, duty, kind, round)).or_insert(what);
        if before != what {
            let detail = format!("peer {peer}, {duty}: {kind} {round:?} {before} and {what}");
            self.violated("S14", detail);
        }
    }

    /// Whether a correct peer has said this in a duty, in whatever round.
    pub fn has_said(&self, peer: usize, duty: DutyId, kind: &'static str) -> bool {
        let mut all = self.said.keys();
        all.any(|(who, about, what, _)| (*who, *about, *what) == (peer, duty, kind))
    }

    /// S2, S5 and S1: a correct peer releases its shares of `value`; `durable` is what its disk
    /// would hold after a power loss now.
    pub fn releases(&mut self, peer: usize, commit: &Commit, release: Release<'_>) {
        let Release {
            value,
            signing_roots,
            durable,
        } = release;
        let duty = commit.scope.duty;
        let claim = match value {
            Value::Head(data) if (data.slot, DutyKind::Head) == (duty.slot, duty.kind) => {
                Claim::Vote(data.source.epoch, data.target.epoch)
            }
            Value::Block(block) if (block.slot(), DutyKind::Block) == (duty.slot, duty.kind) => {
                Claim::Block(duty.slot)
            }
            Value::Blinded(it)
                if (it.block().slot(), DutyKind::Block) == (duty.slot, duty.kind) =>
            {
                Claim::Block(duty.slot)
            }
            Value::Aggregates(all)
                if (all.data().slot, DutyKind::Aggregate) == (duty.slot, duty.kind) =>
            {
                Claim::Agreed
            }
            Value::Head(data) if (data.slot, DutyKind::SyncMessage) == (duty.slot, duty.kind) => {
                Claim::Agreed
            }
            Value::Contribution(of) if contribution_duty(of) == Some(duty) => Claim::Agreed,
            Value::Head(_)
            | Value::Block(_)
            | Value::Blinded(_)
            | Value::Aggregates(_)
            | Value::Contribution(_) => {
                return self.violated("S5", format!("{duty}: signs a value of another duty"));
            }
        };
        for partial in &commit.partials {
            let Some(signing_root) = signing_roots.get(&partial.validator).copied() else {
                self.violated(
                    "S8",
                    format!("peer {peer}, {duty}: {} has it not", partial.validator),
                );
                continue;
            };
            let marks =
                durable.and_then(|history| history.marks(RecordNumber(partial.validator.0)));
            let on_record = marks.is_some_and(|marks| {
                marks
                    .votes
                    .iter()
                    .any(|vote| vote.signing_root == signing_root)
                    || marks
                        .blocks
                        .iter()
                        .any(|block| block.signing_root == signing_root)
            });
            let is_agreed = durable.is_some_and(|of| of.value(duty) == Some(commit.value));
            let is_agreed = claim == Claim::Agreed && is_agreed;
            if !on_record && !is_agreed {
                let detail = format!("peer {peer}, {duty}: released, but not on its disk");
                self.violated("S2", detail);
            }
            let of_validator = self.released.entry(partial.validator.0).or_default();
            let release = of_validator.entry(signing_root);
            release.or_insert((claim, BTreeSet::new())).1.insert(peer);
            self.check_slashing(partial.validator.0, signing_root);
        }
    }

    /// Who has released a share of `validator` over this root.
    pub fn releasers(&self, validator: u32, root: &Root) -> BTreeSet<usize> {
        let roots = self.released.get(&validator);
        let released = roots.and_then(|roots| roots.get(root));
        released.map(|(_, peers)| peers.clone()).unwrap_or_default()
    }

    /// How many could have signed this: the correct peers that did, and every bad one.
    fn signers(&self, peers: &BTreeSet<usize>) -> usize {
        peers.union(&self.bad).count()
    }

    fn check_slashing(&mut self, validator: u32, root: Root) {
        let roots = &self.released[&validator];
        let whole = |peers| self.signers(peers) >= self.size.threshold();
        let (claim, peers) = &roots[&root];
        if !whole(peers) {
            return;
        }
        let others = roots
            .iter()
            .filter(|(other, (_, peers))| **other != root && whole(peers));
        let clash = others
            .map(|(_, (other, _))| *other)
            .find(|other| slashable(*claim, *other));
        if let Some(other) = clash {
            let detail = format!("validator {validator} can be slashed: {claim:?} and {other:?}");
            self.violated("S1", detail);
        }
    }

    /// S11: a valid signature of `validator` over this root is submitted.
    pub fn submits(&mut self, validator: u32, signing_root: Root) {
        let none = BTreeSet::new();
        let released = self
            .released
            .get(&validator)
            .and_then(|roots| roots.get(&signing_root));
        let peers = released.map_or(&none, |(_, peers)| peers);
        if self.signers(peers) < self.size.threshold() {
            let detail = format!("validator {validator}: only {peers:?} have released a share");
            self.violated("S11", detail);
        }
    }

    /// Blame: a correct peer says this of another.
    pub fn told(&mut self, peer: usize, note: &Note) {
        if let Note::Refused { duty, refusal, .. } = note {
            self.refuses(peer, *duty, *refusal);
        }
        let culprit = match note {
            Note::Fault { peer, .. } => Some(*peer),
            Note::Evidence(evidence) => Some(evidence.culprit()),
            Note::Reached { .. }
            | Note::Signed { .. }
            | Note::Missed { .. }
            | Note::Objected { .. }
            | Note::PayeeUnread(_)
            | Note::Refused { .. }
            | Note::RandaoRefused { .. }
            | Note::Exit(..)
            | Note::Deposit(_)
            | Note::Intent(_)
            | Note::Registration(_)
            | Note::RolledBack { .. }
            | Note::DiskHangs { .. }
            | Note::OtherChain { .. }
            | Note::Unknown { .. }
            | Note::Looked(_)
            | Note::Sight { .. }
            | Note::OtherGenesis { .. }
            | Note::Accepted { .. }
            | Note::NotTaken { .. }
            | Note::Moved { .. }
            | Note::Pulled { .. }
            | Note::Absent { .. }
            | Note::Ended { .. }
            | Note::Halted { .. }
            | Note::UnservedFork(_)
            | Note::Seats { .. }
            | Note::Connected { .. } => None,
        };
        if culprit.is_some_and(|culprit| !self.bad.contains(&culprit.position())) {
            self.violated("blame", format!("peer {peer} says: {note:?}"));
        }
    }
}

/// One release of shares.
pub struct Release<'a> {
    /// What is signed.
    pub value: &'a Value,
    /// What each validator signs of it.
    pub signing_roots: BTreeMap<ValidatorPosition, Root>,
    /// The durable record, if it can be read.
    pub durable: Option<&'a History>,
}

/// EIP-3076 and the consensus spec: double vote, surround vote, double proposal. Both signed under
/// different roots.
pub(crate) fn slashable(one: Claim, other: Claim) -> bool {
    match (one, other) {
        (Claim::Vote(s1, t1), Claim::Vote(s2, t2)) => {
            t1 == t2 || (s1 < s2 && t2 < t1) || (s2 < s1 && t1 < t2)
        }
        (Claim::Block(one), Claim::Block(other)) => one == other,
        (Claim::Agreed, _) | (_, Claim::Agreed) => false,
        (Claim::Vote(..), Claim::Block(_)) | (Claim::Block(_), Claim::Vote(..)) => false,
    }
}

/// A running hash of everything that happens: two runs of one seed must agree on it (FNV-1a).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateHash(pub u64);

impl StateHash {
    /// Takes in what happens next.
    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn root_of(text: &str) -> Root {
    let mut hash = StateHash(0xcbf2_9ce4_8422_2325);
    hash.feed(text.as_bytes());
    let mut root = [0; 32];
    root[..8].copy_from_slice(&hash.0.to_le_bytes());
    root.into()
}

/// A vote of which only slot and head matter.
pub fn any_vote() -> HeadVote {
    let checkpoint = Checkpoint {
        epoch: Epoch(0),
        root: Root::ZERO,
    };
    HeadVote {
        slot: Slot(0),
        index: CommitteeIndex(0),
        beacon_block_root: Root::ZERO,
        source: checkpoint,
        target: checkpoint,
    }
}
