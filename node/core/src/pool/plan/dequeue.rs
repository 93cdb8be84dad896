//! Out of the queue, if fewer validators are wished for: the bond becomes credit, and the key can
//! never be used again in this megapool. Never because one is to leave: it keeps its place, gets
//! its ether, and leaves as others do. Source: `RocketMegapoolDelegate.dequeue`.

use super::Facts;
use super::calls::Megapool;
use super::ground;
use super::step::{Body, Call, Kind, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let Some(megapool) = facts.megapool() else {
        return Vec::new();
    };
    let is_unwanted = |it: &&Validator| {
        let is_queued = matches!(it.stage, Stage::Queued { .. });
        is_queued && !facts.is_wished(&it.pubkey) && !facts.is_to_leave(&it.pubkey)
    };
    let unwanted = facts.validators().filter(is_unwanted);
    let step = |validator: &Validator| Step {
        kind: Kind::Dequeue(validator.id),
        deed: format!("{}:{}", megapool.place.address, validator.id),
        sender: Sender::NodeOrWithdrawal,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(
            megapool.place,
            &Megapool::dequeueCall { id: validator.id },
            &[&validator.id.to_string()],
        )),
        words: format!(
            "validator {} ({}) leaves the queue: its bond becomes credit, and its key is burnt",
            validator.id, validator.pubkey
        ),
        waits: ground::money(facts),
    };
    unwanted.map(step).collect()
}
