//! A group of four that joins Rocket Pool: its lock and agreement, and the data directory of the
//! first of them, whose program runs.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use alloy_primitives::{Address, eip191_hash_message, hex};
use dkg::bls::SecretShare;
use k256::ecdsa::SigningKey;
use node::disk::keystore::{Draw, MasterSecret, StoredShare, seal, store_all};
use node::disk::{DataLock, Files};
use node_core::pool::agreement::{Agreement, example};
use node_core::record::{Entry, History, Journal, Owner};
use proto::agreement::{AccountSignature, PoolTerms};
use proto::definition::{Chain as DefinedChain, Draft, Version, Withdrawal};
use proto::lock::{Contents, Lock, Validator};
use proto::{Identity, PublicKey, Root};
use serde_json::{Value, json};
use tests::cluster::{Cluster, Recipe};
use tests::program::gantry;

use crate::chain::{Chain, who};
use crate::keys;
use crate::running::Peer;
use crate::safe::account_of;

/// The key of the account [`who::NODE`].
const NODE_KEY: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
/// The same as a wallet keeps it, with few rounds, and its password.
const NODE_KEYSTORE: &str = r#"{"address": "70997970c51812dc3a010c7d01b50e0d17dc79c8",
    "crypto": {"cipher": "aes-128-ctr",
    "cipherparams": {"iv": "09090909090909090909090909090909"},
    "ciphertext": "8bb6743c55822bac08116a090d06f7ef3e1990d445100145973c7aa97cdd2fbe",
    "kdf": "pbkdf2", "kdfparams": {"c": 1000, "dklen": 32, "prf": "hmac-sha256",
    "salt": "0707070707070707070707070707070707070707070707070707070707070707"},
    "mac": "051f058091d8463b3810b7bbb2ba234c116d644ab7a49621580d2bc59cda3fe1"},
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}"#;
const NODE_PASSWORD: &str = "of the tests";
/// What opens the keystores of the shares.
const SEED: [u8; 32] = [0x5e; 32];
/// What makes the keys of several.
const TOGETHER: u8 = 0x60;

pub fn ours(address: Address) -> proto::Address {
    address.into_array().into()
}

/// What a group with this node agrees on.
pub fn terms(chain: &Chain) -> PoolTerms {
    let mut terms = example::terms();
    terms.fixed.rocket_storage = ours(chain.at("rocketStorage"));
    terms.fixed.node_account = ours(who::NODE);
    (terms.withdrawal, terms.rpl_withdrawal) = (ours(who::OWNER), ours(who::OWNER));
    // It is one account of anvil's, and no Safe.
    for member in &mut terms.members {
        member.owner = None;
    }
    terms
}

/// The agreement on these terms, signed by all and by the node account.
pub fn signed(lock: Lock, terms: PoolTerms) -> Agreement {
    signed_by(&example::identities(), lock, terms)
}

fn signed_by(identities: &[Identity], lock: Lock, terms: PoolTerms) -> Agreement {
    let mut agreement = Agreement::first(lock, terms).unwrap();
    for identity in identities {
        agreement.sign(identity).unwrap();
    }
    let key = SigningKey::from_slice(&hex::decode(NODE_KEY).unwrap()).unwrap();
    let digest = eip191_hash_message(agreement.node_text());
    let (signature, recovery) = key.sign_prehash_recoverable(digest.as_slice()).unwrap();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    agreement
        .sign_as_node(ours(who::NODE), AccountSignature(bytes))
        .unwrap();
    agreement
}

/// The share of a validator that a peer has. It is of no polynomial, which nothing here asks.
fn share(validator: u8, peer: u8) -> SecretShare {
    let mut bytes = [0; 32];
    (bytes[30], bytes[31]) = (validator, 100 + peer);
    SecretShare::from_bytes(&bytes).unwrap()
}

/// The pretend chain, as a definition names it.
fn pretend(chain: &Chain) -> DefinedChain {
    DefinedChain {
        name: "pretend".to_owned(),
        execution_chain_id: 31_337,
        genesis_fork_version: keys::GENESIS_VERSION.into(),
        genesis_validators_root: chain.beacon.lock().unwrap().terms.genesis_validators_root,
        ..DefinedChain::known("hoodi").unwrap()
    }
}

/// The lock of two validators on a chain, which says later where the stake returns to.
fn lock(chain: DefinedChain) -> Lock {
    let identities = example::identities();
    let draft = proto::example::draft(&identities);
    let draft = Draft {
        version: Version::V2,
        validators: 2,
        withdrawal: Withdrawal::Later,
        chain,
        ..draft
    };
    let validator = |number: u8| Validator {
        public_key: keys::pubkey(number),
        share_public_keys: (0..4)
            .map(|peer| share(number, peer).public().to_bytes())
            .collect(),
    };
    let seal = |number: u8| share(9, number).public().to_bytes();
    let contents = Contents {
        definition: proto::example::agreed(draft, &identities),
        validators: [1, 2].map(validator).into(),
        seal_commitment: [1, 2, 3].map(seal).into(),
        exit_seal_commitment: Some([4, 5].map(seal).into()),
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    proto::example::witnessed(contents, &identities)
}

/// One of the group.
pub struct Group<'a> {
    pub chain: &'a Chain,
    pub dir: PathBuf,
    beacon: String,
    /// For peers, and for status.
    ports: [u16; 2],
    /// Where the others are, as it stands in the config.
    peers: String,
}

impl<'a> Group<'a> {
    /// Makes its data directory, with the agreement that all have signed.
    pub fn found(chain: &'a Chain, name: &str) -> Self {
        let group = Self::found_on(chain, name, pretend(chain));
        let text = signed(lock(pretend(chain)), terms(chain));
        let file = group.dir.join("pool-agreement.json");
        fs::write(file, text.to_file().to_json()).unwrap();
        group
    }

    /// Lays the agreement on other terms in place, that all have signed.
    pub fn agree(&self, change: impl FnOnce(&mut PoolTerms)) {
        let mut terms = terms(self.chain);
        change(&mut terms);
        let text = signed(lock(pretend(self.chain)), terms);
        let file = self.dir.join("pool-agreement.json");
        fs::write(file, text.to_file().to_json()).unwrap();
    }

    /// The same on whatever chain, where nothing is agreed on.
    pub fn found_on(chain: &'a Chain, name: &str, of: DefinedChain) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        let shares = [1, 2].map(|number| StoredShare {
            validator: keys::pubkey(number),
            secret: share(number, 0),
        });
        let group = Self::seated(chain, &dir, (&lock(of), [1; 32], &shares));
        group.allow(50);
        group
    }

    /// Four with the keys of a ceremony, who know where the others listen; the first coordinates.
    pub fn together(chain: &'a Chain, name: &str) -> Vec<Self> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let cluster = Cluster::make(&Recipe {
            peers: 4,
            validators: 2,
            chain: pretend(chain),
            presigns: false,
            joins: true,
            seed: TOGETHER,
        });
        let lock = &cluster.lock;
        let agreement = signed_by(&cluster.identities, lock.clone(), terms(chain));
        let names = proto::example::NAMES;
        let mut all = Vec::new();
        for ((at, name), outcome) in (0..).zip(names).zip(&cluster.outcomes) {
            let dir = root.join(name);
            fs::create_dir_all(&dir).unwrap();
            let shares: Vec<StoredShare> = outcome
                .validators
                .iter()
                .map(|it| StoredShare {
                    validator: it.public_key,
                    secret: it.share.clone(),
                })
                .collect();
            let group = Self::seated(chain, &dir, (lock, seed(at), &shares));
            let text = agreement.to_file().to_json();
            fs::write(dir.join("pool-agreement.json"), text).unwrap();
            all.push(group);
        }
        let places = names.iter().zip(&all);
        let places = places.map(|(name, it)| format!("{name} = [\"127.0.0.1:{}\"]\n", it.ports[0]));
        let peers = format!("[peers]\n{}", places.collect::<String>());
        for group in &mut all {
            group.peers.clone_from(&peers);
            group.configure("");
        }
        all[0].allow(50);
        all
    }

    /// One of a group: with this lock, this identity and these shares.
    fn seated(
        chain: &'a Chain,
        dir: &Path,
        (lock, identity, shares): (&Lock, [u8; 32], &[StoredShare]),
    ) -> Self {
        fs::write(dir.join("cluster-lock.json"), lock.to_json()).unwrap();
        let secrets = [
            ("identity.key", secret("gantry-identity-secret", identity)),
            ("keystore.secret", secret("gantry-keystore-secret", SEED)),
            ("node-account.json", NODE_KEYSTORE.to_owned()),
            ("node-account.password", NODE_PASSWORD.to_owned()),
        ];
        for (name, text) in secrets {
            write_secret(&dir.join(name), &text);
        }
        let master = MasterSecret::from_seed(&SEED, &lock.keystore_salt);
        store_all(&dir.join("keystores"), &master, shares).unwrap();
        record(dir, lock, &Identity::from_seed(&identity));
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        Self {
            chain,
            dir: dir.to_owned(),
            beacon: chain.beacon_url(),
            ports: free.map(|it| it.local_addr().unwrap().port()),
            peers: String::new(),
        }
    }

    /// The identity key of one of [`Group::together`].
    pub fn identity(at: usize) -> Identity {
        Identity::from_seed(&seed(at))
    }

    /// Where it listens for peers.
    pub fn listens(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[0]).into()
    }

    /// Its operator's own account has this key.
    pub fn keep_account(&self, key: &SigningKey) {
        let lock = fs::read_to_string(self.dir.join("cluster-lock.json")).unwrap();
        let lock = Lock::from_json(&lock).unwrap();
        let master = MasterSecret::from_seed(&SEED, &lock.keystore_salt);
        let account = ours(account_of(key));
        let password = master.account_password(&account);
        let sealed = (password.as_str(), &Draw::new().unwrap());
        let text = seal(&key.to_bytes().into(), &account, sealed);
        write_secret(&self.dir.join("account.json"), &text);
    }

    /// The operator allows so many gwei by unit of gas.
    pub fn allow(&self, gwei: u32) {
        self.configure(&format!(
            "[coordinator]\nnode_keystore = \"node-account.json\"\n\
             node_password_file = \"node-account.password\"\nmax_fee_gwei = {gwei}\n"
        ));
    }

    /// Writes its config, with this behind its usual keys.
    pub fn configure(&self, coordinator: &str) {
        let config = format!(
            "data_dir = {:?}\nsecret_file = \"keystore.secret\"\nbeacon_node = {:?}\n\
             listen = [\"127.0.0.1:{}\"]\nmetrics = \"127.0.0.1:{}\"\n{coordinator}{}",
            self.dir.display().to_string(),
            self.beacon,
            self.ports[0],
            self.ports[1],
            self.peers,
        );
        fs::write(self.dir.join("gantry.toml"), config).unwrap();
    }

    /// `gantry run`, with the execution node at this URL.
    pub fn command(&self, rpc: &str) -> Command {
        let mut run = Command::new(gantry());
        run.args(["run", "--config"]);
        run.arg(self.dir.join("gantry.toml"));
        run.env("GANTRY_EXECUTION_NODE", rpc);
        run.stdin(Stdio::null()).stdout(Stdio::null());
        run.stderr(Stdio::null());
        run
    }

    /// Its peer runs.
    pub fn run(&self) -> Peer {
        Peer::start(self.command(&self.chain.rpc))
    }

    /// What `gantry status` prints of it.
    pub fn status(&self) -> String {
        let mut status = Command::new(gantry());
        status.args(["status", "--config"]);
        let output = status.arg(self.dir.join("gantry.toml")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What was sent: the kind of each step, and the hashes of its transactions.
    pub fn sent(&self) -> Vec<(String, Vec<String>)> {
        let account = format!("{:#x}", who::NODE);
        let file = self.dir.join(format!("outbox/{account}-31337.json"));
        let Ok(text) = fs::read_to_string(file) else {
            return Vec::new();
        };
        let outbox: Value = serde_json::from_str(&text).unwrap();
        let entries = outbox["entries"].as_array().unwrap().iter();
        let entry = |entry: &Value| {
            let (kind, _) = entry["step"].as_str().unwrap().split_once(':').unwrap();
            let attempts = entry["attempts"].as_array().unwrap().iter();
            let hash = |it: &Value| it["transaction"].as_str().unwrap().to_owned();
            (kind.to_owned(), attempts.map(hash).collect())
        };
        entries.map(entry).collect()
    }

    /// How often the node account has sent, by the chain.
    pub async fn nonce(&self) -> u64 {
        let asked = json!([who::NODE, "latest"]);
        let nonce = self.chain.ask("eth_getTransactionCount", asked).await;
        u64::from_str_radix(&nonce.as_str().unwrap()[2..], 16).unwrap()
    }
}

/// What makes the identity of one of [`Group::together`].
fn seed(at: usize) -> [u8; 32] {
    let place = u8::try_from(at).unwrap() + 1;
    [TOGETHER ^ place; 32]
}

fn write_secret(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn secret(word: &str, bytes: [u8; 32]) -> String {
    format!("{word} {}\n", hex::encode(bytes))
}

/// The signing record, as the ceremony leaves it.
fn record(dir: &Path, lock: &Lock, identity: &Identity) {
    let held = DataLock::take(dir).unwrap();
    let keys: Vec<PublicKey> = lock.validators.iter().map(|it| it.public_key).collect();
    let mut history = History::default();
    history.add(Entry::Enrolled(keys)).unwrap();
    let owner = Owner {
        cluster: lock.hash(),
        identity: identity.public(),
    };
    Journal::create(Files::within(&held), owner, history).unwrap();
}
