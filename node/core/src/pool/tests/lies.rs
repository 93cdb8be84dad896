//! What a node or a contract may answer, and nobody may believe.

use alloy_primitives::{Bytes, U256};

use crate::pool::abi::*;
use crate::pool::book::theirs;
use crate::pool::example::*;

fn refusal(world: &World) -> String {
    world.view().unwrap_err().to_string()
}

#[test]
fn a_refused_answer_names_contract_function_and_next_step() {
    let it = theirs(&NODE.into());
    let nodes = at("rocketNodeManager");
    let exists = || NodeManager::getNodeExistsCall(it);
    let mut world = World::saturn();
    world.garble(nodes, exists(), vec![7; 32]);
    let words = refusal(&world);
    let shown = proto::definition::checksummed(&nodes);
    let begin = format!(
        "rocketNodeManager at {shown}, asked getNodeExists(address), answered 32 bytes that are \
         not its answer"
    );
    assert!(words.starts_with(&begin), "{words}");
    assert!(words.contains("compare with another node"), "{words}");
    world.garble(nodes, exists(), Vec::new());
    assert!(refusal(&world).contains("no such contract or function"));
    // What a contract says does nothing to the terminal.
    let mut world = World::saturn();
    let call = alloy_sol_types::SolCall::abi_encode(&exists());
    world.0.insert(
        crate::pool::book::Question::Call(nodes, call),
        crate::pool::book::Answer::Reverted("\u{1b}[2Jgone\u{202e}".repeat(10_000)),
    );
    let words = refusal(&world);
    assert!(words.contains("refused") && words.len() < 600, "{words}");
    assert!(words.chars().all(|letter| !letter.is_control()));
    assert!(!words.contains('\u{202e}'));
}

#[test]
fn no_count_makes_the_reader_ask_without_end() {
    let mut world = World::saturn();
    world.set(MEGAPOOL, Megapool::getValidatorCountCall {}, u32::MAX);
    assert!(refusal(&world).contains("more than the 4096 that are read"));
    let mut world = World::saturn();
    let count = MinipoolManager::getNodeMinipoolCountCall(theirs(&NODE.into()));
    world.set(at("rocketMinipoolManager"), count.clone(), U256::MAX);
    assert!(refusal(&world).contains("more than 64 bits hold"));
    world.set(at("rocketMinipoolManager"), count, U256::from(u64::MAX));
    assert!(refusal(&world).contains("more than the 4096 that are read"));
    // Of very many intervals the newest are asked for: 512, which are not answered here.
    let mut world = World::saturn();
    let rewards = at("rocketRewardsPool");
    world.set(
        rewards,
        RewardsPool::getRewardIndexCall {},
        U256::from(u64::MAX),
    );
    assert!(refusal(&world).contains("isClaimed(uint256,address)"));
}

#[test]
fn a_megapool_of_another_node_or_with_other_credentials_is_refused() {
    let mut world = World::saturn();
    world.set(
        MEGAPOOL,
        Megapool::getNodeAddressCall {},
        theirs(&OWNER.into()),
    );
    assert!(refusal(&world).contains("is not this node's"));
    let mut world = World::saturn();
    world.set(MEGAPOOL, Megapool::getWithdrawalCredentialsCall {}, [1; 32]);
    assert!(refusal(&world).contains("does not answer with its own address"));
    let mut world = World::saturn();
    let other = NodeManager::getMegapoolAddressCall(theirs(&NODE.into()));
    let elsewhere = theirs(&OWNER.into());
    world.set(at("rocketNodeManager"), other, elsewhere);
    assert!(refusal(&world).contains("says otherwise than the node manager"));
}

#[test]
fn a_key_of_another_length_and_a_queue_without_the_entry_are_refused() {
    let mut world = World::saturn();
    world.set_validators(&[ValidatorInfo::default()]);
    let answer = Megapool::getValidatorInfoAndPubkeyReturn {
        info: ValidatorInfo::default(),
        pubkey: Bytes::from(vec![1; 47]),
    };
    let call = Megapool::getValidatorInfoAndPubkeyCall(0);
    world.set(MEGAPOOL, call, answer);
    assert!(refusal(&world).contains("a key of 47 bytes"));

    let mut world = World::saturn();
    world.set_validators(&[ValidatorInfo {
        inQueue: true,
        ..ValidatorInfo::default()
    }]);
    let namespace = alloy_primitives::keccak256("deposit.queue.standard");
    let key = QueueKey {
        receiver: theirs(&MEGAPOOL.into()),
        validatorId: 0,
    };
    let list = at("linkedListStorage");
    let place = LinkedList::getIndexOfCall { namespace, key };
    world.set(list, place, U256::ZERO);
    let head = LinkedList::getHeadIndexCall(namespace);
    world.set(list, head, U256::from(3));
    assert!(refusal(&world).contains("has no place for validator 0"));
}

#[test]
fn a_storage_without_rocket_pool_in_it_is_refused_by_the_name_of_what_lacks() {
    let mut world = World::default();
    let text = alloy_primitives::keccak256("protocol.version");
    world.set(STORAGE, Storage::getStringCall(text), "");
    let words = refusal(&world);
    assert!(words.contains("is not there"), "{words}");
    assert!(words.contains("at RocketStorage"), "{words}");
    // And one that does not even answer.
    let words = {
        let mut world = World::default();
        world.garble(STORAGE, Storage::getStringCall(text), Vec::new());
        refusal(&world)
    };
    assert!(words.starts_with("RocketStorage at"), "{words}");
}
