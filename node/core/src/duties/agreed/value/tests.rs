//! A chain for the tests of duties.

use super::*;

/// At Electra, and from epoch 20 on at Fulu; eight slots an epoch.
pub(in crate::duties) fn chain() -> ChainSpec {
    proto::example::chain(Root::ZERO, &[("FULU_FORK_EPOCH", "20")])
}
