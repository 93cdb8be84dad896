//! `gantry run` on the peer that coordinates, on a chain without duties: it founds the node, and
//! nothing that happens on the way has it do anything twice or too early.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::abi::{NodeManager, Storage};
use crate::between::{Death, die};
use crate::chain::{Chain, ETHER, quantity, who};
use crate::group::Group;
use crate::hand::finalise;
use crate::keys;
use crate::node::Node;
use crate::planned::{planned, send};
use crate::status::{megapool_of, stage_of};

/// Sends what the plan shows for the withdrawal address itself, as it is printed; the kinds.
pub async fn owner_sends(group: &Group<'_>) -> Vec<String> {
    let mut sent = Vec::new();
    for step in planned(group.chain, &group.dir) {
        if step["sender"]["is"] != "itself" {
            continue;
        }
        assert_eq!(step["sender"]["at"], who::OWNER.to_string());
        let call = &step["body"]["call"];
        let wei = json!(quantity(0));
        assert_eq!(call["value"], "0");
        send(group.chain, who::OWNER, (&call["to"], &wei, &call["data"])).await;
        sent.push(step["kind"]["is"].as_str().unwrap().to_owned());
    }
    sent
}

fn kinds(group: &Group<'_>) -> Vec<String> {
    group.sent().into_iter().map(|(kind, _)| kind).collect()
}

/// The coordinator dies when its next transaction is durable, and again when the node has it.
async fn sends_and_dies(group: &Group<'_>, expected: &[&str]) {
    let nonce = group.nonce().await;
    for death in [Death::Durable, Death::Sent] {
        die(&group.chain.rpc, death, |url| group.command(url)).await;
        assert_eq!(kinds(group), expected, "{death:?}");
        let sent = u64::from(death == Death::Sent);
        assert_eq!(group.nonce().await, nonce + sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_account_is_founded_by_the_peer_that_coordinates_however_often_it_is_killed() {
    let chain = Chain::start().await;
    chain.mine(5).await;
    let group = Group::found(&chain, "pool-coordinator");
    let all = [
        "register",
        "propose-rpl-withdrawal",
        "propose-withdrawal",
        "deploy-megapool",
        "join-smoothing-pool",
    ];
    for done in 1..=3 {
        sends_and_dies(&group, &all[..done]).await;
    }
    // It goes no further before the addresses have confirmed themselves.
    let mut peer = group.run();
    peer.wait_for("not yet: 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC has to send this itself");
    let page = group.status();
    let account = format!("this peer coordinates, and sends from {}", who::NODE);
    assert!(page.contains(&account), "{page}");
    assert!(
        page.contains("can still waste or misuse the bond"),
        "{page}"
    );
    drop(peer);
    assert_eq!(group.nonce().await, 3);
    let confirmed = ["confirm_rpl_withdrawal", "confirm_withdrawal"];
    assert_eq!(owner_sends(&group).await, confirmed);
    for done in 4..=5 {
        sends_and_dies(&group, &all[..done]).await;
    }
    let mut peer = group.run();
    // What the account has sent is not final, so no ether may move.
    let words = "deposits of 1 ETH for 2 keys have to be signed first: withdrawal address is not \
                 final yet";
    peer.wait_for(words);
    drop(peer);
    chain.mine(6).await;
    let mut peer = group.run();
    peer.wait_for("alice demands shares of 2 deposits at Rocket Pool");
    peer.wait_for("coordinator: nothing is to be sent now");
    peer.wait_for("not yet: deposits of 1 ETH for 2 keys have to be signed first");
    drop(peer);
    assert_eq!(kinds(&group), all);
    assert!(group.sent().iter().all(|(_, hashes)| hashes.len() == 1));
    assert_eq!(group.nonce().await, 5);
    let node = &chain.seen()["head"]["node"];
    assert_eq!(node["account"]["withdrawal"], who::OWNER.to_string());
    assert_eq!(node["account"]["in_smoothing_pool"], true);
}

/// Has the outbox say that all was signed long ago.
fn age(dir: &Path) {
    let file = dir.join(format!("outbox/{:#x}-31337.json", who::NODE));
    let text = fs::read_to_string(&file).unwrap();
    let mut outbox: Value = serde_json::from_str(&text).unwrap();
    outbox["entries"][0]["attempts"][0]["signed_at"] = json!(0);
    fs::write(file, outbox.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dear_dropped_or_taken_back_the_coordinator_waits_for_or_sends_again() {
    let chain = Chain::start().await;
    chain.mine(5).await;
    let group = Group::found(&chain, "pool-coordinator-troubles");
    let dear = || json!([quantity(30_000_000_000_u64)]);
    chain.ask("anvil_setNextBlockBaseFeePerGas", dear()).await;
    chain.mine(1).await;
    group.allow(20);
    let mut peer = group.run();
    peer.wait_for("and `max_fee_gwei` allows 20: waiting until it is cheaper");
    drop(peer);
    assert_eq!(group.sent(), []);
    group.allow(200);
    chain.ask("evm_setAutomine", json!([false])).await;
    let mut peer = group.run();
    peer.wait_for("coordinator: sent register");
    drop(peer);
    let first = group.sent()[0].1.clone();
    // The node forgets it.
    chain.ask("anvil_dropTransaction", json!([first[0]])).await;
    let mut peer = group.run();
    peer.wait_for(&format!("at nonce 0 in {}", first[0]));
    drop(peer);
    // It is stuck, and gas is dearer than it offers.
    age(&group.dir);
    let dearer = json!([quantity(100_000_000_000_u64)]);
    chain.ask("anvil_setNextBlockBaseFeePerGas", dearer).await;
    chain.mine(1).await;
    group.allow(400);
    let mut peer = group.run();
    peer.wait_for("coordinator: sent register");
    drop(peer);
    let both = group.sent()[0].1.clone();
    assert_eq!(both.len(), 2);
    chain.mine(1).await;
    assert_eq!(group.nonce().await, 1);
    // Its block is taken back.
    chain.ask("anvil_reorg", json!([1, []])).await;
    assert_eq!(group.nonce().await, 0);
    let mut peer = group.run();
    peer.wait_for(&format!("at nonce 0 in {}", both[1]));
    drop(peer);
    chain.mine(1).await;
    assert_eq!(group.nonce().await, 1);
    assert_eq!(group.sent(), [("register".to_owned(), both)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_withdrawal_address_holds_all_money_until_the_owner_has_repaired_it() {
    let chain = Chain::start().await;
    // Whoever had the key before the group: an entry that stays behind the right address.
    let (storage, nodes) = (chain.at("rocketStorage"), chain.at("rocketNodeManager"));
    let timezone = "Europe/Berlin".to_owned();
    let register = NodeManager::registerNodeCall { timezone };
    chain.send(who::NODE, nodes, register).await;
    let node = who::NODE;
    for (next, confirm) in [(who::EVIL, false), (who::OWNER, true)] {
        let set = Storage::setWithdrawalAddressCall {
            node,
            next,
            confirm,
        };
        chain.send(who::NODE, storage, set).await;
    }
    chain.mine(5).await;
    let group = Group::found(&chain, "pool-coordinator-planted");
    let mut peer = group.run();
    peer.wait_for(&format!(
        "Rocket Pool: {} waits as withdrawal address",
        who::EVIL
    ));
    peer.wait_for(&format!("{} puts itself in its place", who::OWNER));
    drop(peer);
    assert_eq!(group.sent(), []);
    let repaired = ["propose_rpl_withdrawal", "propose_withdrawal"];
    assert_eq!(owner_sends(&group).await, repaired);
    let confirmed = ["confirm_rpl_withdrawal", "confirm_withdrawal"];
    assert_eq!(owner_sends(&group).await, confirmed);
    let mut peer = group.run();
    peer.wait_for("coordinator: sent deploy-megapool");
    let evil = Storage::confirmWithdrawalAddressCall { node };
    let refused = chain.refusal(who::EVIL, (storage, 0), evil).await;
    assert!(refused.contains("pending"), "{refused}");
}

/// The peer runs until it has sent a step of this kind.
fn runs_until_sent(group: &Group<'_>, kind: &str) {
    let mut peer = group.run();
    peer.wait_for(&format!("coordinator: sent {kind}:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coordinator_takes_a_validator_from_its_deposit_to_the_last_wei() {
    let chain = Chain::start().await;
    let mut node = Node::register(&chain).await;
    let group = Group::found(&chain, "pool-coordinator-life");
    let pubkey = keys::pubkey(1);
    node.lend(32 * ETHER).await;
    node.deposit(1, false).await;
    finalise(&chain).await;
    // What has a term goes before what has none.
    runs_until_sent(&group, "stake");
    assert_eq!(stage_of(&chain.seen(), 0)["is"], "staked");
    chain.slot().await;
    chain.beacon.lock().unwrap().activate(&pubkey);
    chain.credit(node.megapool, 2 * ETHER).await;
    chain.mine(6).await;
    let before = chain.balance(who::OWNER).await;
    runs_until_sent(&group, "distribute");
    // The contract pays its part out at once, since the owner's account has sent it.
    assert_eq!(megapool_of(&chain.seen())["refund"], "0");
    assert!(chain.balance(who::OWNER).await > before);
    let mut peer = group.run();
    peer.wait_for("smoothing pool: not every peer has paid the smoothing pool");
    drop(peer);
    // The contracts are those of 1.4.1 from here on.
    node.upgrade().await;
    let withdrawable = chain.beacon.lock().unwrap().exit(&pubkey);
    finalise(&chain).await;
    let planned = planned(&chain, &group.dir);
    let leaves = json!({"is": "notify_exit", "of": 0});
    assert!(planned.iter().any(|step| step["kind"] == leaves));
    runs_until_sent(&group, "notify-exit");
    chain.withdrawal(withdrawable, &pubkey, None).await;
    finalise(&chain).await;
    chain.mine(6).await;
    let before = chain.balance(who::OWNER).await;
    runs_until_sent(&group, "final-balance");
    assert_eq!(stage_of(&chain.seen(), 0)["is"], "exited");
    let bond = alloy_primitives::U256::from(4 * ETHER);
    assert_eq!(chain.balance(who::OWNER).await - before, bond);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_keystore_as_node_account_it_is_said_on_mainnet_that_nothing_new_begins() {
    let chain = Chain::start().await;
    let mainnet = proto::definition::Chain::known("mainnet").unwrap();
    let group = Group::found_on(&chain, "pool-coordinator-mainnet", mainnet);
    let mut peer = group.run();
    let words = peer.wait_for("one person holds the node key");
    assert!(
        words.contains("serves a node that is there already"),
        "{words}"
    );
    assert_eq!(group.sent(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_four_running_peers_sign_the_coordinator_deposits_at_once() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    chain.mine(6).await;
    let all = Group::together(&chain, "pool-coordinator-deposits");
    let _others: Vec<_> = all[1..].iter().map(Group::run).collect();
    let mut coordinator = all[0].run();
    coordinator.wait_for("coordinator: sent join-smoothing-pool:");
    // A payment waits until all that the account has sent is final.
    chain.mine(6).await;
    coordinator.wait_for("coordinator: sent deposit:");
    let seen = chain.seen();
    let megapool = megapool_of(&seen);
    assert_eq!(megapool["count"], 2);
    assert_eq!(megapool["address"], node.megapool.to_string());
    assert_eq!(stage_of(&seen, 1)["is"], "queued");
    assert_eq!(kinds(&all[0]), ["join-smoothing-pool", "deposit"]);
}
