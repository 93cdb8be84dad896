//! Whatever a peer is asked and wherever its power fails: what it has released is never slashable
//! (S1), is on its disk when it is released (S2), and comes back after every restart (S3).

use proptest::prelude::*;
use proto::eth::AttestationData;
use proto::{ClusterSize, PublicKey, Root, Slot};

use super::vault::{at, block, data, group_key, held, owner, spec};
use crate::record::{DiskFault, Entry, History, Journal, RecordNumber, SimulatedDisk};
use crate::vault::{Signable, Vault};

/// Something that happens to a peer.
#[derive(Debug, Clone)]
enum Step {
    /// It is asked to attest.
    Vote {
        slot: u64,
        source_back: u64,
        head: u8,
    },
    /// It is asked to propose.
    Block { slot: u64, body: u8 },
    /// Its power fails after this many further disk operations.
    PowerCut { after: u64, seed: u64 },
    /// It begins a new generation of its log.
    Rotate,
}

/// A signature that has left the peer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Released {
    Vote(AttestationData),
    Block(Slot, Root),
}

impl Released {
    /// Whether one key must never have signed both.
    fn slashable_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Vote(one), Self::Vote(other)) => {
                let surrounds = |outer: &AttestationData, inner: &AttestationData| {
                    outer.source.epoch < inner.source.epoch
                        && inner.target.epoch < outer.target.epoch
                };
                (one != other && one.target.epoch == other.target.epoch)
                    || surrounds(one, other)
                    || surrounds(other, one)
            }
            (Self::Block(slot, root), Self::Block(other_slot, other_root)) => {
                slot == other_slot && root != other_root
            }
            (Self::Vote(_), Self::Block(..)) | (Self::Block(..), Self::Vote(_)) => false,
        }
    }

    fn is_in(&self, history: &History) -> bool {
        let marks = history.marks(RecordNumber(0)).unwrap().watermarks;
        match self {
            Self::Vote(data) => {
                marks.target >= Some(data.target.epoch) && marks.source >= Some(data.source.epoch)
            }
            Self::Block(slot, _) => marks.slot >= Some(*slot),
        }
    }
}

/// The slot that the clock of every step shows: all slots below have begun.
const NOW: Slot = Slot(64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..64u64, 0..4u64, 0..3u8).prop_map(|(slot, source_back, head)| Step::Vote {
            slot,
            source_back,
            head
        }),
        3 => (0..64u64, 0..3u8).prop_map(|(slot, body)| Step::Block { slot, body }),
        2 => (0..12u64, any::<u64>()).prop_map(|(after, seed)| Step::PowerCut { after, seed }),
        1 => Just(Step::Rotate),
    ];
    proptest::collection::vec(step, 1..40)
}

struct Peer {
    disk: SimulatedDisk,
    journal: Journal<SimulatedDisk>,
    vault: Vault,
    released: Vec<Released>,
    // How the next power cut tears what is not durable.
    seed: u64,
}

impl Peer {
    fn begin() -> Self {
        let disk = SimulatedDisk::new();
        let mut history = History::default();
        let keys: Vec<PublicKey> = vec![group_key(0)];
        history.add(Entry::Enrolled(keys)).unwrap();
        Journal::create(disk.clone(), owner(), history).unwrap();
        let (journal, vault) = start(&disk);
        Self {
            disk,
            journal,
            vault,
            released: Vec::new(),
            seed: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Vote {
                slot,
                source_back,
                head,
            } => {
                let target = slot / 8;
                let epochs = (target.saturating_sub(*source_back), target);
                let data = data(*slot, epochs, *head);
                let signable = Signable::attestation(&spec(), &data);
                self.release(&signable, Released::Vote(data));
            }
            Step::Block { slot, body } => {
                let signable = block(*slot, *body);
                let released = Released::Block(Slot(*slot), signable.signing_root());
                self.release(&signable, released);
            }
            Step::PowerCut { after, seed } => {
                self.seed = *seed;
                let operation = self.disk.operations() + after;
                self.disk.plan(operation, DiskFault::PowerCut);
            }
            Step::Rotate => {
                if self.journal.rotate().is_err() {
                    self.restart();
                }
            }
        }
    }

    fn release(&mut self, signable: &Signable, what: Released) {
        let signing = self.vault.sign(NOW, signable, &at([0]));
        let Ok(recorded) = self.journal.append(&signing.records) else {
            self.restart();
            return;
        };
        let Some(sealed) = signing.sealed else {
            return;
        };
        assert_eq!(sealed.open(&recorded).unwrap().len(), 1);
        for before in &self.released {
            assert!(!what.slashable_with(before), "{before:?}, then {what:?}");
        }
        self.released.push(what);
    }

    fn restart(&mut self) {
        self.disk.power_loss(self.seed);
        (self.journal, self.vault) = start(&self.disk);
        for released in &self.released {
            assert!(released.is_in(self.journal.history()), "lost: {released:?}");
        }
    }
}

fn start(disk: &SimulatedDisk) -> (Journal<SimulatedDisk>, Vault) {
    let journal = Journal::open(disk.clone(), owner()).unwrap();
    let size = ClusterSize::of(4).unwrap();
    let vault = Vault::open(size, vec![held(0)], journal.history().clone()).unwrap();
    (journal, vault)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_slashable_is_ever_released_wherever_the_power_fails(steps in steps()) {
        let mut peer = Peer::begin();
        for step in &steps {
            peer.step(step);
        }
        peer.restart();
    }
}
