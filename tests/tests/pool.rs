//! `gantry pool status` against stand-ins of Rocket Pool's contracts on a chain of anvil: the
//! scripts and packages in `tests/contracts`.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use devnet::children::output;
use devnet::place::install_packages_in;
use serde_json::{Value, json};
use tests::program::gantry;

/// Accounts of anvil's mnemonic: the node, its owner, and somebody else.
const NODE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const OWNER: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const EVIL: &str = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";

/// A chain of anvil with the stand-ins on it; it ends with this value.
struct Pool {
    anvil: Child,
    rpc: String,
    found: Value,
    /// Where the compiled contracts are.
    compiled: PathBuf,
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.anvil.kill();
        let _ = self.anvil.wait();
    }
}

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")
}

/// The program of anvil for this machine, without the script around it that would outlive it.
fn anvil() -> PathBuf {
    let scope = contracts().join("node_modules/@foundry-rs");
    let folders = fs::read_dir(scope).unwrap();
    let mut programs = folders.map(|folder| folder.unwrap().path().join("bin/anvil"));
    programs.find(|program| program.is_file()).unwrap()
}

impl Pool {
    fn start() -> Self {
        install_packages_in(&contracts()).unwrap();
        // Two slots an epoch: what has four blocks upon it is final.
        let mut anvil = Command::new(anvil())
            .args(["--port", "0", "--enable-tx-gas-limit"])
            .args(["--slots-in-an-epoch", "2"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(anvil.stdout.take().unwrap()).lines();
        let listening = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("Listening on ").map(str::to_owned)
        });
        let rpc = format!("http://{}", listening.unwrap());
        // What it prints later has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pool-contracts.json");
        let mut deploy = Command::new("node");
        deploy.args(["chain.mjs", &rpc]).arg(&compiled);
        let found = output("chain.mjs", deploy.current_dir(contracts())).unwrap();
        Self {
            anvil,
            rpc,
            found: serde_json::from_str(&found).unwrap(),
            compiled,
        }
    }

    fn at(&self, name: &str) -> &str {
        self.found[name].as_str().unwrap()
    }

    /// Sends these transactions, and lets `blocks` more go by.
    async fn send(&self, steps: Value, blocks: u64) {
        let file = self.compiled.with_file_name("pool-steps.json");
        fs::write(&file, steps.to_string()).unwrap();
        let mut send = Command::new("node");
        send.args(["chain.mjs", &self.rpc]);
        send.args([&self.compiled, &file]).current_dir(contracts());
        output("chain.mjs", &mut send).unwrap();
        let question = json!({
            "jsonrpc": "2.0", "id": 1, "method": "anvil_mine", "params": [blocks],
        });
        let client = reqwest::Client::new();
        let answer = client.post(&self.rpc).json(&question).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer.get("error"), None);
    }

    fn status(&self, node: &str, more: &[&str]) -> Output {
        let mut status = Command::new(gantry());
        status.args(["pool", "status", "--node", node]).args(more);
        status.args(["--execution-node", &self.rpc]);
        status.output().unwrap()
    }

    /// The document of the node.
    fn seen(&self) -> Value {
        let more = ["--rocket-storage", self.at("rocketStorage"), "--json"];
        let output = self.status(NODE, &more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Why nothing is said of this address.
    fn refusal(&self, node: &str, more: &[&str]) -> String {
        let output = self.status(node, more);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    /// A node with its addresses, a megapool and a minipool.
    async fn found_node(&self) {
        let (storage, nodes) = (self.at("rocketStorage"), self.at("rocketNodeManager"));
        let minipools = self.at("rocketMinipoolManager");
        let minipool = format!("0x{}", "77".repeat(48));
        let (s, n) = ("RocketStorage", "RocketNodeManager");
        let steps = json!([
            [NODE, n, nodes, "registerNode", ["Europe/Berlin"]],
            [
                NODE,
                s,
                storage,
                "setWithdrawalAddress",
                [NODE, OWNER, false]
            ],
            [OWNER, s, storage, "confirmWithdrawalAddress", [NODE]],
            [
                OWNER,
                n,
                nodes,
                "setRPLWithdrawalAddress",
                [NODE, OWNER, true]
            ],
            [NODE, n, nodes, "deployMegapool", []],
            [NODE, n, nodes, "setTickets", [NODE, 3]],
            [
                OWNER,
                "RocketMinipoolManager",
                minipools,
                "create",
                [NODE, 2, minipool]
            ],
        ]);
        self.send(steps, 5).await;
    }
}

/// The urgent alarms of a document.
fn urgent(seen: &Value) -> Vec<&str> {
    let alarms = seen["alarms"].as_array().unwrap().iter();
    let urgent = alarms.filter(|alarm| alarm["urgent"] == true);
    urgent
        .map(|alarm| alarm["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_node_of_rocket_pool_is_seen_from_its_address_alone() {
    let pool = Pool::start();
    // Until all of Rocket Pool is final.
    pool.send(json!([]), 5).await;
    what_is_typed_wrong_is_refused_with_what_would_be_right(&pool);
    pool.found_node().await;
    its_addresses_and_money_are_seen(&pool);
    its_validators_are_seen_and_what_is_not_final_of_them(&pool).await;
    a_planted_withdrawal_address_is_an_alarm_until_it_is_repaired(&pool).await;
}

fn its_addresses_and_money_are_seen(pool: &Pool) {
    let seen = pool.seen();
    assert_eq!(urgent(&seen), [""; 0]);
    assert_eq!(seen["differences"], json!([]));
    assert_eq!(seen["chain_id"], 31_337);
    let account = &seen["head"]["node"]["account"];
    assert_eq!(account["withdrawal"], OWNER);
    assert_eq!(account["rpl_withdrawal"], OWNER);
    assert_eq!(account["pending_withdrawal"], Value::Null);
    assert_eq!(account["tickets"]["count"], 3);
    assert_eq!(account["staking"]["surface"], "1.4");
    assert_eq!(account["unclaimed_intervals"], json!([0, 1]));
    let minipool = &seen["head"]["node"]["minipools"][0];
    assert_eq!(minipool["stage"]["is"], "staking");
}

async fn its_validators_are_seen_and_what_is_not_final_of_them(pool: &Pool) {
    let megapool = pool.seen()["head"]["node"]["megapool"]["expected"].clone();
    let megapool = megapool.as_str().unwrap();
    // Two that wait, one that waits to be staked, and a hundred that run.
    let key = |byte: &str| format!("0x{}", byte.repeat(48));
    let m = "RocketMegapool";
    let mut prestaked = vec![json!(false); 14];
    let amounts = [(0, 1_000), (1, 32_000), (2, 4_000), (3, 1_000)];
    for (field, amount) in amounts.into_iter().chain([(12, 0), (13, 0)]) {
        prestaked[field] = json!(amount);
    }
    prestaked[7] = json!(true);
    let steps = json!([
        [NODE, m, megapool, "enqueue", [key("aa"), false]],
        [NODE, m, megapool, "enqueue", [key("bb"), true]],
        [NODE, m, megapool, "enqueue", [key("cc"), true]],
        [NODE, m, megapool, "fill", [100]],
        [NODE, m, megapool, "setInfo", [3, prestaked]],
    ]);
    pool.send(steps, 0).await;
    let seen = pool.seen();
    let deployed = &seen["head"]["node"]["megapool"]["deployed"];
    assert_eq!(deployed["count"], 103);
    let stage = |id: usize| deployed["validators"][id]["stage"].clone();
    let queued = |lane: &str, ahead: u64, before: u64| -> Value {
        json!({"is": "queued", "lane": lane, "ahead": ahead, "before": before})
    };
    assert_eq!(stage(0), queued("standard", 0, 2));
    assert_eq!(stage(1), queued("express", 0, 0));
    assert_eq!(stage(2), queued("express", 1, 1));
    assert_eq!(stage(102), json!({"is": "staked"}));
    assert_eq!(deployed["validators"][1]["pubkey"], key("bb"));
    // It was assigned at the beginning of time: its term is over.
    let alarms = urgent(&seen);
    assert!(alarms[0].contains("validator 3 ("), "{alarms:?}");
    assert!(alarms[0].contains("the term is over"), "{alarms:?}");
    // One block a transaction: the last four are not final.
    let old = &seen["finalised"]["node"]["megapool"]["deployed"];
    assert_eq!(old["count"], 1);
}

async fn a_planted_withdrawal_address_is_an_alarm_until_it_is_repaired(pool: &Pool) {
    let storage = pool.at("rocketStorage").to_owned();
    let set = |to: &str| {
        let call = "setWithdrawalAddress";
        json!([OWNER, "RocketStorage", storage, call, [NODE, to, false]])
    };
    pool.send(json!([set(EVIL)]), 0).await;
    let seen = pool.seen();
    let alarms = urgent(&seen);
    assert!(alarms[0].starts_with(EVIL), "{alarms:?}");
    let not_final = "not final yet: the pending withdrawal address";
    assert!(alarms[1].starts_with(not_final), "{alarms:?}");
    let differences = seen["differences"].as_array().unwrap();
    let paths: Vec<_> = differences.iter().map(|it| it["what"].clone()).collect();
    let pending = json!("node.account.pending_withdrawal");
    assert!(paths.contains(&pending), "{paths:?}");

    let more = ["--rocket-storage", &storage];
    let page = pool.status(NODE, &more).stdout;
    let page = String::from_utf8(page).unwrap();
    let alarm = format!("ALARM: {EVIL} waits as withdrawal address");
    assert!(page.contains(&alarm), "{page}");
    let now = format!("node.account.pending_withdrawal: none, now {EVIL}");
    assert!(page.contains(&now), "{page}");

    let confirm = json!([
        OWNER,
        "RocketStorage",
        storage,
        "confirmWithdrawalAddress",
        [NODE]
    ]);
    pool.send(json!([set(OWNER), confirm]), 5).await;
    let seen = pool.seen();
    let still = urgent(&seen);
    assert!(still.iter().all(|alarm| alarm.starts_with("validator 3")));
}

fn what_is_typed_wrong_is_refused_with_what_would_be_right(pool: &Pool) {
    let storage = pool.at("rocketStorage");
    let words = pool.refusal(NODE, &["--rocket-storage", storage]);
    assert!(words.contains("is no registered node"), "{words}");
    let words = pool.refusal(NODE, &[]);
    assert!(words.contains("is on chain 31337"), "{words}");
    assert!(words.contains("--rocket-storage"), "{words}");
    let mistyped = NODE.replace('C', "c");
    let words = pool.refusal(&mistyped, &[]);
    assert!(words.contains("wrong checksum (EIP-55)"), "{words}");
    let words = pool.refusal(NODE, &["--rocket-storage", EVIL]);
    assert!(words.contains("there is no contract at"), "{words}");
    let other = pool.at("rocketTokenRPL");
    let words = pool.refusal(NODE, &["--rocket-storage", other]);
    assert!(words.contains("RocketStorage at"), "{words}");
}
