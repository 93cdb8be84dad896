//! In what an answer that can be read is not the answer to the question.

use proto::eth::{CommitteeIndex, ForkName, ValidatorIndex};
use proto::{Root, Slot};
use thiserror::Error;

use super::items::Strange;
use crate::hidden::Shown;

/// The rule that the node broke.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Contradiction {
    #[error("slot {asked}, index 0 asked; slot {came}, index {index} came")]
    OtherVote {
        asked: Slot,
        came: Slot,
        index: CommitteeIndex,
    },
    #[error(
        "the aggregate of committee {committee} in slot {slot} asked, one of other votes or of \
         other committees came"
    )]
    OtherAggregate {
        slot: Slot,
        committee: CommitteeIndex,
    },
    #[error("the contribution of subcommittee {index} in slot {slot} asked, another came")]
    OtherContribution { slot: Slot, index: u64 },
    #[error("{asked} was asked for, {came} came")]
    OtherBlock {
        /// A block by root, slot or name.
        asked: String,
        came: Root,
    },
    #[error("the header of block {root} came with the hash {hash}")]
    OtherHeader { root: Root, hash: Root },
    #[error("a block of slot {asked} asked, of slot {came} came")]
    OtherSlot { asked: Slot, came: Slot },
    #[error("the block has another RANDAO reveal than it was asked with")]
    OtherReveal,
    #[error("the node says fork {said}, its spec says {}", .spec.as_str())]
    OtherFork { said: Shown, spec: ForkName },
    #[error("a blinded block, without builder asked")]
    Blinded,
    #[error("validator {0} without withdrawal credentials")]
    NoCredentials(ValidatorIndex),
    #[error("null in place of the duties")]
    NoDuties,
    /// Nothing of a list is of use, or not all where all is needed.
    #[error("{}", .0.told().unwrap_or_default())]
    Strange(Strange),
}
