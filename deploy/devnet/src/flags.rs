//! The command line of the devnet, turned into a [`Plan`].

use std::path::PathBuf;

use clap::Parser;
use proto::ClusterSize;

use crate::Error;
use crate::execution::write_genesis;
use crate::plan::{BeaconNodes, Blow, Engine, Entry, Fork, PeerAtEpoch, Plan, Preset, Strike};

/// Starts a real devnet and a cluster of gantry peers on it, and shows their duties.
#[derive(Debug, Parser)]
#[command(name = "devnet", version)]
pub struct Flags {
    /// Watch N epochs of duties, then end: with exit code 0 only if the chain shows all that was
    /// expected. Without it the devnet runs until Ctrl-C, and the epochs shown until then count.
    #[arg(long, value_name = "N")]
    for_epochs: Option<u64>,
    /// How many peers, 3 to 13.
    #[arg(long, value_name = "N", default_value_t = 4)]
    peers: usize,
    /// How many validators the cluster makes.
    #[arg(long, value_name = "K", default_value_t = 8)]
    validators: usize,
    /// The length of a slot in milliseconds; whole seconds unless the engine is a mock. Without it
    /// 2000, or 1000 with --rocketpool.
    #[arg(long, value_name = "MS")]
    slot_ms: Option<u64>,
    /// The sizes of the chain: 8 or 32 slots an epoch.
    #[arg(long, value_enum, default_value_t = Preset::Minimal)]
    preset: Preset,
    /// The fork at genesis. The npm execution client stops at Electra.
    #[arg(long, value_enum, default_value_t = Fork::Electra)]
    fork: Fork,
    /// One beacon node for all peers, one each, or two that all name.
    #[arg(long, value_enum, default_value_t = BeaconNodes::Shared)]
    beacon_nodes: BeaconNodes,
    /// Put the cluster's validators into the genesis state: no deposit, no waiting, mock engine
    /// unless --execution-url is given.
    #[arg(long)]
    in_genesis: bool,
    /// Let the chain cross from Electra to Fulu at the start of this epoch.
    #[arg(long, value_name = "EPOCH", conflicts_with = "load")]
    fulu_at: Option<u64>,
    /// Let blocks carry only what the cluster aggregates and contributes: all other validators vote
    /// and do no more.
    #[arg(long, conflicts_with_all = ["rocketpool", "load"])]
    sums_alone: bool,
    /// Let the validators be those of a megapool at Rocket Pool, whose contracts are stand-ins on
    /// the devnet's chain, and live through their whole life: the node's founding, deposits, duties
    /// until one has proposed, rewards, exits, and the ether back at the withdrawal address. Then
    /// it ends, with exit code 0 if every wei is where it should be.
    #[arg(long, conflicts_with_all = ["in_genesis", "load", "for_epochs", "delay_ms"])]
    rocketpool: bool,
    /// Let the node account be a Safe of an account of each operator, with Safe's own contracts:
    /// every peer signs for it, and any may send.
    #[arg(long, requires = "rocketpool")]
    safe: bool,
    /// Only write, to this file, the genesis from which another execution client must start for
    /// --execution-url and this --fork.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["execution_url", "load"])]
    execution_genesis: Option<PathBuf>,
    /// Engine API of a running execution client at block 0, instead of the npm one: see
    /// "Another execution client" in deploy/devnet/README.md.
    #[arg(long, value_name = "URL", requires_all = ["jwt", "execution_rpc"])]
    execution_url: Option<String>,
    /// JSON RPC of that client.
    #[arg(long, value_name = "URL", requires = "execution_url")]
    execution_rpc: Option<String>,
    /// File with the secret of that client's engine API, in hex.
    #[arg(long, value_name = "FILE", requires = "execution_url")]
    jwt: Option<PathBuf>,
    /// SIGKILL to a peer (from 1) at the start of a duty epoch (from 1). May be repeated.
    #[arg(long, value_name = "PEER@EPOCH")]
    kill: Vec<PeerAtEpoch>,
    /// Start a peer again at the start of a duty epoch; SIGKILL first if it runs. May be repeated.
    #[arg(long, value_name = "PEER@EPOCH")]
    restart: Vec<PeerAtEpoch>,
    /// Instead of a chain, a stand-in beacon node that gives K validators K/32 attestations a
    /// slot, no proposals, and checks every signature: for figures at scale.
    #[arg(long, value_name = "K", conflicts_with_all = [
        "validators", "preset", "fork", "beacon_nodes", "in_genesis", "execution_url",
    ])]
    load: Option<usize>,
    /// Let the first peer make proofs of a state of N validators beside its duties, one after the
    /// other, in every second and third of four epochs: for what that costs them.
    #[arg(long, value_name = "N", requires = "load")]
    prove: Option<u64>,
    /// Let everything that one peer sends to another be on its way for so long, each way.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay_ms: u64,
    /// Write the report (JSON) to this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The first of a hundred ports on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 19500)]
    port_base: u16,
    /// Where logs and data go; made, or emptied if a devnet made it.
    #[arg(long, value_name = "DIR", default_value = "target/devnet")]
    dir: PathBuf,
    /// The gantry binary; by default the one beside this program.
    #[arg(long, value_name = "FILE")]
    gantry: Option<PathBuf>,
    /// The directory of the scripts of beacon node and execution client.
    #[arg(long, value_name = "DIR", default_value = "deploy/devnet")]
    scripts: PathBuf,
}

/// What is run, and where it is found and written.
#[derive(Debug)]
pub struct Order {
    /// The chain and the cluster.
    pub plan: Plan,
    /// A stand-in beacon node instead of the chain.
    pub load: bool,
    pub report: Option<PathBuf>,
    /// The first port.
    pub port_base: u16,
    /// The directory of the run.
    pub dir: PathBuf,
    /// The `gantry` binary.
    pub gantry: PathBuf,
    /// `deploy/devnet`.
    pub scripts: PathBuf,
}

impl Flags {
    /// Writes the genesis that was asked for instead of a devnet; `false` if none was.
    pub fn write_genesis(&self) -> Result<bool, Error> {
        let Some(file) = &self.execution_genesis else {
            return Ok(false);
        };
        let script = self.scripts.join("execution/genesis.mjs");
        write_genesis(&script, self.fork, file)?;
        Ok(true)
    }

    /// The order these flags give.
    ///
    /// # Errors
    /// Names the flags that cannot work together, or values out of range.
    pub fn order(self) -> Result<Order, Error> {
        let beside = std::env::current_exe().map_err(Error::file("this program"))?;
        let gantry = self
            .gantry
            .clone()
            .unwrap_or_else(|| beside.with_file_name("gantry"));
        let gantry = gantry.canonicalize().unwrap_or(gantry);
        Ok(Order {
            plan: self.plan()?,
            load: self.load.is_some(),
            report: self.report,
            port_base: self.port_base,
            dir: self.dir,
            gantry,
            scripts: self.scripts,
        })
    }

    fn plan(&self) -> Result<Plan, Error> {
        let slot_ms = self
            .slot_ms
            .unwrap_or(if self.rocketpool { 1000 } else { 2000 });
        if self.load.is_none() && !slot_ms.is_multiple_of(1000) {
            return Err(Error::Refused(format!(
                "--slot-ms {slot_ms}: blocks carry whole seconds; choose a multiple of 1000, or \
                 --load",
            )));
        }
        let size = ClusterSize::of(self.peers);
        let size = size.map_err(|e| Error::Refused(format!("--peers {}: {e}", self.peers)))?;
        let strikes = |list: &[PeerAtEpoch], blow| -> Vec<Strike> {
            let strike = |at: &PeerAtEpoch| Strike {
                peer: at.peer - 1,
                epoch: at.epoch,
                blow,
            };
            list.iter().map(strike).collect()
        };
        let kills = strikes(&self.kill, Blow::Kill);
        let plan = Plan {
            size,
            validators: self.load.unwrap_or(self.validators),
            slot_ms,
            preset: if self.load.is_some() {
                Preset::Mainnet
            } else {
                self.preset
            },
            fork: self.fork,
            fulu_at: self.fulu_at,
            beacon_nodes: self.beacon_nodes,
            engine: self.engine(),
            builder: None,
            entry: match self.in_genesis || self.load.is_some() {
                true => Entry::Genesis,
                false if self.rocketpool => Entry::RocketPool,
                false => Entry::Deposit,
            },
            node_safe: self.safe,
            sums_alone: self.sums_alone,
            strikes: [kills, strikes(&self.restart, Blow::Restart)].concat(),
            delay_ms: self.delay_ms,
            prove: self.prove,
            for_epochs: self.for_epochs,
        };
        plan.check()
    }

    fn engine(&self) -> Engine {
        match (&self.execution_url, &self.execution_rpc, &self.jwt) {
            (Some(engine_url), Some(rpc_url), Some(jwt)) => Engine::External {
                engine_url: engine_url.clone(),
                rpc_url: rpc_url.clone(),
                jwt: jwt.clone(),
            },
            // clap lets all three through together or none.
            _ if self.in_genesis || self.load.is_some() => Engine::Mock,
            _ => Engine::Npm,
        }
    }
}

#[cfg(test)]
mod tests;
