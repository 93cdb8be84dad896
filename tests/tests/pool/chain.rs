//! A chain of anvil with the stand-ins of Rocket Pool on it, and the pretend beacon chain that its
//! blocks belong to.

use std::fmt::LowerHex;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, U256, hex};
use alloy_sol_types::{SolCall, SolEvent};
use devnet::contracts::{BEACON_ROOTS, Contracts, Terms as ContractTerms, compile};
use devnet::execution::FUNDED_KEY;
use devnet::place::install_packages_in;
use proto::eth::payload::Withdrawal;
use proto::{Epoch, PublicKey, Slot};
use serde_json::{Value, json};
use tests::program::gantry;

use crate::abi::DepositEvent;
use crate::beacon::state::SLOTS_PER_EPOCH;
use crate::beacon::{Beacon, Deposit, Executed, SECONDS_PER_SLOT, Terms, api};
use crate::keys;

/// One ether in wei, or a thousandth of it.
pub const ETHER: u128 = 1_000_000_000_000_000_000;
pub const MILLI: u128 = ETHER / 1000;
const GWEI: u64 = 1_000_000_000;

/// Who writes the roots of beacon blocks (EIP-4788).
const SYSTEM: &str = "0xfffffffffffffffffffffffffffffffffffffffe";
const DEPOSIT_CONTRACT: &str = "0x00000000219ab540356cbb839cbe05303d7705fa";

/// Accounts of anvil's mnemonic, which it signs for.
pub mod who {
    use alloy_primitives::{Address, address};

    /// Deployed everything.
    pub const GUARDIAN: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    pub const NODE: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");
    pub const OWNER: Address = address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
    pub const EVIL: Address = address!("90F79bf6EB2c4f870365E785982E1f101E93b906");
    pub const STRANGER: Address = address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65");
    pub const ORACLE: Address = address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc");
    pub const OTHER_ORACLE: Address = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");
}

/// It ends with this value.
pub struct Chain {
    anvil: Child,
    pub rpc: String,
    found: Contracts,
    pub beacon: Arc<Mutex<Beacon>>,
    /// Up to which block deposits were looked for.
    seen: Mutex<u64>,
    client: reqwest::Client,
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.anvil.kill();
        let _ = self.anvil.wait();
    }
}

pub fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/devnet/contracts")
}

/// The key of who deploys the contracts, which are compiled then.
static GUARDIAN: LazyLock<PathBuf> = LazyLock::new(|| {
    install_packages_in(&contracts()).unwrap();
    compile(&contracts()).unwrap();
    let key = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pool-guardian.key");
    fs::write(&key, FUNDED_KEY).unwrap();
    key
});

/// The program of anvil for this machine, without the script around it that would outlive it.
fn anvil() -> PathBuf {
    let scope = contracts().join("node_modules/@foundry-rs");
    let folders = fs::read_dir(scope).unwrap();
    let mut programs = folders.map(|folder| folder.unwrap().path().join("bin/anvil"));
    programs.find(|program| program.is_file()).unwrap()
}

/// A number as JSON-RPC writes it.
pub fn quantity(number: impl LowerHex) -> String {
    format!("{number:#x}")
}

fn number(value: &Value) -> u64 {
    u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap()
}

fn root(value: &Value) -> proto::Root {
    value.as_str().unwrap().parse().unwrap()
}

impl Chain {
    /// A chain that begins now, in the third era after all forks, and goes on into the future: the
    /// program wants no chain that is behind.
    pub async fn start() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let fork_epoch = Epoch(512);
        let began = fork_epoch.0 * SLOTS_PER_EPOCH + 2 * 8192;
        let terms = Terms {
            genesis_time: now.as_secs() - began * SECONDS_PER_SLOT,
            genesis_validators_root: [0x47; 32].into(),
            fork_epoch,
        };
        let beacon = Beacon::new(terms.clone());
        // With it come the packages, anvil among them.
        let guardian: &Path = &GUARDIAN;
        let (anvil, rpc) = run(beacon.time_of(beacon.head().block.slot));
        let terms = ContractTerms {
            slots_per_epoch: SLOTS_PER_EPOCH,
            slots_per_historical_root: 8192,
            withdrawals: 16,
            capella_slot: fork_epoch.0 * SLOTS_PER_EPOCH,
            electra_slot: fork_epoch.0 * SLOTS_PER_EPOCH,
            genesis_time: terms.genesis_time,
            genesis_validators_root: terms.genesis_validators_root,
            notify_threshold: 112,
            depth: 0,
            beacon_roots: BEACON_ROOTS,
        };
        let found = Contracts::deploy(&contracts(), &rpc, guardian, &terms).unwrap();
        let chain = Self {
            anvil,
            rpc,
            found,
            beacon: Arc::new(Mutex::new(beacon)),
            seen: Mutex::new(0),
            client: reqwest::Client::new(),
        };
        let system = json!([SYSTEM, quantity(U256::from(1000 * ETHER))]);
        chain.ask("anvil_setBalance", system).await;
        let system = json!([SYSTEM]);
        chain.ask("anvil_impersonateAccount", system).await;
        chain
    }

    /// The Beacon API of the pretend chain, for as long as the test runs.
    pub fn beacon_url(&self) -> String {
        api::serve(Arc::clone(&self.beacon))
    }

    /// Where a contract is.
    pub fn at(&self, name: &str) -> Address {
        self.found.at(name).parse().unwrap()
    }

    /// The answer to a question that is not refused.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let mut answer = self.answer(method, params).await;
        assert_eq!(answer.get("error"), None, "{method}");
        answer["result"].take()
    }

    async fn answer(&self, method: &str, params: Value) -> Value {
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let asked = self.client.post(&self.rpc).json(&question).send().await;
        asked.unwrap().json().await.unwrap()
    }

    /// Sends a call with ether, which has to succeed; returns the receipt.
    pub async fn pay(&self, from: Address, to: Address, wei: u128, call: impl SolCall) -> Value {
        self.pay_bytes(from, (to, wei), &call.abi_encode()).await
    }

    /// Whether a call of these bytes would succeed now; else why not.
    pub async fn simulate(&self, from: Address, to: Address, call: Vec<u8>) -> Result<(), String> {
        let transaction = of_bytes(from, (to, 0), &call);
        let answer = self
            .answer("eth_call", json!([transaction, "latest"]))
            .await;
        match answer.get("error") {
            None => Ok(()),
            Some(_) => Err(said(&answer)),
        }
    }

    /// Sends a call of these bytes, which has to succeed.
    pub async fn send_bytes(&self, from: Address, to: Address, call: Vec<u8>) -> Value {
        self.pay_bytes(from, (to, 0), &call).await
    }

    async fn pay_bytes(&self, from: Address, to: (Address, u128), call: &[u8]) -> Value {
        let transaction = of_bytes(from, to, call);
        let refused = self
            .answer("eth_call", json!([transaction, "latest"]))
            .await;
        assert_eq!(refused.get("error"), None, "{}", said(&refused));
        // Anvil answers with the receipt, once there is one.
        let sent = json!([transaction]);
        let receipt = self.ask("eth_sendTransactionSync", sent).await;
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }

    /// The same without ether.
    pub async fn send(&self, from: Address, to: Address, call: impl SolCall) -> Value {
        self.pay(from, to, 0, call).await
    }

    /// What a view says.
    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let transaction = of_bytes(Address::ZERO, (to, 0), &call.abi_encode());
        let answer = self.ask("eth_call", json!([transaction, "latest"])).await;
        C::abi_decode_returns(&hex::decode(answer.as_str().unwrap()).unwrap()).unwrap()
    }

    /// The words that a call is refused with.
    pub async fn refusal(
        &self,
        from: Address,
        (to, wei): (Address, u128),
        call: impl SolCall,
    ) -> String {
        let transaction = of_bytes(from, (to, wei), &call.abi_encode());
        let answer = self
            .answer("eth_call", json!([transaction, "latest"]))
            .await;
        assert!(answer.get("error").is_some(), "it is not refused: {answer}");
        said(&answer)
    }

    pub async fn balance(&self, of: Address) -> U256 {
        let balance = self.ask("eth_getBalance", json!([of, "latest"])).await;
        balance.as_str().unwrap().parse().unwrap()
    }

    /// Ether that comes from nowhere, as withdrawals and tips do: no log shows it.
    pub async fn credit(&self, to: Address, wei: u128) {
        let balance = self.balance(to).await + U256::from(wei);
        self.ask("anvil_setBalance", json!([to, quantity(balance)]))
            .await;
    }

    pub async fn time(&self) -> u64 {
        let head = self.ask("eth_getBlockByNumber", json!(["latest", false]));
        number(&head.await["timestamp"])
    }

    /// The first slot after what the execution chain has.
    async fn next_slot(&self) -> Slot {
        let time = self.time().await;
        self.beacon.lock().unwrap().slot_after(time)
    }

    /// The next beacon block after what the execution chain has, in which deposits are seen.
    pub async fn slot(&self) -> Slot {
        let slot = self.next_slot().await;
        self.block(slot, Vec::new()).await;
        slot
    }

    /// The first block of a later epoch, from now on.
    pub async fn epochs(&self, more: u64) -> Slot {
        let next = self.next_slot().await;
        let slot = Slot((next.0 / SLOTS_PER_EPOCH + more) * SLOTS_PER_EPOCH);
        self.block(slot, Vec::new()).await;
        slot
    }

    /// The first block of an epoch that pays a validator out: so many gwei, or all it has.
    pub async fn withdrawal(&self, epoch: Epoch, of: &PublicKey, gwei: Option<u64>) -> Slot {
        let next = self.next_slot().await;
        let slot = Slot(next.0.max(epoch.0 * SLOTS_PER_EPOCH));
        self.take_deposits().await;
        let paid = self.beacon.lock().unwrap().withdraw(of, gwei);
        let to = Address::from(*paid.address.as_bytes());
        self.credit(to, u128::from(paid.amount) * u128::from(GWEI))
            .await;
        self.block(slot, vec![paid]).await;
        slot
    }

    /// A beacon block with its execution block, which knows the root of the one before it.
    async fn block(&self, slot: Slot, withdrawals: Vec<Withdrawal>) {
        self.take_deposits().await;
        let (time, parent) = {
            let beacon = self.beacon.lock().unwrap();
            (beacon.time_of(slot), beacon.head().root)
        };
        self.ask("evm_setNextBlockTimestamp", json!([time])).await;
        let written = json!({
            "from": SYSTEM, "to": BEACON_ROOTS, "data": parent.to_string(), "gas": "0x186a0",
        });
        let written = self.ask("eth_sendTransactionSync", json!([written])).await;
        assert_eq!(written["status"], "0x1");
        let block = json!([written["blockNumber"], false]);
        let block = self.ask("eth_getBlockByNumber", block).await;
        assert_eq!(number(&block["timestamp"]), time);
        let executed = Executed {
            number: number(&block["number"]),
            hash: root(&block["hash"]),
            parent_hash: root(&block["parentHash"]),
            fee_recipient: block["miner"].as_str().unwrap().parse().unwrap(),
        };
        let mut beacon = self.beacon.lock().unwrap();
        beacon.make(slot, executed, withdrawals);
    }

    /// What the deposit contract has logged since the last time.
    async fn take_deposits(&self) {
        let head = number(&self.ask("eth_blockNumber", json!([])).await);
        let seen = std::mem::replace(&mut *self.seen.lock().unwrap(), head);
        if seen == head {
            return;
        }
        let asked = json!([{
            "address": DEPOSIT_CONTRACT, "fromBlock": quantity(seen + 1), "toBlock": quantity(head),
        }]);
        for log in self.ask("eth_getLogs", asked).await.as_array().unwrap() {
            let data = hex::decode(log["data"].as_str().unwrap()).unwrap();
            let it = DepositEvent::abi_decode_data(&data).unwrap();
            let amount = u64::from_le_bytes(it.2.as_ref().try_into().unwrap());
            let pubkey = PublicKey::try_from(it.0.as_ref()).unwrap();
            let credentials = proto::Root::try_from(it.1.as_ref()).unwrap();
            let deposit = Deposit {
                pubkey,
                credentials,
                amount,
                is_signed: keys::signed(&pubkey, &credentials, (amount, &it.3)),
            };
            self.beacon.lock().unwrap().deposit(&deposit);
        }
    }

    /// Lets so many blocks go by on the execution chain alone.
    pub async fn mine(&self, blocks: u64) {
        self.ask("anvil_mine", json!([blocks])).await;
    }

    pub fn status(&self, node: &str, more: &[&str]) -> Output {
        let mut status = Command::new(gantry());
        status.args(["pool", "status", "--node", node]).args(more);
        status.args(["--execution-node", &self.rpc]);
        status.output().unwrap()
    }

    /// The document of the node.
    pub fn seen(&self) -> Value {
        let storage = self.at("rocketStorage").to_string();
        let more = ["--rocket-storage", &storage, "--json"];
        let output = self.status(&who::NODE.to_string(), &more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn run(time: u64) -> (Child, String) {
    let time = time.to_string();
    // Two slots an epoch: what has four blocks upon it is final.
    let mut anvil = Command::new(anvil())
        .args(["--port", "0", "--enable-tx-gas-limit"])
        .args(["--slots-in-an-epoch", "2", "--timestamp", &time])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(anvil.stdout.take().unwrap()).lines();
    let listening = lines.find_map(|line| {
        let line = line.unwrap();
        line.strip_prefix("Listening on ").map(str::to_owned)
    });
    // What it prints later has to go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    (anvil, format!("http://{}", listening.unwrap()))
}

fn of_bytes(from: Address, (to, wei): (Address, u128), call: &[u8]) -> Value {
    json!({
        "from": from, "to": to, "value": quantity(wei), "gas": "0xf00000",
        "data": hex::encode_prefixed(call),
    })
}

/// The text of a refusal, or all that there is to it.
fn said(answer: &Value) -> String {
    let data = answer["error"]["data"].as_str().unwrap_or_default();
    let bytes = hex::decode(data).unwrap_or_default();
    let reason = alloy_sol_types::decode_revert_reason(&bytes).filter(|_| !bytes.is_empty());
    let reason = reason.map(|it| it.strip_prefix("revert: ").unwrap_or(&it).to_owned());
    reason.unwrap_or_else(|| answer["error"]["message"].to_string())
}
