//! The stand-in as a peer sees it.

use dkg::bls::{Message, SecretShare};
use proto::Epoch;
use proto::eth::{AttestationData, ChainSpec, SingleAttestation, ValidatorIndex};
use serde_json::{Value, json};

use super::world::{SLOTS_PER_EPOCH, now};
use super::*;

const SLOT_MS: u64 = 2000;

fn share(number: u8) -> SecretShare {
    let mut bytes = [0; 32];
    bytes[31] = number;
    SecretShare::from_bytes(&bytes).unwrap()
}

async fn serving() -> (StandIn, String) {
    let keys: Vec<PublicKey> = (1..=64).map(|i| share(i).public().to_bytes()).collect();
    let world = World {
        genesis_time: now().as_secs() - 500,
        slot_ms: SLOT_MS,
        validators: keys.len(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stand_in = StandIn::serve(listener, world, keys, Root::ZERO);
    (stand_in.unwrap(), url)
}

async fn data(url: &str, path: &str) -> Value {
    let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
    answer.json::<Value>().await.unwrap()["data"].take()
}

/// The attestation of the validator 40 in `epoch` to what the node says, signed by `signer`.
async fn attestation(url: &str, epoch: Epoch, signer: u8) -> SingleAttestation {
    let index = 40;
    let slot = World::duty_slot(index, epoch);
    let path = format!("/eth/v1/validator/attestation_data?slot={slot}&committee_index=0");
    let vote: AttestationData = serde_json::from_value(data(url, &path).await).unwrap();
    let message = Message::hash(World::signing_root(&vote));
    SingleAttestation {
        committee_index: World::seat(index).0,
        attester_index: ValidatorIndex(index),
        data: vote,
        signature: share(signer).sign(&message).to_bytes(),
    }
}

async fn post(url: &str, attestation: &SingleAttestation) -> u16 {
    let url = format!("{url}/eth/v2/beacon/pool/attestations");
    let sent = reqwest::Client::new()
        .post(url)
        .json(&json!([attestation]))
        .send()
        .await;
    sent.unwrap().status().as_u16()
}

#[tokio::test]
async fn its_spec_is_one_that_peers_accept() {
    let (_stand_in, url) = serving().await;
    let genesis = data(&url, "/eth/v1/beacon/genesis").await;
    let spec = data(&url, "/eth/v1/config/spec").await;
    let spec = serde_json::from_value(spec).unwrap();
    let spec = ChainSpec::new(&spec, serde_json::from_value(genesis).unwrap()).unwrap();
    assert_eq!(spec.slots_per_epoch(), SLOTS_PER_EPOCH);
    assert!(spec.fork_at(Epoch(1)).is_ok());
}

#[tokio::test]
async fn a_valid_attestation_counts_once_and_a_forged_one_never() {
    let (stand_in, url) = serving().await;
    let present = stand_in.world.slot_at(now()).epoch(SLOTS_PER_EPOCH);
    let epoch = Epoch(present.0 - 1);
    let forged = attestation(&url, epoch, 7).await;
    assert_eq!(post(&url, &forged).await, 400);
    assert_eq!(stand_in.count.of(epoch).included, 0);
    let valid = attestation(&url, epoch, 41).await;
    assert_eq!(post(&url, &valid).await, 200);
    assert_eq!(post(&url, &valid).await, 200);
    assert_eq!(stand_in.count.of(epoch).included, 1);
    assert_eq!(stand_in.count.of(epoch).expected, 64);
}
