//! Who attests and proposes when, and what the node should prepare for.

use std::collections::BTreeSet;

use proto::eth::{AttesterDuty, CommitteeIndex, ProposerDuty, ValidatorIndex};
use proto::{Address, Epoch, Root, Slot};
use serde::{Deserialize, Serialize};

use super::client::Body;
use super::{BeaconClient, BeaconError, Call};

/// The duties of an epoch, valid as long as the chain has `dependent_root`.
///
/// Head events name the roots on which the duties of the current and the next epoch depend: when
/// one of them changes, ask again. (Do not compare them with a proposer's `dependent_root`: since
/// Fulu it is that of an epoch earlier where the node has v2 of the call, and not where it has v1.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties<T> {
    /// The block that decided the duties.
    pub dependent_root: Root,
    /// Whether the node has not checked the payloads of its chain: no reason to trust it.
    pub optimistic: bool,
    /// The duties.
    pub duties: Vec<T>,
}

/// Asks the node to follow the subnet of a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CommitteeSubscription {
    /// The validator that attests.
    pub validator_index: ValidatorIndex,
    /// Its committee.
    pub committee_index: CommitteeIndex,
    /// How many committees the slot has.
    #[serde(with = "serde_utils::quoted_u64")]
    pub committees_at_slot: u64,
    /// The slot it attests in.
    pub slot: Slot,
    /// Whether it also aggregates.
    pub is_aggregator: bool,
}

/// Duties as both calls answer them.
#[derive(Deserialize)]
struct Answered<T> {
    dependent_root: Root,
    #[serde(default)]
    execution_optimistic: bool,
    data: Vec<T>,
}

impl<T> From<Answered<T>> for Duties<T> {
    fn from(answer: Answered<T>) -> Self {
        Self {
            dependent_root: answer.dependent_root,
            optimistic: answer.execution_optimistic,
            duties: answer.data,
        }
    }
}

impl BeaconClient {
    /// When and where `validators` attest in `epoch`, at most one epoch ahead.
    ///
    /// # Errors
    /// If the node cannot be asked or answers about other validators.
    pub async fn attester_duties(
        &self,
        epoch: Epoch,
        validators: &[ValidatorIndex],
    ) -> Result<Duties<AttesterDuty>, BeaconError> {
        const CALL: Call = Call::AttesterDuties;
        let path = format!("/eth/v1/validator/duties/attester/{epoch}");
        let answer = self.post(CALL, &path, Body::json(validators)).await?;
        let duties: Duties<_> = self
            .read_json::<Answered<AttesterDuty>>(CALL, &answer.body)?
            .into();
        let asked: BTreeSet<ValidatorIndex> = validators.iter().copied().collect();
        let mut seen = BTreeSet::new();
        for duty in &duties.duties {
            let index = duty.validator_index;
            if !asked.contains(&index) || !seen.insert(index) {
                let other = format!("validator {index} was not asked for, or answered twice");
                return Err(self.contradiction(CALL, other));
            }
        }
        Ok(duties)
    }

    /// Who proposes in `epoch`: every slot's proposer, ours or not.
    ///
    /// # Errors
    /// If the node cannot be asked.
    pub async fn proposer_duties(&self, epoch: Epoch) -> Result<Duties<ProposerDuty>, BeaconError> {
        const CALL: Call = Call::ProposerDuties;
        let v2 = format!("/eth/v2/validator/duties/proposer/{epoch}");
        let answer: Answered<ProposerDuty> = match self.json(CALL, &v2).await {
            Err(error) if error.is_unknown_call() => {
                let v1 = format!("/eth/v1/validator/duties/proposer/{epoch}");
                self.json(CALL, &v1).await?
            }
            answer => answer?,
        };
        Ok(answer.into())
    }

    /// Tells the node who gets the fees of which proposer. It forgets after a few epochs.
    ///
    /// # Errors
    /// If the node cannot be told.
    pub async fn prepare_proposers(
        &self,
        recipients: &[(ValidatorIndex, Address)],
    ) -> Result<(), BeaconError> {
        #[derive(Serialize)]
        struct Preparation {
            validator_index: ValidatorIndex,
            fee_recipient: Address,
        }
        let preparations: Vec<Preparation> = recipients
            .iter()
            .map(|(validator_index, fee_recipient)| Preparation {
                validator_index: *validator_index,
                fee_recipient: *fee_recipient,
            })
            .collect();
        let path = "/eth/v1/validator/prepare_beacon_proposer";
        let body = Body::json(&preparations);
        self.post(Call::PrepareProposers, path, body).await?;
        Ok(())
    }

    /// Asks the node to follow the subnets of these committees.
    ///
    /// # Errors
    /// If the node cannot be told.
    pub async fn subscribe_committees(
        &self,
        subscriptions: &[CommitteeSubscription],
    ) -> Result<(), BeaconError> {
        let path = "/eth/v1/validator/beacon_committee_subscriptions";
        let body = Body::json(subscriptions);
        self.post(Call::SubscribeCommittees, path, body).await?;
        Ok(())
    }
}
