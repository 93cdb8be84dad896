//! What is agreed on and when: slots, epochs, rounds, and the identity of one duty.

use std::fmt;

use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};

use crate::WireVersion;
use crate::vote::{MAX_BODY, MAX_HEAD_BODY};

/// A slot number, counted from the chain's genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[derive(Encode, Decode)]
#[ssz(struct_behaviour = "transparent")]
pub struct Slot(#[serde(with = "serde_utils::quoted_u64")] pub u64);

/// An epoch number, counted from the chain's genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[derive(Encode, Decode)]
#[ssz(struct_behaviour = "transparent")]
pub struct Epoch(#[serde(with = "serde_utils::quoted_u64")] pub u64);

impl Slot {
    /// The epoch this slot belongs to on a chain of `slots_per_epoch`.
    pub fn epoch(self, slots_per_epoch: u64) -> Epoch {
        Epoch(self.0 / slots_per_epoch)
    }

    /// The slot after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Epoch {
    /// The first slot of this epoch on a chain of `slots_per_epoch`.
    pub fn first_slot(self, slots_per_epoch: u64) -> Slot {
        Slot(self.0.saturating_mul(slots_per_epoch))
    }

    /// The epoch after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of value a slot's instance agrees on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DutyKind {
    /// The head vote that every attester of the slot signs: each peer computes it itself.
    Head,
    /// The beacon block of a proposer of ours: only one peer can supply it.
    Block,
}

impl DutyKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Head, Self::Block];

    /// Its number in messages, in what is signed, and in records.
    pub const fn code(self) -> u8 {
        match self {
            Self::Head => 0,
            Self::Block => 1,
        }
    }

    /// The kind with this number, if there is one.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its name in metrics, in `status` and in what is kept of duties that are over.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Block => "block",
        }
    }

    /// The kind with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The most bytes that a value of this kind may have.
    pub const fn max_body(self) -> usize {
        match self {
            Self::Head => MAX_HEAD_BODY,
            Self::Block => MAX_BODY,
        }
    }

    /// The version that this kind came with: it is performed once t peers speak that, and its
    /// messages go to no peer that speaks less.
    pub const fn since(self) -> WireVersion {
        match self {
            Self::Head | Self::Block => WireVersion::V1,
        }
    }
}

/// One consensus instance: a slot and a kind, for all validators of the cluster together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DutyId {
    /// The slot of the duty.
    pub slot: Slot,
    /// What is agreed on in it.
    pub kind: DutyKind,
}

impl fmt::Display for DutyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DutyKind::Head => "head vote",
            DutyKind::Block => "block",
        };
        write!(f, "{kind} of slot {}", self.slot)
    }
}

/// A round of an instance: 0 has no leader, 1 to [`Round::LAST`] have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Round(u8);

impl Round {
    /// The leaderless round of head votes.
    pub const ZERO: Self = Self(0);
    /// The first round with a leader.
    pub const FIRST: Self = Self(1);
    /// The last round: an instance that does not decide here is given up.
    pub const LAST: Self = Self(16);

    /// The round of this number, unless it is beyond the last.
    pub fn new(number: u64) -> Option<Self> {
        u8::try_from(number)
            .ok()
            .map(Self)
            .filter(|round| *round <= Self::LAST)
    }

    /// The round's number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The round after this one, unless this is the last.
    pub fn next(self) -> Option<Self> {
        (self < Self::LAST).then(|| Self(self.0 + 1))
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
