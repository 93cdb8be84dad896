//! The sync committee: who sits in it, its messages and contributions, and what the node should
//! follow.

use proto::eth::sync::SyncCommitteeContribution;
use proto::eth::{
    ChainSpec, Contribution, Mainnet, Minimal, Preset, PresetBase, SignedContribution,
    SyncCommitteeMessage, SyncDuty, ValidatorIndex,
};
use proto::{Epoch, Root, Slot, Subcommittee};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::chain::Envelope;
use super::client::{Answer, BeaconClient, Body};
use super::contradiction::Contradiction;
use super::error::{BeaconError, ItemFailure};
use super::items::{Items, Strange};

/// Asks the node to follow the subnets of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncSubscription {
    pub validator_index: ValidatorIndex,
    /// Its seats among all members.
    #[serde(with = "serde_utils::quoted_u64_vec")]
    pub sync_committee_indices: Vec<u64>,
    /// The first epoch in which it is not needed any more.
    pub until_epoch: Epoch,
}

impl BeaconClient {
    /// Where `validators` sit in the sync committee of `epoch`, and what in the answer was of no
    /// use. Whom the list leaves out sits nowhere; a node that refuses the call says nothing of
    /// that: every one has it, and 400 is of an epoch that its state does not reach.
    ///
    /// # Errors
    /// If the node cannot be asked, refuses, or answers nothing that is of use.
    pub async fn sync_duties(
        &self,
        epoch: Epoch,
        validators: &[ValidatorIndex],
    ) -> Result<(Vec<SyncDuty>, Strange), BeaconError> {
        #[derive(Deserialize)]
        struct Answered {
            data: Items<SyncDuty>,
        }
        self.put((Call::SyncDuties, epoch.0), async {
            const CALL: Call = Call::SyncDuties;
            let path = format!("/eth/v1/validator/duties/sync/{epoch}");
            let answer = self.post(CALL, &path, Body::json(validators)).await?;
            let answer: Answered = self.read_json(CALL, &answer.body)?;
            let mut strange = self.strange(&answer.data.unread);
            let mut duties = answer.data.read;
            duties.retain(|duty| {
                let index = duty.validator_index;
                let is_asked = validators.contains(&index);
                if !is_asked {
                    strange.add(|| format!("validator {index} was not asked for"));
                }
                is_asked
            });
            Ok((duties, strange))
        })
        .await
    }

    /// What the node has put together of the messages of `subcommittee` in `slot` for the head
    /// `root`; none if it has no such messages.
    ///
    /// # Errors
    /// If the node cannot be asked, or answers for another slot, subcommittee or root.
    pub async fn contribution(
        &self,
        spec: &ChainSpec,
        (slot, subcommittee): (Slot, Subcommittee),
        root: Root,
    ) -> Result<Option<Contribution>, BeaconError> {
        const CALL: Call = Call::Contribution;
        let index = subcommittee.index();
        let path = format!(
            "/eth/v1/validator/sync_committee_contribution?slot={slot}&subcommittee_index={index}\
             &beacon_block_root={root}"
        );
        let Some(answer) = self.ssz_or_json_if_any(CALL, &path).await? else {
            return Ok(None);
        };
        let contribution = match spec.preset() {
            PresetBase::Mainnet => self.read_contribution::<Mainnet>(&answer)?,
            PresetBase::Minimal => self.read_contribution::<Minimal>(&answer)?,
        };
        let came = (contribution.slot, contribution.subcommittee_index);
        if came == (slot, index) && contribution.beacon_block_root == root {
            return Ok(Some(contribution));
        }
        let other = Contradiction::OtherContribution { slot, index };
        Err(self.contradiction(CALL, other))
    }

    fn read_contribution<P: Preset>(&self, answer: &Answer) -> Result<Contribution, BeaconError> {
        const CALL: Call = Call::Contribution;
        if answer.is_ssz() {
            let contribution = Contribution::of_ssz::<P>(&answer.body);
            return contribution.map_err(|error| self.undecodable(CALL, &format!("{error:?}")));
        }
        let answer: Envelope<SyncCommitteeContribution<P>> = self.read_json(CALL, &answer.body)?;
        Ok(Contribution::of(&answer.data))
    }

    /// Posts sync committee messages. Gives those that the node did not take, by their position;
    /// what it had already counts as taken.
    ///
    /// # Errors
    /// If the node cannot be told, or refuses all without saying which.
    pub async fn submit_sync_messages(
        &self,
        messages: &[SyncCommitteeMessage],
    ) -> Result<Vec<ItemFailure>, BeaconError> {
        let path = "/eth/v1/beacon/pool/sync_committees";
        self.submit_list(Call::SubmitSyncMessages, path, Body::json(messages))
            .await
    }

    /// The same of signed contributions.
    ///
    /// # Errors
    /// As [`BeaconClient::submit_sync_messages`].
    pub async fn submit_contributions(
        &self,
        preset: PresetBase,
        contributions: &[SignedContribution],
    ) -> Result<Vec<ItemFailure>, BeaconError> {
        let path = "/eth/v1/validator/contribution_and_proofs";
        let body = match preset {
            PresetBase::Mainnet => in_full::<Mainnet>(contributions),
            PresetBase::Minimal => in_full::<Minimal>(contributions),
        };
        self.submit_list(Call::SubmitContributions, path, body)
            .await
    }

    /// Asks the node to follow the subnets of these members.
    ///
    /// # Errors
    /// If the node cannot be told.
    pub async fn subscribe_sync(
        &self,
        subscriptions: &[SyncSubscription],
    ) -> Result<(), BeaconError> {
        self.put((Call::SubscribeSync, 0), async {
            let path = "/eth/v1/validator/sync_committee_subscriptions";
            let body = Body::json(subscriptions);
            self.post(Call::SubscribeSync, path, body).await?;
            Ok(())
        })
        .await
    }
}

fn in_full<P: Preset>(contributions: &[SignedContribution]) -> Body {
    let full = contributions.iter().map(|of| of.in_full::<P>());
    let full: Option<Vec<_>> = full.collect();
    Body::json(&full.expect("what is signed has its root in this preset"))
}
