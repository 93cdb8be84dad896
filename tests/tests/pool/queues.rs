//! The queues, what leaves them, and what becomes of its bond.

use alloy_primitives::U256;
use serde_json::{Value, json};

use crate::abi::{DepositPool, Megapool, NodeDeposit, NodeManager, Token};
use crate::chain::{Chain, ETHER, who};
use crate::life::{events, shown, wei};
use crate::node::Node;
use crate::status::stage_of;

#[tokio::test]
async fn queues_are_served_four_to_one_and_a_key_that_leaves_is_burnt() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    let (nodes, deposits) = (chain.at("rocketNodeManager"), chain.at("rocketNodeDeposit"));
    let tickets = NodeManager::setTicketsCall {
        node: who::NODE,
        count: U256::from(7),
    };
    chain.send(who::NODE, nodes, tickets).await;
    // Three for the standard queue, and seven with tickets.
    let all: Vec<_> = (1..=10).map(|it| node.deposit_of(it, it > 3)).collect();
    let multi = NodeDeposit::depositMultiCall { deposits: all };
    chain.pay(who::NODE, deposits, 40 * ETHER, multi).await;
    // With the first call the pool holds 40 ETH: it serves one, and the first is express.
    let stage = |id| stage_of(&chain.seen(), id);
    assert_eq!(stage(3)["is"], "prestaked");
    let queued = |lane: &str, ahead: u64, before: u64| -> Value {
        json!({"is": "queued", "lane": lane, "ahead": ahead, "before": before})
    };
    assert_eq!(stage(0), queued("standard", 0, 3));
    assert_eq!(stage(9), queued("express", 5, 6));
    assert_eq!(stage(2), queued("standard", 2, 8));

    // An express one leaves: the ticket comes back, and the bond as credit.
    let dequeue = Megapool::dequeueCall { id: 9 };
    chain.send(who::OWNER, node.megapool, dequeue).await;
    assert_eq!(stage(9), json!({"is": "dequeued"}));
    let seen = chain.seen();
    let account = &seen["head"]["node"]["account"];
    assert_eq!(account["tickets"]["count"], 1);
    assert_eq!(account["credit"]["credit"], shown(4_000));
    let again = node.credit_call(10, true);
    let words = chain.refusal(who::NODE, (deposits, 0), again).await;
    assert_eq!(words, "Pubkey in use");
    let other = node.credit_call(11, false);
    chain.send(who::NODE, deposits, other).await;
    let seen = chain.seen();
    assert_eq!(seen["head"]["node"]["account"]["credit"]["credit"], "0");

    let served = node.lend(288 * ETHER).await;
    let served = events::<Megapool::MegapoolValidatorAssigned>(&served);
    let served: Vec<u64> = served.iter().map(|it| it.validatorId.to()).collect();
    // E E E S E E S S, and the one that came last.
    assert_eq!(served, [4, 5, 6, 0, 7, 8, 1, 2, 10]);
}

#[tokio::test]
async fn credit_is_ether_for_validators_or_reth_for_the_owner() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    let deposits = chain.at("rocketNodeDeposit");
    // Somebody pays in for the node; only the owner gets it out again.
    let fund = NodeDeposit::depositEthForCall { node: who::NODE };
    chain.pay(who::STRANGER, deposits, 5 * ETHER, fund).await;
    let withdraw = |milliether| NodeDeposit::withdrawEthCall {
        node: who::NODE,
        amount: wei(milliether),
    };
    let words = chain
        .refusal(who::NODE, (deposits, 0), withdraw(1_000))
        .await;
    assert_eq!(words, "Only withdrawal address can withdraw ETH");
    let words = chain
        .refusal(who::OWNER, (deposits, 0), withdraw(5_001))
        .await;
    assert_eq!(words, "Insufficient balance");
    chain.send(who::OWNER, deposits, withdraw(500)).await;
    let call = || node.credit_call(1, false);
    // Ether beyond the bond underflows without a word.
    let words = chain
        .refusal(who::NODE, (deposits, 4 * ETHER + 1), call())
        .await;
    assert!(words.contains("panic") && words.contains("0x11"), "{words}");
    chain.pay(who::NODE, deposits, ETHER / 2, call()).await;
    let seen = chain.seen();
    let account = &seen["head"]["node"]["account"];
    assert_eq!(account["credit"]["ether"], shown(1_000));
    let words = chain
        .refusal(who::NODE, (deposits, 0), node.credit_call(2, false))
        .await;
    assert_eq!(words, "Insufficient credit");

    let dequeue = Megapool::dequeueCall { id: 0 };
    chain.send(who::NODE, node.megapool, dequeue).await;
    let pool = chain.at("rocketDepositPool");
    let draw = |milliether| DepositPool::withdrawCreditForCall {
        node: who::NODE,
        amount: wei(milliether),
    };
    let words = chain.refusal(who::NODE, (pool, 0), draw(4_000)).await;
    assert_eq!(words, "Must be called from withdrawal address");
    let words = chain.refusal(who::OWNER, (pool, 0), draw(4_001)).await;
    assert_eq!(words, "Amount exceeds credit available");
    chain.send(who::OWNER, pool, draw(4_000)).await;
    let reth = chain.at("rocketTokenRETH");
    let balance = Token::balanceOfCall { of: who::OWNER };
    assert_eq!(chain.view(reth, balance).await, wei(3_998));
}
