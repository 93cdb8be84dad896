//! Every call, answered as a real node answered it.

use proto::eth::{
    ChainSpec, CommitteeIndex, ForkName, PresetBase, SingleAttestation, ValidatorIndex,
};
use proto::{Address, Epoch, Root, SignatureBytes, Slot};
use serde_json::{Value, json};

use super::*;

async fn spec(client: &BeaconClient) -> ChainSpec {
    client.chain_spec().await.unwrap()
}

fn infinity() -> SignatureBytes {
    let mut bytes = [0; 96];
    bytes[0] = 0xc0;
    bytes.into()
}

pub(super) fn request() -> BlockRequest {
    BlockRequest {
        slot: Slot(418),
        randao_reveal: infinity(),
        graffiti: Root::ZERO,
        boost_factor: 0,
    }
}

#[tokio::test]
async fn a_chain_is_known_from_genesis_and_spec() {
    let client = Node::recorded().start().await;
    let spec = spec(&client).await;
    assert_eq!(spec.preset(), PresetBase::Minimal);
    assert_eq!(spec.genesis().genesis_time, 1_795_263_776);
    assert_eq!(spec.fork_at(Epoch(51)), Ok(ForkName::Electra));
    assert_eq!(&*client.version().await.unwrap(), "Lodestar/1.44.0-parts");
    assert!(client.sync_status().await.unwrap().may_vote());
}

#[tokio::test]
async fn a_password_and_a_path_in_the_address_are_used_and_not_shown() {
    let version = include_bytes!("recorded/version.json");
    let node = Node::default().with("/key123/eth/v1/node/version", (200, JSON, version));
    let address = node.listen().await;
    let client = BeaconClient::connect(&format!("http://u:p@{address}/key123/")).unwrap();
    assert!(client.version().await.is_ok());
    assert_eq!(node.last().1["authorization"], "Basic dTpw");
    assert_eq!(client.node(), format!("http://{address}"));
}

#[tokio::test]
async fn validators_are_asked_by_post_and_by_get_where_the_node_has_no_post() {
    let node = Node::recorded();
    let client = node.start().await;
    let key = "0xa99a76ed7796f7be22d5b7e85deeb7c5677e88e511e0b337618f8c4eb61349b4bf2d153f649f7b\
               53359fe8b94a38e44c";
    let keys = [key.parse().unwrap()];
    let validators = client.validators(StateId::Head, &keys).await.unwrap();
    assert_eq!(validators[0].index, ValidatorIndex(0));
    assert!(validators[0].status.is_active());
    assert_eq!(node.last().2, format!("{{\"ids\":[\"{key}\"]}}"));

    let stranger = [[1; 48].into()];
    let other = client.validators(StateId::Head, &stranger).await;
    let strange = matches!(
        cause(other),
        Cause::Contradiction(Contradiction::Strange(_))
    );
    assert!(strange);

    let node = Node::recorded().with(VALIDATORS, (405, JSON, b""));
    let refused = node.start().await.validators(StateId::Head, &keys).await;
    assert_eq!(refused.unwrap_err().status(), Some(405));
    assert_eq!(node.last().0, format!("{VALIDATORS}?id={key}"));
}

#[tokio::test]
async fn duties_are_read_with_the_root_they_depend_on() {
    let client = Node::recorded().start().await;
    let ours = [ValidatorIndex(0), ValidatorIndex(1)];
    let attesters = client.attester_duties(Epoch(51), &ours).await.unwrap();
    assert_eq!(attesters.duties.len(), 2);
    assert!(!attesters.optimistic);
    let proposers = client.proposer_duties(Epoch(51)).await.unwrap();
    assert_eq!(proposers.duties.len(), 8);
    assert_eq!(proposers.duties[0].slot, Slot(408));
    assert!(attesters.dependent_root.is_some() && proposers.dependent_root.is_some());

    let other = client
        .attester_duties(Epoch(51), &[ValidatorIndex(9)])
        .await;
    let strange = matches!(
        cause(other),
        Cause::Contradiction(Contradiction::Strange(_))
    );
    assert!(strange);
}

#[tokio::test]
async fn proposer_duties_come_from_v1_where_the_node_has_no_v2() {
    let v1 = "/eth/v1/validator/duties/proposer/51";
    let body = include_bytes!("recorded/proposer.json");
    let node = Node::recorded()
        .without(PROPOSER_V2)
        .with(v1, (200, JSON, body));
    let proposers = node.start().await.proposer_duties(Epoch(51)).await.unwrap();
    assert_eq!(proposers.duties.len(), 8);
    assert_eq!(
        proposers.dependent_root, None,
        "it is not what settled them"
    );
}

#[tokio::test]
async fn a_head_vote_is_the_same_from_ssz_and_json_and_only_for_the_slot_asked() {
    let node = Node::recorded();
    let client = node.start().await;
    let vote = client.attestation_data(Slot(414)).await.unwrap();
    assert_eq!(vote.beacon_block_root, HEAD.parse().unwrap());
    let json = include_bytes!("recorded/attestation_data.json");
    let old = Node::recorded().with(VOTE, (200, JSON, json)).start().await;
    assert_eq!(old.attestation_data(Slot(414)).await.unwrap(), vote);
    let other = client.attestation_data(Slot(415)).await;
    let other_vote = Contradiction::OtherVote {
        asked: Slot(415),
        came: Slot(414),
        index: CommitteeIndex(0),
    };
    assert_eq!(cause(other), Cause::Contradiction(other_vote));
}

#[tokio::test]
async fn a_vote_for_the_head_that_was_just_announced_needs_no_second_question() {
    let announced = HeadEvent {
        slot: Slot(414),
        block: HEAD.parse().unwrap(),
        previous_duty_dependent_root: Root::ZERO,
        current_duty_dependent_root: Root::ZERO,
        execution_optimistic: false,
    };
    let node = Node::recorded().without("/eth/v1/node/syncing");
    let client = node.start().await;
    let vote = client.head_vote(Slot(414), Some(announced)).await;
    assert_eq!(vote.unwrap().unwrap().beacon_block_root, announced.block);

    // Any doubt, and the node must say how it is.
    let doubtful = [
        None,
        Some(HeadEvent {
            slot: Slot(413),
            ..announced
        }),
        Some(HeadEvent {
            block: Root::ZERO,
            ..announced
        }),
        Some(HeadEvent {
            execution_optimistic: true,
            ..announced
        }),
    ];
    let optimistic = br#"{"data":{"head_slot":"414","sync_distance":"0","is_syncing":false,
        "is_optimistic":true,"el_offline":false}}"#;
    let node = Node::recorded().with("/eth/v1/node/syncing", (200, JSON, optimistic));
    let client = node.start().await;
    for announced in doubtful {
        assert_eq!(client.head_vote(Slot(414), announced).await, Ok(None));
    }
}

#[tokio::test]
async fn a_block_is_known_by_its_root_or_not() {
    let client = Node::recorded().start().await;
    let head: Root = HEAD.parse().unwrap();
    let known = client.known_block(BlockId::Root(head)).await.unwrap();
    assert_eq!(known.unwrap().header.slot, Slot(414));
    let unknown = BlockId::Root([0x11; 32].into());
    assert_eq!(client.known_block(unknown).await.unwrap(), None);
}

#[tokio::test]
async fn a_header_that_hashes_to_another_root_is_no_answer() {
    let recorded = include_str!("recorded/header.json");
    let other = recorded.replacen(r#""slot":"414""#, r#""slot":"413""#, 1);
    assert_ne!(other, recorded);
    let path = "/eth/v1/beacon/headers/head";
    let node = Node::default().with(path, (200, JSON, other.as_bytes()));
    let error = node.start().await.known_block(BlockId::Head).await;
    let words = error.unwrap_err().to_string();
    let told = format!("the header of block {HEAD} came with the hash 0x");
    assert!(words.contains(&told), "{words}");
}

#[tokio::test]
async fn a_block_of_the_chain_is_the_same_from_ssz_and_json() {
    let client = Node::recorded().start().await;
    let spec = spec(&client).await;
    let block = client.block(&spec, BlockId::Slot(Slot(414))).await.unwrap();
    assert_eq!(block.as_ref().unwrap().block.root(), HEAD.parse().unwrap());
    let json = include_bytes!("recorded/block.json");
    let old = Node::recorded()
        .with(BLOCK, (200, JSON, json))
        .start()
        .await;
    assert_eq!(
        old.block(&spec, BlockId::Slot(Slot(414))).await.unwrap(),
        block
    );
    let absent = client.block(&spec, BlockId::Slot(Slot(7))).await.unwrap();
    assert_eq!(absent, None);
}

#[tokio::test]
async fn a_produced_block_is_the_same_from_ssz_and_json_and_what_was_asked_for() {
    let node = Node::recorded();
    let client = node.start().await;
    let spec = spec(&client).await;
    let built = client.produce_block(&spec, &request()).await.unwrap();
    let contents = built.contents;
    assert_eq!(contents.block.proposer_index(), ValidatorIndex(32));
    assert_eq!(built.value_wei, 0, "SSZ has it in headers alone");
    assert!(node.last().0.ends_with("&builder_boost_factor=0"));

    let json = include_bytes!("recorded/produced.json");
    let old = Node::recorded()
        .with(PRODUCE, (200, JSON, json))
        .start()
        .await;
    let same = old.produce_block(&spec, &request()).await.unwrap();
    assert_eq!(same.contents, contents);
    assert_eq!(same.value_wei, 1_000_000_000 + 1_418_290_000_000_000);

    let reveal = BlockRequest {
        randao_reveal: [1; 96].into(),
        ..request()
    };
    let other = client.produce_block(&spec, &reveal).await;
    assert_eq!(
        cause(other),
        Cause::Contradiction(Contradiction::OtherReveal)
    );

    let blinded = String::from_utf8_lossy(json)
        .replacen(
            "\"execution_payload_blinded\":false",
            "\"execution_payload_blinded\":true",
            1,
        )
        .into_bytes();
    let builder = Node::recorded()
        .with(PRODUCE, (200, JSON, &blinded))
        .start()
        .await;
    let refused = cause(builder.produce_block(&spec, &request()).await);
    assert_eq!(refused, Cause::Contradiction(Contradiction::Blinded));
}

#[tokio::test]
async fn a_signed_block_is_posted_as_ssz_with_its_fork() {
    let node = Node::recorded();
    let client = node.start().await;
    let spec = spec(&client).await;
    let built = client.produce_block(&spec, &request()).await.unwrap();
    let contents = built.contents;
    let signature = SignatureBytes::from([9; 96]);
    let how = Validation::Gossip;
    let published = client.publish_block(&contents, signature, how);
    assert_eq!(published.await.unwrap(), Published::Imported);
    let (uri, headers, body) = node.last();
    assert_eq!(uri, "/eth/v2/beacon/blocks?broadcast_validation=gossip");
    assert_eq!(headers["eth-consensus-version"], "electra");
    assert_eq!(headers["content-type"], SSZ);
    assert_eq!(body, contents.signed_ssz(signature));

    let how = Validation::Consensus;
    let published = client.publish_block(&contents, signature, how);
    assert_eq!(published.await.unwrap(), Published::Imported);
    let (uri, ..) = node.last();
    assert_eq!(uri, "/eth/v2/beacon/blocks?broadcast_validation=consensus");

    let known = br#"{"code":400,"message":"BLOCK_ERROR_ALREADY_KNOWN"}"#;
    let duplicate = br#"{"code":202,"message":"duplicate block","stacktraces":[]}"#;
    let cases = [
        (202, &b""[..], Published::OnlySentOn),
        (202, duplicate, Published::AlreadyKnown),
        (400, known, Published::AlreadyKnown),
    ];
    for (status, body, expected) in cases {
        let node = Node::recorded()
            .with(PUBLISH, (status, JSON, body))
            .start()
            .await;
        assert_eq!(
            node.publish_block(&contents, signature, how).await.unwrap(),
            expected
        );
    }
}

#[tokio::test]
async fn attestations_that_the_node_had_already_count_as_taken() {
    let node = Node::recorded();
    let client = node.start().await;
    let attestation = SingleAttestation {
        committee_index: CommitteeIndex(1),
        attester_index: ValidatorIndex(5),
        data: client.attestation_data(Slot(414)).await.unwrap(),
        signature: [7; 96].into(),
    };
    let both = [attestation, attestation];
    let submitted = client.submit_attestations(ForkName::Electra, &both).await;
    assert_eq!(submitted.unwrap(), []);
    assert_eq!(node.last().1["eth-consensus-version"], "electra");
    let sent: Vec<SingleAttestation> = serde_json::from_slice(&node.last().2).unwrap();
    assert_eq!(sent, both);

    let failures = br#"{"code":400,"message":"some failed","failures":[
        {"index":0,"message":"ATTESTATION_ERROR_ATTESTATION_ALREADY_KNOWN"},
        {"index":1,"message":"ATTESTATION_ERROR_INVALID_SIGNATURE"}]}"#;
    let picky = Node::recorded()
        .with(POOL, (400, JSON, failures))
        .start()
        .await;
    let failed = picky
        .submit_attestations(ForkName::Electra, &both)
        .await
        .unwrap();
    assert_eq!(
        failed.iter().map(|item| item.index).collect::<Vec<_>>(),
        [1]
    );

    let syncing = Node::recorded().with(POOL, (503, JSON, b"")).start().await;
    let refused = syncing.submit_attestations(ForkName::Electra, &both).await;
    assert_eq!(refused.unwrap_err().status(), Some(503));
}

#[tokio::test]
async fn fee_recipients_are_told_as_the_api_wants_them() {
    let path = "/eth/v1/validator/prepare_beacon_proposer";
    let node = Node::recorded().with(path, (200, JSON, b""));
    let client = node.start().await;
    let recipient = Address::from([0x77; 20]);
    let told = client
        .prepare_proposers(&[(ValidatorIndex(3), recipient)])
        .await;
    assert!(told.is_ok());
    let expected = format!("[{{\"validator_index\":\"3\",\"fee_recipient\":\"{recipient}\"}}]");
    assert_eq!(node.last().2, expected);
}

#[tokio::test]
async fn committees_are_those_of_the_slot_that_was_asked_and_each_member_sits_in_one() {
    let of = |slot, index, members: &[&str]| {
        let (slot, index): (u64, u64) = (slot, index);
        json!({ "slot": slot.to_string(), "index": index.to_string(), "validators": members })
    };
    let asked = "/eth/v1/beacon/states/head/committees";
    let answered = async |data: Value| {
        let body = json!({ "data": data, "execution_optimistic": null }).to_string();
        let node = Node::recorded().with(asked, (200, JSON, body.as_bytes()));
        node.start().await.committees(Epoch(51), Slot(414)).await
    };
    let two = json!([of(414, 0, &["5", "7"]), of(414, 1, &["6"])]);
    let found = answered(two).await.unwrap();
    let sizes: Vec<usize> = found.iter().map(|it| it.validators.len()).collect();
    assert_eq!(sizes, [2, 1]);
    assert_eq!(found[0].validators[1], ValidatorIndex(7));
    for odd in [
        json!([of(415, 0, &["5", "7"])]),
        json!([of(414, 0, &["5", "7"]), of(414, 0, &["6"])]),
        json!([of(414, 0, &["5", "7"]), of(414, 1, &["7"])]),
    ] {
        let why = cause(answered(odd.clone()).await);
        assert!(matches!(why, Cause::Contradiction(_)), "{odd}: {why:?}");
    }
}
