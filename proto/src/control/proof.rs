//! How a proof stands that is made only to see whether and how fast it can be.

use crate::Slot;
use crate::eth::ValidatorIndex;

/// How the proof stands that was asked for last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Counted from 1 since the peer's start: whether it is still the same.
    pub number: u64,
    /// How far it has come.
    pub stage: ProofStage,
}

/// How far a proof has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofStage {
    /// It is being made.
    UnderWay,
    /// It was made.
    Made(Made),
    /// None was made; why.
    Failed(String),
}

/// A proof that was made, and followed up to the root of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Of the state of this slot.
    pub slot: Slot,
    /// Of this validator.
    pub index: ValidatorIndex,
    /// How many bytes of the state were read.
    pub state_bytes: u64,
    /// How long it took, from the first question to the beacon node on.
    pub milliseconds: u64,
}
