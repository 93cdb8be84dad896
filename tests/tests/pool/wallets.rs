//! A group with a withdrawal Safe for which only its owners' own wallets act: they sign what stands
//! in the files of `gantry pool file`, and Safe's own contract does it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use node_core::safe::{Safe, theirs};
use serde_json::{Value, json};
use tests::program::gantry;

use crate::abi::{NodeManager, Storage};
use crate::chain::{Chain, MILLI, quantity, who};
use crate::group::{Group, ours};
use crate::safe::{account_of, deploy, owner_keys, sign};

alloy_sol_types::sol! {
    function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce)
        external returns (address);
    function getTransactionHash(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas,
        uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver,
        uint256 nonce
    ) external view returns (bytes32);
}

/// From where alice pays in, as the agreement says.
pub const ALICE: Address = who::STRANGER;
/// Of the first three of the four owners, who sign.
const SIGNERS: usize = 3;

/// A group with its withdrawal Safe.
pub struct Place<'a> {
    pub group: Group<'a>,
    pub safe: Address,
}

impl<'a> Place<'a> {
    /// Makes the Safe, and has the group agree on it. The node is registered and has proposed it.
    pub async fn found(chain: &'a Chain, name: &str) -> Self {
        let place = Self::agreed(chain, name).await;
        place.register().await;
        for call in place.proposals(place.safe, false) {
            place.by_node(call).await;
        }
        chain.mine(8).await;
        place
    }

    pub async fn agreed(chain: &'a Chain, name: &str) -> Self {
        let contracts = deploy(chain).await;
        let owners = owner_keys().each_ref().map(account_of);
        let setup = Safe::setupCall {
            owners: owners.to_vec(),
            threshold: U256::from(SIGNERS),
            to: Address::ZERO,
            data: Bytes::new(),
            fallbackHandler: theirs(&contracts.handler),
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        let make = createProxyWithNonceCall {
            singleton: theirs(&contracts.singleton),
            initializer: setup.abi_encode().into(),
            saltNonce: U256::from(7),
        };
        let factory = theirs(&contracts.factory);
        let safe = chain.view(factory, make.clone()).await;
        chain.send(who::GUARDIAN, factory, make).await;
        let group = Group::found(chain, name);
        group.agree(|terms| {
            (terms.withdrawal, terms.rpl_withdrawal) = (ours(safe), ours(safe));
            for (member, owner) in terms.members.iter_mut().zip(owners) {
                member.owner = Some(ours(owner));
            }
            terms.members[0].funding = vec![ours(ALICE)];
        });
        chain.mine(8).await;
        Self { group, safe }
    }

    pub fn chain(&self) -> &'a Chain {
        self.group.chain
    }

    pub async fn register(&self) {
        let timezone = "Europe/Berlin".to_owned();
        let call = NodeManager::registerNodeCall { timezone };
        let nodes = self.chain().at("rocketNodeManager");
        self.chain().send(who::NODE, nodes, call).await;
    }

    /// The calls with which the node account proposes this withdrawal address, or sets it.
    pub fn proposals(&self, next: Address, confirm: bool) -> [(Address, Vec<u8>); 2] {
        let node = who::NODE;
        let rpl = NodeManager::setRPLWithdrawalAddressCall {
            node,
            next,
            confirm,
        };
        let ether = Storage::setWithdrawalAddressCall {
            node,
            next,
            confirm,
        };
        let chain = self.chain();
        [
            (chain.at("rocketNodeManager"), rpl.abi_encode()),
            (chain.at("rocketStorage"), ether.abi_encode()),
        ]
    }

    pub async fn by_node(&self, (to, call): (Address, Vec<u8>)) {
        self.chain().send_bytes(who::NODE, to, call).await;
    }

    /// What a command about the Safe says, or why it refuses.
    pub fn says(&self, words: &str) -> Result<String, String> {
        self.says_by(&self.chain().rpc, words)
    }

    /// The same, by the node at this URL.
    pub fn says_by(&self, rpc: &str, words: &str) -> Result<String, String> {
        let mut command = Command::new(gantry());
        command.arg("pool").args(words.split(' '));
        command.args(["--execution-node", rpc, "--config"]);
        command.arg(self.group.dir.join("gantry.toml"));
        let output = command.current_dir(self.files()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        match output.status.success() {
            true => Ok(text(output.stdout)),
            false => Err(text(output.stderr).replace('\n', " ")),
        }
    }

    pub fn refuses(&self, words: &str, why: &str) {
        let refused = self.says(words).unwrap_err();
        assert!(refused.contains(why), "{words}: {refused}");
        assert_eq!(self.written(), Vec::<PathBuf>::new(), "{words}");
    }

    /// Where files are written.
    pub fn files(&self) -> PathBuf {
        let dir = self.group.dir.join("files");
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    pub fn written(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.files()).unwrap();
        all.map(|it| it.unwrap().path()).collect()
    }

    /// Has a file written, and the owners sign what stands in it as their wallets would; the calls
    /// of the other file, which nothing else could have come to the same hash as.
    pub async fn does(&self, errand: &str) -> Vec<Value> {
        let page = self.says(&format!("file {errand}")).unwrap();
        // Typed again it is the same.
        assert_eq!(self.says(&format!("file {errand}")).unwrap(), page);
        let (mut typed, mut builder) = (Value::Null, Value::Null);
        for file in self.written() {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.display().to_string();
            if name.ends_with(".typed-data.json") {
                typed = serde_json::from_str(&text).unwrap();
            } else if name.ends_with(".builder.json") {
                builder = serde_json::from_str(&text).unwrap();
            } else {
                assert_eq!(text, page);
            }
            fs::remove_file(file).unwrap();
        }
        assert_eq!(typed["domain"]["chainId"], 31_337);
        let at = typed["domain"]["verifyingContract"].as_str().unwrap();
        assert_eq!(at, self.safe.to_string());
        let safe = builder["meta"]["createdFromSafeAddress"].as_str().unwrap();
        assert_eq!(safe, at);
        self.executes(&typed["message"], &page).await;
        builder["transactions"].as_array().unwrap().clone()
    }

    pub async fn executes(&self, message: &Value, page: &str) {
        let text = |name: &str| message[name].as_str().unwrap();
        let address = |name: &str| text(name).parse::<Address>().unwrap();
        let number = |name: &str| text(name).parse::<U256>().unwrap();
        let data = Bytes::from(hex::decode(text("data")).unwrap());
        let operation = u8::try_from(message["operation"].as_u64().unwrap()).unwrap();
        let asked = getTransactionHashCall {
            to: address("to"),
            value: number("value"),
            data: data.clone(),
            operation,
            safeTxGas: number("safeTxGas"),
            baseGas: number("baseGas"),
            gasPrice: number("gasPrice"),
            gasToken: address("gasToken"),
            refundReceiver: address("refundReceiver"),
            nonce: number("nonce"),
        };
        let hash: B256 = self.chain().view(self.safe, asked).await;
        assert!(page.contains(&hash.to_string()), "{page}");
        let mut keys = owner_keys()[..SIGNERS].to_vec();
        keys.sort_by_key(account_of);
        let signatures = keys.iter().flat_map(|key| sign(key, &hash).0);
        let execution = Safe::execTransactionCall {
            to: address("to"),
            value: number("value"),
            data,
            operation,
            safeTxGas: number("safeTxGas"),
            baseGas: number("baseGas"),
            gasPrice: number("gasPrice"),
            gasToken: address("gasToken"),
            refundReceiver: address("refundReceiver"),
            signatures: signatures.collect::<Vec<u8>>().into(),
        };
        self.chain().send(who::GUARDIAN, self.safe, execution).await;
        self.chain().mine(8).await;
    }

    /// Somebody sends ether to the Safe.
    pub async fn sends(&self, from: Address, wei: u128) {
        self.pays(from, (&self.safe.to_string(), wei), "0x").await;
        self.chain().mine(8).await;
    }

    pub async fn pays(&self, from: Address, (to, wei): (&str, u128), data: &str) {
        let sent = json!([{ "from": from, "to": to, "value": quantity(wei), "data": data }]);
        let receipt = self.chain().ask("eth_sendTransactionSync", sent).await;
        assert_eq!(receipt["status"], "0x1");
    }

    /// What is paid in and not bonded.
    pub async fn unbonded(&self) -> U256 {
        let at = self.chain().at("rocketNodeDeposit");
        let asked = node_core::pool::abi::NodeDeposit::getNodeEthBalanceCall(who::NODE);
        self.chain().view(at, asked).await
    }

    pub async fn withdrawal(&self) -> Address {
        let storage = self.chain().at("rocketStorage");
        let asked = Storage::getNodeWithdrawalAddressCall { node: who::NODE };
        self.chain().view(storage, asked).await
    }

    /// The Safe is confirmed and tried.
    pub async fn open(&self) {
        self.does("confirm").await;
        self.sends(ALICE, MILLI).await;
        self.does("rehearsal").await;
    }
}

/// What stands behind a word in a page.
pub fn after<'a>(page: &'a str, word: &str) -> &'a str {
    let line = page.lines().find_map(|line| line.trim().strip_prefix(word));
    line.unwrap().trim()
}
