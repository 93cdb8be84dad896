//! What the contracts refuse, and with which words: those of the real ones.

use alloy_primitives::{Address, B256, U256};
use proto::Slot;

use crate::abi::{DepositPool, Manager141, Megapool, NodeDeposit, NodeManager, Settings, Storage};
use crate::chain::{Chain, ETHER, MILLI, who};
use crate::keys;
use crate::node::{Node, Step};

#[tokio::test]
async fn a_node_sets_itself_up_with_its_own_words_only() {
    let chain = Chain::start().await;
    let (storage, nodes) = (chain.at("rocketStorage"), chain.at("rocketNodeManager"));
    let register = |timezone: &str| NodeManager::registerNodeCall {
        timezone: timezone.to_owned(),
    };
    let refused = async |call| chain.refusal(who::NODE, (nodes, 0), call).await;
    assert_eq!(
        refused(register("UTC")).await,
        "The timezone location is invalid"
    );
    let settings = chain.at("rocketDAOProtocolSettingsNode");
    let set = |to: u8| Settings::setCall {
        name: "getRegistrationEnabled".to_owned(),
        to: U256::from(to),
    };
    chain.send(who::GUARDIAN, settings, set(0)).await;
    let disabled = "Rocket Pool node registrations are currently disabled";
    assert_eq!(refused(register("Etc/UTC")).await, disabled);
    chain.send(who::GUARDIAN, settings, set(1)).await;
    let deploy = NodeManager::deployMegapoolCall {};
    let words = chain.refusal(who::NODE, (nodes, 0), deploy).await;
    assert_eq!(words, "Invalid node");

    Node::register(&chain).await;
    assert_eq!(
        refused(register("Etc/UTC")).await,
        "Item already exists in set"
    );
    let deploy = NodeManager::deployMegapoolCall {};
    let words = chain.refusal(who::NODE, (nodes, 0), deploy).await;
    assert_eq!(words, "Megapool already deployed for this node");
    the_owner_alone_moves_the_addresses(&chain, storage).await;
    the_smoothing_pool_is_switched_once_an_interval(&chain, nodes).await;
}

async fn the_owner_alone_moves_the_addresses(chain: &Chain, storage: Address) {
    let set = |next, confirm| Storage::setWithdrawalAddressCall {
        node: who::NODE,
        next,
        confirm,
    };
    let words = chain
        .refusal(who::NODE, (storage, 0), set(who::EVIL, true))
        .await;
    assert_eq!(
        words,
        "Only a tx from a node's withdrawal address can update it"
    );
    let words = chain
        .refusal(who::OWNER, (storage, 0), set(Address::ZERO, false))
        .await;
    assert_eq!(words, "Invalid withdrawal address");
    let confirm = || Storage::confirmWithdrawalAddressCall { node: who::NODE };
    let words = chain.refusal(who::EVIL, (storage, 0), confirm()).await;
    assert_eq!(
        words,
        "Confirmation must come from the pending withdrawal address"
    );
    // A planted address outlives a change that is confirmed at once, and takes everything.
    chain.send(who::OWNER, storage, set(who::EVIL, false)).await;
    chain
        .send(who::OWNER, storage, set(who::STRANGER, true))
        .await;
    let node = who::NODE;
    let pending = Storage::getNodePendingWithdrawalAddressCall { node };
    assert_eq!(chain.view(storage, pending).await, who::EVIL);
    chain.send(who::EVIL, storage, confirm()).await;
    let owner = Storage::getNodeWithdrawalAddressCall { node };
    assert_eq!(chain.view(storage, owner).await, who::EVIL);
}

async fn the_smoothing_pool_is_switched_once_an_interval(chain: &Chain, nodes: Address) {
    let switch = |state| NodeManager::setSmoothingPoolRegistrationStateCall { state };
    let words = chain.refusal(who::NODE, (nodes, 0), switch(false)).await;
    assert_eq!(words, "Invalid state change");
    chain.send(who::NODE, nodes, switch(true)).await;
    let words = chain.refusal(who::NODE, (nodes, 0), switch(false)).await;
    assert_eq!(words, "Not enough time has passed since changing state");
    chain.epochs(6_301).await;
    chain.send(who::NODE, nodes, switch(false)).await;
}

#[tokio::test]
async fn a_deposit_is_exactly_what_the_contracts_want() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    let deposits = chain.at("rocketNodeDeposit");
    let right = || node.deposit_call(1, false);
    let refused = async |value: u128, call| chain.refusal(who::NODE, (deposits, value), call).await;
    let four = 4 * ETHER;
    assert_eq!(refused(four - 1, right()).await, "Invalid value");
    let call = NodeDeposit::depositCall {
        bond: U256::from(5 * ETHER),
        ..right()
    };
    assert_eq!(refused(5 * ETHER, call).await, "Bond requirement not met");
    let call = NodeDeposit::depositCall {
        pubkey: vec![7; 47].into(),
        ..right()
    };
    assert_eq!(refused(four, call).await, "Invalid bytes length");
    let call = NodeDeposit::depositCall {
        signature: vec![7; 97].into(),
        ..right()
    };
    assert_eq!(refused(four, call).await, "Invalid bytes length");
    let call = NodeDeposit::depositCall {
        root: B256::repeat_byte(7),
        ..right()
    };
    assert_eq!(refused(four, call).await, "Invalid deposit data root");
    let call = NodeDeposit::depositCall {
        express: true,
        ..right()
    };
    assert_eq!(refused(four, call).await, "No express tickets");
    let words = chain.refusal(who::EVIL, (deposits, four), right()).await;
    assert_eq!(words, "Invalid node");
    let none = NodeDeposit::depositMultiCall { deposits: vec![] };
    let words = chain.refusal(who::NODE, (deposits, 0), none).await;
    assert_eq!(words, "Must perform at least 1 deposit");
    let one = || NodeDeposit::depositMultiCall {
        deposits: vec![node.deposit_of(1, false)],
    };
    let words = chain.refusal(who::NODE, (deposits, four + 1), one()).await;
    assert_eq!(words, "Excess bond value supplied");
    let pool = chain.at("rocketDepositPool");
    let assign = |most: u8| DepositPool::assignDepositsCall {
        most: U256::from(most),
    };
    let words = chain.refusal(who::STRANGER, (pool, 0), assign(0)).await;
    assert_eq!(words, "Must assign at least 1");
    deposits_are_switched_off(&chain, &node).await;
    // With a signature that is nobody's the contracts take it; the beacon chain does not.
    let junk = keys::junk_deposit(1, node.credentials());
    let call = NodeDeposit::depositCall {
        signature: keys::bytes(&junk.signature),
        root: keys::fixed(&junk.root()),
        ..right()
    };
    chain.pay(who::NODE, deposits, four, call).await;
    node.lend(32 * ETHER).await;
    chain.slot().await;
    let beacon = chain.beacon.lock().unwrap();
    assert_eq!(beacon.index_of(&keys::pubkey(1)), None);
}

async fn deposits_are_switched_off(chain: &Chain, node: &Node<'_>) {
    let (pool, deposits) = (chain.at("rocketDepositPool"), chain.at("rocketNodeDeposit"));
    let settings = [
        ("rocketDAOProtocolSettingsNode", "getDepositEnabled"),
        ("rocketDAOProtocolSettingsDeposit", "getDepositEnabled"),
        (
            "rocketDAOProtocolSettingsDeposit",
            "getAssignDepositsEnabled",
        ),
    ];
    let set = async |to: u8| {
        for (at, name) in settings {
            let call = Settings::setCall {
                name: name.to_owned(),
                to: U256::from(to),
            };
            chain.send(who::GUARDIAN, chain.at(at), call).await;
        }
    };
    set(0).await;
    let call = node.deposit_call(1, false);
    let words = chain.refusal(who::NODE, (deposits, 4 * ETHER), call).await;
    assert_eq!(words, "Node deposits are currently disabled");
    let lend = || DepositPool::depositCall {};
    let words = chain.refusal(who::STRANGER, (pool, ETHER), lend()).await;
    assert_eq!(words, "Deposits into Rocket Pool are currently disabled");
    let assign = DepositPool::assignDepositsCall {
        most: U256::from(1),
    };
    let words = chain.refusal(who::STRANGER, (pool, 0), assign).await;
    assert_eq!(words, "Deposit assignments are disabled");
    set(1).await;
    let words = chain.refusal(who::STRANGER, (pool, MILLI), lend()).await;
    assert_eq!(
        words,
        "The deposited amount is less than the minimum deposit size"
    );
}

#[tokio::test]
async fn a_proof_is_of_this_validator_as_it_has_to_be() {
    let chain = Chain::start().await;
    let mut node = Node::register(&chain).await;
    let pubkey = keys::pubkey(1);
    node.lend(32 * ETHER).await;
    node.deposit(1, false).await;
    let slot = chain.slot().await;
    chain.slot().await;
    a_stake_that_is_not_proved_is_refused(&node, slot).await;
    let words = node
        .refused(node.proof(0, &pubkey, slot).notify_exit())
        .await;
    assert_eq!(words, "Validator not exiting");
    let words = node.refused(node.proof(0, &pubkey, slot).dissolve()).await;
    assert_eq!(words, "Validator is compliant");
    let words = node
        .refused(node.proof(0, &pubkey, slot).notify_not_exit())
        .await;
    assert_eq!(words, "Validator not locked");
    // What another validator of the chain is proves nothing of this one.
    let other = [1; 48].into();
    let words = node.refused(node.proof(0, &other, slot).stake()).await;
    assert_eq!(words, "Invalid withdrawal credentials");
    let words = node.refused(node.proof(0, &other, slot).dissolve()).await;
    assert_eq!(words, "Pubkey does not match");

    chain.beacon.lock().unwrap().activate(&pubkey);
    let slot = chain.slot().await;
    chain.slot().await;
    let words = node.refused(node.proof(0, &pubkey, slot).stake()).await;
    assert_eq!(words, "Validator is activating");
    chain.epochs(10).await;
    let words = node.refused(node.proof(0, &pubkey, slot).stake()).await;
    assert_eq!(words, "Slot proof too old");
    the_other_call_surface_has_the_same_words(&mut node).await;
}

async fn a_stake_that_is_not_proved_is_refused(node: &Node<'_>, slot: Slot) {
    let chain = node.chain;
    let pubkey = keys::pubkey(1);
    let right = || node.proof(0, &pubkey, slot).stake();
    let mut call = right();
    call.proof.validator.effectiveBalance += 1;
    assert_eq!(node.refused(call).await, "Invalid validator proof");
    let mut call = right();
    call.proof.witnesses.pop();
    assert_eq!(node.refused(call).await, "Invalid witness length");
    let mut call = right();
    call.slot.slot += 1;
    assert_eq!(node.refused(call).await, "Invalid slot proof");
    let mut call = right();
    call.slot.witnesses[1] = B256::repeat_byte(7);
    assert_eq!(node.refused(call).await, "Invalid genesis witness");
    let mut call = right();
    call.time += 1;
    assert_eq!(node.refused(call).await, "Block root is not available");
    let mut call = right();
    call.megapool = who::EVIL;
    assert_eq!(node.refused(call).await, "Invalid megapool");
    let mut call = right();
    call.id = 1;
    assert_eq!(node.refused(call).await, "Validator does not exist");
    let stake = Megapool::stakeCall { id: 0 };
    let words = chain.refusal(who::NODE, (node.megapool, 0), stake).await;
    assert_eq!(words, "Invalid or outdated contract");
}

async fn the_other_call_surface_has_the_same_words(node: &mut Node<'_>) {
    let chain = node.chain;
    let pubkey = keys::pubkey(1);
    let slot = chain.slot().await;
    chain.slot().await;
    let old = chain.at("rocketMegapoolManager");
    let bytes = node.proof(0, &pubkey, slot).stake_bytes(1);
    // Neither surface knows the calls of the other.
    let words = chain.refusal(who::STRANGER, (old, 0), bytes).await;
    assert!(words.contains("execution reverted"), "{words}");
    node.upgrade().await;
    let structs = node.proof(0, &pubkey, slot).stake();
    let words = node.refused(structs.clone()).await;
    assert!(words.contains("execution reverted"), "{words}");
    let words = chain.refusal(who::STRANGER, (old, 0), structs).await;
    assert!(words.contains("execution reverted"), "{words}");
    let refused = async |call: Manager141::stakeCall| node.refused(call).await;
    let proof = node.proof(0, &pubkey, slot);
    assert_eq!(
        refused(proof.stake_bytes(2)).await,
        "Unsupported proof version"
    );
    assert_eq!(
        refused(proof.stake_bytes(1)).await,
        "Validator is activating"
    );
    // It leaves before it was staked.
    chain.beacon.lock().unwrap().exit(&pubkey);
    let slot = chain.slot().await;
    chain.slot().await;
    let proof = node.proof(0, &pubkey, slot);
    assert_eq!(
        refused(proof.stake_bytes(1)).await,
        "Validator is withdrawing"
    );
    node.prove(Step::Dissolve, 0, (&pubkey, slot)).await;
}
