//! Looking at a node through an execution node that is well, poor, or false.

pub mod node;
mod planned;

use node_core::pool::abi::{MegapoolManager, ValidatorInfo};
use node_core::pool::example::{NODE, OWNER, STORAGE, World, at, key};

use super::*;
use node::{Fake, HASTE, Talks};

pub fn target() -> Target {
    Target {
        is_safe: false,
        node: NODE.into(),
        storage: Some(STORAGE.into()),
        chain_id: None,
        may_be_new: false,
    }
}

/// A Rocket Pool whose node has a hundred validators.
fn hundred() -> World {
    let staked = ValidatorInfo {
        staked: true,
        ..ValidatorInfo::default()
    };
    let mut world = World::saturn();
    world.set_validators(&vec![staked; 100]);
    world
}

async fn look_at(fake: &Fake) -> Result<Sight, SightError> {
    look(&fake.url, &target(), HASTE).await
}

async fn refusal(fake: &Fake) -> String {
    look_at(fake).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_hundred_validators_at_two_blocks_take_less_than_twenty_requests() {
    let mut young = hundred();
    let count = MegapoolManager::getValidatorCountCall {};
    young.set(
        at("rocketMegapoolManager"),
        count,
        alloy::primitives::U256::from(1_001),
    );
    // A node takes 500 at once, or 100 (and says so), or as much as it likes to answer.
    for talks in [Talks::Batches(500), Talks::Batches(100), Talks::CutsOff(70)] {
        let fake = Fake::start(&young, &hundred()).await;
        fake.state().talks = talks;
        let sight = look_at(&fake).await.unwrap();
        assert_eq!(sight.head_block.number, 1_000);
        assert_eq!(sight.finalised_block.number, 936);
        let deployed = |view: &View| {
            let node = view.node.as_ref().unwrap();
            node.megapool.clone().unwrap().deployed.unwrap()
        };
        let validators = deployed(&sight.head).validators;
        assert_eq!(validators.len(), 100);
        assert_eq!(validators[99].pubkey, key(99));
        // Each view is of its own block.
        let differences = sight.differences().unwrap();
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert_eq!(differences[0].what, "network.megapools.validators");
        let requests = fake.state().requests;
        assert!(requests < 20, "{requests} requests, {talks:?}");
    }
}

#[tokio::test]
async fn a_node_without_batches_is_asked_singly() {
    for talks in [Talks::Singly, Talks::Silly] {
        let fake = Fake::start(&World::saturn(), &World::saturn()).await;
        fake.state().talks = talks;
        let sight = look_at(&fake).await.unwrap();
        assert_eq!(sight.differences(), Some(Vec::new()));
        let asked = fake.state().questions;
        assert!(asked > 200, "{asked}");
    }
}

#[tokio::test]
async fn answers_out_of_order_are_put_in_order_and_foreign_ones_are_refused() {
    let fake = Fake::start(&hundred(), &hundred()).await;
    fake.state().talks = Talks::Backwards;
    assert!(look_at(&fake).await.is_ok());
    fake.state().talks = Talks::Twice;
    let words = refusal(&fake).await;
    assert!(words.contains("other ids than the questions"), "{words}");
}

#[tokio::test]
async fn a_block_that_is_named_by_number_has_the_same_hash_before_and_after() {
    let fake = Fake::start(&World::saturn(), &World::saturn()).await;
    fake.state().knows_hashes = false;
    assert!(look_at(&fake).await.is_ok());
    // Another chain takes over in the middle of it, once: the view is of the new one.
    fake.state().turns_after = Some(5);
    let sight = look_at(&fake).await.unwrap();
    assert_eq!(fake.state().fork, 1);
    let now = fake.state().hash(1_000);
    assert_eq!(sight.head_block.hash.to_string(), now);
    // And again and again.
    fake.state().turns_always = true;
    let words = refusal(&fake).await;
    assert!(words.contains("once so and once otherwise"), "{words}");
}

#[tokio::test]
async fn what_was_said_of_a_block_is_not_asked_again_as_long_as_it_is_looked_at() {
    let fake = Fake::start(&hundred(), &hundred()).await;
    let mut lookout = Lookout::at(&fake.url, HASTE).unwrap();
    let mut questions = async || {
        fake.state().questions = 0;
        let sight = lookout.look(&target()).await;
        (sight.map(|it| it.head_block.number), fake.state().questions)
    };
    let (_, whole) = questions().await;
    // The chain and its blocks, whether there is a contract, and what contracts refused.
    let (_, again) = questions().await;
    assert!(again * 5 < whole, "{again} of {whole}");
    fake.state().number = 1_001;
    let (sight, next) = questions().await;
    assert_eq!(sight.unwrap(), 1_001);
    assert!(next * 3 < 2 * whole, "{next} of {whole}");
    // After a look that came to nothing all is asked: who knows what was wrong.
    fake.state().finalised = Some(935);
    fake.state().pruned = Some("missing trie node".to_owned());
    assert!(questions().await.0.is_err());
    fake.state().pruned = None;
    let (sight, all) = questions().await;
    assert_eq!((sight.unwrap(), all), (1_001, whole));
}

#[tokio::test]
async fn a_block_that_the_chain_turned_away_from_is_read_anew() {
    let fake = Fake::start(&World::saturn(), &World::saturn()).await;
    fake.state().turns_after = Some(3);
    let sight = look_at(&fake).await.unwrap();
    let now = fake.state().hash(1_000);
    assert_eq!(sight.head_block.hash.to_string(), now);
    // A head that goes on changes nothing: the block has its hash.
    fake.state().grows = true;
    assert!(look_at(&fake).await.is_ok());
}

#[tokio::test]
async fn a_node_that_cannot_say_is_refused_with_what_to_do() {
    let well = || async { Fake::start(&World::saturn(), &World::saturn()).await };
    let fake = well().await;
    fake.state().syncing = true;
    let words = refusal(&fake).await;
    assert!(words.contains("still syncing: start again"), "{words}");

    let fake = well().await;
    fake.state().age = 4_000;
    let words = refusal(&fake).await;
    assert!(words.contains("s old: it is syncing or cut off"), "{words}");

    let fake = well().await;
    fake.state().finalised = None;
    let words = refusal(&fake).await;
    assert!(words.contains("no block that is \"finalized\""), "{words}");

    let fake = well().await;
    fake.state().pruned = Some("missing trie node 0xdead".to_owned());
    let words = refusal(&fake).await;
    assert!(words.contains("has thrown away the state after block 936"));
    assert!(words.contains("archive node"), "{words}");

    let fake = well().await;
    fake.state().hurried = u32::MAX;
    let words = refusal(&fake).await;
    assert!(words.contains("asked too often"), "{words}");
    // It is waited for.
    fake.state().hurried = 2;
    assert!(look_at(&fake).await.is_ok());
}

#[tokio::test]
async fn what_is_looked_for_must_be_there() {
    let fake = Fake::start(&World::saturn(), &World::saturn()).await;
    let ask = |target: Target| {
        let url = fake.url.clone();
        async move { look(&url, &target, HASTE).await.unwrap_err().to_string() }
    };
    let other = Target {
        chain_id: Some(1),
        ..target()
    };
    let words = ask(other).await;
    assert!(words.contains("is on chain 31337, and your cluster is on chain 1"));
    let unknown = Target {
        storage: None,
        ..target()
    };
    let words = ask(unknown).await;
    assert!(words.contains("--rocket-storage"), "{words}");
    let elsewhere = Target {
        storage: Some(OWNER.into()),
        ..target()
    };
    let words = ask(elsewhere).await;
    assert!(words.contains("there is no contract at 0xbBb"), "{words}");
    let nobody = Target {
        node: OWNER.into(),
        ..target()
    };
    let nodes = at("rocketNodeManager");
    let exists = node_core::pool::abi::NodeManager::getNodeExistsCall([0xbb; 20].into());
    let mut world = World::saturn();
    world.set(nodes, exists, false);
    let fake = Fake::start(&world, &world).await;
    let words = look(&fake.url, &nobody, HASTE).await.unwrap_err();
    assert!(words.to_string().contains("is no registered node"));
    // An answer that cannot be right is told with its block.
    let mut world = World::saturn();
    world.garble(
        at("rocketNodeManager"),
        node_core::pool::abi::NodeManager::getNodeExistsCall(NODE.into()),
        vec![9; 32],
    );
    let fake = Fake::start(&world, &World::saturn()).await;
    let words = refusal(&fake).await;
    let begin = "at block 1000: rocketNodeManager at 0x";
    assert!(words.starts_with(begin), "{words}");
}

#[tokio::test]
async fn a_rocket_pool_that_is_younger_than_the_finalised_block_is_seen_at_the_head() {
    let fake = Fake::start(&World::saturn(), &World::default()).await;
    fake.state().storage_since = 950;
    let sight = look_at(&fake).await.unwrap();
    assert_eq!(sight.finalised, None);
    assert!(sight.node_at_head().is_some());
    assert_eq!(sight.differences(), None);
    let alarms: Vec<_> = sight.alarms().iter().map(ToString::to_string).collect();
    assert!(alarms[0].contains("not final yet: the registration"));
}

#[tokio::test]
async fn nothing_that_is_said_holds_a_key_of_the_address() {
    let fake = Fake::start(&World::saturn(), &World::saturn()).await;
    let key = "0123456789abcdef";
    let url = format!("{}v3/{key}", fake.url.replace("//", "//me:pass4711@"));
    let words = look(&url, &target(), HASTE).await.unwrap_err().to_string();
    assert!(words.contains("404"), "{words}");
    assert!(
        !words.contains(key) && !words.contains("pass4711"),
        "{words}"
    );
}
