//! Why no proof is made: what a beacon node sends is no state of this chain, or the slot lies where
//! this version can prove nothing.

use proto::eth::{ForkVersion, ValidatorIndex};
use proto::{Epoch, Slot};
use thiserror::Error;

use super::wanted::MOST_WANTED;

/// What a beacon node sent as a state is not the state that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the beacon node's state is refused: {field} {rule}; ask another beacon node")]
pub struct BadState {
    /// The field in which it shows, by its name in the spec.
    pub field: &'static str,
    /// What does not hold.
    pub rule: Rule,
}

/// What does not hold of a field of a state.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rule {
    /// The first part of variable length does not start where the fixed ones end.
    #[error("starts at byte {got}, but the fields of fixed length end at {expected}")]
    Start {
        /// The offset that came.
        got: u64,
        /// Where the fixed part ends.
        expected: u64,
    },
    /// A part starts before the one in front of it.
    #[error("starts at byte {got}, before {before} at {earlier}")]
    Backwards {
        /// The offset that came.
        got: u64,
        /// The field in front of it.
        before: &'static str,
        /// Where that one starts.
        earlier: u64,
    },
    /// The bytes are no whole number of elements.
    #[error("has {bytes} bytes, no multiple of the {size} of an element")]
    Uneven {
        /// How many there are.
        bytes: u64,
        /// How many an element has.
        size: u64,
    },
    /// More elements than the list may have.
    #[error("has at least {count} elements, more than its limit {limit}")]
    TooMany {
        /// How many there are; more may have followed.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
    /// A container with a part of variable length is too short or too long.
    #[error("has {bytes} bytes, not between {least} and {most}")]
    Size {
        /// How many there are.
        bytes: u64,
        /// The least there can be.
        least: u64,
        /// The most there can be.
        most: u64,
    },
    /// The part of variable length in a container does not start where its fixed ones end.
    #[error("has its extra data at byte {got}, not at {expected}")]
    ExtraData {
        /// The offset that came.
        got: u64,
        /// Where it must start.
        expected: u64,
    },
    /// The state ends too early.
    #[error("ends after {after} bytes of the state, before it is whole")]
    Ended {
        /// The bytes that came.
        after: u64,
    },
    /// It is the state of another slot.
    #[error("is {got}, not {expected}")]
    OtherSlot {
        /// The state's slot.
        got: Slot,
        /// The slot that was asked for.
        expected: Slot,
    },
    /// It is a state of another fork than the slot's.
    #[error(
        "has the version {got}, not {expected}, which the schedule names for the slot: if the \
         chain has a new fork, upgrade gantry"
    )]
    OtherFork {
        /// The state's fork version.
        got: ForkVersion,
        /// The version that the schedule has for the slot.
        expected: ForkVersion,
    },
    /// It is a state of another chain.
    #[error("is that of another chain")]
    OtherChain,
    /// What is to be proven is not there.
    #[error("has only {count} elements, so none at {wanted}, which is to be proven")]
    Absent {
        /// The place of what is to be proven.
        wanted: u64,
        /// How many there are.
        count: u64,
    },
    /// A validator that is to be proven is not the SSZ of one.
    #[error("has no well-formed validator at {0}, which is to be proven")]
    NoValidator(ValidatorIndex),
}

/// Nothing can be proven at a slot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unprovable {
    /// Its fork is newer than this version.
    #[error(
        "slot {slot} lies in fork {fork:?}, which began in epoch {epoch}: this version of gantry \
         proves nothing of its states and blocks; upgrade gantry"
    )]
    Newer {
        /// The slot.
        slot: Slot,
        /// Its fork.
        fork: String,
        /// The fork's first epoch.
        epoch: Epoch,
    },
    /// Its fork is older than any that the contracts take.
    #[error("slot {slot} lies in fork {fork:?}, of which the contracts take no proofs")]
    Older {
        /// The slot.
        slot: Slot,
        /// Its fork.
        fork: String,
    },
    /// More is wanted of one state than is kept in one pass.
    #[error("{count} {what} are to be proven of one state, more than {MOST_WANTED}: take several")]
    TooMuch {
        /// What is wanted.
        what: &'static str,
        /// How many.
        count: usize,
    },
    /// The state does not keep that slot's block root.
    #[error("the state of slot {of} does not keep the root of the block of slot {slot}")]
    NoBlockRoot {
        /// The slot whose block root is wanted.
        slot: Slot,
        /// The state's slot.
        of: Slot,
    },
}
