//! The megapool is made, so that its address can no more move. Source:
//! `RocketNodeManager.deployMegapool`.

use super::Facts;
use super::calls::NodeManager;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, at};
use crate::pool::contracts::Contract;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let megapool = facts.node()?.megapool.as_ref()?;
    if megapool.deployed.is_some() {
        return None;
    }
    let to = facts.contracts().at(Contract::NodeManager)?;
    let expected = at(&megapool.expected);
    Some(Step {
        kind: Kind::DeployMegapool,
        deed: megapool.expected.to_string(),
        sender: Sender::Node,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(to, &NodeManager::deployMegapoolCall {}, &[])),
        words: format!("the megapool is made at {expected}, to which all stake returns"),
        waits: Vec::new(),
    })
}
