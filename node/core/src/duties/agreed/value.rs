//! What a duty agrees on, and when this peer would sign it.
//!
//! A *hard* check holds always. A *soft* check compares with the own beacon node's view and is
//! waived for a forced value, for which f + 1 peers have voted already: otherwise one dead peer and
//! a split head would lose the duty. "Not now" may become "yes" when the beacon node catches up.

use proto::eth::block::MAX_BLOCK_BYTES;
use proto::eth::{
    Block, ChainSpec, ForkName, HeadVote, Layout, PresetBase, ValidatorIndex, hash_tree_root,
};
use proto::{Address, DutyId, Root};
use sha2::{Digest as _, Sha256};

use super::objection::{Doubt, Flaw};
use crate::vault::Signable;

/// A value of either kind. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// What every attester of the slot signs.
    Head(HeadVote),
    /// The block of our proposer of the slot.
    Block(Block),
}

/// In front of a block's SSZ: its preset and its fork, one byte each.
const LAYOUT_BYTES: usize = 2;

const _: () = assert!(LAYOUT_BYTES + MAX_BLOCK_BYTES <= proto::vote::MAX_BODY);

impl consensus::Value for Value {
    /// A head vote's is its `hash_tree_root`. A block's names its layout too: the same bytes are a
    /// block of Electra and one of Fulu with the same root, and only one of them may be signed.
    fn hash(&self) -> Root {
        match self {
            Self::Head(data) => hash_tree_root(data),
            Self::Block(block) => {
                let hash = Sha256::new_with_prefix(b"gantry/block-value/1")
                    .chain_update(layout_bytes(block.layout()))
                    .chain_update(block.root().as_bytes());
                Root::from(<[u8; 32]>::from(hash.finalize()))
            }
        }
    }

    /// A head vote is its SSZ of 128 bytes; a block, which is longer, is its layout and its SSZ.
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Head(data) => data.to_ssz().to_vec(),
            Self::Block(block) => [&layout_bytes(block.layout()), block.ssz()].concat(),
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == HeadVote::SSZ_LEN {
            return HeadVote::from_ssz(bytes).ok().map(Self::Head);
        }
        let (layout, ssz) = bytes.split_at_checked(LAYOUT_BYTES)?;
        Block::of_layout(read_layout(layout)?, ssz)
            .ok()
            .map(Self::Block)
    }
}

fn layout_bytes(layout: Layout) -> [u8; LAYOUT_BYTES] {
    let preset = match layout.preset {
        PresetBase::Mainnet => 0,
        PresetBase::Minimal => 1,
    };
    let fork = match layout.fork {
        ForkName::Electra => 0,
        ForkName::Fulu => 1,
    };
    [preset, fork]
}

fn read_layout(bytes: &[u8]) -> Option<Layout> {
    let presets = [PresetBase::Mainnet, PresetBase::Minimal].into_iter();
    let layouts = presets
        .flat_map(|preset| [ForkName::Electra, ForkName::Fulu].map(|fork| Layout { preset, fork }));
    layouts
        .into_iter()
        .find(|layout| layout_bytes(*layout) == bytes)
}

impl Value {
    /// What the validators of the duty sign.
    pub fn signable(&self, chain: &ChainSpec) -> Signable {
        match self {
            Self::Head(data) => Signable::attestation(chain, data),
            Self::Block(block) => Signable::block(chain, block.header()),
        }
    }

    /// The block that must be known to the own beacon node before this value may be signed.
    pub fn builds_on(&self) -> Root {
        match self {
            Self::Head(data) => data.beacon_block_root,
            Self::Block(block) => block.parent_root(),
        }
    }
}

/// The hard checks of a head vote that need no view: slot, index and epochs.
pub fn check_head(data: &HeadVote, duty: DutyId, chain: &ChainSpec) -> Result<(), Flaw> {
    let fits = data.slot == duty.slot
        && data.index.0 == 0
        && data.target.epoch == chain.epoch_of(duty.slot)
        && data.source.epoch <= data.target.epoch;
    if fits { Ok(()) } else { Err(Flaw::OtherDuty) }
}

/// The hard check of a head vote that the own view answers: the source.
pub fn check_source(data: &HeadVote, own: Option<&HeadVote>) -> Result<(), Doubt> {
    let own = own.ok_or(Doubt::NoView)?;
    if data.source == own.source {
        Ok(())
    } else {
        Err(Doubt::OtherCheckpoints)
    }
}

/// The soft check of a head vote that one look at the own view answers: the target.
pub fn check_target(data: &HeadVote, own: &HeadVote) -> Result<(), Doubt> {
    if data.target == own.target {
        Ok(())
    } else {
        Err(Doubt::OtherCheckpoints)
    }
}

/// What a block of ours must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedBlock {
    /// The index of our proposer.
    pub proposer: ValidatorIndex,
    /// The only address that may get its fees.
    pub fee_recipient: Address,
    /// The containers of the chain at this slot.
    pub layout: Layout,
}

/// The hard checks of a block, except the RANDAO reveal, which needs the group key.
pub fn check_block(block: &Block, duty: DutyId, expected: ExpectedBlock) -> Result<(), Flaw> {
    if block.slot() != duty.slot || block.layout() != expected.layout {
        return Err(Flaw::OtherDuty);
    }
    if block.proposer_index() != expected.proposer {
        return Err(Flaw::OtherProposer);
    }
    if block.fee_recipient() != expected.fee_recipient {
        return Err(Flaw::WrongFeeRecipient);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use proto::eth::{Checkpoint, CommitteeIndex, Genesis};
    use proto::{DutyKind, Epoch, Slot};

    use super::*;

    /// At Electra, and from epoch 20 on at Fulu; eight slots an epoch.
    pub(in crate::duties) fn chain() -> ChainSpec {
        let genesis = Genesis {
            genesis_time: 0,
            genesis_validators_root: Root::ZERO,
            genesis_fork_version: [0, 0, 0, 1].into(),
        };
        let text = |value: &str| serde_json::Value::String(value.to_owned());
        let keys = [
            ("SLOT_DURATION_MS", "12000"),
            ("SLOTS_PER_EPOCH", "8"),
            ("PRESET_BASE", "minimal"),
            (
                "DEPOSIT_CONTRACT_ADDRESS",
                "0x00000000219ab540356cBB839Cbe05303d7705Fa",
            ),
            ("DEPOSIT_CHAIN_ID", "1337"),
            ("CAPELLA_FORK_VERSION", "0x03000001"),
            ("ELECTRA_FORK_VERSION", "0x05000001"),
            ("ELECTRA_FORK_EPOCH", "0"),
            ("FULU_FORK_VERSION", "0x06000001"),
            ("FULU_FORK_EPOCH", "20"),
        ];
        let keys: BTreeMap<String, serde_json::Value> = keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), text(value)))
            .collect();
        ChainSpec::new(&keys, genesis).unwrap()
    }

    fn vote() -> HeadVote {
        HeadVote {
            slot: Slot(17),
            index: CommitteeIndex(0),
            beacon_block_root: [1; 32].into(),
            source: Checkpoint {
                epoch: Epoch(1),
                root: [2; 32].into(),
            },
            target: Checkpoint {
                epoch: Epoch(2),
                root: [3; 32].into(),
            },
        }
    }

    const DUTY: DutyId = DutyId {
        slot: Slot(17),
        kind: DutyKind::Head,
    };

    #[test]
    fn a_head_vote_of_another_slot_epoch_or_index_is_refused() {
        let own = vote();
        let check = |data: &HeadVote| check_head(data, DUTY, &chain());
        assert_eq!(check(&vote()), Ok(()));
        assert_eq!(
            check(&HeadVote {
                slot: Slot(18),
                ..vote()
            }),
            Err(Flaw::OtherDuty)
        );
        let index = CommitteeIndex(1);
        assert_eq!(check(&HeadVote { index, ..vote() }), Err(Flaw::OtherDuty));
        let target = Checkpoint {
            epoch: Epoch(3),
            ..own.target
        };
        assert_eq!(check(&HeadVote { target, ..vote() }), Err(Flaw::OtherDuty));
    }

    /// Holesky, February 2025: a leader on a bad chain could carry the others onto its target.
    #[test]
    fn holesky_2025_another_target_is_not_accepted_from_a_leader() {
        let other = Checkpoint {
            epoch: Epoch(2),
            root: [9; 32].into(),
        };
        let proposed = HeadVote {
            target: other,
            ..vote()
        };
        assert_eq!(
            check_target(&proposed, &vote()),
            Err(Doubt::OtherCheckpoints)
        );
    }

    #[test]
    fn the_source_is_checked_even_when_a_value_is_forced() {
        let source = Checkpoint {
            epoch: Epoch(0),
            root: [2; 32].into(),
        };
        let proposed = HeadVote { source, ..vote() };
        let own = vote();
        let verdict = check_source(&proposed, Some(&own));
        assert_eq!(verdict, Err(Doubt::OtherCheckpoints));
    }

    #[test]
    fn a_peer_without_a_view_gives_no_vote() {
        assert_eq!(check_source(&vote(), None), Err(Doubt::NoView));
    }
}
