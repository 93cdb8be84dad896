//! The head vote of a slot, and the attestations to it.

use proto::Slot;
use proto::eth::{AttestationData, CommitteeIndex, ForkName, SingleAttestation};

use super::chain::Envelope;
use super::client::Body;
use super::error::ItemFailure;
use super::{BeaconClient, BeaconError, Call, Cause};

impl BeaconClient {
    /// What the node would attest to in `slot`, for every committee alike.
    ///
    /// # Errors
    /// If the node cannot be asked, is syncing, or answers for another slot or committee.
    pub async fn attestation_data(&self, slot: Slot) -> Result<AttestationData, BeaconError> {
        const CALL: Call = Call::AttestationData;
        let path = format!("/eth/v1/validator/attestation_data?slot={slot}&committee_index=0");
        let answer = self.ssz_or_json(CALL, &path).await?;
        let vote = if answer.is_ssz() {
            AttestationData::from_ssz(&answer.body)
                .map_err(|error| self.error(CALL, Cause::Undecodable(format!("{error:?}"))))?
        } else {
            self.read_json::<Envelope<AttestationData>>(CALL, &answer.body)?
                .data
        };
        if vote.slot != slot || vote.index != CommitteeIndex(0) {
            let (got, index) = (vote.slot, vote.index);
            let other = format!("slot {slot}, index 0 asked; slot {got}, index {index} came");
            return Err(self.contradiction(CALL, other));
        }
        Ok(vote)
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
        let error = match self.post(Call::SubmitAttestations, path, body).await {
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
