//! What `gantry pool send` does when it is killed, and when the chain drops, outbids or takes back
//! what it has sent.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use alloy_primitives::{Address, address};
use serde_json::{Value, json};
use tests::program::gantry;

use crate::between::{self, Death};
use crate::chain::{Chain, ETHER, quantity, who};
use crate::keys;
use crate::node::{Node, Step};
use crate::status::megapool_of;

/// An account of anvil's mnemonic that sends nothing else, and its key.
const SENDER: Address = address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955");
const KEY: &str = "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356";

/// A node whose megapool has earned something, and who sends for it.
struct Place<'a> {
    node: Node<'a>,
    dir: PathBuf,
}

impl<'a> Place<'a> {
    async fn found(chain: &'a Chain, name: &str) -> Self {
        let node = Node::register(chain).await;
        node.deposit(1, false).await;
        node.lend(32 * ETHER).await;
        let slot = chain.slot().await;
        chain.slot().await;
        node.prove(Step::Stake, 0, (&keys::pubkey(1), slot)).await;
        chain.credit(node.megapool, ETHER).await;
        chain.mine(6).await;
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        let key = dir.join("sender.key");
        fs::write(&key, KEY).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        Self { node, dir }
    }

    fn command(&self, rpc: &str, more: &[&str]) -> Command {
        let mut send = Command::new(gantry());
        let storage = self.node.chain.at("rocketStorage").to_string();
        send.args(["pool", "send", "distribute", "--yes", "--node"]);
        send.args([&who::NODE.to_string(), "--rocket-storage", &storage]);
        send.args(["--execution-node", rpc, "--key-file"]);
        send.arg(self.dir.join("sender.key")).args(more);
        send.env("GANTRY_DATA_DIR", &self.dir);
        send.current_dir(&self.dir);
        send
    }

    /// One look of the program, and what it printed.
    fn look(&self, more: &[&str]) -> String {
        let flags = [&["--timeout", "0"], more].concat();
        said(&self.command(&self.node.chain.rpc, &flags).output().unwrap())
    }

    fn outbox(&self) -> PathBuf {
        let account = format!("{SENDER:#x}");
        self.dir.join(format!("outbox/{account}-31337.json"))
    }

    /// The hashes that stand in the outbox.
    fn signed(&self) -> Vec<String> {
        let Ok(text) = fs::read_to_string(self.outbox()) else {
            return Vec::new();
        };
        let outbox: Value = serde_json::from_str(&text).unwrap();
        let entries = outbox["entries"].as_array().unwrap().iter();
        let attempts = entries.flat_map(|entry| entry["attempts"].as_array().unwrap());
        attempts
            .map(|attempt| attempt["transaction"].as_str().unwrap().to_owned())
            .collect()
    }

    /// How often the sender's account has sent, by the chain.
    async fn nonce(&self) -> Value {
        let asked = json!([SENDER, "latest"]);
        self.node.chain.ask("eth_getTransactionCount", asked).await
    }

    async fn is_done_once(&self) {
        assert_eq!(self.nonce().await, "0x1");
        let seen = self.node.chain.seen();
        assert_eq!(megapool_of(&seen)["pending_rewards"], "0");
    }
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

/// Starts the sender, which dies there.
async fn die(place: &Place<'_>, death: Death) {
    between::die(&place.node.chain.rpc, death, |url| place.command(url, &[])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_killed_after_any_of_its_steps_has_its_effect_once() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-send-kills").await;
    die(&place, Death::Trying).await;
    assert_eq!(
        (place.signed().len(), place.nonce().await),
        (0, json!("0x0"))
    );
    die(&place, Death::Durable).await;
    let durable = place.signed();
    assert_eq!((durable.len(), place.nonce().await), (1, json!("0x0")));
    // The same one leaves at the next start, and is in a block when that ends.
    die(&place, Death::Sent).await;
    assert_eq!(place.signed(), durable);
    place.is_done_once().await;
    let words = place.look(&[]);
    assert!(
        words.contains("there is nothing to do") || words.contains("It is done"),
        "{words}"
    );
    place.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_outbid_or_taken_back_is_sent_again_at_its_nonce() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-send-troubles").await;
    chain.ask("evm_setAutomine", json!([false])).await;
    let words = place.look(&[]);
    assert!(words.contains("at nonce 0 in 0x"), "{words}");
    let words = place.look(&[]);
    assert!(words.contains("is under way at nonce 0"), "{words}");
    let first = place.signed();
    assert_eq!(first.len(), 1);

    // The node forgets it.
    chain.ask("anvil_dropTransaction", json!([first[0]])).await;
    let words = place.look(&[]);
    assert!(
        words.contains(&format!("at nonce 0 in {}", first[0])),
        "{words}"
    );
    assert_eq!(place.signed(), first);

    // Gas is far dearer than it offers, for longer than it is waited.
    let dear = json!([quantity(30_000_000_000_u64)]);
    chain.ask("anvil_setNextBlockBaseFeePerGas", dear).await;
    chain.mine(1).await;
    let text = fs::read_to_string(place.outbox()).unwrap();
    let mut outbox: Value = serde_json::from_str(&text).unwrap();
    outbox["entries"][0]["attempts"][0]["signed_at"] = json!(0);
    fs::write(place.outbox(), outbox.to_string()).unwrap();
    let words = place.look(&["--max-fee-gwei", "20"]);
    // Anvil has thrown out what it could not put into that block, and does not take it again.
    assert!(words.contains("is not taken"), "{words}");
    assert!(
        words.contains("max fee per gas less than block base fee"),
        "{words}"
    );
    assert_eq!(place.signed(), first);
    let words = place.look(&["--max-fee-gwei", "200"]);
    let both = place.signed();
    assert_eq!(both.len(), 2);
    assert!(
        words.contains(&format!("at nonce 0 in {}", both[1])),
        "{words}"
    );
    chain.mine(1).await;
    place.is_done_once().await;

    // Its block is taken back.
    let back = json!([1, []]);
    chain.ask("anvil_reorg", back).await;
    assert_eq!(place.nonce().await, "0x0");
    let words = place.look(&["--max-fee-gwei", "200"]);
    assert!(
        words.contains(&format!("at nonce 0 in {}", both[1])),
        "{words}"
    );
    assert_eq!(place.signed(), both);
    chain.mine(1).await;
    place.is_done_once().await;
    // And final.
    chain.mine(6).await;
    place.look(&[]);
    place.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_is_emptied_and_what_has_nothing_to_do_is_not_sent() {
    let chain = Chain::start().await;
    let place = Place::found(&chain, "pool-send-cancel").await;
    let words = place.look(&["--cancel"]);
    assert!(
        words.contains("nothing of this step is under way"),
        "{words}"
    );
    chain.ask("evm_setAutomine", json!([false])).await;
    place.look(&[]);
    let words = place.look(&["--cancel"]);
    assert!(words.contains("at nonce 0 in 0x"), "{words}");
    chain.mine(1).await;
    assert_eq!(place.nonce().await, "0x1");
    let seen = chain.seen();
    assert_ne!(megapool_of(&seen)["pending_rewards"], "0");
    // Only when that is asked for is it sent anew.
    chain.mine(6).await;
    let words = place.look(&[]);
    assert!(words.contains("was cancelled by the operator"), "{words}");
    let words = place.look(&["--again"]);
    assert!(words.contains("at nonce 1 in 0x"), "{words}");
    chain.mine(1).await;
    assert_eq!(place.nonce().await, "0x2");
    let seen = chain.seen();
    assert_eq!(megapool_of(&seen)["pending_rewards"], "0");
    let words = place.look(&[]);
    assert!(
        words.contains("the megapool has no rewards") || words.contains("It is done"),
        "{words}"
    );
}
