//! What duties depend on, and whether the newest head event bears out an answer of the beacon node.
//!
//! The attesters of an epoch, and since Fulu (EIP-7917) its proposers, are settled by the last
//! block before the epoch that comes before it; before Fulu its proposers are by the last block
//! before the epoch itself (consensus-specs `get_attester_dependent_root`; Beacon API, `head`
//! event). If another block turns out to be the last one, they are other duties altogether.
//!
//! An answer that the newest event contradicts is not used: a vote in a slot that is not the
//! validator's would burn its real vote of the epoch. A node that gives the same answer twice while
//! its events say the same other thing all the time, is taken at its word: one that names roots
//! of its own making must not cost every duty.

use proto::eth::{ChainSpec, ForkName};
use proto::{Epoch, Root, Slot};

use super::Topic;

/// A head event of the beacon node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The head's slot.
    pub slot: Slot,
    /// The head's root.
    pub block: Root,
    /// What the attesters of the head's epoch depend on.
    pub previous: Root,
    /// What those of the next epoch depend on.
    pub current: Root,
}

impl Head {
    /// What the answer to `topic` depends on, if this head is the chain's. Where no block of the
    /// epoch that settles it has come yet, that is the head itself, for now.
    pub(in crate::duties) fn settles(&self, chain: &ChainSpec, topic: Topic) -> Option<Root> {
        let settling = settling_epoch(chain, topic)?;
        let own = chain.epoch_of(self.slot);
        if settling > own {
            Some(self.block)
        } else if settling == own {
            Some(self.current)
        } else if settling.next() == own {
            Some(self.previous)
        } else {
            None
        }
    }

    /// Whether no later block, unless the chain turns, can change what the answer depends on.
    pub(super) fn is_final_for(&self, chain: &ChainSpec, topic: Topic) -> bool {
        settling_epoch(chain, topic).is_some_and(|epoch| epoch <= chain.epoch_of(self.slot))
    }
}

/// The epoch whose first slot the block that settles the duties comes before; none if `topic`
/// depends on no block. (In the first epoch that is the epoch itself: there is no earlier one.)
fn settling_epoch(chain: &ChainSpec, topic: Topic) -> Option<Epoch> {
    let before = |epoch: Epoch| Epoch(epoch.0.saturating_sub(1));
    match topic {
        Topic::Attesters(epoch) => Some(before(epoch)),
        Topic::Proposers(epoch) if has_lookahead(chain, epoch) => Some(before(epoch)),
        Topic::Proposers(epoch) => Some(epoch),
        Topic::Chain(_)
        | Topic::Validators(_)
        | Topic::Seats(_)
        | Topic::Prepare(_)
        | Topic::Subscribe(_)
        | Topic::SubscribeSync(_) => None,
    }
}

/// Whether the proposers of `epoch` are certain an epoch ahead: from the second epoch of Fulu on,
/// since those of its first are drawn when it begins.
pub(super) fn has_lookahead(chain: &ChainSpec, epoch: Epoch) -> bool {
    let before = Epoch(epoch.0.saturating_sub(1));
    matches!(chain.fork_at(before), Ok(ForkName::Fulu))
}

/// An answer of the beacon node that is in use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    /// What it depends on; none if the node did not say, and nobody knew.
    pub(super) root: Option<Root>,
    /// What the events say it depends on while the node insists on it.
    pub(super) against: Option<Root>,
}

impl Draw {
    /// Whether a head that settles the duties by `expected` bears it out.
    pub(super) fn fits(&self, expected: Option<Root>) -> bool {
        expected.is_none() || self.root == expected || self.against == expected
    }
}
