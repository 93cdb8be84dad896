//! What the plan says is done on the chain, step by step: each call as it is planned, in the name
//! of whoever may send it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use alloy_primitives::{Address, hex};
use node_core::pool::agreement::example;
use node_core::pool::book::{Answer, Answers, Question, Round};
use node_core::pool::plan::{Body, Facts, Kind, Leaving, Made, Need, Sender, Step, plan};
use node_core::pool::sight::Sight;
use node_core::pool::view::{Block, Subject, View, read};
use proto::PublicKey;
use proto::agreement::PoolTerms;
use proto::eth::DepositData;
use proto::intent::Aims;
use serde_json::{Value, json};
use tests::program::gantry;

use crate::chain::{Chain, ETHER, quantity, who};
use crate::group::{ours, signed, terms};
use crate::keys;
use crate::node::{self, Node, Surface, expected};

fn theirs(address: &proto::Address) -> Address {
    (*address.as_bytes()).into()
}

/// Sends a call from an account that anvil signs for.
pub async fn send(chain: &Chain, from: Address, (to, value, data): (&Value, &Value, &Value)) {
    let transaction = json!({
        "from": from, "to": to, "value": value, "data": data, "gas": "0xf00000",
    });
    let refused = json!([transaction, "latest"]);
    chain.ask("eth_call", refused).await;
    let sent = json!([transaction]);
    let receipt = chain.ask("eth_sendTransactionSync", sent).await;
    assert_eq!(receipt["status"], "0x1", "{receipt}");
}

/// A group in whose name steps are done.
struct Group<'a> {
    chain: &'a Chain,
    terms: PoolTerms,
    keys: Vec<PublicKey>,
    deposits: BTreeMap<PublicKey, DepositData>,
    leaving: BTreeMap<PublicKey, Leaving>,
    client: reqwest::Client,
}

impl Group<'_> {
    /// What there is to be done if all that is seen is final.
    async fn plan(&self) -> Vec<Step> {
        let (view, block) = self.view().await;
        let sight = Sight {
            chain_id: 31_337,
            node: ours(who::NODE),
            head_block: block,
            head: view.clone(),
            finalised_block: block,
            finalised: Some(view),
        };
        let made = Made {
            deposits: &self.deposits,
            leaving: &self.leaving,
            pays_smoothing_pool: true,
        };
        let aims = Aims::of(&self.terms.wishes);
        plan(&Facts::new(&sight, (&self.terms, &aims), &self.keys, made).unwrap())
    }

    async fn view(&self) -> (View, Block) {
        let subject = Subject {
            is_safe: false,
            storage: self.terms.fixed.rocket_storage,
            node: self.terms.fixed.node_account,
        };
        let newest = json!(["latest", false]);
        let newest = self.chain.ask("eth_getBlockByNumber", newest).await;
        let block = Block {
            number: 0,
            hash: newest["hash"].as_str().unwrap().parse().unwrap(),
            time: self.chain.time().await,
        };
        let mut answers = Answers::new();
        loop {
            match read(&subject, &answers).unwrap() {
                Round::Done(view) => return (view, block),
                Round::Ask(questions) => self.ask(questions, &mut answers).await,
            }
        }
    }

    /// Asks all of it at once.
    async fn ask(&self, questions: Vec<Question>, answers: &mut Answers) {
        let worded = (0..).zip(&questions).map(|(id, question): (u64, _)| {
            let (method, what) = match question {
                Question::Call(to, data) => {
                    let data = hex::encode_prefixed(data);
                    ("eth_call", json!({"to": to.to_string(), "data": data}))
                }
                Question::Balance(account) => ("eth_getBalance", json!(account.to_string())),
                Question::Code(at) => ("eth_getCode", json!(at.to_string())),
            };
            json!({"jsonrpc": "2.0", "id": id, "method": method, "params": [what, "latest"]})
        });
        let asked: Vec<Value> = worded.collect();
        let asked = self.client.post(&self.chain.rpc).json(&asked).send().await;
        let replies: Vec<Value> = asked.unwrap().json().await.unwrap();
        assert_eq!(replies.len(), questions.len());
        for (question, reply) in questions.into_iter().zip(&replies) {
            let answer = match (reply["result"].as_str(), &question) {
                (None, _) => Answer::Reverted(reply["error"]["message"].to_string()),
                (Some(text), Question::Call(..) | Question::Code(_)) => {
                    Answer::Bytes(hex::decode(text).unwrap())
                }
                (Some(text), Question::Balance(_)) => {
                    let wei: alloy_primitives::U256 = text.parse().unwrap();
                    Answer::Bytes(wei.to_be_bytes::<32>().to_vec())
                }
            };
            answers.insert(question, answer);
        }
    }

    /// Does all that can be sent, until nothing is left of it; what was done, in order.
    async fn do_all(&self) -> Vec<Kind> {
        let mut done = Vec::new();
        loop {
            let steps = self.plan().await;
            let Some(step) = steps.into_iter().find(Step::is_ready) else {
                return done;
            };
            self.do_one(&step).await;
            done.push(step.kind);
        }
    }

    async fn do_one(&self, step: &Step) {
        let from = match step.sender {
            Sender::Node | Sender::NodeOrWithdrawal => who::NODE,
            Sender::Anybody => who::STRANGER,
            Sender::Itself(account) => theirs(&account),
        };
        let call = step.call().unwrap();
        let to = json!(theirs(&call.to.address));
        let value = json!(quantity(call.value.0));
        let data = json!(hex::encode_prefixed(&call.data));
        send(self.chain, from, (&to, &value, &data)).await;
    }

    /// Those steps that only need a proof.
    async fn to_prove(&self) -> Vec<Kind> {
        let steps = self.plan().await.into_iter();
        let proved = steps.filter(|step| matches!(step.body, Body::Needs(_)));
        proved.map(|step| step.kind).collect()
    }
}

#[tokio::test]
async fn what_is_planned_takes_validators_from_their_keys_to_the_last_wei() {
    let chain = Chain::start().await;
    let node = Node {
        chain: &chain,
        megapool: expected(&chain, who::NODE),
        surface: Surface::Structs,
    };
    let mut group = Group {
        chain: &chain,
        terms: terms(&chain),
        keys: [1, 2, 3].map(keys::pubkey).into(),
        deposits: BTreeMap::new(),
        leaving: BTreeMap::new(),
        client: reqwest::Client::new(),
    };
    group.terms.wishes.validators = 3;
    let set_up = [
        Kind::Register,
        Kind::ProposeRplWithdrawal,
        Kind::ConfirmRplWithdrawal,
        Kind::ProposeWithdrawal,
        Kind::ConfirmWithdrawal,
        Kind::DeployMegapool,
        Kind::SmoothingPool(true),
    ];
    assert_eq!(group.do_all().await, set_up);
    they_are_deposited_assigned_and_staked(&mut group, &node).await;
    what_they_earn_is_split_and_paid_out(&group, &node).await;
    one_leaves_and_its_bond_comes_back(&mut group, &node).await;
    assert_eq!(group.plan().await, []);
}

async fn they_are_deposited_assigned_and_staked(group: &mut Group<'_>, node: &Node<'_>) {
    let chain = group.chain;
    let signed = (1..).zip(&group.keys).map(|(number, key)| {
        let signed = keys::deposit(number, node.credentials());
        (*key, signed)
    });
    let signed: BTreeMap<_, _> = signed.collect();
    // One is signed before the others.
    group.deposits.insert(group.keys[0], signed[&group.keys[0]]);
    assert_eq!(group.do_all().await, [Kind::Deposit(vec![group.keys[0]])]);
    group.deposits = signed;
    let rest = Kind::Deposit(group.keys[1..].to_vec());
    assert_eq!(group.do_all().await, [rest]);
    // Ether that is too little for a whole validator assigns none by itself.
    for _ in 0..3 {
        node.lend(31 * ETHER).await;
        assert_eq!(group.do_all().await, [Kind::Assign]);
    }
    let stakes = [0, 1, 2].map(Kind::Stake);
    assert_eq!(group.to_prove().await, stakes);
    for (id, key) in (0..).zip(&group.keys) {
        chain.slot().await;
        let slot = chain.slot().await;
        chain.slot().await;
        node.prove(node::Step::Stake, id, (key, slot)).await;
    }
    chain.slot().await;
    for key in &group.keys {
        chain.beacon.lock().unwrap().activate(key);
    }
    assert_eq!(group.plan().await, []);
}

async fn what_they_earn_is_split_and_paid_out(group: &Group<'_>, node: &Node<'_>) {
    let chain = group.chain;
    let before = chain.balance(who::OWNER).await;
    chain.credit(node.megapool, 2 * ETHER).await;
    let done = group.do_all().await;
    assert_eq!(done, [Kind::Distribute, Kind::Claim]);
    assert!(chain.balance(who::OWNER).await > before);
}

async fn one_leaves_and_its_bond_comes_back(group: &mut Group<'_>, node: &Node<'_>) {
    let chain = group.chain;
    let key = group.keys[1];
    let withdrawable = chain.beacon.lock().unwrap().exit(&key);
    let mut leaving = Leaving {
        withdrawable,
        withdrawn: None,
    };
    group.leaving.insert(key, leaving);
    assert_eq!(group.to_prove().await, [Kind::NotifyExit(1)]);
    let slot = chain.slot().await;
    chain.slot().await;
    node.prove(node::Step::Exit, 1, (&key, slot)).await;
    assert_eq!(group.plan().await, []);
    let paid = chain.withdrawal(withdrawable, &key, None).await;
    leaving.withdrawn = Some(paid);
    group.leaving.insert(key, leaving);
    let steps = group.plan().await;
    let Body::Needs(Need::Withdrawal { of, slot }) = &steps[0].body else {
        panic!("{steps:?}");
    };
    assert_eq!((of.id, of.pubkey, *slot), (1, key, paid.0));
    let before = chain.balance(who::OWNER).await;
    let at = chain.slot().await;
    chain.slot().await;
    let proof = node.balance_proof(1, (&key, at), paid);
    node.final_balance(who::NODE, proof).await;
    let after = chain.balance(who::OWNER).await;
    assert_eq!(after - before, alloy_primitives::U256::from(4 * ETHER));
}

/// A data directory with a lock and an agreement that all have signed.
fn data_directory(chain: &Chain) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pool-plan");
    fs::create_dir_all(&dir).unwrap();
    let lock = example::lock();
    fs::write(dir.join("cluster-lock.json"), lock.to_json()).unwrap();
    let text = signed(lock, terms(chain)).to_file().to_json();
    fs::write(dir.join("pool-agreement.json"), text).unwrap();
    let config = format!("data_dir = {:?}\n", dir.display().to_string());
    fs::write(dir.join("gantry.toml"), config).unwrap();
    dir
}

/// What `gantry pool plan` prints.
fn printed(chain: &Chain, dir: &Path, more: &[&str]) -> String {
    let mut command = Command::new(gantry());
    command.args(["pool", "plan", "--execution-node", &chain.rpc]);
    command.arg("--config").arg(dir.join("gantry.toml"));
    let output = command.args(more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn planned(chain: &Chain, dir: &Path) -> Vec<Value> {
    let document: Value = serde_json::from_str(&printed(chain, dir, &["--json"])).unwrap();
    document["steps"].as_array().unwrap().clone()
}

fn kinds(steps: &[Value]) -> Vec<&str> {
    let kinds = steps.iter().map(|step| step["kind"]["is"].as_str());
    kinds.map(Option::unwrap).collect()
}

/// Sends each step that waits for nothing, as it stands in the document.
async fn send_printed(chain: &Chain, steps: &[Value]) {
    for step in steps.iter().filter(|step| step["waits"] == json!([])) {
        let call = &step["body"]["call"];
        if call.is_null() {
            continue;
        }
        assert_eq!(step["simulated"], json!({"is": "passes"}), "{step}");
        let from = match step["sender"]["is"].as_str().unwrap() {
            "node" => who::NODE,
            "itself" => step["sender"]["at"].as_str().unwrap().parse().unwrap(),
            other => panic!("{other}"),
        };
        let wei: u128 = call["value"].as_str().unwrap().parse().unwrap();
        let value = json!(quantity(wei));
        send(chain, from, (&call["to"], &value, &call["data"])).await;
    }
}

#[tokio::test]
async fn a_fresh_account_is_set_up_by_the_plan_that_is_printed() {
    let chain = Chain::start().await;
    let dir = data_directory(&chain);
    // Until all of Rocket Pool is final.
    chain.mine(5).await;
    let steps = planned(&chain, &dir);
    assert_eq!(kinds(&steps), ["register"]);
    send_printed(&chain, &steps).await;
    let steps = planned(&chain, &dir);
    let begun = [
        "propose_rpl_withdrawal",
        "propose_withdrawal",
        "deploy_megapool",
        "smoothing_pool",
    ];
    assert_eq!(kinds(&steps), begun);
    send_printed(&chain, &steps).await;
    let page = printed(&chain, &dir, &[]);
    let own = format!("{} itself, with its own wallet", who::OWNER);
    assert!(page.contains(&own), "{page}");
    let steps = planned(&chain, &dir);
    let confirmed = ["confirm_rpl_withdrawal", "confirm_withdrawal", "deposit"];
    assert_eq!(kinds(&steps), confirmed);
    let waits = "the withdrawal address is not the agreed one for good";
    assert_eq!(steps[2]["waits"][0], waits);
    send_printed(&chain, &steps).await;
    // They are right, and not final.
    let steps = planned(&chain, &dir);
    assert_eq!(kinds(&steps), ["deposit"]);
    let waits = &steps[0]["waits"];
    assert_eq!(waits[0], "withdrawal address is not final yet");
    assert_eq!(waits[1], "RPL withdrawal address is not final yet");
    chain.mine(5).await;
    let steps = planned(&chain, &dir);
    assert_eq!(kinds(&steps), ["deposit"]);
    assert_eq!(steps[0]["waits"], json!([]));
    let keys = steps[0]["body"]["needs"]["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
}
