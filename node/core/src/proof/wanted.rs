//! What is to be proven of one state, and what is known of that state beforehand.

use std::collections::BTreeSet;

use proto::eth::{ChainSpec, ForkName, ForkVersion, Layout, ValidatorIndex};
use proto::{Root, Slot};

use super::layout::{at, slots_per_era};
use super::refusal::{Rule, Unprovable};

/// How much of each kind is proven in one pass over a state.
pub const MOST_WANTED: usize = 16;

/// The state of one slot: how it is laid out, and what must stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateTerms {
    pub(super) slot: Slot,
    pub(super) layout: Layout,
    pub(super) version: ForkVersion,
    pub(super) genesis_time: u64,
    pub(super) genesis_validators_root: Root,
}

/// What is to be proven of a state, besides its slot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Validators of the registry.
    pub validators: BTreeSet<ValidatorIndex>,
    /// Slots whose block roots the state keeps.
    pub block_roots: BTreeSet<Slot>,
    /// Numbers of historical summaries.
    pub summaries: BTreeSet<u64>,
}

impl StateTerms {
    /// The terms of the state of `slot`.
    ///
    /// # Errors
    /// If the slot lies in a fork of which nothing can be proven.
    pub fn at(spec: &ChainSpec, slot: Slot) -> Result<Self, Unprovable> {
        let genesis = spec.genesis();
        Ok(Self {
            slot,
            layout: layout_at(spec, slot)?,
            version: spec.forks().at(spec.epoch_of(slot)).version,
            genesis_time: genesis.genesis_time,
            genesis_validators_root: genesis.genesis_validators_root,
        })
    }

    /// The state's slot.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Whether a field has the value that is known beforehand, if it is one of those.
    pub(super) fn met_by(&self, field: usize, bytes: &[u8]) -> Result<(), Rule> {
        Err(match field {
            at::GENESIS_TIME if bytes != self.genesis_time.to_le_bytes() => Rule::OtherChain,
            at::GENESIS_VALIDATORS_ROOT if bytes != self.genesis_validators_root.as_bytes() => {
                Rule::OtherChain
            }
            at::SLOT if bytes != self.slot.0.to_le_bytes() => Rule::OtherSlot {
                got: Slot(u64::from_le_bytes(
                    bytes.try_into().expect("a slot's 8 bytes"),
                )),
                expected: self.slot,
            },
            // A fork is its previous version, its current one, and its epoch.
            at::FORK if bytes[4..8] != self.version.as_bytes()[..] => Rule::OtherFork {
                got: bytes[4..8].try_into().expect("a version's 4 bytes"),
                expected: self.version,
            },
            _ => return Ok(()),
        })
    }

    /// How the state is laid out.
    pub fn layout(&self) -> Layout {
        self.layout
    }
}

/// The containers of `slot`.
///
/// # Errors
/// If the slot lies in a fork of which nothing can be proven.
pub fn layout_at(spec: &ChainSpec, slot: Slot) -> Result<Layout, Unprovable> {
    let scheduled = spec.forks().at(spec.epoch_of(slot));
    match scheduled.name.parse::<ForkName>() {
        Ok(fork) => Ok(Layout {
            preset: spec.preset(),
            fork,
        }),
        Err(unknown) => {
            let mut later = spec.forks().iter().filter(|it| it.epoch > scheduled.epoch);
            Err(match later.any(|it| it.name.parse::<ForkName>().is_ok()) {
                true => Unprovable::Older {
                    slot,
                    fork: unknown.0,
                },
                false => Unprovable::Newer {
                    slot,
                    fork: unknown.0,
                    epoch: scheduled.epoch,
                },
            })
        }
    }
}

impl Wanted {
    /// Whether it can be proven in one pass over the state with these terms.
    ///
    /// # Errors
    /// If it is too much, or the state does not keep a block root.
    pub(super) fn check(&self, terms: &StateTerms) -> Result<(), Unprovable> {
        let counts = [
            ("validators", self.validators.len()),
            ("block roots", self.block_roots.len()),
            ("historical summaries", self.summaries.len()),
        ];
        if let Some((what, count)) = counts.into_iter().find(|(_, count)| *count > MOST_WANTED) {
            return Err(Unprovable::TooMuch { what, count });
        }
        let kept = slots_per_era(terms.layout.preset);
        let is_lost = |slot: &&Slot| !(1..=kept).contains(&terms.slot.0.saturating_sub(slot.0));
        match self.block_roots.iter().find(is_lost) {
            Some(slot) => Err(Unprovable::NoBlockRoot {
                slot: *slot,
                of: terms.slot,
            }),
            None => Ok(()),
        }
    }
}
