//! The aggregates that the node has, and the signed ones to post.

use proto::eth::operations::Attestation;
use proto::eth::{
    Aggregate, ChainSpec, CommitteeIndex, ForkName, Mainnet, Minimal, Preset, PresetBase,
    SignedAggregate, hash_tree_root,
};
use proto::{Root, Slot};

use super::call::Call;
use super::chain::Envelope;
use super::client::{Answer, BeaconClient, Body};
use super::contradiction::Contradiction;
use super::error::{BeaconError, ItemFailure};

impl BeaconClient {
    /// The aggregate that the node has of the votes of `committee` in `slot` for what has the
    /// `hash_tree_root` `data`; none if it has no such votes.
    ///
    /// # Errors
    /// If the node cannot be asked, or answers for other votes or other committees.
    pub async fn aggregate(
        &self,
        spec: &ChainSpec,
        (slot, committee): (Slot, CommitteeIndex),
        data: Root,
    ) -> Result<Option<Aggregate>, BeaconError> {
        const CALL: Call = Call::Aggregate;
        let path = format!(
            "/eth/v2/validator/aggregate_attestation?attestation_data_root={data}&slot={slot}\
             &committee_index={committee}"
        );
        let Some(answer) = self.ssz_or_json_if_any(CALL, &path).await? else {
            return Ok(None);
        };
        let aggregate = match spec.preset() {
            PresetBase::Mainnet => self.read_aggregate::<Mainnet>(&answer)?,
            PresetBase::Minimal => self.read_aggregate::<Minimal>(&answer)?,
        };
        // By its data, or where nodes are compared, many votes for something else would count most.
        let fits = |of: &Aggregate| {
            let is_of_slot = of.committee_index == committee && of.data.slot == slot;
            is_of_slot && hash_tree_root(&of.data) == data
        };
        match aggregate.filter(fits) {
            Some(aggregate) => Ok(Some(aggregate)),
            None => {
                let other = Contradiction::OtherAggregate { slot, committee };
                Err(self.contradiction(CALL, other))
            }
        }
    }

    fn read_aggregate<P: Preset>(&self, answer: &Answer) -> Result<Option<Aggregate>, BeaconError> {
        const CALL: Call = Call::Aggregate;
        if answer.is_ssz() {
            let aggregate = Aggregate::of_ssz::<P>(&answer.body);
            return aggregate.map_err(|error| self.undecodable(CALL, &format!("{error:?}")));
        }
        let answer: Envelope<Attestation<P>> = self.read_json(CALL, &answer.body)?;
        Ok(Aggregate::of(&answer.data))
    }

    /// Posts signed aggregates of `fork`. Gives those that the node did not take, by their
    /// position; what it had already counts as taken.
    ///
    /// # Errors
    /// If the node cannot be told, or refuses all without saying which.
    pub async fn submit_aggregates(
        &self,
        (preset, fork): (PresetBase, ForkName),
        aggregates: &[SignedAggregate],
    ) -> Result<Vec<ItemFailure>, BeaconError> {
        let path = "/eth/v2/validator/aggregate_and_proofs";
        let body = match preset {
            PresetBase::Mainnet => in_full::<Mainnet>(aggregates),
            PresetBase::Minimal => in_full::<Minimal>(aggregates),
        };
        self.submit_list(Call::SubmitAggregates, path, body.of(fork))
            .await
    }
}

fn in_full<P: Preset>(aggregates: &[SignedAggregate]) -> Body {
    let full = aggregates.iter().map(|of| of.in_full::<P>());
    let full: Option<Vec<_>> = full.collect();
    Body::json(&full.expect("what is signed has its root in this preset"))
}
