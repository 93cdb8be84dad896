//! A plan and what would become of it, in few requests.

use std::collections::BTreeMap;

use node_core::pool::agreement::example::terms;
use node_core::pool::book::{Answer, Question};
use node_core::pool::plan::{Facts, Kind, Made, Step, plan};
use node_core::pool::sight::Sight;
use proto::agreement::PoolTerms;
use proto::intent::Aims;

use super::*;
use crate::pool::simulate::{Simulated, simulate};

/// What is planned by these terms.
fn steps(sight: &Sight, terms: &PoolTerms) -> Vec<Step> {
    let made = Made {
        deposits: &BTreeMap::new(),
        leaving: &BTreeMap::new(),
        pays_smoothing_pool: false,
    };
    let keys: Vec<_> = (0..100).map(key).collect();
    let aims = Aims::of(&terms.wishes);
    plan(&Facts::new(sight, (terms, &aims), &keys, made).unwrap())
}

/// How many requests a plan of a hundred validators takes.
async fn requests_of_a_plan(fake: &Fake) -> u32 {
    let before = fake.state().requests;
    let (mut states, sight) = look_with(&fake.url, &target(), HASTE).await.unwrap();
    let steps = steps(&sight, &terms());
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(steps[0].kind, Kind::SmoothingPool(true));
    simulate(&mut states, &sight, &steps).await.unwrap();
    fake.state().requests - before
}

#[tokio::test]
async fn status_and_plan_of_a_hundred_validators_take_less_than_twenty_requests_together() {
    let fake = Fake::start(&hundred(), &hundred()).await;
    look_at(&fake).await.unwrap();
    let status = fake.state().requests;
    let plan = requests_of_a_plan(&fake).await;
    assert!(status + plan < 20, "{status} and {plan}");
    // Of a node that takes fewer at once, each for itself.
    let fake = Fake::start(&hundred(), &hundred()).await;
    fake.state().talks = Talks::Batches(100);
    let plan = requests_of_a_plan(&fake).await;
    assert!(plan < 20, "{plan}");
}

#[tokio::test]
async fn each_step_is_tried_at_the_newest_block_and_the_refusal_is_told() {
    let fake = Fake::start(&World::saturn(), &World::saturn()).await;
    let (mut states, sight) = look_with(&fake.url, &target(), HASTE).await.unwrap();
    let mut terms = terms();
    terms.wishes.validators = 2;
    let steps = steps(&sight, &terms);
    let kinds: Vec<_> = steps.iter().map(|step| step.kind.clone()).collect();
    let keys = vec![key(0), key(1)];
    assert_eq!(kinds, [Kind::SmoothingPool(true), Kind::Deposit(keys)]);
    let tried = simulate(&mut states, &sight, &steps).await.unwrap();
    let refused = Simulated::Refused("execution reverted".to_owned());
    assert_eq!(tried, [refused, Simulated::NotYet]);
    // The same once the contract takes it.
    let call = steps[0].call().unwrap();
    let question = Question::Call(call.to.address, call.data.clone());
    let taken = Answer::Bytes(Vec::new());
    fake.state().head.0.insert(question, taken);
    let tried = simulate(&mut states, &sight, &steps).await.unwrap();
    assert_eq!(tried[0], Simulated::Passes);
    // Who has too little is not asked for more.
    let mut paid = steps.clone();
    let node_core::pool::plan::Body::Call(call) = &mut paid[0].body else {
        panic!("{paid:?}");
    };
    call.value = node_core::pool::amount::Wei(alloy::primitives::U256::MAX);
    let tried = simulate(&mut states, &sight, &paid).await.unwrap();
    let Simulated::Refused(words) = &tried[0] else {
        panic!("{tried:?}");
    };
    assert!(words.contains("insufficient funds"), "{words}");
}

#[tokio::test]
async fn a_plan_can_be_made_for_an_account_that_is_no_node_yet() {
    let nodes = at("rocketNodeManager");
    let exists = node_core::pool::abi::NodeManager::getNodeExistsCall(NODE.into());
    let mut world = World::saturn();
    world.set(nodes, exists, false);
    let fake = Fake::start(&world, &world).await;
    let new = Target {
        may_be_new: true,
        ..target()
    };
    let (_, sight) = look_with(&fake.url, &new, HASTE).await.unwrap();
    assert_eq!(steps(&sight, &terms())[0].kind, Kind::Register);
}
