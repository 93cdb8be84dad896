//! The chain of a cluster, and the public chains whose values are known here.
//!
//! A deposit goes to the contract that the definition names, so whoever writes the definition must
//! not be able to call a public chain by another name and give it a contract of their own. So a
//! chain that has ANY value by which a public chain can be told is that chain, and must have all of
//! its values. A chain of one's own has another chain id, validators root and name. It may have the
//! genesis fork version 0x00000000, with which such chains start as mainnet did, and the deposit
//! contract's usual address: these two tell no chain.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::eip55;
use super::checksummed;
use crate::root::Bytes;
use crate::{Address, Root};

/// The chain the validators are on. If it is one of [`Self::KNOWN`] by its name (whatever the
/// capitals), chain id, validators root or genesis fork version (unless that is 0x00000000), the
/// definition is refused unless every value is that chain's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Its name for people and for the deposit file: `mainnet`, `hoodi`, or a name of your own of
    /// 1 to 64 ASCII letters, digits, spaces and `-_.'`.
    pub name: String,
    /// Chain id of its execution layer.
    pub execution_chain_id: u64,
    /// `GENESIS_FORK_VERSION` of its beacon chain: deposits are signed under it.
    pub genesis_fork_version: Bytes<4>,
    /// Root of its first validators: everything but deposits is signed under it.
    pub genesis_validators_root: Root,
    /// The deposit contract on its execution layer.
    #[serde(with = "eip55")]
    pub deposit_contract: Address,
}

/// A chain is a known one by one value, and another by another: its deposits would be lost.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "by its {by} the chain is {known:?}, whose {field} is {right}, and not {found}. Deposits by \
     such a definition can be stolen or lost: do not sign it; ask its writer, and your own nodes, \
     which chain it is"
)]
pub struct OtherChain {
    known: String,
    by: &'static str,
    field: &'static str,
    right: String,
    found: String,
}

/// The genesis fork version of mainnet, and of many chains of people's own.
const COMMON_FORK_VERSION: [u8; 4] = [0, 0, 0, 0];

/// One field of two chains, as it is shown.
struct Compared {
    field: &'static str,
    right: String,
    found: String,
    /// Whether the field of the second chain says that it is the first one.
    tells: bool,
}

impl Chain {
    /// The names of the public chains that are known here.
    pub const KNOWN: [&str; 2] = ["mainnet", "hoodi"];

    /// The public chain of this name, if it is one of [`Self::KNOWN`].
    ///
    /// Source: the configs in github.com/eth-clients/mainnet and github.com/eth-clients/hoodi.
    pub fn known(name: &str) -> Option<Self> {
        let (id, version, root) = match name {
            "mainnet" => (
                1,
                COMMON_FORK_VERSION,
                "4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95",
            ),
            "hoodi" => (
                560_048,
                [0x10, 0x00, 0x09, 0x10],
                "212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f",
            ),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            execution_chain_id: id,
            genesis_fork_version: version.into(),
            genesis_validators_root: root.parse().expect("64 hex digits stand above"),
            deposit_contract: "00000000219ab540356cbb839cbe05303d7705fa"
                .parse()
                .expect("40 hex digits stand here"),
        })
    }

    /// When this chain began, in Unix seconds, if it is a public one that is known here.
    ///
    /// Source: as of [`Self::known`].
    pub fn genesis_time(&self) -> Option<u64> {
        match self.name.as_str() {
            "mainnet" => Some(1_606_824_023),
            "hoodi" => Some(1_742_213_400),
            _ => None,
        }
    }

    /// Whether this is a public chain that is known here, with all of its values. Of another chain
    /// nothing says that its deposit contract is one, but the operators' own nodes.
    pub fn is_known(&self) -> bool {
        Self::known(&self.name).is_some_and(|known| known == *self)
    }

    /// Refuses a chain that is a known one by one value and not by another.
    pub(super) fn check(&self) -> Result<(), Box<OtherChain>> {
        for known in Self::KNOWN.into_iter().filter_map(Self::known) {
            let compared = known.compared_with(self);
            // The last one is where the money goes, so it is named before all others.
            let differs = |compared: &&Compared| compared.right != compared.found;
            let Some(other) = compared.iter().rfind(differs) else {
                return Ok(());
            };
            let tells = |by: &&Compared| by.tells && by.field != other.field;
            if let Some(by) = compared.iter().find(tells) {
                return Err(Box::new(OtherChain {
                    known: known.name,
                    by: by.field,
                    field: other.field,
                    right: other.right.clone(),
                    found: other.found.clone(),
                }));
            }
        }
        Ok(())
    }

    /// This known chain beside `other`, field by field.
    fn compared_with(&self, other: &Self) -> [Compared; 5] {
        let (version, root) = (self.genesis_fork_version, self.genesis_validators_root);
        let compare = |field, right, found, tells| Compared {
            field,
            right,
            found,
            tells,
        };
        [
            compare(
                "name",
                self.name.clone(),
                other.name.clone(),
                bare(&self.name) == bare(&other.name),
            ),
            compare(
                "execution chain id",
                self.execution_chain_id.to_string(),
                other.execution_chain_id.to_string(),
                self.execution_chain_id == other.execution_chain_id,
            ),
            compare(
                "genesis fork version",
                version.to_string(),
                other.genesis_fork_version.to_string(),
                version == other.genesis_fork_version && version != COMMON_FORK_VERSION.into(),
            ),
            compare(
                "genesis validators root",
                root.to_string(),
                other.genesis_validators_root.to_string(),
                root == other.genesis_validators_root,
            ),
            compare(
                "deposit contract",
                checksummed(&self.deposit_contract),
                checksummed(&other.deposit_contract),
                false,
            ),
        ]
    }
}

/// A name as it is compared: "Main-Net" is read as "mainnet".
fn bare(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}
