//! The account becomes a node. Source: `RocketNodeManager.registerNode`.

use super::Facts;
use super::calls::NodeManager;
use super::ground::one_key;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::pool::contracts::Contract;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    if facts.node().is_some() {
        return None;
    }
    let to = facts.contracts().at(Contract::NodeManager)?;
    let timezone = &facts.terms.wishes.timezone;
    let call = NodeManager::registerNodeCall {
        timezone: timezone.clone(),
    };
    let is_closed = !facts.sight.head.network.may_register;
    let closed = is_closed.then_some(Wait::Closed("new nodes"));
    Some(Step {
        kind: Kind::Register,
        deed: facts.terms.fixed.node_account.to_string(),
        sender: Sender::Node,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(to, &call, &[timezone])),
        words: "the account becomes a node of Rocket Pool, for ever".to_owned(),
        waits: closed.into_iter().chain(one_key(facts)).collect(),
    })
}
