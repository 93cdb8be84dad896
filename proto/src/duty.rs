//! What is agreed on and when: slots, epochs, rounds, and the identity of one duty.

use std::fmt;

use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};

use crate::WireVersion;
use crate::vote::{MAX_AGGREGATES_BODY, MAX_BODY, MAX_CONTRIBUTION_BODY, MAX_HEAD_BODY};

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
    /// The aggregates of a slot's committees in which an attester of ours was chosen to aggregate.
    Aggregate,
    /// The head vote whose root our members of the sync committee sign.
    SyncMessage,
    /// The contribution of a subcommittee in which a member of ours was chosen to aggregate. Each
    /// subcommittee is a kind of its own: one validator may be chosen in several.
    Contribution(Subcommittee),
}

/// One of the four parts of the sync committee (`SYNC_COMMITTEE_SUBNET_COUNT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subcommittee(u8);

impl Subcommittee {
    /// How many there are.
    const COUNT: u8 = 4;
    /// All of them.
    pub const ALL: [Self; Self::COUNT as usize] = [Self(0), Self(1), Self(2), Self(3)];

    /// That of this index, if there is one.
    pub fn new(index: u64) -> Option<Self> {
        let index = u8::try_from(index).ok()?;
        (index < Self::COUNT).then_some(Self(index))
    }

    /// Its index.
    pub fn index(self) -> u64 {
        self.0.into()
    }
}

impl From<Subcommittee> for u32 {
    fn from(of: Subcommittee) -> Self {
        of.0.into()
    }
}

impl DutyKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Head,
        Self::Block,
        Self::Aggregate,
        Self::SyncMessage,
        Self::Contribution(Subcommittee(0)),
        Self::Contribution(Subcommittee(1)),
        Self::Contribution(Subcommittee(2)),
        Self::Contribution(Subcommittee(3)),
    ];

    /// Its number in messages, in what is signed, and in records.
    pub const fn code(self) -> u8 {
        match self {
            Self::Head => 0,
            Self::Block => 1,
            Self::Aggregate => 2,
            Self::SyncMessage => 3,
            Self::Contribution(subcommittee) => 4 + subcommittee.0,
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
            Self::Aggregate => "aggregate",
            Self::SyncMessage => "sync_message",
            Self::Contribution(Subcommittee(0)) => "contribution_0",
            Self::Contribution(Subcommittee(1)) => "contribution_1",
            Self::Contribution(Subcommittee(2)) => "contribution_2",
            Self::Contribution(_) => "contribution_3",
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
            Self::Aggregate => MAX_AGGREGATES_BODY,
            Self::SyncMessage => MAX_HEAD_BODY,
            Self::Contribution(_) => MAX_CONTRIBUTION_BODY,
        }
    }

    /// The version that this kind came with: it is performed once t peers speak that, and its
    /// messages go to no peer that speaks less.
    pub const fn since(self) -> WireVersion {
        match self {
            Self::Head | Self::Block => WireVersion::V1,
            Self::Aggregate => WireVersion::V6,
            Self::SyncMessage | Self::Contribution(_) => WireVersion::V7,
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
            DutyKind::Aggregate => "aggregate",
            DutyKind::SyncMessage => "sync committee message",
            DutyKind::Contribution(of) => {
                let (of, slot) = (of.index(), self.slot);
                return write!(f, "contribution of subcommittee {of} of slot {slot}");
            }
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
