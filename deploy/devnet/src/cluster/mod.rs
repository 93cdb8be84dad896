//! The cluster: identities, the definition, the ceremony, the deposit; all through the `gantry`
//! command, as operators would.

mod running;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use proto::definition::Definition;
use proto::lock::Lock;
use proto::{PublicKey, Root};
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::chain::{Foundation, GenesisValidator};
use crate::children::{Child, output, stop_all};
use crate::execution::{CHAIN_ID, DEPOSIT_CONTRACT, FUNDED_KEY};
use crate::peer::Peer;
use crate::place::Site;
use crate::plan::{Entry, Plan};

/// Whom the stake returns to and whom blocks pay: an address of the devnet without a key.
const OWNER: &str = "0x1111111111111111111111111111111111111111";
/// The longest a ceremony may take, whatever its size.
const CEREMONY: Duration = Duration::from_secs(300);
/// How often progress is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// What the definition says about the chain.
#[derive(Debug, Clone)]
pub struct ChainTerms {
    /// Chain id of the execution chain.
    pub chain_id: u64,
    pub genesis_validators_root: Root,
    /// Where deposits go.
    pub deposit_contract: String,
}

impl ChainTerms {
    /// Of the chain that is to be built on `foundation`.
    pub fn of(foundation: &Foundation) -> Self {
        let genesis_validators_root = foundation.genesis_validators_root;
        match &foundation.execution {
            Some(execution) => Self {
                chain_id: execution.chain_id,
                genesis_validators_root,
                deposit_contract: execution.deposit_contract.clone(),
            },
            None => Self::mock(genesis_validators_root),
        }
    }

    /// Of a chain without an execution client.
    pub fn mock(genesis_validators_root: Root) -> Self {
        Self {
            chain_id: CHAIN_ID,
            genesis_validators_root,
            deposit_contract: DEPOSIT_CONTRACT.to_owned(),
        }
    }
}

/// A cluster whose definition all operators have signed.
#[derive(Debug)]
pub struct Cluster {
    /// Its peers, in the definition's order.
    pub peers: Vec<Peer>,
    definition: PathBuf,
}

impl Cluster {
    /// Makes identities and keystore secrets, and a definition that all have signed; writes each
    /// peer's config, with the beacon nodes at `beacon_urls(position)`.
    pub fn found(
        plan: &Plan,
        site: &Site,
        terms: &ChainTerms,
        beacon_urls: impl Fn(usize) -> Vec<String>,
    ) -> Result<Self, Error> {
        let mut peers = Vec::new();
        let mut operators = Vec::new();
        for i in 0..plan.size.peers() {
            let name = format!("peer{}", i + 1);
            let peer = Peer::new(
                name,
                site.place.file(&format!("peer{}", i + 1)),
                site.ports.metrics(i),
            );
            let dir = peer.dir.as_path();
            let key = gantry(site, ["identity", "new", "--dir"], [dir])?;
            let secret = dir.join("keystore.secret");
            gantry(site, ["keystore", "secret", "--out"], [secret.as_path()])?;
            write_config(&peer, site, i, &beacon_urls(i))?;
            let address = format!("127.0.0.1:{}", site.ports.reached(plan, i));
            operators.push(format!("{}={}@{address}", peer.name, key.trim()));
            peers.push(peer);
        }
        let definition = site.place.file("cluster-definition.json");
        let mut define = Command::new(site.place.gantry());
        define
            .args(definition_flags(plan, terms, &operators))
            .arg("--out")
            .arg(&definition);
        output("gantry cluster new", &mut define)?;
        let hash = definition_hash(&definition)?.to_string();
        for peer in &peers {
            let sign = ["cluster", "sign", "--hash", &hash, "--dir"];
            gantry(site, sign, [peer.dir.as_path(), definition.as_path()])?;
        }
        gantry(
            site,
            ["cluster", "show", "--complete"],
            [definition.as_path()],
        )?;
        Ok(Self { peers, definition })
    }

    /// Adds these lines to the config of the peer `i`, for when it is started the next time.
    pub fn configure(&self, i: usize, lines: &str) -> Result<(), Error> {
        let path = self.peers[i].config();
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        fs::write(&path, format!("{text}{lines}")).map_err(Error::file(&path))
    }

    /// Runs `gantry dkg` for every peer at once, until all have finished. `say` hears who has not.
    pub async fn ceremony(&self, site: &Site, say: impl Fn(&str)) -> Result<(), Error> {
        let definition = self.definition.display().to_string();
        let mut running = Vec::new();
        for peer in &self.peers {
            let arguments = ["dkg", "--definition", &definition];
            running.push(peer.command(site, &site.children, &arguments)?);
        }
        let began = Instant::now();
        let mut told = running.len() + 1;
        loop {
            let mut waiting = Vec::new();
            for child in &mut running {
                match child.ended() {
                    None => waiting.push(child.name().to_owned()),
                    Some(status) if status.success() => {}
                    Some(status) => return Err(child.failure(format!("failed ({status})"))),
                }
            }
            if waiting.is_empty() {
                return Ok(());
            }
            if waiting.len() < told {
                told = waiting.len();
                say(&format!("{} of {} running", waiting.len(), running.len()));
            }
            if began.elapsed() > CEREMONY {
                stop_all(&mut running.iter_mut().collect::<Vec<_>>()).await;
                return Err(Error::TooLate {
                    what: format!("the ceremony of {}", waiting.join(", ")),
                    seconds: CEREMONY.as_secs(),
                    logs: site.children.logs().to_path_buf(),
                });
            }
            sleep(LOOK).await;
        }
    }

    /// The lock that the ceremony wrote; all peers must have the same.
    pub fn lock(&self) -> Result<Lock, Error> {
        let mut locks = Vec::new();
        for peer in &self.peers {
            let path = peer.dir.join("cluster-lock.json");
            let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
            let lock = Lock::from_json(&text);
            locks.push(lock.map_err(|e| Error::Unexpected(format!("{}: {e}", path.display())))?);
        }
        let hashes: BTreeSet<Root> = locks.iter().map(Lock::hash).collect();
        match (hashes.len(), locks.pop()) {
            (1, Some(lock)) => Ok(lock),
            (several, _) => Err(Error::Unexpected(format!(
                "the peers wrote {several} locks"
            ))),
        }
    }

    /// The group keys, in the lock's order.
    pub fn keys(&self) -> Result<Vec<PublicKey>, Error> {
        Ok(self
            .lock()?
            .validators
            .iter()
            .map(|validator| validator.public_key)
            .collect())
    }

    /// What registers the cluster's validators in a genesis state with a mock engine: keys and
    /// credentials without an address, since the mock pays no withdrawals.
    pub fn for_genesis(&self) -> Result<Vec<GenesisValidator>, Error> {
        let register = |pubkey: PublicKey| {
            let mut credentials = [0; 32];
            credentials[1..].copy_from_slice(&pubkey.as_bytes()[..31]);
            GenesisValidator {
                pubkey,
                withdrawal_credentials: credentials.into(),
            }
        };
        Ok(self.keys()?.into_iter().map(register).collect())
    }

    /// Sends the deposits with `gantry deposit` from the genesis' funded account, and waits until
    /// they are mined.
    pub async fn deposit(&self, site: &Site, rpc_url: &str) -> Result<(), Error> {
        let dir = &self.peers[0].dir;
        let key = site.place.file("funded.key");
        fs::write(&key, FUNDED_KEY).map_err(Error::file(&key))?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).map_err(Error::file(&key))?;
        let mut command = Command::new(site.place.gantry());
        command
            .arg("deposit")
            .arg(deposit_file(dir)?)
            .args(["--rpc", rpc_url, "--yes"]);
        command
            .arg("--key-file")
            .arg(key)
            .arg("--lock")
            .arg(dir.join("cluster-lock.json"));
        let mut child = site.children.start("deposit", command)?;
        wait_for_end(&mut child).await
    }
}

/// The withdrawal credentials of the cluster's validators: 0x01 and the owner's address.
pub fn credentials() -> Root {
    let mut bytes = [0x11; 32];
    bytes[..12].fill(0);
    bytes[0] = 1;
    bytes.into()
}

/// The hash of the definition in this file: what its operators sign.
fn definition_hash(file: &Path) -> Result<Root, Error> {
    let text = fs::read_to_string(file).map_err(Error::file(file))?;
    let definition = Definition::from_json(&text);
    let refused = |error| Error::Unexpected(format!("{}: {error}", file.display()));
    Ok(definition.map_err(refused)?.hash())
}

/// Runs a `gantry` command to its end and answers with what it printed.
fn gantry<const W: usize, const P: usize>(
    site: &Site,
    words: [&str; W],
    paths: [&Path; P],
) -> Result<String, Error> {
    let mut command = Command::new(site.place.gantry());
    command.args(words).args(paths);
    output(&format!("gantry {}", words.join(" ")), &mut command)
}

fn definition_flags(plan: &Plan, terms: &ChainTerms, operators: &[String]) -> Vec<String> {
    let version = format!("0x{}", hex::encode(plan.preset.genesis_fork_version()));
    let chain_id = terms.chain_id.to_string();
    let root = terms.genesis_validators_root.to_string();
    let validators = plan.validators.to_string();
    let mut flags = vec!["cluster", "new", "--name", "devnet", "--chain", "devnet"];
    flags.extend(["--chain-id", &chain_id, "--genesis-fork-version", &version]);
    flags.extend(["--genesis-validators-root", &root]);
    flags.extend(["--deposit-contract", &terms.deposit_contract]);
    flags.extend(["--validators", &validators]);
    let owner = match plan.entry {
        Entry::Deposit | Entry::Genesis => OWNER,
        Entry::RocketPool => "later",
    };
    flags.extend(["--withdrawal", owner, "--fee-recipient", owner]);
    for operator in operators {
        flags.extend(["--operator", operator]);
    }
    flags.into_iter().map(str::to_owned).collect()
}

fn write_config(peer: &Peer, site: &Site, i: usize, beacon_urls: &[String]) -> Result<(), Error> {
    let beacon = match beacon_urls {
        [only] => format!("beacon_node = \"{only}\""),
        several => format!("beacon_nodes = {several:?}"),
    };
    let text = format!(
        "{beacon}\n\
         data_dir = \"{}\"\n\
         secret_file = \"keystore.secret\"\n\
         listen = [\"127.0.0.1:{}\"]\n\
         metrics = \"127.0.0.1:{}\"\n\
         graffiti = \"gantry devnet {}\"\n",
        peer.dir.display(),
        site.ports.peer(i),
        site.ports.metrics(i),
        peer.name,
    );
    let path = peer.config();
    fs::write(&path, text).map_err(Error::file(&path))
}

/// The deposit file that the ceremony wrote: `deposit-data*.json` or a name like it.
fn deposit_file(dir: &Path) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(dir).map_err(Error::file(dir))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let is_it = |path: &PathBuf| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.starts_with("deposit") && name.ends_with(".json")
    };
    let missing = || Error::Unexpected(format!("no deposit*.json in {}", dir.display()));
    paths.filter(is_it).max().ok_or_else(missing)
}

async fn wait_for_end(child: &mut Child) -> Result<(), Error> {
    loop {
        match child.ended() {
            None => sleep(LOOK).await,
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(child.failure(format!("failed ({status})"))),
        }
    }
}
