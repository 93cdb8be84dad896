//! What is to be started: values that are known to work together.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use proto::ClusterSize;

use crate::Error;
use crate::load::ROUND;

/// How many validators the state may have of which proofs are made: all of the cluster, and what
/// fits into 4 GiB.
const PROVABLE: RangeInclusive<u64> = 1000..=10_000_000;
/// As many validators as one transaction deposits at Rocket Pool.
const MOST_AT_ROCKET_POOL: usize = 25;

/// The sizes of the chain: Ethereum's own, or the small ones for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// 8 slots an epoch.
    Minimal,
    /// 32 slots an epoch.
    Mainnet,
}

impl Preset {
    /// As `LODESTAR_PRESET` and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Mainnet => "mainnet",
        }
    }

    /// `GENESIS_FORK_VERSION` of the preset's published configuration.
    pub fn genesis_fork_version(self) -> [u8; 4] {
        match self {
            Self::Minimal => [0, 0, 0, 1],
            Self::Mainnet => [0, 0, 0, 0],
        }
    }

    /// `SLOTS_PER_HISTORICAL_ROOT`.
    pub fn historical_roots(self) -> u64 {
        match self {
            Self::Minimal => 64,
            Self::Mainnet => 8192,
        }
    }

    /// `EPOCHS_PER_SYNC_COMMITTEE_PERIOD`.
    pub fn sync_period(self) -> u64 {
        match self {
            Self::Minimal => 8,
            Self::Mainnet => 256,
        }
    }

    /// `MAX_WITHDRAWALS_PER_PAYLOAD`.
    pub fn withdrawals(self) -> u64 {
        match self {
            Self::Minimal => 4,
            Self::Mainnet => 16,
        }
    }
}

/// The fork that is active from genesis on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fork {
    /// Electra (with Prague on the execution chain).
    Electra,
    /// Fulu (with Osaka).
    Fulu,
}

impl Fork {
    /// As the Beacon API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Electra => "electra",
            Self::Fulu => "fulu",
        }
    }
}

/// How many beacon nodes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BeaconNodes {
    /// One for all peers.
    Shared,
    /// One for each peer, linked with each other.
    Each,
    /// Two that all peers name; every other peer prefers the second.
    Pair,
}

/// Who executes payloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// The npm execution client, started here.
    Npm,
    /// Any other client, already running on a chain of its own.
    External {
        /// Its engine API.
        engine_url: String,
        /// Its JSON RPC.
        rpc_url: String,
        /// The file with the secret of the engine API.
        jwt: PathBuf,
    },
    /// Nobody: the beacon node's mock. No deposits are possible.
    Mock,
}

/// How the cluster's validators come into the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Through the deposit contract, once the chain runs.
    Deposit,
    /// In the genesis state.
    Genesis,
    /// As validators of a megapool at Rocket Pool, once the chain runs.
    RocketPool,
}

/// What is done to a peer, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// The peer's position in the definition, from 0.
    pub peer: usize,
    /// The duty epoch at whose start it happens, counted from 1.
    pub epoch: u64,
    /// What happens.
    pub blow: Blow,
}

/// What can be done to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL, and it stays down.
    Kill,
    /// Start it again; SIGKILL first, if it runs.
    Restart,
}

/// `PEER@EPOCH` on the command line: peers from 1, duty epochs from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAtEpoch {
    /// The peer, from 1.
    pub peer: usize,
    /// The duty epoch, from 1.
    pub epoch: u64,
}

impl FromStr for PeerAtEpoch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected PEER@EPOCH, both counted from 1, as in 2@3; got {text:?}");
        let (peer, epoch) = text.split_once('@').ok_or_else(wrong)?;
        let at = Self {
            peer: peer.parse().map_err(|_| wrong())?,
            epoch: epoch.parse().map_err(|_| wrong())?,
        };
        if at.peer == 0 || at.epoch == 0 {
            Err(wrong())
        } else {
            Ok(at)
        }
    }
}

/// A chain and a cluster that can exist. Made from the flags, or by a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How many peers, and their quorums.
    pub size: ClusterSize,
    /// How many validators the cluster makes, 1 or more.
    pub validators: usize,
    /// The length of a slot in milliseconds.
    pub slot_ms: u64,
    /// The sizes of the chain.
    pub preset: Preset,
    /// The fork at genesis.
    pub fork: Fork,
    /// The epoch in which an Electra chain crosses to Fulu, if it does.
    pub fulu_at: Option<u64>,
    /// One beacon node or one a peer.
    pub beacon_nodes: BeaconNodes,
    /// Who executes.
    pub engine: Engine,
    /// The address of a relay whose bids the peers' beacon nodes take, if there is one. The relay
    /// has a node of its own: one that asked the node that asks it would wait for itself, and what
    /// a node has built it shows whatever the relay keeps back.
    pub builder: Option<String>,
    /// Deposit or genesis.
    pub entry: Entry,
    /// Whether the node account at Rocket Pool is a Safe of all operators, and not one account with
    /// a key.
    pub node_safe: bool,
    /// Whether blocks carry only what the cluster has aggregated and contributed: the interop
    /// validators vote and do no more.
    pub sums_alone: bool,
    /// What is done to peers, in the order of the flags.
    pub strikes: Vec<Strike>,
    /// How long whatever one peer sends to another is on its way, in milliseconds; 0 for as short
    /// as the machine makes it.
    pub delay_ms: u64,
    /// The validators of the state of which a peer makes proofs beside its duties, if it does.
    pub prove: Option<u64>,
    /// How many epochs of duties to watch; for ever without it.
    pub for_epochs: Option<u64>,
}

impl Plan {
    /// Four peers, `validators` validators, deposits on an Electra chain of the minimal preset
    /// with slots of one second, one shared beacon node.
    ///
    /// # Panics
    /// Never: four peers are a cluster.
    pub fn small(validators: usize) -> Self {
        Self {
            size: ClusterSize::of(4).expect("four peers are a cluster"),
            validators,
            slot_ms: 1000,
            preset: Preset::Minimal,
            fork: Fork::Electra,
            fulu_at: None,
            beacon_nodes: BeaconNodes::Shared,
            engine: Engine::Npm,
            builder: None,
            entry: Entry::Deposit,
            node_safe: false,
            sums_alone: false,
            strikes: Vec::new(),
            delay_ms: 0,
            prove: None,
            for_epochs: None,
        }
    }

    /// How many interop validators run beside the cluster: with three quarters of the stake they
    /// finalise without it, and there is one in nearly every committee.
    pub fn interop_validators(&self) -> usize {
        (3 * self.validators).next_multiple_of(8).max(64)
    }

    /// How many beacon nodes are started: with a relay one more, the last, which no peer names.
    pub fn beacon_node_count(&self) -> usize {
        let named = match self.beacon_nodes {
            BeaconNodes::Shared => 1,
            BeaconNodes::Each => self.size.peers(),
            BeaconNodes::Pair => 2,
        };
        named + usize::from(self.builder.is_some())
    }

    /// The relay that the beacon node `i` asks, if there is one: that of the relay asks none.
    pub fn builder_of(&self, i: usize) -> Option<&str> {
        let is_named = i + 1 < self.beacon_node_count();
        self.builder.as_deref().filter(|_| is_named)
    }

    /// The beacon nodes that the peer `i` names, in its order, each by its number from 0.
    pub fn beacon_nodes_of(&self, i: usize) -> Vec<usize> {
        match self.beacon_nodes {
            BeaconNodes::Shared => vec![0],
            BeaconNodes::Each => vec![i],
            BeaconNodes::Pair => vec![i % 2, (i + 1) % 2],
        }
    }

    /// The plan, if its parts can work together.
    ///
    /// # Errors
    /// Names the flags that contradict each other and says what would work.
    pub fn check(self) -> Result<Self, Error> {
        let refuse = |text: String| Err(Error::Refused(text));
        if self.validators == 0 || self.validators > 1000 {
            return refuse("--validators: choose 1 to 1000".to_owned());
        }
        if !(200..=60_000).contains(&self.slot_ms) {
            return refuse("--slot-ms: choose 200 to 60000".to_owned());
        }
        if self.delay_ms > 1000 {
            return refuse("--delay-ms: choose 0 to 1000".to_owned());
        }
        self.check_proofs()?;
        if self.fulu_at.is_some() && (self.fork != Fork::Electra || self.engine == Engine::Npm) {
            return refuse(
                "--fulu-at: a chain that begins with Electra and an engine that knows Fulu cross \
                 to it; leave --fork out, and add --in-genesis (mock engine) or name another \
                 client with --execution-url"
                    .to_owned(),
            );
        }
        if self.engine != Engine::Mock && !self.slot_ms.is_multiple_of(1000) {
            return refuse(format!(
                "--slot-ms {}: an execution client counts whole seconds; choose a multiple of \
                 1000",
                self.slot_ms
            ));
        }
        match (self.fork, &self.engine, self.entry) {
            (Fork::Fulu, Engine::Npm, _) => refuse(
                "--fork fulu: the npm execution client stops at Electra; add --in-genesis (mock \
                 engine), or start another client from --execution-genesis and name it with \
                 --execution-url"
                    .to_owned(),
            ),
            (_, Engine::Mock, Entry::Deposit) => {
                refuse("a mock engine takes no deposits; add --in-genesis".to_owned())
            }
            (_, Engine::Mock, Entry::RocketPool) => {
                refuse("a mock engine has no contracts; leave --in-genesis out".to_owned())
            }
            (_, _, Entry::RocketPool) if self.validators > MOST_AT_ROCKET_POOL => refuse(format!(
                "--rocketpool: choose up to {MOST_AT_ROCKET_POOL} with --validators"
            )),
            (
                Fork::Electra | Fork::Fulu,
                Engine::Npm | Engine::External { .. } | Engine::Mock,
                _,
            ) => self.check_strikes(),
        }
    }

    fn check_proofs(&self) -> Result<(), Error> {
        let Some(validators) = self.prove else {
            return Ok(());
        };
        if !PROVABLE.contains(&validators) {
            let (least, most) = (PROVABLE.start(), PROVABLE.end());
            return Err(Error::Refused(format!("--prove: choose {least} to {most}")));
        }
        if self
            .for_epochs
            .is_some_and(|epochs| !epochs.is_multiple_of(ROUND))
        {
            return Err(Error::Refused(format!(
                "--prove: epochs with proofs and without come in rounds of {ROUND}; choose a \
                 multiple of that with --for-epochs"
            )));
        }
        Ok(())
    }

    fn check_strikes(self) -> Result<Self, Error> {
        let n = self.size.peers();
        for strike in &self.strikes {
            if strike.peer >= n {
                let peer = strike.peer + 1;
                let text = format!("--kill/--restart {peer}: there are peers 1 to {n} only");
                return Err(Error::Refused(text));
            }
            if self.for_epochs.is_some_and(|epochs| strike.epoch > epochs) {
                let text = format!(
                    "--kill/--restart in duty epoch {}: --for-epochs ends before it",
                    strike.epoch
                );
                return Err(Error::Refused(text));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
