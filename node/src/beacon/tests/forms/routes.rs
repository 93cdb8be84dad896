//! The routes of aggregation, the sync committee and builders, each with a call of it and the
//! answer that is right.

use std::future::Future;
use std::pin::Pin;

use proto::eth::{
    BlockContents, ChainSpec, ForkName, PresetBase, SignedValidatorRegistration,
    SyncCommitteeMessage, ValidatorIndex,
};
use proto::{Epoch, Root, SignatureBytes, Slot, Subcommittee};
use serde_json::{Value, json};

use super::super::*;

/// A question or a post, and in short what comes of it.
pub struct Route {
    pub call: Call,
    pub path: String,
    /// The right answer as JSON; null if any will do.
    pub answer: Value,
    pub put: fn(BeaconClient) -> Outcome,
}

pub type Outcome = Pin<Box<dyn Future<Output = Result<String, BeaconError>>>>;

fn boxed<T: std::fmt::Debug>(
    outcome: impl Future<Output = Result<T, BeaconError>> + 'static,
) -> Outcome {
    Box::pin(async move { Ok(format!("{:?}", outcome.await?)) })
}

async fn spec() -> ChainSpec {
    Node::recorded().start().await.chain_spec().await.unwrap()
}

fn subcommittee() -> Subcommittee {
    Subcommittee::new(2).unwrap()
}

impl Route {
    pub fn is_of(&self, calls: &[Call]) -> bool {
        calls.contains(&self.call)
    }
}

fn route(call: Call, path: &str, answer: &[u8], put: fn(BeaconClient) -> Outcome) -> Route {
    Route {
        call,
        path: path.to_owned(),
        answer: serde_json::from_slice(answer).unwrap(),
        put,
    }
}

/// What is posted there.
fn post(call: Call, path: &str, put: fn(BeaconClient) -> Outcome) -> Route {
    route(call, path, b"null", put)
}

/// What is asked for.
pub async fn asked() -> Vec<Route> {
    let validators = include_bytes!("../recorded/validators.json");
    vec![
        seats(),
        route(
            Call::Aggregate,
            aggregates::ROUTE,
            &aggregates::json(),
            |client| {
                boxed(async move {
                    let (of, data) = (aggregates::OF, aggregates::data());
                    client.aggregate(&spec().await, of, data).await
                })
            },
        ),
        route(Call::Contribution, sync::ROUTE, &sync::json(), |client| {
            boxed(async move {
                let of = (Slot(414), subcommittee());
                client.contribution(&spec().await, of, Root::ZERO).await
            })
        }),
        produced(),
        produced_blinded().await,
        route(Call::Validators, VALIDATORS, validators, |client| {
            boxed(async move { client.validators(StateId::Head, &[strange::key()]).await })
        }),
        bid(),
    ]
}

fn seats() -> Route {
    let seats = json!({ "execution_optimistic": false, "data": [{
        "pubkey": format!("0x{}", "aa".repeat(48)), "validator_index": "7",
        "validator_sync_committee_indices": ["1", "9"],
    }]});
    let seats = seats.to_string();
    route(Call::SyncDuties, sync::DUTIES, seats.as_bytes(), |client| {
        boxed(async move { client.sync_duties(Epoch(51), &[ValidatorIndex(7)]).await })
    })
}

fn produced() -> Route {
    let produced = include_bytes!("../recorded/produced.json");
    route(Call::ProduceBlock, PRODUCE, produced, |client| {
        boxed(async move {
            let request = answers::request();
            let built = client.produce_block(&spec().await, &request).await?;
            Ok(built.contents)
        })
    })
}

async fn produced_blinded() -> Route {
    let (_, _, path) = blinded::block().await;
    let blinded = format!(
        r#"{{"version":"electra","execution_payload_blinded":true,
            "execution_payload_value":"12345","consensus_block_value":"6","data":{}}}"#,
        blinded::JSON_BLOCK
    );
    route(Call::ProduceBlock, &path, blinded.as_bytes(), |client| {
        boxed(async move {
            let (_, request, _) = blinded::block().await;
            let built = client.produce_block(&spec().await, &request).await?;
            Ok(built.contents)
        })
    })
}

fn bid() -> Route {
    let bid = include_str!("../../../../../proto/tests/vectors/bid-minimal.json");
    let bid = format!(r#"{{"version":"electra","data":{bid}}}"#);
    let proposer = "07".repeat(48);
    let path = format!("/eth/v1/builder/header/9/{}/0x{proposer}", Root::ZERO);
    route(Call::BuilderHeader, &path, bid.as_bytes(), |client| {
        boxed(async move {
            let bid = client.builder_bid(Slot(9), Root::ZERO, [7; 48].into());
            bid.await
        })
    })
}

/// What is posted, of which a list names what it does not take.
pub fn posted_lists() -> Vec<Route> {
    vec![
        post(Call::SubmitSyncMessages, sync::MESSAGES, |client| {
            boxed(async move {
                let message = |index| SyncCommitteeMessage {
                    slot: Slot(414),
                    beacon_block_root: Root::ZERO,
                    validator_index: ValidatorIndex(index),
                    signature: SignatureBytes::from([1; 96]),
                };
                client.submit_sync_messages(&[message(7), message(8)]).await
            })
        }),
        post(Call::SubmitContributions, sync::CONTRIBUTIONS, |client| {
            boxed(async move {
                let both = [sync::signed(), sync::signed()];
                client
                    .submit_contributions(PresetBase::Minimal, &both)
                    .await
            })
        }),
        post(Call::SubmitAggregates, aggregates::POST, |client| {
            boxed(async move {
                let of = (PresetBase::Minimal, ForkName::Electra);
                let both = [aggregates::signed(7), aggregates::signed(8)];
                client.submit_aggregates(of, &both).await
            })
        }),
    ]
}

/// What is posted and taken as a whole.
pub fn posted_whole() -> Vec<Route> {
    let subscribe = "/eth/v1/validator/beacon_committee_subscriptions";
    vec![
        post(Call::SubscribeCommittees, subscribe, |client| {
            boxed(async move { client.subscribe_committees(&[]).await })
        }),
        post(Call::SubscribeSync, sync::SUBSCRIBE, |client| {
            boxed(async move { client.subscribe_sync(&[]).await })
        }),
        post(
            Call::RegisterValidators,
            registrations::REGISTER,
            |client| {
                boxed(async move {
                    let registration = registrations::REGISTRATION;
                    let signed: SignedValidatorRegistration =
                        serde_json::from_str(registration).unwrap();
                    client.register_validators(&[signed]).await
                })
            },
        ),
    ]
}

pub fn posted_block() -> Route {
    Route {
        call: Call::PublishBlock,
        path: blinded::PLACE.to_owned(),
        answer: Value::Null,
        put: |client| {
            boxed(async move {
                let (block, ..) = blinded::block().await;
                let contents = BlockContents {
                    block,
                    blobs: Default::default(),
                };
                let signature = SignatureBytes::from([9; 96]);
                let validation = Validation::Gossip;
                client.publish_block(&contents, signature, validation).await
            })
        },
    }
}
