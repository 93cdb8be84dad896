//! Which contracts there are, and the addresses that `RocketStorage` gives them at a block.
//!
//! What a contract's version says decides nothing that is read: protocol 1.4 and 1.4.1 name the
//! same ones in part. A version that this program does not know is shown, since then somebody has
//! to look before more money goes in.

use std::collections::BTreeMap;

use alloy_primitives::keccak256;
use proto::{Address, Root};
use serde::{Serialize, Serializer};

use super::abi::{Storage, Versioned};
use super::amount::ForeignText;
use super::book::{Book, Place};

/// A contract that `RocketStorage` has the address of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each has the name of its contract")]
pub enum Contract {
    NodeManager,
    NodeDeposit,
    NodeStaking,
    NodeDistributorFactory,
    MinipoolManager,
    MinipoolQueue,
    MinipoolBondReducer,
    MegapoolFactory,
    MegapoolProxy,
    MegapoolManager,
    MegapoolDelegate,
    MegapoolPenalties,
    BeaconStateVerifier,
    DepositPool,
    LinkedListStorage,
    SmoothingPool,
    RewardsPool,
    MerkleDistributor,
    NetworkFees,
    NetworkPenalties,
    NetworkPrices,
    NetworkRevenues,
    TokenRpl,
    TokenReth,
    SettingsNode,
    SettingsDeposit,
    SettingsMegapool,
    SettingsMinipool,
    TrustedSettingsMinipool,
    TrustedUpgrade,
    CasperDeposit,
}

use Contract as C;

/// Every contract, the name under which its address is kept, and the versions that this program
/// knows, if it has looked at any.
const CONTRACTS: [(Contract, &str, &[u64]); 31] = [
    (C::NodeManager, "rocketNodeManager", &[4, 5]),
    (C::NodeDeposit, "rocketNodeDeposit", &[4, 5]),
    (C::NodeStaking, "rocketNodeStaking", &[6, 7]),
    (
        C::NodeDistributorFactory,
        "rocketNodeDistributorFactory",
        &[],
    ),
    (C::MinipoolManager, "rocketMinipoolManager", &[5, 6]),
    (C::MinipoolQueue, "rocketMinipoolQueue", &[]),
    (C::MinipoolBondReducer, "rocketMinipoolBondReducer", &[]),
    (C::MegapoolFactory, "rocketMegapoolFactory", &[]),
    (C::MegapoolProxy, "rocketMegapoolProxy", &[]),
    (C::MegapoolManager, "rocketMegapoolManager", &[1, 2]),
    (C::MegapoolDelegate, "rocketMegapoolDelegate", &[]),
    (C::MegapoolPenalties, "rocketMegapoolPenalties", &[]),
    (C::BeaconStateVerifier, "beaconStateVerifier", &[1, 2]),
    (C::DepositPool, "rocketDepositPool", &[3, 4]),
    (C::LinkedListStorage, "linkedListStorage", &[]),
    (C::SmoothingPool, "rocketSmoothingPool", &[]),
    (C::RewardsPool, "rocketRewardsPool", &[]),
    (
        C::MerkleDistributor,
        "rocketMerkleDistributorMainnet",
        &[2, 3],
    ),
    (C::NetworkFees, "rocketNetworkFees", &[]),
    (C::NetworkPenalties, "rocketNetworkPenalties", &[]),
    (C::NetworkPrices, "rocketNetworkPrices", &[]),
    (C::NetworkRevenues, "rocketNetworkRevenues", &[]),
    (C::TokenRpl, "rocketTokenRPL", &[]),
    (C::TokenReth, "rocketTokenRETH", &[]),
    (C::SettingsNode, "rocketDAOProtocolSettingsNode", &[]),
    (C::SettingsDeposit, "rocketDAOProtocolSettingsDeposit", &[]),
    (
        C::SettingsMegapool,
        "rocketDAOProtocolSettingsMegapool",
        &[],
    ),
    (
        C::SettingsMinipool,
        "rocketDAOProtocolSettingsMinipool",
        &[],
    ),
    (
        C::TrustedSettingsMinipool,
        "rocketDAONodeTrustedSettingsMinipool",
        &[],
    ),
    (C::TrustedUpgrade, "rocketDAONodeTrustedUpgrade", &[]),
    (C::CasperDeposit, "casperDeposit", &[]),
];

/// The key under which `RocketStorage` keeps a contract's address.
pub fn address_key(name: &str) -> Root {
    keccak256(format!("contract.address{name}")).0.into()
}

/// A contract as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Where it is.
    #[serde(rename = "address")]
    pub place: Place,
    /// What it says its version is, if it says so.
    pub version: Option<u64>,
    /// Whether this program knows that version, or has no list of its versions.
    pub is_known: bool,
}

/// The contracts at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contracts {
    /// `RocketStorage` itself.
    pub storage: Place,
    /// What it says the protocol's version is: for people, not to decide by.
    pub protocol: ForeignText,
    found: BTreeMap<Contract, Found>,
}

impl Contracts {
    /// Reads the addresses.
    pub fn read(book: &mut Book<'_>, storage: &Address) -> Self {
        let storage = Place {
            name: "RocketStorage",
            address: *storage,
        };
        let protocol = keccak256("protocol.version");
        let protocol = ForeignText::of(&book.ask(storage, Storage::getStringCall(protocol)));
        let mut found = BTreeMap::new();
        for (contract, name, _) in CONTRACTS {
            let key = (*address_key(name).as_bytes()).into();
            if let Some(address) = book.address(storage, Storage::getAddressCall(key)) {
                let it = Found {
                    place: Place { name, address },
                    version: None,
                    is_known: true,
                };
                found.insert(contract, it);
            }
        }
        Self {
            storage,
            protocol,
            found,
        }
    }

    /// Reads what the contracts say of themselves.
    pub fn read_versions(&mut self, book: &mut Book<'_>) {
        for (contract, _, known) in CONTRACTS {
            if let Some(found) = self.found.get_mut(&contract) {
                let version = book.try_number(Some(found.place), Versioned::versionCall {});
                found.version = version;
                found.is_known = known.is_empty() || version.is_some_and(|it| known.contains(&it));
            }
        }
    }

    /// Where the contract is, if it is there.
    pub fn at(&self, contract: Contract) -> Option<Place> {
        self.found.get(&contract).map(|found| found.place)
    }

    /// Where the contract is; it must be there.
    pub fn need(&self, book: &mut Book<'_>, contract: Contract) -> Place {
        let place = self.at(contract);
        if place.is_none() {
            let named = CONTRACTS.iter().find(|(other, _, _)| *other == contract);
            book.lacks(named.map_or("a contract", |(_, name, _)| name));
        }
        place.unwrap_or(self.storage)
    }

    /// Puts another address in the place of one that was found.
    #[cfg(any(test, feature = "example"))]
    pub(super) fn put(&mut self, contract: Contract, address: Address) {
        let found = self.found.get_mut(&contract);
        found.expect("it is there").place.address = address;
    }

    /// Where each is that was found, in order.
    pub fn places(&self) -> Vec<Place> {
        self.found().map(|found| found.place).collect()
    }

    /// All that were found, in order.
    pub fn found(&self) -> impl Iterator<Item = &Found> {
        self.found.values()
    }
}

impl Serialize for Contracts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            storage: Place,
            protocol: &'a ForeignText,
            found: BTreeMap<&'a str, &'a Found>,
        }
        let named = |found| (Found::name(found), found);
        Shape {
            storage: self.storage,
            protocol: &self.protocol,
            found: self.found.values().map(named).collect(),
        }
        .serialize(to)
    }
}

impl Found {
    /// The name under which its address is kept.
    pub fn name(&self) -> &'static str {
        self.place.name
    }
}
