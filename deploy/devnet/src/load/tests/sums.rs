//! Aggregates, sync committee messages and contributions at the stand-in.

use proto::eth::aggregate::{AggregateAndProof, SignedAggregateAndProof, is_aggregator};
use proto::eth::operations::Attestation;
use proto::eth::sync::{
    ContributionAndProof, SignedContributionAndProof, SyncAggregatorSelectionData,
    SyncCommitteeContribution, is_sync_aggregator,
};
use proto::eth::{DomainType, Mainnet, SyncCommitteeMessage, hash_tree_root};
use proto::{SignatureBytes, Slot};
use tree_hash::TreeHash;

use super::super::world::{COMMITTEE_LENGTH, SYNC_MEMBER};
use super::*;

/// The share of the validator with this index.
fn of(index: u64) -> u8 {
    u8::try_from(index + 1).unwrap()
}

/// Signed by this share at this slot.
fn signed(
    spec: &ChainSpec,
    (purpose, slot): (DomainType, Slot),
    object: &impl TreeHash,
    signer: u8,
) -> SignatureBytes {
    let domain = spec.domain(purpose, slot.epoch(SLOTS_PER_EPOCH));
    let message = Message::hash(signing_root(object, domain));
    share(signer).sign(&message).to_bytes()
}

/// The first validator that is chosen in `epoch`, with its slot and proof: of 64 two on average.
fn chosen(spec: &ChainSpec, epoch: Epoch) -> Option<(u64, Slot, SignatureBytes)> {
    let proof = |index: u64| {
        let slot = World::duty_slot(index, epoch);
        let proof = signed(spec, (DomainType::SelectionProof, slot), &slot, of(index));
        is_aggregator(COMMITTEE_LENGTH, &proof).then_some((index, slot, proof))
    };
    (0..64).find_map(proof)
}

#[tokio::test]
async fn an_aggregate_is_given_of_the_votes_that_came_and_taken_of_who_was_chosen() {
    let (stand_in, url) = serving().await;
    let spec = spec::of(&stand_in.world);
    let present = stand_in.world.slot_at(now()).epoch(SLOTS_PER_EPOCH).0;
    let mut epochs = (1..present).map(Epoch);
    let found = epochs.find_map(|epoch| Some((epoch, chosen(&spec, epoch)?)));
    let (epoch, (index, slot, selection_proof)) = found.unwrap();
    let path = format!("/eth/v1/validator/attestation_data?slot={slot}&committee_index=0");
    let vote: AttestationData = serde_json::from_value(data(&url, &path).await).unwrap();
    let committee = World::seat(index).0;
    let aggregate = format!(
        "/eth/v2/validator/aggregate_attestation?attestation_data_root={}&slot={slot}\
         &committee_index={committee}",
        hash_tree_root(&vote)
    );
    let early = reqwest::get(format!("{url}{aggregate}")).await.unwrap();
    assert_eq!(early.status(), 404, "nobody has voted");
    let own = SingleAttestation {
        committee_index: committee,
        attester_index: ValidatorIndex(index),
        data: vote,
        signature: share(of(index))
            .sign(&Message::hash(World::signing_root(&vote)))
            .to_bytes(),
    };
    assert_eq!(post(&url, &own).await, 200);

    let aggregate = serde_json::from_value(data(&url, &aggregate).await).unwrap();
    let message = |aggregate: Attestation<Mainnet>| AggregateAndProof {
        aggregator_index: ValidatorIndex(index),
        aggregate,
        selection_proof,
    };
    let whole = |message: AggregateAndProof<Mainnet>, signer| SignedAggregateAndProof {
        signature: signed(
            &spec,
            (DomainType::AggregateAndProof, slot),
            &message,
            signer,
        ),
        message,
    };
    let path = "/eth/v2/validator/aggregate_and_proofs";
    let right = message(aggregate);
    let forged = whole(right.clone(), of(index) % 60 + 1);
    assert_eq!(post_json(&url, path, &json!([forged])).await, 400);
    let mut more = right.clone();
    more.aggregate.aggregation_bits.set(9, true).unwrap();
    let other_votes = whole(more, of(index));
    assert_eq!(post_json(&url, path, &json!([other_votes])).await, 400);
    assert_eq!(stand_in.count.summed(epoch), Summed::default());
    let right = json!([whole(right, of(index))]);
    assert_eq!(post_json(&url, path, &right).await, 200);
    assert_eq!(stand_in.count.summed(epoch).aggregates, 1);
}

#[tokio::test]
async fn a_message_is_taken_of_the_member_alone_and_comes_back_as_a_contribution() {
    let (stand_in, url) = serving().await;
    let spec = spec::of(&stand_in.world);
    let last = stand_in.world.head().0;
    let member = SYNC_MEMBER.0;
    let proof = |slot| {
        let data = SyncAggregatorSelectionData {
            slot,
            subcommittee_index: 0,
        };
        let domain = (DomainType::SyncCommitteeSelectionProof, slot);
        let proof = signed(&spec, domain, &data, of(member));
        is_sync_aggregator(spec.preset(), &proof).then_some((slot, proof))
    };
    let mut slots = (1..=last).map(Slot);
    let (slot, selection_proof) = slots.find_map(proof).expect("one slot of eight on average");
    let root = stand_in.world.block_root(slot);
    let message = |index: u64, signer| SyncCommitteeMessage {
        slot,
        beacon_block_root: root,
        validator_index: ValidatorIndex(index),
        signature: signed(&spec, (DomainType::SyncCommittee, slot), &root, signer),
    };
    let path = "/eth/v1/beacon/pool/sync_committees";
    let stranger = message(member + 1, of(member + 1));
    let forged = message(member, of(member + 1));
    for refused in [stranger, forged] {
        assert_eq!(post_json(&url, path, &json!([refused])).await, 400);
    }
    let right = message(member, of(member));
    assert_eq!(post_json(&url, path, &json!([right])).await, 200);

    let path = format!(
        "/eth/v1/validator/sync_committee_contribution?slot={slot}&subcommittee_index=0\
         &beacon_block_root={root}"
    );
    let contribution: SyncCommitteeContribution<Mainnet> =
        serde_json::from_value(data(&url, &path).await).unwrap();
    assert_eq!(contribution.signature, right.signature);
    let message = ContributionAndProof {
        aggregator_index: SYNC_MEMBER,
        contribution,
        selection_proof,
    };
    let whole = |signer| SignedContributionAndProof {
        signature: signed(
            &spec,
            (DomainType::ContributionAndProof, slot),
            &message,
            signer,
        ),
        message: message.clone(),
    };
    let path = "/eth/v1/validator/contribution_and_proofs";
    assert_eq!(
        post_json(&url, path, &json!([whole(of(member + 1))])).await,
        400
    );
    assert_eq!(
        post_json(&url, path, &json!([whole(of(member))])).await,
        200
    );
    let summed = stand_in.count.summed(slot.epoch(SLOTS_PER_EPOCH));
    assert_eq!((summed.messages, summed.contributions), (1, 1));
}
