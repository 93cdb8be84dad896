//! Into the smoothing pool, and out of it: one change in each interval of rewards.
//!
//! Blocks have to pay the smoothing pool before the node is in it: else the first block after that
//! is theft. Before a validator can propose, nobody has to wait. Source:
//! `RocketNodeManager.setSmoothingPoolRegistrationState`, RPIP-43.

use super::Facts;
use super::calls::NodeManager;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::pool::contracts::Contract;
use crate::pool::megapool::Stage;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let node = facts.node()?;
    let wished = facts.aims.smoothing_pool;
    if node.account.in_smoothing_pool == wished {
        return None;
    }
    let to = facts.contracts().at(Contract::NodeManager)?;
    let call = NodeManager::setSmoothingPoolRegistrationStateCall { state: wished };
    let rules = &facts.sight.head.network;
    let mut waits = Vec::new();
    if !rules.may_switch_smoothing_pool {
        waits.push(Wait::Closed("changes of the smoothing pool"));
    }
    let changed = node.account.smoothing_pool_changed;
    let next = changed.map_or(0, |changed| changed.saturating_add(rules.rewards.length));
    if next > facts.sight.head_block.time {
        waits.push(Wait::Time(next));
    }
    if wished && may_propose(facts) && !facts.made.pays_smoothing_pool {
        waits.push(Wait::FeeRecipients);
    }
    let (state, words) = match wished {
        true => ("true", "the node goes into the smoothing pool"),
        false => ("false", "the node leaves the smoothing pool"),
    };
    Some(Step {
        kind: Kind::SmoothingPool(wished),
        deed: format!("{}:{}", node.account.node, changed.unwrap_or(0)),
        sender: Sender::Node,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(to, &call, &[state])),
        words: words.to_owned(),
        waits,
    })
}

/// Whether the node has a validator that may be chosen to propose.
fn may_propose(facts: &Facts<'_>) -> bool {
    let has_minipools = facts.node().is_some_and(|node| !node.minipools.is_empty());
    let all = facts.megapool().into_iter().flat_map(|it| &it.validators);
    let mut stages = all.map(|validator| validator.stage);
    has_minipools
        || stages.any(|stage| match stage {
            Stage::Staked | Stage::Exiting => true,
            Stage::Queued { .. }
            | Stage::Prestaked { .. }
            | Stage::Exited { .. }
            | Stage::Dissolved
            | Stage::Dequeued => false,
        })
}
