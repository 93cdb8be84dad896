//! `gantry pool withdrawal` before Safes that were made in the ways that Safe's own contracts
//! allow: who owns it now proves nothing if somebody had it alone before.

use std::process::Command;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use node_core::safe::{Safe, theirs};
use tests::program::gantry;

use crate::chain::{Chain, ETHER, who};
use crate::group::{Group, ours};
use crate::safe::{CALL_ONLY, deploy};

alloy_sol_types::sol! {
    function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce)
        external returns (address);
    function approveHash(bytes32 hash) external;
    function enableModule(address module) external;
    function disableModule(address before, address module) external;
    function setGuard(address guard) external;
    function addOwnerWithThreshold(address owner, uint256 threshold) external;
    function changeThreshold(uint256 threshold) external;
    function multiSend(bytes transactions) external payable;
    function getTransactionHash(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas,
        uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver,
        uint256 nonce
    ) external view returns (bytes32);
}

/// The operators' own accounts, of which three have to sign.
const OWNERS: [Address; 4] = [who::OWNER, who::EVIL, who::STRANGER, who::ORACLE];
/// What a list of modules begins with.
const SENTINEL: Address = Address::with_last_byte(1);

/// A Safe, and the group whose withdrawal address it is to be.
struct Place<'a> {
    group: &'a Group<'a>,
    at: Address,
}

/// With what it is made.
struct Making {
    singleton: Address,
    owners: Vec<Address>,
    threshold: u64,
    /// To what its setup delegates, and how.
    delegates: (Address, Vec<u8>),
    handler: Address,
}

impl Making {
    fn usual() -> Self {
        Self {
            singleton: theirs(&node_core::safe::founding::Contracts::canonical().singleton),
            owners: OWNERS.to_vec(),
            threshold: 3,
            delegates: (Address::ZERO, Vec::new()),
            handler: theirs(&node_core::safe::founding::Contracts::canonical().handler),
        }
    }
}

impl<'a> Place<'a> {
    async fn made(group: &'a Group<'a>, making: Making, salt: u64) -> Self {
        let contracts = node_core::safe::founding::Contracts::canonical();
        let (to, data) = making.delegates;
        let setup = Safe::setupCall {
            owners: making.owners,
            threshold: U256::from(making.threshold),
            to,
            data: data.into(),
            fallbackHandler: making.handler,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        let make = createProxyWithNonceCall {
            singleton: making.singleton,
            initializer: setup.abi_encode().into(),
            saltNonce: U256::from(salt),
        };
        let factory = theirs(&contracts.factory);
        let at = group.chain.view(factory, make.clone()).await;
        group.chain.send(who::STRANGER, factory, make).await;
        Self { group, at }
    }

    /// The bytes of an execution that as many owners have approved as have to.
    async fn approved(&self, (to, operation): (Address, u8), data: Vec<u8>) -> Vec<u8> {
        let chain = self.group.chain;
        let nonce = chain.view(self.at, Safe::nonceCall {}).await;
        let data = Bytes::from(data);
        let hash = getTransactionHashCall {
            to,
            value: U256::ZERO,
            data: data.clone(),
            operation,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            nonce,
        };
        let hash: B256 = chain.view(self.at, hash).await;
        let threshold = chain.view(self.at, Safe::getThresholdCall {}).await;
        let mut by = OWNERS[..threshold.to::<usize>()].to_vec();
        by.sort();
        let mut signatures = Vec::new();
        for owner in by {
            chain.send(owner, self.at, approveHashCall { hash }).await;
            // Approved on the chain: the owner, nothing, and 1 in place of v.
            signatures.extend_from_slice(owner.into_word().as_slice());
            signatures.extend_from_slice(&[0; 32]);
            signatures.push(1);
        }
        let execution = Safe::execTransactionCall {
            to,
            value: U256::ZERO,
            data,
            operation,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: signatures.into(),
        };
        execution.abi_encode()
    }

    async fn executes(&self, to: Address, call: impl SolCall) {
        let bytes = self.approved((to, 0), call.abi_encode()).await;
        let chain = self.group.chain;
        chain.send_bytes(who::GUARDIAN, self.at, bytes).await;
    }

    async fn delegates(&self, to: Address, data: Vec<u8>) {
        let bytes = self.approved((to, 1), data).await;
        let chain = self.group.chain;
        chain.send_bytes(who::GUARDIAN, self.at, bytes).await;
    }

    /// What the command prints, or why it refuses.
    async fn judged(&self) -> Result<String, String> {
        judged(self.group, self.at).await
    }

    async fn refused(&self) -> String {
        self.judged().await.unwrap_err()
    }
}

/// Of the address `at`, if the group agrees on it.
async fn judged(group: &Group<'_>, at: Address) -> Result<String, String> {
    group.agree(|terms| {
        (terms.withdrawal, terms.rpl_withdrawal) = (ours(at), ours(at));
        for (member, owner) in terms.members.iter_mut().zip(OWNERS) {
            member.owner = Some(ours(owner));
        }
    });
    // All of it is final.
    group.chain.mine(8).await;
    let mut command = Command::new(gantry());
    command.args(["pool", "withdrawal", "--execution-node", &group.chain.rpc]);
    let output = command
        .arg("--config")
        .arg(group.dir.join("gantry.toml"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\n', " ");
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

/// One plain call as `MultiSendCallOnly` takes it.
fn packed(to: Address, data: &[u8]) -> Vec<u8> {
    let length = U256::from(data.len()).to_be_bytes::<32>();
    [&[0][..], to.as_slice(), &[0; 32], &length, data].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_that_was_made_as_agreed_is_the_groups_own_whatever_it_did_since() {
    let chain = Chain::start().await;
    deploy(&chain).await;
    let group = Group::found(&chain, "pool-withdrawal-own");
    let place = Place::made(&group, Making::usual(), 1).await;
    let fresh = place.judged().await.unwrap();
    assert!(
        fresh.contains("a Safe 1.4.1 of your group alone"),
        "{fresh}"
    );
    assert!(fresh.contains("3 of 4 owners"), "{fresh}");

    // As wallets use it: calls, batches, and through others.
    chain.credit(place.at, ETHER).await;
    place.executes(place.at, Safe::nonceCall {}).await;
    let batch = [packed(who::STRANGER, &[]), packed(who::EVIL, &[1, 2, 3])].concat();
    let batch = multiSendCall {
        transactions: batch.into(),
    };
    place.delegates(CALL_ONLY, batch.abi_encode()).await;
    let inner = Safe::nonceCall {}.abi_encode();
    let bytes = place.approved((place.at, 0), inner).await;
    let through = multiSendCall {
        transactions: packed(place.at, &bytes).into(),
    };
    chain.send(who::EVIL, CALL_ONLY, through).await;
    let used = place.judged().await.unwrap();
    assert!(used.contains("3 of 4 owners"), "{used}");

    let module = who::EVIL;
    place.executes(place.at, enableModuleCall { module }).await;
    let enabled = place.refused().await;
    assert!(enabled.contains(&format!("module {module}")), "{enabled}");
    let disable = disableModuleCall {
        before: SENTINEL,
        module,
    };
    place.executes(place.at, disable).await;
    place.judged().await.unwrap();
    let threshold = U256::from(2);
    let lower = changeThresholdCall { threshold };
    place.executes(place.at, lower).await;
    let lowered = place.refused().await;
    assert!(
        lowered.contains("2 of its owners have to sign"),
        "{lowered}"
    );
}

/// Whoever has it alone may approve of a withdrawal of any token, or have a module written into it,
/// and make it the group's then.
#[tokio::test(flavor = "multi_thread")]
async fn a_safe_that_somebody_had_alone_before_is_refused_though_it_is_the_groups_now() {
    let chain = Chain::start().await;
    deploy(&chain).await;
    let group = Group::found(&chain, "pool-withdrawal-before");
    let making = Making {
        owners: vec![who::OWNER],
        threshold: 1,
        ..Making::usual()
    };
    let place = Place::made(&group, making, 1).await;
    for (count, owner) in (1..).zip(&OWNERS[1..]) {
        let add = addOwnerWithThresholdCall {
            owner: *owner,
            threshold: U256::from(if count == 3 { 3 } else { 1 }),
        };
        let bytes = place.approved((place.at, 0), add.abi_encode()).await;
        chain.send_bytes(who::GUARDIAN, place.at, bytes).await;
    }
    let owners = chain.view(place.at, Safe::getOwnersCall {}).await;
    assert_eq!(owners.len(), 4);
    let refused = place.refused().await;
    assert!(refused.contains("when it was made"), "{refused}");

    let making = Making {
        delegates: (
            CALL_ONLY,
            multiSendCall {
                transactions: packed(who::EVIL, &[]).into(),
            }
            .abi_encode(),
        ),
        ..Making::usual()
    };
    let set_up = Place::made(&group, making, 2).await.refused().await;
    assert!(set_up.contains("as a setup"), "{set_up}");
    let making = Making {
        handler: CALL_ONLY,
        ..Making::usual()
    };
    let handler = Place::made(&group, making, 3).await.refused().await;
    assert!(handler.contains("as a fallback handler"), "{handler}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_safe_of_the_agreed_owners_is_refused_with_what_is_odd() {
    let chain = Chain::start().await;
    let contracts = deploy(&chain).await;
    let group = Group::found(&chain, "pool-withdrawal-odd");
    let account = judged(&group, who::ORACLE).await.unwrap_err();
    assert!(account.contains("no contract"), "{account}");
    let other = judged(&group, theirs(&contracts.handler)).await;
    let other = other.unwrap_err();
    assert!(other.contains("no proxy of a Safe"), "{other}");

    let usual = Making::usual;
    let making = Making {
        threshold: 1,
        ..usual()
    };
    let few = Place::made(&group, making, 1).await.refused().await;
    assert!(few.contains("1 of its owners have to sign"), "{few}");
    let making = Making {
        owners: [&OWNERS[..3], &[who::GUARDIAN]].concat(),
        ..usual()
    };
    let stranger = Place::made(&group, making, 2).await.refused().await;
    assert!(stranger.contains(&who::GUARDIAN.to_string()), "{stranger}");
    let making = Making {
        owners: OWNERS[..3].to_vec(),
        ..usual()
    };
    let missing = Place::made(&group, making, 3).await.refused().await;
    assert!(missing.contains(&who::ORACLE.to_string()), "{missing}");
}
