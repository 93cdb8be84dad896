//! Who attests and proposes when, and what the node should prepare for.

use std::collections::BTreeSet;

use proto::eth::{AttesterDuty, Committee, CommitteeIndex, ProposerDuty, ValidatorIndex};
use proto::{Address, Epoch, Root, Slot};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::chain::Envelope;
use super::client::{BeaconClient, Body};
use super::contradiction::Contradiction;
use super::error::BeaconError;
use super::items::{Items, Strange, open};

/// The duties of an epoch, valid as long as the chain has `dependent_root`.
///
/// Head events name the roots on which the duties of the current and the next epoch depend: when
/// one of them changes, ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties<T> {
    /// The block that decided the duties. None where the node has only v1 of the proposers' call:
    /// since Fulu what it names there did not decide them.
    pub dependent_root: Option<Root>,
    /// Whether the node has not checked the payloads of its chain: no reason to trust it.
    pub optimistic: bool,
    pub duties: Vec<T>,
    /// What was answered beside them and is of no use.
    pub strange: Strange,
}

/// Asks the node to follow the subnet of a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CommitteeSubscription {
    pub validator_index: ValidatorIndex,
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
#[serde(bound(deserialize = "T: DeserializeOwned"))]
struct Answered<T> {
    dependent_root: Root,
    #[serde(default, deserialize_with = "open::no")]
    execution_optimistic: bool,
    data: Items<T>,
}

impl BeaconClient {
    /// When and where `validators` attest in `epoch`, at most one epoch ahead.
    ///
    /// # Errors
    /// If the node cannot be asked or answers nothing that is of use.
    pub async fn attester_duties(
        &self,
        epoch: Epoch,
        validators: &[ValidatorIndex],
    ) -> Result<Duties<AttesterDuty>, BeaconError> {
        self.put((Call::AttesterDuties, epoch.0), async {
            const CALL: Call = Call::AttesterDuties;
            let path = format!("/eth/v1/validator/duties/attester/{epoch}");
            let answer = self.post(CALL, &path, Body::json(validators)).await?;
            let answer = self.read_json::<Answered<AttesterDuty>>(CALL, &answer.body)?;
            let asked: BTreeSet<ValidatorIndex> = validators.iter().copied().collect();
            let mut seen = BTreeSet::new();
            self.sorted(CALL, answer, |duty| {
                let index = duty.validator_index;
                if !asked.contains(&index) {
                    return Some(format!("validator {index} was not asked for"));
                }
                if duty.committee_index.0 >= duty.committees_at_slot {
                    let (committee, count) = (duty.committee_index, duty.committees_at_slot);
                    let what = format!("validator {index} in committee {committee} of {count}");
                    return Some(what);
                }
                // One attestation an epoch: of two duties the second would be slashable.
                let twice = || format!("validator {index} is answered twice");
                (!seen.insert(index)).then(twice)
            })
        })
        .await
    }

    /// Who proposes in `epoch`: every slot's proposer, ours or not.
    ///
    /// # Errors
    /// If the node cannot be asked or answers nothing that is of use.
    pub async fn proposer_duties(&self, epoch: Epoch) -> Result<Duties<ProposerDuty>, BeaconError> {
        self.put((Call::ProposerDuties, epoch.0), async {
            const CALL: Call = Call::ProposerDuties;
            let v2 = format!("/eth/v2/validator/duties/proposer/{epoch}");
            let (answer, is_v1): (Answered<ProposerDuty>, bool) = match self.json(CALL, &v2).await {
                Err(error) if error.refuses_the_form() => {
                    let v1 = format!("/eth/v1/validator/duties/proposer/{epoch}");
                    let answer = self.json(CALL, &v1).await;
                    (answer.map_err(|other| error.or(other))?, true)
                }
                answer => (answer?, false),
            };
            let mut seen = BTreeSet::new();
            let duties = self.sorted(CALL, answer, |duty| {
                let twice = || format!("slot {} is answered twice", duty.slot);
                (!seen.insert(duty.slot)).then(twice)
            })?;
            let dependent_root = duties.dependent_root.filter(|_| !is_v1);
            Ok(Duties {
                dependent_root,
                ..duties
            })
        })
        .await
    }

    /// The duties in which `odd` finds nothing; what it finds is passed over. In place of a list
    /// null is no answer: a node that has no duty for us says so with an empty list, and to take
    /// the one for the other would cost an epoch.
    fn sorted<T>(
        &self,
        call: Call,
        answer: Answered<T>,
        mut odd: impl FnMut(&T) -> Option<String>,
    ) -> Result<Duties<T>, BeaconError> {
        let Items {
            read,
            unread,
            was_null,
        } = answer.data;
        let mut strange = self.strange(&unread);
        if was_null {
            return Err(self.contradiction(call, Contradiction::NoDuties));
        }
        let mut duties = Vec::with_capacity(read.len());
        for duty in read {
            match odd(&duty) {
                Some(why) => strange.add(|| why),
                None => duties.push(duty),
            }
        }
        if duties.is_empty() && !strange.is_empty() {
            return Err(self.contradiction(call, Contradiction::Strange(strange)));
        }
        Ok(Duties {
            dependent_root: Some(answer.dependent_root),
            optimistic: answer.execution_optimistic,
            duties,
            strange,
        })
    }

    /// Who attests in which committee of a slot of this epoch, by the state at the head: of an
    /// epoch next to that of the head, or the same.
    ///
    /// # Errors
    /// If the node cannot be asked, or answers with committees of other slots, with one twice, or
    /// with a validator twice.
    pub async fn committees(
        &self,
        epoch: Epoch,
        slot: Slot,
    ) -> Result<Vec<Committee>, BeaconError> {
        self.put((Call::Committees, slot.0), async {
            const CALL: Call = Call::Committees;
            let path = format!("/eth/v1/beacon/states/head/committees?epoch={epoch}&slot={slot}");
            let answer: Envelope<Vec<Committee>> = self.json(CALL, &path).await?;
            let (mut indices, mut members) = (BTreeSet::new(), BTreeSet::new());
            let odd = answer.data.iter().find_map(|it| {
                let is_right = it.slot == slot
                    && indices.insert(it.index)
                    && it.validators.iter().all(|member| members.insert(*member));
                (!is_right).then(|| format!("committee {} of slot {}", it.index, it.slot))
            });
            match odd {
                Some(odd) => {
                    let mut strange = Strange::default();
                    strange.add(|| odd);
                    Err(self.contradiction(CALL, Contradiction::Strange(strange)))
                }
                None => Ok(answer.data),
            }
        })
        .await
    }

    /// Tells the node who gets the fees of which proposer. It forgets after a few epochs.
    ///
    /// # Errors
    /// If the node cannot be told.
    pub async fn prepare_proposers(
        &self,
        recipients: &[(ValidatorIndex, Address)],
    ) -> Result<(), BeaconError> {
        self.put((Call::PrepareProposers, 0), async {
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
        })
        .await
    }

    /// Asks the node to follow the subnets of these committees.
    ///
    /// # Errors
    /// If the node cannot be told.
    pub async fn subscribe_committees(
        &self,
        subscriptions: &[CommitteeSubscription],
    ) -> Result<(), BeaconError> {
        self.put((Call::SubscribeCommittees, 0), async {
            let path = "/eth/v1/validator/beacon_committee_subscriptions";
            let body = Body::json(subscriptions);
            self.post(Call::SubscribeCommittees, path, body).await?;
            Ok(())
        })
        .await
    }
}
