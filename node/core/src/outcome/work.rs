//! What one of our validators owes in a slot, and what the chain shows of it.

use proto::eth::{AttestationData, BeaconBlockHeader, ValidatorIndex};
use proto::{Root, SignatureBytes, Slot};

/// What a validator owes in a slot, as records tell it apart: in one agreement several of them are
/// settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// Its attestation.
    Attestation,
    /// The block of the slot.
    Block,
    /// The aggregate of its committee.
    Aggregate,
    /// Its sync committee message.
    SyncMessage,
    /// The contribution of its subcommittee.
    Contribution,
}

impl Work {
    /// Every one, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Attestation,
        Self::Block,
        Self::Aggregate,
        Self::SyncMessage,
        Self::Contribution,
    ];

    /// Its number in what is kept.
    pub const fn code(self) -> u8 {
        match self {
            Self::Attestation => 0,
            Self::Block => 1,
            Self::Aggregate => 2,
            Self::SyncMessage => 3,
            Self::Contribution => 4,
        }
    }

    /// Its name in `gantry duties`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attestation => "attestation",
            Self::Block => "block",
            Self::Aggregate => "aggregate",
            Self::SyncMessage => "sync-message",
            Self::Contribution => "contribution",
        }
    }

    /// That of this [`Work::name`], if it is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|work| work.name() == name)
    }

    /// Whether the chain's blocks show whose it is. Aggregates and contributions do not: who packs
    /// a block takes the votes out of them, and nothing says any more who had brought them.
    pub const fn leaves_a_trace(self) -> bool {
        match self {
            Self::Attestation | Self::Block | Self::SyncMessage => true,
            Self::Aggregate | Self::Contribution => false,
        }
    }
}

/// One duty of one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owed {
    /// Its slot.
    pub slot: Slot,
    /// What is owed.
    pub work: Work,
    /// Who owes it.
    pub index: ValidatorIndex,
}

/// What bears the signature of a validator, as the chain shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// This vote.
    Vote(AttestationData),
    /// The block with this root.
    Block(Root),
}

/// A duty to be followed in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Which.
    pub owed: Owed,
    /// What t shares have signed for it; none if this peer knows of nothing.
    pub signed: Option<Signed>,
}

/// Something in the chain that bears the signature of one of our validators, and is not what this
/// peer knows to be signed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// Which duty of which validator.
    pub owed: Owed,
    /// The block that carries it, or that it is.
    pub block: Root,
    /// What it is.
    pub bears: Bears,
}

/// What bears a signature, with that where it can be checked by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bears {
    /// A vote. Its signature went into that of an aggregate: that a block carries it says that the
    /// beacon node has checked it.
    Vote(AttestationData),
    /// A block, by its header, and its proposer's signature.
    Block(BeaconBlockHeader, SignatureBytes),
}

/// A [`Stray`] that nobody here has signed: somebody else has the validator's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Which duty of which validator.
    pub owed: Owed,
    /// The block that carries it, or that it is.
    pub block: Root,
}

/// A vote as it stands in the first block that carries it. Its source is right, or the block would
/// not be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// The slot of that block.
    pub included: Slot,
    /// Whether it names the target that the chain has.
    pub target: bool,
    /// Whether it names the head that the chain had.
    pub head: bool,
}

/// What the chain shows of a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A block carries the attestation.
    Voted(Vote),
    /// The block of the slot is the validator's.
    Proposed,
    /// The next slot's block carries the sync committee message, for one seat at least. Its head is
    /// right, or the block would not be one.
    Synced,
    /// The next slot has no block, and no other could carry the sync committee message.
    NoBlock,
    /// It is not in the chain, and cannot come into it any more.
    Lacking,
}
