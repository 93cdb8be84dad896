//! Accounts of the execution chain: the group's, and those of other people. Their keys are those of
//! the well-known test mnemonic, so everybody has them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{DEPTH, RocketPool, apart};
use crate::Error;
use crate::children::{Child, output};
use crate::contracts::script;
use crate::execution::FUNDED_KEY;
use crate::place::Site;

/// What opens the node account's keystore.
const PASSWORD: &str = "a devnet keeps no secrets";

/// Who has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Deploys the contracts, and has all the ether at first.
    Guardian,
    /// The group's node account.
    Node,
    /// Where the group's ether goes.
    Withdrawal,
    /// Where the group's RPL goes.
    RplWithdrawal,
    /// Mints rETH: lends Rocket Pool its ether.
    Saver,
    /// Pays for being in the next block.
    Hasty,
}

/// An account.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    /// The file of its key.
    pub name: &'static str,
    pub address: &'static str,
    key: &'static str,
}

impl Who {
    pub const ALL: [Self; 6] = [
        Self::Guardian,
        Self::Node,
        Self::Withdrawal,
        Self::RplWithdrawal,
        Self::Saver,
        Self::Hasty,
    ];

    pub fn account(self) -> Account {
        let (name, address, key) = match self {
            Self::Guardian => (
                "guardian",
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
                FUNDED_KEY,
            ),
            Self::Node => (
                "node",
                "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
            ),
            Self::Withdrawal => (
                "withdrawal",
                "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
                "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
            ),
            Self::RplWithdrawal => (
                "rpl-withdrawal",
                "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
                "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
            ),
            Self::Saver => (
                "saver",
                "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
                "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
            ),
            Self::Hasty => (
                "hasty",
                "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
                "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
            ),
        };
        Account { name, address, key }
    }
}

/// Writes every key to a file of its own in `dir`.
pub(super) fn write_keys(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(Error::file(dir))?;
    for who in Who::ALL {
        let Account { name, key, .. } = who.account();
        write_secret(&dir.join(name), key)?;
    }
    write_secret(&dir.join("password"), PASSWORD)
}

fn write_secret(file: &Path, text: &str) -> Result<(), Error> {
    fs::write(file, text).map_err(Error::file(file))?;
    let own = fs::Permissions::from_mode(0o600);
    fs::set_permissions(file, own).map_err(Error::file(file))
}

impl RocketPool {
    /// The node account as a wallet keeps it: its keystore (version 3), and what opens it.
    pub fn node_keystore(&self) -> Result<(PathBuf, PathBuf), Error> {
        let (file, password) = (self.keys.join("node.json"), self.keys.join("password"));
        let mut command = script(&self.scripts, "wallet.mjs");
        command.arg("keystore").arg(self.key_of(Who::Node));
        let text = output("wallet.mjs keystore", command.arg(&password))?;
        write_secret(&file, &text)?;
        Ok((file, password))
    }

    /// The file of an account's key.
    fn key_of(&self, who: Who) -> PathBuf {
        self.keys.join(who.account().name)
    }

    /// Sends ether and data (in hex) from an account to an address, and waits until that is in a
    /// block of the chain; answers with the receipt.
    pub async fn send(&self, from: Who, to: &str, sent: (u128, &str)) -> Result<Value, Error> {
        let (wei, data) = sent;
        let mut command = script(&self.scripts, "wallet.mjs");
        command.args(["send", &self.rpc_url]).arg(self.key_of(from));
        command.args([&DEPTH.to_string(), to, &wei.to_string(), data]);
        let printed = apart(move || output("wallet.mjs send", &mut command)).await?;
        let wrong = |error| Error::Unexpected(format!("wallet.mjs printed {printed:?}: {error}"));
        serde_json::from_str(&printed).map_err(wrong)
    }

    /// Somebody gives whoever makes a block about `ether`, block after block, until the answer is
    /// dropped.
    pub fn tip(&self, site: &Site, ether: f64) -> Result<Child, Error> {
        let mut command = script(&self.scripts, "wallet.mjs");
        command
            .args(["tip", &self.rpc_url])
            .arg(self.key_of(Who::Hasty));
        site.children.start("hasty", {
            command.arg(ether.to_string());
            command
        })
    }
}
