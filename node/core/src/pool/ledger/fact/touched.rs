//! In which transactions Rocket Pool's contracts have logged something of the node.

use std::collections::BTreeSet;

use proto::Root;

use super::{Scene, Seen};
use crate::pool::contracts::Contract;
use crate::pool::funding::paid::indexed;

/// In which transactions a contract has logged something of this node.
pub(super) struct Touched {
    pub(super) credit: BTreeSet<Root>,
    pub(super) merkle: BTreeSet<Root>,
    pub(super) staking: BTreeSet<Root>,
}

impl Touched {
    pub(super) fn of(scene: &Scene, seen: &[Seen]) -> Self {
        let node = indexed(&scene.node);
        let by = |contract| {
            let of = seen.iter().map(|it| &it.entry);
            let of = of.filter(|it| scene.is(&it.by, contract));
            let of = of.filter(|it| it.topics.get(1) == Some(&node));
            of.map(|it| it.transaction).collect()
        };
        Self {
            credit: by(Contract::DepositPool),
            merkle: by(Contract::MerkleDistributor),
            staking: by(Contract::NodeStaking),
        }
    }
}
