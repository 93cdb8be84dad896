//! A group's money from the first wei to the last, as `gantry rewards` tells it: every movement by
//! its name, gifts and spam among them, and what nothing explains as one line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use alloy_primitives::{Address, U256, address};
use serde_json::{Value, json};
use tests::program::gantry;

use crate::abi::{Megapool, NodeDeposit, NodeManager, Token};
use crate::chain::{Chain, ETHER, MILLI, quantity, who};
use crate::keys;
use crate::node::{Node, Step, Surface, expected};
use crate::wallets::{ALICE, Place};

const SPAM: Address = address!("5ba6000000000000000000000000000000005ba6");

/// What it says with the config in this folder.
fn rewards(dir: &Path, chain: &Chain, words: &[&str]) -> Output {
    let mut command = Command::new(gantry());
    command.arg("rewards").args(words);
    command.args(["--execution-node", &chain.rpc, "--config"]);
    command.arg(dir.join("gantry.toml")).output().unwrap()
}

fn said(dir: &Path, chain: &Chain, words: &[&str]) -> String {
    let output = rewards(dir, chain, words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

async fn told(dir: &Path, chain: &Chain) -> Value {
    chain.mine(8).await;
    serde_json::from_str(&said(dir, chain, &["--json"])).unwrap()
}

/// How much moved for this reason on this way, in thousandths.
fn moved(report: &Value, reason: &str, way: [&str; 2]) -> u128 {
    let totals = report["totals"].as_array().unwrap();
    let mut found = totals
        .iter()
        .filter(|it| it["reason"] == reason && it["from"] == way[0] && it["to"] == way[1]);
    let Some(total) = found.next() else {
        panic!("{reason} {way:?} is not in {totals:?}");
    };
    total["amount"].as_str().unwrap().parse::<u128>().unwrap() / MILLI
}

fn unexplained(report: &Value) -> [&str; 3] {
    ["ETH", "RPL", "rETH"].map(|unit| report["unexplained"][unit].as_str().unwrap())
}

/// Another peer of the same group, which looks only when it is asked to.
fn another(place: &Place<'_>) -> std::path::PathBuf {
    let dir = place.group.dir.join("other");
    fs::create_dir_all(&dir).unwrap();
    for file in ["cluster-lock.json", "pool-agreement.json"] {
        fs::copy(place.group.dir.join(file), dir.join(file)).unwrap();
    }
    let config = format!("data_dir = {:?}\n", dir.display().to_string());
    fs::write(dir.join("gantry.toml"), config).unwrap();
    dir
}

async fn spam(chain: &Chain, to: Address) {
    let token = chain.at("rocketTokenRPL");
    let code = chain.ask("eth_getCode", json!([token, "latest"])).await;
    chain.ask("anvil_setCode", json!([SPAM, code])).await;
    let amount = U256::from(1_000_000 * ETHER);
    chain
        .send(who::EVIL, SPAM, Token::mintCall { to, amount })
        .await;
}

/// A validator waits, is staked, earns, and what it earned is distributed and claimed.
async fn validates(chain: &Chain) -> Node<'_> {
    let nodes = chain.at("rocketNodeManager");
    chain
        .send(who::NODE, nodes, NodeManager::deployMegapoolCall {})
        .await;
    let node = Node {
        chain,
        megapool: expected(chain, who::NODE),
        surface: Surface::Structs,
    };
    let deposits = chain.at("rocketNodeDeposit");
    chain
        .send(who::NODE, deposits, node.credit_call(1, false))
        .await;
    node.lend(32 * ETHER).await;
    let pubkey = keys::pubkey(1);
    let slot = chain.slot().await;
    chain.slot().await;
    node.prove(Step::Stake, 0, (&pubkey, slot)).await;
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wei_of_a_life_with_gifts_and_a_spam_token_is_told_by_name() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-ledger").await;
    let (dir, other) = (place.group.dir.clone(), another(&place));
    told(&dir, &chain).await;
    told(&other, &chain).await;
    place.open().await;
    let deposits = chain.at("rocketNodeDeposit");
    let pays = || NodeDeposit::depositEthForCall { node: who::NODE };
    chain.pay(ALICE, deposits, 8 * ETHER, pays()).await;
    chain.pay(who::EVIL, deposits, 2 * ETHER, pays()).await;
    let report = told(&dir, &chain).await;
    assert_eq!(unexplained(&report), ["0"; 3]);
    assert_eq!(moved(&report, "paid_in", ["payer", "not bonded"]), 10_000);
    // The rehearsal: alice sent it, and has it back.
    assert_eq!(moved(&report, "gift", ["giver", "withdrawal address"]), 1);
    assert_eq!(
        moved(&report, "paid_out", ["withdrawal address", "receiver"]),
        1
    );

    let node = validates(&chain).await;
    let report = told(&dir, &chain).await;
    assert_eq!(unexplained(&report), ["0"; 3]);
    assert_eq!(moved(&report, "bonded", ["not bonded", "bond"]), 4_000);
    // Who builds its block pays the megapool, and so does whoever likes.
    place
        .pays(who::STRANGER, (&node.megapool.to_string(), ETHER), "0x")
        .await;
    node.distribute(who::STRANGER).await;
    chain
        .send(who::NODE, node.megapool, Megapool::claimCall {})
        .await;
    place.sends(who::EVIL, 300 * MILLI).await;
    spam(&chain, place.safe).await;
    let rpl = chain.at("rocketTokenRPL");
    let amount = U256::from(20 * ETHER);
    let to = place.safe;
    chain
        .send(who::GUARDIAN, rpl, Token::mintCall { to, amount })
        .await;
    place.does("stake-rpl 12.5").await;
    place.does("withdraw-eth 3").await;
    let report = told(&dir, &chain).await;
    assert_eq!(unexplained(&report), ["0"; 3]);
    assert_eq!(moved(&report, "sent", ["giver", "not distributed"]), 1_000);
    let node_share = moved(&report, "distributed", ["not distributed", "to be claimed"]);
    assert_eq!(node_share, 168);
    assert_eq!(
        moved(&report, "claimed", ["to be claimed", "withdrawal address"]),
        168
    );
    assert_eq!(moved(&report, "gift", ["giver", "withdrawal address"]), 301);
    assert_eq!(
        moved(&report, "staked", ["withdrawal address", "staked"]),
        12_500
    );
    assert_eq!(
        moved(&report, "taken_back", ["not bonded", "withdrawal address"]),
        3_000
    );
    the_rest_is_one_line(&chain, &place, (&dir, &other), &node).await;
}

/// Ether that comes without any name: nothing logs it, and no block says it.
async fn the_rest_is_one_line(
    chain: &Chain,
    place: &Place<'_>,
    (dir, other): (&Path, &Path),
    node: &Node<'_>,
) {
    chain.credit(place.safe, 7 * MILLI).await;
    chain.credit(node.megapool, 5 * MILLI).await;
    let report = told(dir, chain).await;
    assert_eq!(unexplained(&report)[0], (12 * MILLI).to_string());
    let places = report["unexplained_in"].as_array().unwrap();
    let at = |account: &str| {
        let found = places.iter().find(|it| it["account"] == account);
        found.unwrap()["amount"].as_str().unwrap().to_owned()
    };
    assert_eq!(at("withdrawal address"), (7 * MILLI).to_string());
    assert_eq!(at("not distributed"), (5 * MILLI).to_string());
    // Parts: principal by what was paid in, earnings by the agreed shares, not a wei lost.
    let parts = report["parts"].as_array().unwrap();
    let sum = |what: &str| -> u128 {
        let all = parts.iter().map(|it| it[what].as_str().unwrap());
        all.map(|it| it.parse::<u128>().unwrap()).sum()
    };
    assert_eq!(sum("principal"), 3 * ETHER);
    assert_eq!(sum("earned"), 168_750 * (MILLI / 1000));
    assert_eq!(parts[0]["principal"], (2_400 * MILLI).to_string());
    assert_eq!(parts[4]["name"], Value::Null);
    assert_eq!(parts[4]["principal"], (600 * MILLI).to_string());
    // Who has read the same blocks in one go has the same.
    let theirs = told(other, chain).await;
    let ours = told(dir, chain).await;
    for what in ["parts", "there", "unexplained", "unexplained_in", "lost"] {
        assert_eq!(ours[what], theirs[what], "{what}");
    }
    let table = said(dir, chain, &["--csv"]);
    assert!(
        !table
            .to_lowercase()
            .contains(&SPAM.to_string().to_lowercase())
    );
    assert!(
        table
            .lines()
            .any(|line| line.contains(",gift,ETH,300000000000000000,giver,"))
    );
    let page = said(dir, chain, &[]);
    let lines = page
        .lines()
        .filter(|line| line.starts_with("unexplained: "));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["unexplained: 0.012 ETH, 0 RPL, 0 rETH"]
    );
    turned(chain, dir).await;
}

/// The finalised chain turns, which no node may do: it is told, and nothing is written over.
async fn turned(chain: &Chain, dir: &Path) {
    let before = chain.ask("evm_snapshot", json!([])).await;
    chain.credit(who::ORACLE, 1).await;
    chain.mine(300).await;
    told(dir, chain).await;
    let file = dir.join("pool-ledger.jsonl");
    let kept = fs::read(&file).unwrap();
    chain.ask("evm_revert", json!([before])).await;
    let time = chain.time().await + 77;
    chain.ask("evm_setNextBlockTimestamp", json!([time])).await;
    chain.ask("anvil_mine", json!([quantity(400_u64)])).await;
    let output = rewards(dir, chain, &[]);
    let errors = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("which was final"), "{errors}");
    assert_eq!(fs::read(&file).unwrap(), kept);
}
