//! Safe's own contracts, as they were published, against what the program computes of them.

use std::collections::BTreeMap;
use std::fs;

use alloy_primitives::{Address, B256, U256, address, hex, keccak256};
use alloy_sol_types::SolCall;
use k256::ecdsa::SigningKey;
use node_core::safe::founding::{Contracts, Founding};
use node_core::safe::signature::bundle;
use node_core::safe::transaction::{Account, Transaction};
use node_core::safe::{Safe, theirs};
use proto::agreement::AccountSignature;
use serde_json::{Value, json};

use crate::chain::{Chain, ETHER, contracts, who};
use crate::group::ours;

/// Whom Safe's contracts are deployed by on every chain (safe-global/safe-singleton-factory), and
/// its code: it makes what it is sent, at an address that follows from that.
const DEPLOYER: Address = address!("914d7Fec6aaC8cd542e72Bca78B30650d45643d7");
const DEPLOYER_CODE: &str = "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
    e03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

/// Where it puts `MultiSendCallOnly` 1.4.1.
pub const CALL_ONLY: Address = address!("9641d764fc13c8B624c04430C7356C1C7C8102e2");

/// Where the compiled contracts lie in the package.
const PACKAGE: &str = "node_modules/@safe-global/safe-contracts/build/artifacts/contracts";

alloy_sol_types::sol! {
    function proxyCreationCode() external pure returns (bytes);
    function getTransactionHash(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas,
        uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver,
        uint256 nonce
    ) external view returns (bytes32);
}

/// The code that makes a contract of Safe's package.
fn code(name: &str) -> Vec<u8> {
    let file = contracts().join(PACKAGE).join(name);
    let compiled: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    hex::decode(compiled["bytecode"].as_str().unwrap()).unwrap()
}

/// Puts Safe's contracts onto the chain in the way in which they came to every other chain.
pub async fn deploy(chain: &Chain) -> Contracts {
    let put = json!([DEPLOYER, DEPLOYER_CODE]);
    chain.ask("anvil_setCode", put).await;
    let expected = Contracts::canonical();
    let all = [
        ("Safe.sol/Safe.json", expected.singleton),
        (
            "proxies/SafeProxyFactory.sol/SafeProxyFactory.json",
            expected.factory,
        ),
        (
            "libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json",
            ours(CALL_ONLY),
        ),
        (
            "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json",
            expected.handler,
        ),
    ];
    for (name, at) in all {
        let salted = [&[0; 32][..], &code(name)].concat();
        chain.send_bytes(who::GUARDIAN, DEPLOYER, salted).await;
        assert!(has_code(chain, theirs(&at)).await, "{name}");
    }
    expected
}

async fn has_code(chain: &Chain, at: Address) -> bool {
    chain.ask("eth_getCode", json!([at, "latest"])).await != "0x"
}

/// The keys of four owners.
pub fn owner_keys() -> [SigningKey; 4] {
    [1, 2, 3, 4].map(|number| SigningKey::from_slice(&[0xa0 + number; 32]).unwrap())
}

/// Whose key it is.
pub fn account_of(key: &SigningKey) -> Address {
    let point = key.verifying_key().to_encoded_point(false);
    Address::from_slice(&keccak256(&point.as_bytes()[1..])[12..])
}

pub fn sign(key: &SigningKey, hash: &[u8; 32]) -> AccountSignature {
    let (signature, recovery) = key.sign_prehash_recoverable(hash).unwrap();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    AccountSignature(bytes)
}

/// A Safe on the chain.
struct Place<'a> {
    chain: &'a Chain,
    account: Account,
}

impl<'a> Place<'a> {
    async fn found(chain: &'a Chain) -> Self {
        let contracts = deploy(chain).await;
        let owners = owner_keys().map(|key| ours(account_of(&key)));
        let lock = node_core::pool::agreement::example::lock();
        let founding = Founding::new(contracts, owners.to_vec(), &lock);
        let address = founding.address();
        assert!(!has_code(chain, theirs(&address)).await);
        let factory = theirs(&contracts.factory);
        let creation = founding.creation();
        chain.send_bytes(who::STRANGER, factory, creation).await;
        let account = Account {
            chain_id: 31_337,
            address,
        };
        Self { chain, account }
    }

    fn at(&self) -> Address {
        theirs(&self.account.address)
    }

    async fn nonce(&self) -> U256 {
        self.chain.view(self.at(), Safe::nonceCall {}).await
    }

    /// What these owners sign, as the contract takes it.
    fn signed(&self, transaction: &Transaction, by: &[usize]) -> Vec<u8> {
        let hash = transaction.hash(&self.account);
        let keys = owner_keys();
        let signed = by.iter().map(|at| {
            let key = &keys[*at];
            (ours(account_of(key)), sign(key, hash.as_bytes()))
        });
        let signed: BTreeMap<_, _> = signed.collect();
        transaction.execution(bundle(&signed, by.len()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_is_where_its_founding_says_and_has_nothing_that_no_list_shows() {
    let chain = Chain::start().await;
    let place = Place::found(&chain).await;
    let (at, contracts) = (place.at(), Contracts::canonical());
    assert!(has_code(&chain, at).await);
    let owners = chain.view(at, Safe::getOwnersCall {}).await;
    assert_eq!(owners, owner_keys().each_ref().map(account_of));
    let threshold = chain.view(at, Safe::getThresholdCall {}).await;
    assert_eq!(threshold, U256::from(3));
    let singleton = chain.view(at, Safe::masterCopyCall {}).await;
    assert_eq!(singleton, theirs(&contracts.singleton));
    let factory = theirs(&contracts.factory);
    let proxy = chain.view(factory, proxyCreationCodeCall {}).await;
    assert_eq!(proxy.to_vec(), code("proxies/SafeProxy.sol/SafeProxy.json"));
    // Which the program knows by its hash.
    let word = singleton.into_word();
    let init_code = [&proxy[..], word.as_slice()].concat();
    assert_eq!(contracts.proxy_hash, keccak256(init_code).0.into());
}

fn pays(to: Address, wei: u128) -> Transaction {
    Transaction {
        to: ours(to),
        value: U256::from(wei),
        data: Vec::new(),
        nonce: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_has_the_same_hash_and_takes_what_t_owners_sign_once() {
    let chain = Chain::start().await;
    let place = Place::found(&chain).await;
    let call = SolCall::abi_encode(&Safe::nonceCall {});
    let of = Transaction {
        data: call.clone(),
        ..pays(who::EVIL, 5)
    };
    let asked = getTransactionHashCall {
        to: who::EVIL,
        value: U256::from(5),
        data: call.into(),
        operation: 0,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        nonce: U256::ZERO,
    };
    let hash = chain.view(place.at(), asked).await;
    assert_eq!(hash, B256::from(*of.hash(&place.account).as_bytes()));

    chain.credit(place.at(), ETHER).await;
    let pay = pays(who::STRANGER, ETHER);
    let at = place.at();
    let try_by = async |by: &[usize]| {
        let bytes = place.signed(&pay, by);
        chain.simulate(who::EVIL, at, bytes).await
    };
    let few = try_by(&[0, 2]).await.unwrap_err();
    assert!(few.contains("GS020"), "{few}");
    // Whatever their order was, and whoever of them signs.
    let before = chain.balance(who::STRANGER).await;
    for by in [[3, 1, 0], [1, 2, 3], [0, 1, 2]] {
        try_by(&by).await.unwrap();
    }
    chain
        .send_bytes(who::EVIL, at, place.signed(&pay, &[3, 1, 0]))
        .await;
    assert_eq!(
        chain.balance(who::STRANGER).await - before,
        U256::from(ETHER)
    );
    assert_eq!(place.nonce().await, U256::from(1));
    let again = try_by(&[3, 1, 0]).await.unwrap_err();
    assert!(again.contains("GS026"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_inside_leaves_the_nonce_and_nothing_at_all_uses_it_up() {
    let chain = Chain::start().await;
    let place = Place::found(&chain).await;
    let at = place.at();
    // It has no ether.
    let bytes = place.signed(&pays(who::STRANGER, ETHER), &[0, 1, 2]);
    let failed = chain.simulate(who::EVIL, at, bytes.clone()).await;
    let failed = failed.unwrap_err();
    assert!(failed.contains("GS013"), "{failed}");
    let nothing = Transaction::nothing(&place.account, 0);
    chain
        .send_bytes(who::EVIL, at, place.signed(&nothing, &[1, 2, 3]))
        .await;
    assert_eq!(place.nonce().await, U256::from(1));
    chain.credit(at, ETHER).await;
    let late = chain.simulate(who::EVIL, at, bytes).await.unwrap_err();
    assert!(late.contains("GS026"), "{late}");
}
