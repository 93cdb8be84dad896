//! What an operator reads of a plan.

use node_core::pool::agreement::example::{lock, terms};
use node_core::pool::example::{NODE, World, at};
use proto::Address;
use proto::definition::checksummed;
use proto::intent::Aims;

use super::*;

/// The sight of a world whose every block is final.
fn sight(world: &World) -> Sight {
    let block = Block {
        number: 77,
        hash: [9; 32].into(),
        time: 10_000_000,
    };
    let view = world.view().unwrap().0;
    Sight {
        chain_id: 31_337,
        node: NODE.into(),
        head_block: block,
        head: view.clone(),
        finalised_block: block,
        finalised: Some(view),
    }
}

/// What is printed where each step comes to this.
fn printed(world: &World, simulated: Simulated) -> String {
    let sight = sight(world);
    let terms = terms();
    let keys: Vec<_> = lock().validators.iter().map(|it| it.public_key).collect();
    let made = Made {
        deposits: &BTreeMap::new(),
        leaving: &BTreeMap::new(),
        pays_smoothing_pool: false,
    };
    let aims = Aims::of(&terms.wishes);
    let steps = plan(&Facts::new(&sight, (&terms, &aims), &keys, made).unwrap());
    let tried = steps.iter().map(|step| Tried {
        step,
        simulated: simulated.clone(),
    });
    let document = Document {
        chain_id: sight.chain_id,
        agreement: [8; 32].into(),
        version: 3,
        intent: None,
        head_block: sight.head_block,
        finalised_block: sight.finalised_block,
        steps: tried.collect(),
        to_leave: Vec::new(),
        exits: Exits::default(),
    };
    page::page(&document, &terms, &[])
}

#[test]
fn each_step_says_who_sends_what_to_whom_and_what_would_become_of_it() {
    let page = printed(&World::saturn(), Simulated::Passes);
    let node = checksummed(&Address::from(NODE));
    let nodes = checksummed(&at("rocketNodeManager"));
    for words in [
        "by version 3 of the agreement (0x0808",
        "1. the node goes into the smoothing pool",
        &format!("the node account {node}"),
        &format!("{nodes}, rocketNodeManager"),
        "0 ETH (0 wei)",
        "setSmoothingPoolRegistrationState(true)",
        "0x99283f8b",
        "would be done",
        "2. deposits of 1 ETH for 2 keys have to be signed first",
        "signatures of 2 keys for the credentials 0x01",
        "never: it is bound to one nonce",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let refused = Simulated::Refused("Invalid state change".to_owned());
    let page = printed(&World::saturn(), refused);
    assert!(page.contains("would be refused: Invalid state change"));
}

#[test]
fn what_a_withdrawal_address_does_itself_is_shown_as_its_own() {
    let it = node_core::pool::book::theirs(&NODE.into());
    let mut world = World::saturn();
    let pending = node_core::pool::abi::Storage::getNodePendingWithdrawalAddressCall(it);
    let evil = node_core::pool::book::theirs(&[0xee; 20].into());
    world.set(node_core::pool::example::STORAGE, pending, evil);
    let page = printed(&world, Simulated::Passes);
    let owner = checksummed(&terms().withdrawal);
    let own = format!("{owner} itself, with its own wallet: gantry never sends this");
    assert!(page.contains(&own), "{page}");
    assert!(page.contains("could take everything one day"), "{page}");
    let waits = "the withdrawal address is not the agreed one for good";
    assert!(page.contains(waits), "{page}");
}
