//! The head vote of a slot, and the attestations to it.

use proto::Slot;
use proto::eth::{AttestationData, CommitteeIndex, ForkName, SingleAttestation};

use super::call::Call;
use super::chain::Envelope;
use super::client::{BeaconClient, Body};
use super::contradiction::Contradiction;
use super::error::{BeaconError, ItemFailure};
use super::events::HeadEvent;

impl BeaconClient {
    /// What to attest to in `slot`; none while the node is syncing or optimistic.
    ///
    /// A node that has announced the very block it would vote for as the slot's own, its payload
    /// checked, is neither: with that `announced`, nothing more is asked. Otherwise its state is
    /// asked at the same time, for the vote must not wait for it.
    ///
    /// # Errors
    /// As [`BeaconClient::attestation_data`], or if the node does not say how it is.
    pub async fn head_vote(
        &self,
        slot: Slot,
        announced: Option<HeadEvent>,
    ) -> Result<Option<AttestationData>, BeaconError> {
        let vote = self.attestation_data(slot);
        let fresh = announced.filter(|head| head.slot == slot && !head.execution_optimistic);
        let (vote, status) = match fresh {
            Some(head) => {
                let vote = vote.await?;
                if vote.beacon_block_root == head.block {
                    return Ok(Some(vote));
                }
                (vote, self.sync_status().await?)
            }
            None => tokio::try_join!(vote, self.sync_status())?,
        };
        Ok(status.may_vote().then_some(vote))
    }

    /// What the node would attest to in `slot`, for every committee alike.
    ///
    /// # Errors
    /// If the node cannot be asked, is syncing, or answers for another slot or committee.
    pub async fn attestation_data(&self, slot: Slot) -> Result<AttestationData, BeaconError> {
        self.put((Call::AttestationData, slot.0), async {
            const CALL: Call = Call::AttestationData;
            let path = format!("/eth/v1/validator/attestation_data?slot={slot}&committee_index=0");
            let answer = self.ssz_or_json(CALL, &path).await?;
            let vote = if answer.is_ssz() {
                AttestationData::from_ssz(&answer.body)
                    .map_err(|error| self.undecodable(CALL, &format!("{error:?}")))?
            } else {
                self.read_json::<Envelope<AttestationData>>(CALL, &answer.body)?
                    .data
            };
            if vote.slot != slot || vote.index != CommitteeIndex(0) {
                let other = Contradiction::OtherVote {
                    asked: slot,
                    came: vote.slot,
                    index: vote.index,
                };
                return Err(self.contradiction(CALL, other));
            }
            Ok(vote)
        })
        .await
    }

    /// Posts attestations of `fork`. Gives those that the node did not take, by their position;
    /// what it had already counts as taken.
    ///
    /// # Errors
    /// If the node cannot be told, or refuses all without saying which.
    pub async fn submit_attestations(
        &self,
        fork: ForkName,
        attestations: &[SingleAttestation],
    ) -> Result<Vec<ItemFailure>, BeaconError> {
        let path = "/eth/v2/beacon/pool/attestations";
        let body = Body::json(attestations).of(fork);
        self.submit_list(Call::SubmitAttestations, path, body).await
    }

    /// Posts a list. Gives those of its items that the node did not take; what it had already
    /// counts as taken.
    ///
    /// # Errors
    /// If the node cannot be told, or refuses all without saying which.
    pub(super) async fn submit_list(
        &self,
        call: Call,
        path: &str,
        body: Body,
    ) -> Result<Vec<ItemFailure>, BeaconError> {
        let error = match self.post(call, path, body).await {
            Ok(_) => return Ok(Vec::new()),
            Err(error) => error,
        };
        match error.rejected() {
            Some(rejected) if !rejected.failures.is_empty() => {
                let mut failures = rejected.failures.clone();
                failures.retain(|failure| !failure.is_already_known());
                Ok(failures)
            }
            Some(_) | None => Err(error),
        }
    }
}
