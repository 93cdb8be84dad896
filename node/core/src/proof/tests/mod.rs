//! What the reader makes of states, against containers that a library hashes and against roots that
//! another implementation made.

mod anchoring;
mod calling;
mod example;
mod lies;
mod oracle;
mod reading;
mod vectors;
mod withdrawing;

use proto::eth::{BeaconBlockHeader, ForkName, Layout, PresetBase, ValidatorIndex, hash_tree_root};
use proto::{Root, Slot};
use ssz::Encode;
use tree_hash::TreeHash;

use super::{BadState, BlockProofs, StateProofs, StateReader, StateTerms, Wanted};
use oracle::{OfMainnet, OfMinimal};

/// A state, as a beacon node sends it, with its root.
#[derive(Clone)]
struct Sent {
    layout: Layout,
    ssz: Vec<u8>,
    root: Root,
}

fn sent(layout: Layout, state: &(impl Encode + TreeHash)) -> Sent {
    Sent {
        layout,
        ssz: state.as_ssz_bytes(),
        root: hash_tree_root(state),
    }
}

/// A state of each kind with so many validators.
fn of(preset: PresetBase, fork: ForkName, validators: usize) -> Sent {
    let layout = Layout { preset, fork };
    match (preset, fork) {
        (PresetBase::Mainnet, ForkName::Electra) => {
            sent(layout, &example::electra::<OfMainnet>(validators))
        }
        (PresetBase::Mainnet, ForkName::Fulu) => {
            sent(layout, &example::fulu::<OfMainnet>(validators))
        }
        (PresetBase::Minimal, ForkName::Electra) => {
            sent(layout, &example::electra::<OfMinimal>(validators))
        }
        (PresetBase::Minimal, ForkName::Fulu) => {
            sent(layout, &example::fulu::<OfMinimal>(validators))
        }
    }
}

fn minimal(validators: usize) -> Sent {
    of(PresetBase::Minimal, ForkName::Fulu, validators)
}

fn terms(layout: Layout) -> StateTerms {
    StateTerms {
        slot: example::SLOT,
        layout,
        version: example::version(),
        genesis_time: example::GENESIS_TIME,
        genesis_validators_root: example::genesis_validators_root(),
    }
}

/// These validators, two block roots and two summaries.
fn wanted(validators: impl IntoIterator<Item = u64>) -> Wanted {
    Wanted {
        validators: validators.into_iter().map(ValidatorIndex).collect(),
        block_roots: [example::SLOT.0 - 1, example::SLOT.0 - 40].map(Slot).into(),
        summaries: [0, 4].into(),
    }
}

/// Reads pieces of a state.
fn read<'a>(
    layout: Layout,
    wanted: Wanted,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<StateProofs, BadState> {
    let mut reader = StateReader::new(terms(layout), wanted).unwrap();
    for piece in pieces {
        reader.push(piece)?;
    }
    reader.finish()
}

/// A block after which the state is this one.
fn header(state_root: Root) -> BeaconBlockHeader {
    BeaconBlockHeader {
        slot: example::SLOT,
        proposer_index: ValidatorIndex(11),
        parent_root: [1; 32].into(),
        state_root,
        body_root: [2; 32].into(),
    }
}

fn anchored(proofs: StateProofs) -> BlockProofs {
    let header = header(proofs.root());
    proofs.anchored(&header, hash_tree_root(&header)).unwrap()
}
