//! A beacon node's chain for the tests: blocks with the votes that they carry.

use std::collections::BTreeMap;

use proto::eth::{
    AttestationData, BeaconBlockHeader, BlockVotes, Checkpoint, Committee, CommitteeIndex,
    IncludedVotes, ValidatorIndex,
};
use proto::{Epoch, Root, SignatureBytes, Slot};

use crate::outcome::reading::{Given, Reading, SignedHeader, Want};
use crate::outcome::{Owed, Shown, Vote, Work};

/// Slots an epoch.
pub(super) const PER_EPOCH: u64 = 8;

/// What every header is signed by.
pub(super) fn signature() -> SignatureBytes {
    [3; 96].into()
}

/// The root of a block of this slot and branch.
pub(super) fn root(slot: u64, branch: u8) -> Root {
    let mut bytes = [branch; 32];
    bytes[..8].copy_from_slice(&slot.to_le_bytes());
    bytes.into()
}

/// Who attests in every slot: committees of 3, 2 and 3, of which 7, 21 and 22 are ours.
pub(super) fn committees(slot: Slot) -> Vec<Committee> {
    let members = [&[5, 6, 7][..], &[11, 12], &[20, 21, 22]];
    let committee = |(index, members): (u64, &[u64])| Committee {
        index: CommitteeIndex(index),
        slot,
        validators: members.iter().copied().map(ValidatorIndex).collect(),
    };
    (0..).zip(members).map(committee).collect()
}

pub(super) fn vote(slot: u64, index: u64) -> Owed {
    Owed {
        slot: Slot(slot),
        work: Work::Attestation,
        index: ValidatorIndex(index),
    }
}

pub(super) fn voted(included: u64, target: bool, head: bool) -> Shown {
    Shown::Voted(Vote {
        included: Slot(included),
        target,
        head,
    })
}

/// A vote of this slot for these roots as head and as target, by the bits of these committees.
pub(super) fn votes(
    slot: u64,
    (head, target): (Root, Root),
    covered: &[u64],
    bits: &[u8],
) -> IncludedVotes {
    let checkpoint = |epoch, root| Checkpoint {
        epoch: Epoch(epoch),
        root,
    };
    IncludedVotes {
        data: AttestationData {
            slot: Slot(slot),
            index: CommitteeIndex(0),
            beacon_block_root: head,
            source: checkpoint(0, Root::ZERO),
            target: checkpoint(slot / PER_EPOCH, target),
        },
        committees: covered.iter().copied().map(CommitteeIndex).collect(),
        bits: bits.iter().map(|bit| *bit == 1).collect(),
    }
}

/// A beacon node: every block that it has, and what it was asked for.
#[derive(Default)]
pub(super) struct Chain {
    blocks: BTreeMap<Root, (BeaconBlockHeader, Vec<IncludedVotes>)>,
    pub(super) finalised: u64,
    /// Whether it gives no committees.
    pub(super) is_unseated: bool,
    /// Who sits where in the sync committee.
    pub(super) members: Vec<(ValidatorIndex, u64)>,
    /// The bits of the sync committee in the blocks of these slots.
    pub(super) synced: BTreeMap<Slot, Vec<bool>>,
    /// Whether the first committee sits in another order.
    pub(super) swaps: bool,
    /// Whether it gives no signatures of headers.
    pub(super) is_unsigned: bool,
    pub(super) asked: Vec<Want>,
}

impl Chain {
    /// A block of this slot and branch after that one; its proposer is 100 and the slot.
    pub(super) fn block(&mut self, at: (u64, u8), parent: Root, votes: Vec<IncludedVotes>) -> Root {
        let (slot, branch) = at;
        let header = BeaconBlockHeader {
            slot: Slot(slot),
            proposer_index: ValidatorIndex(100 + slot),
            parent_root: parent,
            state_root: Root::ZERO,
            body_root: Root::ZERO,
        };
        self.blocks.insert(root(slot, branch), (header, votes));
        root(slot, branch)
    }

    /// Blocks without votes for these slots of branch 0, each after the one before.
    pub(super) fn blocks(&mut self, slots: impl IntoIterator<Item = u64>, parent: Root) -> Root {
        slots
            .into_iter()
            .fold(parent, |parent, slot| self.block((slot, 0), parent, vec![]))
    }

    /// Has it read with this head until nothing more is wanted; what is new.
    pub(super) fn read(&mut self, reading: &mut Reading, head: Root) -> Vec<(Owed, Shown)> {
        let header = self.header(head).unwrap();
        let now = header.header.slot;
        if !reading.head(now, (head, header), Slot(self.finalised)) {
            return Vec::new();
        }
        while let Some(want) = reading.wants() {
            assert!(
                self.asked.len() < 1000,
                "it goes round in a circle: {want:?}"
            );
            self.asked.push(want);
            let given = match want {
                Want::Header(root) => self.header(root).map(Given::Header),
                Want::Committees(..) if self.is_unseated => None,
                Want::Committees(_, slot) => {
                    let mut all = committees(slot);
                    if self.swaps {
                        all[0].validators.swap(1, 2);
                    }
                    Some(Given::Committees(all))
                }
                Want::Members(epoch) => (!self.is_unseated).then(|| {
                    let mut seats = self.members.clone();
                    seats.retain(|(of, _)| reading.members(epoch).contains(of));
                    Given::Members(seats)
                }),
                Want::Block(root) => {
                    let block = self.blocks.get(&root);
                    block.map(|(header, votes)| {
                        let signed = self.synced.get(&header.slot).cloned();
                        Given::Votes(BlockVotes {
                            attestations: votes.clone(),
                            sync_committee: signed.unwrap_or_default(),
                        })
                    })
                }
            };
            reading.take(want, given);
        }
        reading.settle()
    }

    pub(super) fn header(&self, root: Root) -> Option<SignedHeader> {
        let (header, _) = self.blocks.get(&root)?;
        Some(SignedHeader {
            header: *header,
            signature: (!self.is_unsigned).then(signature),
        })
    }

    /// How many blocks it was asked for.
    pub(super) fn blocks_asked(&self) -> usize {
        let is_block = |want: &&Want| matches!(want, Want::Block(_));
        self.asked.iter().filter(is_block).count()
    }
}
