//! What a Safe is created with, and the address that follows from it (EIP-1014).
//!
//! Everybody can create it, and nobody can put anything else there: the address holds the owners,
//! the threshold and the code. Nothing is called and nobody is paid while it is created: what is
//! called then runs in the Safe's own storage, and could leave owners or modules in it that no
//! list shows.
//!
//! The code at the address is held by its hash: that of the published contracts is known, and of
//! others the agreement names it, which all operators sign.

use alloy_primitives::{Address as Word, B256, U256, keccak256};
use alloy_sol_types::{SolCall as _, SolValue as _};
use proto::agreement::NodeSafe;
use proto::lock::Lock;
use proto::{Address, Root};

use super::abi::{ProxyFactory, Safe, theirs};

/// What tells this Safe from others that the same owners may have.
const PURPOSE: &str = "gantry/node-safe/1";

/// Of the published `SafeProxy` 1.4.1 with the singleton at its usual address.
const PROXY_HASH: [u8; 32] = [
    0x76, 0x73, 0x3d, 0x70, 0x5f, 0x71, 0xb7, 0x98, 0x41, 0xc0, 0xee, 0x96, 0x0a, 0x0c, 0xa8, 0x80,
    0xf7, 0x79, 0xcd, 0xe7, 0xef, 0x44, 0x6c, 0x98, 0x9e, 0x6d, 0x23, 0xef, 0xc0, 0xa4, 0xad, 0xfb,
];

/// Safe's contracts on one chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contracts {
    /// `Safe` 1.4.1.
    pub singleton: Address,
    /// `SafeProxyFactory` 1.4.1.
    pub factory: Address,
    /// `CompatibilityFallbackHandler` 1.4.1.
    pub handler: Address,
    /// Keccak-256 of the creation code of `SafeProxy` 1.4.1 and behind it the singleton as a word:
    /// what the factory puts at an address, and what that address holds (EIP-1014).
    pub proxy_hash: Root,
}

impl Contracts {
    /// Those of version 1.4.1 on a public chain, by the chain's id. They are the same on every
    /// chain on which they were deployed in the usual way.
    ///
    /// Source: safe-global/safe-deployments, v1.4.1.
    pub fn known(chain_id: u64) -> Option<Self> {
        matches!(chain_id, 1 | 560_048).then(Self::canonical)
    }

    /// Those of version 1.4.1, deployed in the usual way: the addresses follow from their code. The
    /// hash is that of `proxyCreationCode()` of the factory with the singleton.
    pub fn canonical() -> Self {
        let at = |digits: &str| digits.parse().expect("40 hex digits stand below");
        Self {
            singleton: at("41675c099f32341bf84bfc5382af534df5c7461a"),
            factory: at("4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67"),
            handler: at("fd0732dc9e303f09fcef3a7388ad10a83459ec99"),
            proxy_hash: PROXY_HASH.into(),
        }
    }

    /// A Safe that these create and that these own, in the order of the definition.
    pub fn owned_by(self, owners: Vec<Address>) -> NodeSafe {
        NodeSafe {
            singleton: self.singleton,
            factory: self.factory,
            handler: self.handler,
            proxy_hash: self.proxy_hash,
            founders: owners.clone(),
            owners,
        }
    }

    /// Those that an agreement names.
    pub fn agreed(safe: &NodeSafe) -> Self {
        Self {
            singleton: safe.singleton,
            factory: safe.factory,
            handler: safe.handler,
            proxy_hash: safe.proxy_hash,
        }
    }
}

/// What a Safe is created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founding {
    contracts: Contracts,
    owners: Vec<Address>,
    threshold: usize,
    salt: U256,
}

impl Founding {
    /// The Safe of a cluster with these owners, in the order of its definition.
    pub fn new(contracts: Contracts, owners: Vec<Address>, lock: &Lock) -> Self {
        Self {
            contracts,
            owners,
            threshold: lock.definition.terms().size().threshold(),
            salt: salt(&lock.hash()),
        }
    }

    /// The Safe that this part of a cluster's agreement describes.
    pub fn agreed(safe: &NodeSafe, lock: &Lock) -> Self {
        Self::new(Contracts::agreed(safe), safe.founders.clone(), lock)
    }

    /// The contracts.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// How many owners have to sign.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// What the Safe is called with as soon as it is there, once.
    pub fn initializer(&self) -> Vec<u8> {
        Safe::setupCall {
            owners: self.owners.iter().map(theirs).collect(),
            threshold: U256::from(self.threshold),
            to: Word::ZERO,
            data: Vec::new().into(),
            fallbackHandler: theirs(&self.contracts.handler),
            paymentToken: Word::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Word::ZERO,
        }
        .abi_encode()
    }

    /// What the factory is called with: anybody may.
    pub fn creation(&self) -> Vec<u8> {
        ProxyFactory::createProxyWithNonceCall {
            singleton: theirs(&self.contracts.singleton),
            initializer: self.initializer().into(),
            saltNonce: self.salt,
        }
        .abi_encode()
    }

    /// Where it is, or will be.
    pub fn address(&self) -> Address {
        let salt = (keccak256(self.initializer()), self.salt).abi_encode_packed();
        let code = B256::from(*self.contracts.proxy_hash.as_bytes());
        let factory = theirs(&self.contracts.factory);
        let address = factory.create2(keccak256(salt), code);
        address.into_array().into()
    }
}

/// The number by which the factory tells Safes apart that are otherwise the same.
fn salt(lock: &Root) -> U256 {
    let bytes = [PURPOSE.as_bytes(), lock.as_bytes()].concat();
    keccak256(bytes).into()
}
