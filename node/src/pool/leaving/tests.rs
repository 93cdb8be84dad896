//! Who leaves, by two own beacon nodes of which one has not all blocks.

use node_core::pool::abi::ValidatorInfo;
use node_core::pool::example::World;
use serde_json::json;

use super::*;
use crate::checks::own_nodes::Expected;
use crate::checks::own_nodes::tests::{definition, said_of};
use crate::clock;
use crate::pool::look;
use crate::pool::proof::tests::{Answers, chain_of, known, serve, spec_at};
use crate::pool::tests::node::{Fake, HASTE};
use crate::pool::tests::target;

const JSON: &str = "application/json";

/// The megapool of the example, of which this validator leaves.
async fn megapool_of(key: PublicKey) -> Deployed {
    let mut world = World::saturn();
    world.set_validators(&[ValidatorInfo {
        staked: true,
        ..ValidatorInfo::default()
    }]);
    let fake = Fake::start(&world, &world).await;
    let sight = look(&fake.url, &target(), HASTE).await.unwrap();
    let deployed = sight
        .node_at_head()
        .and_then(node_core::pool::view::Node::deployed);
    let mut deployed = deployed.unwrap().clone();
    deployed.validators[0].pubkey = key;
    deployed
}

/// What a node says of the chain's last blocks, and that the validator has left at this epoch.
fn answers(
    chain: &ChainSpec,
    key: PublicKey,
    index: ValidatorIndex,
    withdrawable: Epoch,
) -> Answers {
    let (mut answers, [_, shown, _]) = chain_of(chain);
    let mut put = |path: &str, body: String| answers.insert(path.to_owned(), (JSON, body.into()));
    for (path, body) in said_of(&definition(), chain.genesis().genesis_time) {
        put(path, body);
    }
    let validator = json!({
        "pubkey": key, "withdrawal_credentials": proto::Root::ZERO, "activation_epoch": "0",
        "exit_epoch": withdrawable, "withdrawable_epoch": withdrawable,
    });
    let validator = json!({
        "index": index, "balance": "0", "status": "withdrawal_done", "validator": validator,
    });
    put(
        "/eth/v1/beacon/states/head/validators",
        json!({ "data": [validator] }).to_string(),
    );
    put(
        "/eth/v1/beacon/headers/finalized",
        known(shown.header()).to_string(),
    );
    answers
}

#[tokio::test]
async fn a_node_that_lacks_the_block_that_paid_leaves_it_to_the_next() {
    let chain = spec_at(clock::now().unix_seconds());
    let (_, [pays, ..]) = chain_of(&chain);
    let paid = pays.parts().withdrawals[0].validator_index;
    let key: PublicKey = [7; 48].into();
    let withdrawable = Epoch(pays.slot().0 / chain.slots_per_epoch());
    let whole = answers(&chain, key, paid, withdrawable);
    let mut lacking = whole.clone();
    lacking.retain(|path, _| !path.contains(&format!("/{}", pays.slot())));
    let (lacking, whole) = (serve(lacking).await, serve(whole).await);
    let megapool = megapool_of(key).await;
    let by = async |urls: &[&String]| {
        let expected = Expected::Cluster(Box::new(definition()));
        let nodes = OwnNodes::connect(urls, expected).unwrap();
        let own = Own {
            nodes: &nodes,
            spec: &chain,
        };
        leaving(own, &megapool, &BTreeMap::new()).await.unwrap()
    };
    let alone = by(&[&lacking]).await;
    assert_eq!(alone.leaving[&key].withdrawn, None);
    assert!(alone.lost.contains_key(&key));
    for urls in [[&lacking, &whole], [&whole, &lacking]] {
        let seen = by(&urls).await;
        assert_eq!(seen.leaving[&key].withdrawn, Some(pays.slot()));
        assert!(seen.lost.is_empty());
    }
    // If no other has it either, what the first one shows is what is known.
    let both = by(&[&lacking, &"http://127.0.0.1:1".to_owned()]).await;
    assert_eq!(both.leaving[&key].withdrawable, withdrawable);
    assert!(both.lost.contains_key(&key));
}
