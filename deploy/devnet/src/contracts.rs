//! The stand-ins of Rocket Pool's contracts (`contracts/`): compiled, and put onto a chain.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proto::Root;
use serde::Serialize;

use crate::Error;
use crate::children::output;

/// The contract that knows the roots of beacon blocks (EIP-4788).
pub const BEACON_ROOTS: &str = "0x000f3df6d732807ef1319fb7b8bb8522d0beac02";

/// What the stand-ins are told of the beacon chain that is proved from; the real ones have
/// mainnet's in their code.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    pub slots_per_epoch: u64,
    /// `SLOTS_PER_HISTORICAL_ROOT` of the preset.
    pub slots_per_historical_root: u64,
    /// `MAX_WITHDRAWALS_PER_PAYLOAD` of the preset.
    pub withdrawals: u64,
    /// The first slot of Capella.
    pub capella_slot: u64,
    /// The first slot of Electra.
    pub electra_slot: u64,
    /// Unix seconds.
    pub genesis_time: u64,
    pub genesis_validators_root: Root,
    /// How many epochs before a validator is withdrawable its exit has to be proved.
    pub notify_threshold: u64,
    /// How many blocks have to stand on the last deployment.
    pub depth: u64,
    /// [`BEACON_ROOTS`].
    pub beacon_roots: &'static str,
}

/// Where each contract is, by its name in RocketStorage.
#[derive(Debug, Clone)]
pub struct Contracts(BTreeMap<String, String>);

/// Compiles the stand-ins in `contracts`, unless they have not changed since the last time.
pub fn compile(contracts: &Path) -> Result<(), Error> {
    let mut command = script(contracts, "chain.mjs");
    output("chain.mjs", command.arg("compile")).map(drop)
}

impl Contracts {
    /// Deploys what [`compile`] made, from the account whose key is in the file `key`.
    pub fn deploy(
        contracts: &Path,
        rpc_url: &str,
        key: &Path,
        terms: &Terms,
    ) -> Result<Self, Error> {
        let terms = serde_json::to_string(terms).expect("numbers and roots are text");
        let mut command = script(contracts, "chain.mjs");
        command.args(["deploy", rpc_url]).arg(key);
        let printed = output("chain.mjs", command.arg(terms))?;
        let found = serde_json::from_str(&printed);
        found
            .map(Self)
            .map_err(|error| Error::Unexpected(format!("chain.mjs printed {printed:?}: {error}")))
    }

    /// Where a contract is.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn at(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("there is no stand-in for {name}"))
    }
}

/// Deploys Safe's contracts to the addresses that they have on every chain, from the account whose
/// key is in the file `key`; `depth` blocks have to stand on each.
///
/// # Errors
/// If they cannot be.
pub fn deploy_safe(contracts: &Path, rpc_url: &str, key: &Path, depth: u64) -> Result<(), Error> {
    let mut command = script(contracts, "chain.mjs");
    command.args(["safe", rpc_url]).arg(key);
    output("chain.mjs", command.arg(depth.to_string())).map(drop)
}

/// A script in that directory, which finds its packages there.
pub(crate) fn script(contracts: &Path, name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(contracts.join(name)).current_dir(contracts);
    command
}
