//! The Rocket Pool of a devnet: stand-ins of its contracts on the devnet's own chain, and the
//! people around a group's node.
//!
//! | module | is |
//! |---|---|
//! | `accounts` | whose accounts there are, and that they send what they would send |
//! | `agreement` | the operators agree, each with the commands that one types |
//! | `money` | where every wei has come from and gone to |
//! | `owners` | the accounts of the operators, where they own the node account together |
//! | `steps` | how long what the node account does takes, where it is a Safe |
//! | `seen` | what `gantry pool plan` and `gantry pool status` say |
//!
//! Never here: what the node account sends. The peers do that.

mod accounts;
pub mod agreement;
mod money;
mod owners;
mod seen;
mod steps;

use std::path::PathBuf;

pub use accounts::{Account, Who};
pub use money::{Books, ETHER, in_ether};
pub use seen::{Planned, Seen, Shown};
pub use steps::Steps;

use crate::Error;
use crate::chain::Chain;
use crate::contracts::{BEACON_ROOTS, Contracts, Terms, compile, deploy_safe};
use crate::execution::Rpc;
use crate::place::Site;
use crate::plan::Plan;

/// How many epochs before a validator can be withdrawn its exit has to be proved. The real
/// contracts have 112: the devnet's validators leave sooner.
const NOTIFY_THRESHOLD: u64 = 2;
/// How many blocks have to stand on what a person sends before that person believes it: on a busy
/// machine the chain's end changes.
const DEPTH: u64 = 2;

/// The group's node account.
#[derive(Debug)]
enum NodeAccount {
    /// One account with a key, which the first peer has.
    Key,
    /// A Safe of all operators.
    Safe {
        /// The account of each, in the order of the definition.
        owners: Vec<String>,
        /// Where it is; nothing until all have agreed on it.
        address: String,
    },
}

/// Rocket Pool on the devnet's chain.
#[derive(Debug)]
pub struct RocketPool {
    /// Where the stand-ins are.
    pub contracts: Contracts,
    scripts: PathBuf,
    keys: PathBuf,
    rpc_url: String,
    node: NodeAccount,
    /// The block after which all of it is there. Before that is final, `gantry` knows no Rocket
    /// Pool: half of one is none.
    pub deployed: u64,
}

impl RocketPool {
    /// Where the node account is.
    pub fn node(&self) -> &str {
        match &self.node {
            NodeAccount::Key => Who::Node.account().address,
            NodeAccount::Safe { address, .. } => address,
        }
    }

    /// What the peer `i` is told of it in its config: the first one coordinates.
    pub fn config(&self, i: usize) -> Result<String, Error> {
        let own = format!("execution_node = \"{}\"\n", self.rpc_url);
        if i > 0 {
            return Ok(own);
        }
        if let NodeAccount::Safe { .. } = self.node {
            return Ok(format!("{own}\n[coordinator]\n"));
        }
        let (keystore, password) = self.node_keystore()?;
        Ok(format!(
            "{own}\n[coordinator]\nnode_keystore = \"{}\"\nnode_password_file = \"{}\"\n",
            keystore.display(),
            password.display()
        ))
    }

    /// Compiles the stand-ins and deploys them to `chain`, whose execution client has made a block.
    pub async fn deploy(plan: &Plan, site: &Site, chain: &Chain) -> Result<Self, Error> {
        let execution = chain.execution.as_ref().expect("the plan has a client");
        let rpc_url = execution.rpc_url.clone();
        let scripts = site.place.contracts();
        let keys = site.place.file("accounts");
        accounts::write_keys(&keys)?;
        let genesis = chain.api().genesis();
        let terms = Terms {
            slots_per_epoch: chain.api().slots_per_epoch(),
            slots_per_historical_root: plan.preset.historical_roots(),
            withdrawals: plan.preset.withdrawals(),
            capella_slot: 0,
            electra_slot: 0,
            genesis_time: genesis.genesis_time,
            genesis_validators_root: genesis.genesis_validators_root,
            notify_threshold: NOTIFY_THRESHOLD,
            depth: DEPTH,
            beacon_roots: BEACON_ROOTS,
        };
        let guardian = keys.join(Who::Guardian.account().name);
        let (from, url) = (scripts.clone(), rpc_url.clone());
        let with_safe = plan.node_safe;
        let contracts = apart(move || {
            compile(&from)?;
            if with_safe {
                deploy_safe(&from, &url, &guardian, DEPTH)?;
            }
            Contracts::deploy(&from, &url, &guardian, &terms)
        });
        let contracts = contracts.await?;
        let deployed = Rpc::new(&rpc_url).height().await?;
        Ok(Self {
            contracts,
            scripts,
            keys,
            rpc_url,
            node: NodeAccount::Key,
            deployed,
        })
    }

    fn rpc(&self) -> Rpc {
        Rpc::new(&self.rpc_url)
    }

    /// The number of the newest block.
    pub async fn height(&self) -> Result<u64, Error> {
        self.rpc().height().await
    }

    /// Whether the chain cannot turn away from this block any more.
    pub async fn is_final(&self, block: u64) -> Result<bool, Error> {
        Ok(self.rpc().finalised().await? >= block)
    }
}

/// Waits for work of another program without keeping this one from hearing Ctrl-C.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::Unexpected(format!("a thread ended: {error}"))))
}
