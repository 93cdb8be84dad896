//! The key of the node account turned evil, beside a peer that runs: what it did is said at the
//! first look, with the rule.

use alloy_primitives::U256;
use proto::Slot;

use crate::abi::NodeDeposit;
use crate::chain::{Chain, ETHER, who};
use crate::group::Group;
use crate::hand::finalise;
use crate::keys;
use crate::node::{Node, Step};

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_key_in_the_megapool_is_said_and_no_deposit_is_sent() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    let group = Group::found(&chain, "pool-misused-foreign");
    node.deposit(7, false).await;
    let mut peer = group.run();
    let line = peer.wait_for("which is not of this cluster");
    assert!(line.contains("foreign_validator"), "{line}");
    assert!(
        line.contains("whoever holds the key of the node account"),
        "{line}"
    );
    let page = group.status();
    assert!(page.contains("which is not of this cluster"), "{page}");
    drop(peer);
    let sent = group.sent();
    assert!(
        !sent.iter().any(|(step, _)| step.starts_with("deposit")),
        "{sent:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_with_a_junk_signature_is_said() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    let group = Group::found(&chain, "pool-misused-junk");
    let junk = keys::junk_deposit(1, node.credentials());
    let call = NodeDeposit::depositCall {
        bond: U256::from(4 * ETHER),
        express: false,
        pubkey: keys::bytes(&junk.pubkey),
        signature: keys::bytes(&junk.signature),
        root: keys::fixed(&junk.root()),
    };
    let to = chain.at("rocketNodeDeposit");
    chain.pay(who::NODE, to, 4 * ETHER, call).await;
    node.lend(32 * ETHER).await;
    finalise(&chain).await;
    chain.mine(6).await;
    let mut peer = group.run();
    let line = peer.wait_for("was sent with a signature that is not the cluster's");
    assert!(line.contains("junk_signature"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_later_withdrawal_proved_as_final_balance_is_said_with_what_came_back() {
    let chain = Chain::start().await;
    let node = Node::register(&chain).await;
    let group = Group::found(&chain, "pool-misused-balance");
    let pubkey = keys::pubkey(1);
    node.deposit(1, false).await;
    node.lend(32 * ETHER).await;
    let at = provable(&chain).await;
    node.prove(Step::Stake, 0, (&pubkey, at)).await;
    chain.slot().await;
    chain.beacon.lock().unwrap().activate(&pubkey);
    let withdrawable = chain.beacon.lock().unwrap().exit(&pubkey);
    let at = provable(&chain).await;
    node.prove(Step::Exit, 0, (&pubkey, at)).await;
    chain.withdrawal(withdrawable, &pubkey, None).await;
    // Somebody tops it up with 1 ETH, which comes back as well, and that is proved.
    chain.beacon.lock().unwrap().earn(&pubkey, 1_000_000_000);
    let epoch = chain.beacon.lock().unwrap().epoch();
    let small = chain.withdrawal(epoch, &pubkey, Some(1_000_000_000)).await;
    let at = provable(&chain).await;
    let proof = node.balance_proof(0, (&pubkey, at), small);
    node.final_balance(who::NODE, proof).await;
    finalise(&chain).await;
    chain.mine(6).await;
    let mut peer = group.run();
    let line = peer.wait_for("were proved as final balance of validator 0");
    assert!(line.contains("false_final_balance"), "{line}");
    assert!(line.contains("1 ETH were proved"), "{line}");
    assert!(line.contains("and 32 ETH came back"), "{line}");
}

/// A slot whose state knows what has happened until now, with a block behind it.
async fn provable(chain: &Chain) -> Slot {
    let slot = chain.slot().await;
    chain.slot().await;
    slot
}
