//! A validator's life by `gantry pool send`, step by step, with the program's own proofs: anybody
//! takes those steps that anybody may take.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use alloy_primitives::U256;
use proto::PublicKey;
use tests::program::gantry;

use crate::abi::{ExitChallenge, Manager, Storage};
use crate::chain::{Chain, ETHER, who};
use crate::keys;
use crate::life::shown;
use crate::node::{Node, Surface};
use crate::status::{megapool_of, stage_of};

/// The keys of anvil's own accounts, by their files' names.
const KEYS: [(&str, &str); 2] = [
    (
        "stranger",
        "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    ),
    (
        "owner",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    ),
];

/// Whoever sends for a node by hand.
struct Hand<'a> {
    node: Node<'a>,
    dir: PathBuf,
    beacon: String,
}

impl<'a> Hand<'a> {
    /// A node whose first validator is prestaked.
    async fn prestaked(chain: &'a Chain, name: &str) -> Self {
        let node = Node::register(chain).await;
        node.lend(32 * ETHER).await;
        node.deposit(1, false).await;
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        for (name, key) in KEYS {
            let file = dir.join(name);
            fs::write(&file, key).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self {
            node,
            dir,
            beacon: chain.beacon_url(),
        }
    }

    /// What the program says, from the account of this name.
    fn words(&self, from: &str, step: &str, more: &[&str]) -> String {
        let chain = self.node.chain;
        let storage = chain.at("rocketStorage").to_string();
        let mut send = Command::new(gantry());
        send.args(["pool", "send", step, "--yes"]);
        send.args(["--node", &who::NODE.to_string()]);
        send.args(["--rocket-storage", &storage]);
        send.args(["--execution-node", &chain.rpc]);
        send.args(["--beacon-node", &self.beacon, "--key-file"]);
        send.arg(self.dir.join(from)).args(more);
        send.env("GANTRY_DATA_DIR", &self.dir);
        let output = send.current_dir(&self.dir).output().unwrap();
        let both = [&output.stdout[..], &output.stderr[..]].concat();
        String::from_utf8(both).unwrap()
    }

    async fn sends(&self, from: &str, step: &str) {
        let words = self.words(from, step, &[]);
        assert!(words.contains(" at nonce "), "{step}: {words}");
        assert!(words.contains("It is done. Until"), "{step}: {words}");
        self.node.chain.mine(6).await;
        let words = self.words(from, step, &[]);
        assert!(words.contains("It is done, and final."), "{step}: {words}");
    }

    fn does_not_send(&self, from: &str, (step, more): (&str, &[&str]), why: &str) {
        let words = self.words(from, step, more);
        assert!(words.contains(why), "{step}: {words}");
        assert!(!words.contains(" at nonce "), "{step}: {words}");
    }

    fn stage(&self) -> serde_json::Value {
        stage_of(&self.node.chain.seen(), 0)["is"].clone()
    }

    /// The member of the oracle DAO whose turn it is says that the validator leaves.
    async fn is_challenged(&self) {
        let chain = self.node.chain;
        let trust = Storage::setTrustedCall {
            member: who::ORACLE,
        };
        let storage = chain.at("rocketStorage");
        chain.send(who::GUARDIAN, storage, trust).await;
        let challenge = Manager::challengeExitCall {
            challenges: vec![ExitChallenge {
                megapool: self.node.megapool,
                validatorIds: vec![0],
            }],
        };
        chain
            .send(who::ORACLE, self.node.manager(), challenge)
            .await;
    }
}

/// Lets what has happened become final, with blocks on the way.
pub async fn finalise(chain: &Chain) {
    chain.slot().await;
    for _ in 0..4 {
        chain.epochs(1).await;
        chain.slot().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_lives_by_steps_sent_by_hand_that_contracts_of_1_4_take() {
    lives(Surface::Structs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_lives_by_steps_sent_by_hand_that_contracts_of_1_4_1_take() {
    lives(Surface::Bytes).await;
}

async fn lives(surface: Surface) {
    let chain = Chain::start().await;
    let name = format!("pool-hand-{surface:?}");
    let mut hand = Hand::prestaked(&chain, &name).await;
    if surface == Surface::Bytes {
        hand.node.upgrade().await;
    }
    let pubkey = keys::pubkey(1);
    it_is_staked(&hand, &pubkey).await;
    what_it_earns_comes_to_the_owner(&hand).await;
    it_is_challenged_and_stays(&hand).await;
    it_leaves_and_its_bond_comes_back(&hand, &pubkey).await;
}

async fn it_is_staked(hand: &Hand<'_>, pubkey: &PublicKey) {
    let chain = hand.node.chain;
    chain.slot().await;
    // Its deposit is on the beacon chain, and not final.
    hand.does_not_send("stranger", ("stake", &[]), "no block can be shown yet");
    finalise(chain).await;
    let other: (_, &[_]) = ("stake", &["--validator", "7"]);
    hand.does_not_send("stranger", other, "the megapool has no validator 7");
    hand.sends("stranger", "stake").await;
    assert_eq!(hand.stage(), "staked");
    hand.does_not_send("stranger", ("stake", &[]), "there is nothing to do");
    chain.slot().await;
    chain.beacon.lock().unwrap().activate(pubkey);
}

async fn what_it_earns_comes_to_the_owner(hand: &Hand<'_>) {
    let chain = hand.node.chain;
    chain.credit(hand.node.megapool, ETHER).await;
    hand.sends("stranger", "distribute").await;
    let refund = megapool_of(&chain.seen())["refund"].clone();
    assert_ne!(refund, "0");
    let owners = "would fail now";
    let impatient: &[&str] = &["--timeout", "0"];
    hand.does_not_send("stranger", ("claim", impatient), owners);
    let before = chain.balance(who::OWNER).await;
    hand.sends("owner", "claim").await;
    assert_eq!(megapool_of(&chain.seen())["refund"], "0");
    assert!(chain.balance(who::OWNER).await > before);
    let idle = "the megapool has nothing for the node";
    hand.does_not_send("owner", ("claim", &[]), idle);
    let idle = "the megapool owes nothing";
    hand.does_not_send("stranger", ("repay-debt", &[]), idle);
}

async fn it_is_challenged_and_stays(hand: &Hand<'_>) {
    let chain = hand.node.chain;
    let idle = "no validator of this node was challenged";
    hand.does_not_send("stranger", ("notify-not-exit", &[]), idle);
    hand.is_challenged().await;
    // A state from before it proves nothing.
    let early = "no block can be shown yet";
    hand.does_not_send("stranger", ("notify-not-exit", &[]), early);
    finalise(chain).await;
    hand.sends("stranger", "notify-not-exit").await;
    assert_eq!(megapool_of(&chain.seen())["locked"], 0);
}

async fn it_leaves_and_its_bond_comes_back(hand: &Hand<'_>, pubkey: &PublicKey) {
    let chain = hand.node.chain;
    let idle = "the beacon node shows no validator of this node that leaves";
    hand.does_not_send("stranger", ("notify-exit", &[]), idle);
    let withdrawable = chain.beacon.lock().unwrap().exit(pubkey);
    finalise(chain).await;
    hand.sends("stranger", "notify-exit").await;
    assert_eq!(hand.stage(), "exiting");
    let idle = "whose balance has come back";
    hand.does_not_send("owner", ("final-balance", &[]), idle);
    chain.withdrawal(withdrawable, pubkey, None).await;
    finalise(chain).await;
    // Whoever tops it up cannot have that proved for what came back.
    chain.beacon.lock().unwrap().earn(pubkey, 1_000_000_000);
    let epoch = chain.beacon.lock().unwrap().epoch();
    chain.withdrawal(epoch, pubkey, None).await;
    finalise(chain).await;
    let impatient: &[&str] = &["--timeout", "0"];
    let early = "Not enough time has passed";
    hand.does_not_send("stranger", ("final-balance", impatient), early);
    let before = chain.balance(who::OWNER).await;
    hand.sends("owner", "final-balance").await;
    assert_eq!(hand.stage(), "exited");
    let after = chain.balance(who::OWNER).await;
    let bond = U256::from(4 * ETHER);
    // Less what the owner has paid for gas.
    assert!(after > before + bond - U256::from(ETHER / 100));
    assert_eq!(megapool_of(&chain.seen())["debt"], shown(0));
}
