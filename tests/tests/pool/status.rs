//! What `gantry pool status` shows of a node.

use alloy_primitives::{Address, U256};
use serde_json::{Value, json};

use crate::abi::{Megapool, Minipools, NodeManager, Storage};
use crate::chain::{Chain, who};
use crate::keys;
use crate::node::Node;

/// The urgent alarms of a document.
pub fn urgent(seen: &Value) -> Vec<&str> {
    let alarms = seen["alarms"].as_array().unwrap().iter();
    let urgent = alarms.filter(|alarm| alarm["urgent"] == true);
    urgent
        .map(|alarm| alarm["text"].as_str().unwrap())
        .collect()
}

/// The megapool at the head of a document.
pub fn megapool_of(seen: &Value) -> &Value {
    &seen["head"]["node"]["megapool"]["deployed"]
}

/// Where a validator stands, by its number.
pub fn stage_of(seen: &Value, id: usize) -> Value {
    megapool_of(seen)["validators"][id]["stage"].clone()
}

#[tokio::test]
async fn a_node_of_rocket_pool_is_seen_from_its_address_alone() {
    let chain = Chain::start().await;
    // Until all of Rocket Pool is final.
    chain.mine(5).await;
    what_is_typed_wrong_is_refused_with_what_would_be_right(&chain);
    let node = found_node(&chain).await;
    its_addresses_and_money_are_seen(&chain);
    its_validators_are_seen_and_what_is_not_final_of_them(&node).await;
    a_planted_withdrawal_address_is_an_alarm_until_it_is_repaired(&chain).await;
}

/// A node with its addresses, a megapool, tickets and a minipool.
async fn found_node(chain: &Chain) -> Node<'_> {
    let node = Node::register(chain).await;
    let tickets = NodeManager::setTicketsCall {
        node: who::NODE,
        count: U256::from(3),
    };
    let nodes = chain.at("rocketNodeManager");
    chain.send(who::NODE, nodes, tickets).await;
    let create = Minipools::createCall {
        node: who::NODE,
        status: 2,
        pubkey: vec![0x77; 48].into(),
    };
    let minipools = chain.at("rocketMinipoolManager");
    chain.send(who::OWNER, minipools, create).await;
    chain.mine(5).await;
    node
}

fn its_addresses_and_money_are_seen(chain: &Chain) {
    let seen = chain.seen();
    assert_eq!(urgent(&seen), [""; 0]);
    assert_eq!(seen["differences"], json!([]));
    assert_eq!(seen["chain_id"], 31_337);
    let account = &seen["head"]["node"]["account"];
    assert_eq!(account["withdrawal"], who::OWNER.to_string());
    assert_eq!(account["rpl_withdrawal"], who::OWNER.to_string());
    assert_eq!(account["pending_withdrawal"], Value::Null);
    assert_eq!(account["tickets"]["count"], 3);
    assert_eq!(account["staking"]["surface"], "1.4");
    assert_eq!(account["unclaimed_intervals"], json!([0, 1]));
    let minipool = &seen["head"]["node"]["minipools"][0];
    assert_eq!(minipool["stage"]["is"], "staking");
}

async fn its_validators_are_seen_and_what_is_not_final_of_them(node: &Node<'_>) {
    let chain = node.chain;
    // Three that wait, and a hundred that run.
    node.deposit(1, false).await;
    node.deposit(2, true).await;
    node.deposit(3, true).await;
    let fill = Megapool::fillCall { more: 100 };
    chain.send(who::STRANGER, node.megapool, fill).await;
    let seen = chain.seen();
    assert_eq!(megapool_of(&seen)["count"], 103);
    let queued = |lane: &str, ahead: u64, before: u64| -> Value {
        json!({"is": "queued", "lane": lane, "ahead": ahead, "before": before})
    };
    assert_eq!(stage_of(&seen, 0), queued("standard", 0, 2));
    assert_eq!(stage_of(&seen, 1), queued("express", 0, 0));
    assert_eq!(stage_of(&seen, 2), queued("express", 1, 1));
    assert_eq!(stage_of(&seen, 102), json!({"is": "staked"}));
    let second = &megapool_of(&seen)["validators"][1]["pubkey"];
    assert_eq!(*second, keys::pubkey(2).to_string());
    // One block a transaction: the last four are not final.
    let old = &seen["finalised"]["node"]["megapool"]["deployed"];
    assert_eq!(old["count"], 0);
}

async fn a_planted_withdrawal_address_is_an_alarm_until_it_is_repaired(chain: &Chain) {
    let storage = chain.at("rocketStorage");
    let set = async |next: Address| {
        let call = Storage::setWithdrawalAddressCall {
            node: who::NODE,
            next,
            confirm: false,
        };
        chain.send(who::OWNER, storage, call).await
    };
    let evil = who::EVIL.to_string();
    set(who::EVIL).await;
    let seen = chain.seen();
    let alarms = urgent(&seen);
    assert!(alarms[0].starts_with(&evil), "{alarms:?}");
    let not_final = "not final yet: the pending withdrawal address";
    assert!(alarms[1].starts_with(not_final), "{alarms:?}");
    let differences = seen["differences"].as_array().unwrap();
    let paths: Vec<_> = differences.iter().map(|it| it["what"].clone()).collect();
    let pending = json!("node.account.pending_withdrawal");
    assert!(paths.contains(&pending), "{paths:?}");

    let at = storage.to_string();
    let page = chain.status(&who::NODE.to_string(), &["--rocket-storage", &at]);
    let page = String::from_utf8(page.stdout).unwrap();
    let alarm = format!("ALARM: {evil} waits as withdrawal address");
    assert!(page.contains(&alarm), "{page}");
    let now = format!("node.account.pending_withdrawal: none, now {evil}");
    assert!(page.contains(&now), "{page}");

    set(who::OWNER).await;
    let confirm = Storage::confirmWithdrawalAddressCall { node: who::NODE };
    chain.send(who::OWNER, storage, confirm).await;
    chain.mine(5).await;
    assert_eq!(urgent(&chain.seen()), [""; 0]);
}

/// Why nothing is said of this address.
fn refusal(chain: &Chain, node: &str, more: &[&str]) -> String {
    let output = chain.status(node, more);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn what_is_typed_wrong_is_refused_with_what_would_be_right(chain: &Chain) {
    let node = &who::NODE.to_string();
    let storage = chain.at("rocketStorage").to_string();
    let words = refusal(chain, node, &["--rocket-storage", &storage]);
    assert!(words.contains("is no registered node"), "{words}");
    let words = refusal(chain, node, &[]);
    assert!(words.contains("is on chain 31337"), "{words}");
    assert!(words.contains("--rocket-storage"), "{words}");
    let mistyped = node.replace('C', "c");
    let words = refusal(chain, &mistyped, &[]);
    assert!(words.contains("wrong checksum (EIP-55)"), "{words}");
    let words = refusal(chain, node, &["--rocket-storage", &who::EVIL.to_string()]);
    assert!(words.contains("there is no contract at"), "{words}");
    let other = chain.at("rocketTokenRPL").to_string();
    let words = refusal(chain, node, &["--rocket-storage", &other]);
    assert!(words.contains("RocketStorage at"), "{words}");
}
