//! The part of an agreement on the node account, where that is a Safe which the operators own
//! together.
//!
//! Its address follows from all that it was created with, so what it was created with stays for
//! ever; who owns it may change with a version.
//!
//! The code that is put at its address is named by its hash, and so are the contracts: on a chain
//! that this program knows they have to be the known ones, on any other one the operators sign for
//! them. No code is asked for anywhere, so no node can lie about it.
//!
//! Never here: whether the address of the node account is the one that follows.

use serde::{Deserialize, Serialize};

use crate::definition::{ContentHash, eip55, eip55_list};
use crate::{Address, Root};

/// A Safe of the operators' accounts, one of each. Its threshold is that of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSafe {
    /// The contract whose code it runs: Safe 1.4.1.
    #[serde(with = "eip55")]
    pub singleton: Address,
    /// The contract that creates it: `SafeProxyFactory` 1.4.1.
    #[serde(with = "eip55")]
    pub factory: Address,
    /// What answers calls that the code does not know: `CompatibilityFallbackHandler` 1.4.1.
    #[serde(with = "eip55")]
    pub handler: Address,
    /// Keccak-256 of what the factory creates it with: the creation code of `SafeProxy` 1.4.1, and
    /// behind it the singleton as one word (the init code of EIP-1014).
    pub proxy_hash: Root,
    /// The accounts that own it when it is created, in the order of the definition.
    #[serde(with = "eip55_list")]
    pub founders: Vec<Address>,
    /// The accounts that are to own it, in the order of the definition.
    #[serde(with = "eip55_list")]
    pub owners: Vec<Address>,
}

impl NodeSafe {
    pub(super) fn feed(&self, hash: &mut ContentHash) {
        hash.fixed(self.singleton.as_bytes())
            .fixed(self.factory.as_bytes())
            .fixed(self.handler.as_bytes())
            .fixed(self.proxy_hash.as_bytes())
            .addresses(&self.founders)
            .addresses(&self.owners);
    }
}
