//! Which validators a state knows.
//!
//! Of each only what a duty or a deposit needs is read, so that nothing else in it can be strange.

use std::collections::BTreeSet;

use proto::eth::ValidatorIndex;
use proto::{Epoch, PublicKey, Root};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::chain::{Envelope, StateId};
use super::client::{BeaconClient, Body};
use super::contradiction::Contradiction;
use super::error::BeaconError;
use super::items::{Items, Strange, open};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ValidatorState {
    pub index: ValidatorIndex,
    /// Gwei.
    #[serde(with = "serde_utils::quoted_u64")]
    pub balance: u64,
    /// Where it stands in its life.
    pub status: ValidatorStatus,
    /// What is registered of it.
    pub validator: RegisteredValidator,
}

/// What the registry holds of a validator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RegisteredValidator {
    pub pubkey: PublicKey,
    /// Whom its stake returns to. Only a deposit needs it.
    #[serde(default, deserialize_with = "open::root")]
    pub withdrawal_credentials: Option<Root>,
    /// Its first epoch with duties. Only an exit needs this and the next two: where they are
    /// strange they are as if the node had not said them.
    #[serde(default, deserialize_with = "open::epoch")]
    pub activation_epoch: Option<Epoch>,
    /// Its first epoch without duties, or the far future.
    #[serde(default, deserialize_with = "open::epoch")]
    pub exit_epoch: Option<Epoch>,
    /// From when on its balance is withdrawn, or the far future.
    #[serde(default, deserialize_with = "open::epoch")]
    pub withdrawable_epoch: Option<Epoch>,
}

/// Which validators a state knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    /// Those that could be read, each once.
    pub known: Vec<ValidatorState>,
    /// What was answered beside them and is of no use.
    pub strange: Strange,
}

/// Where a validator stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidatorStatus {
    /// Deposited, not yet eligible.
    PendingInitialized,
    /// Waiting for its activation.
    PendingQueued,
    /// Has duties.
    ActiveOngoing,
    /// Has duties and will leave.
    ActiveExiting,
    /// Has duties, is slashed and will leave.
    ActiveSlashed,
    /// Left.
    ExitedUnslashed,
    /// Left, slashed.
    ExitedSlashed,
    /// Left, its balance may be withdrawn.
    WithdrawalPossible,
    /// Left, its balance has been withdrawn.
    WithdrawalDone,
}

impl ValidatorStatus {
    /// Whether it was slashed, by what the status says: once all is withdrawn it says no more.
    pub fn is_slashed(self) -> bool {
        match self {
            Self::ActiveSlashed | Self::ExitedSlashed => true,
            Self::PendingInitialized
            | Self::PendingQueued
            | Self::ActiveOngoing
            | Self::ActiveExiting
            | Self::ExitedUnslashed
            | Self::WithdrawalPossible
            | Self::WithdrawalDone => false,
        }
    }

    pub fn is_active(self) -> bool {
        match self {
            Self::ActiveOngoing | Self::ActiveExiting | Self::ActiveSlashed => true,
            Self::PendingInitialized
            | Self::PendingQueued
            | Self::ExitedUnslashed
            | Self::ExitedSlashed
            | Self::WithdrawalPossible
            | Self::WithdrawalDone => false,
        }
    }
}

impl BeaconClient {
    /// Which of `keys` are in the registry of a state, and how they stand.
    ///
    /// # Errors
    /// If the node cannot be asked or answers anything beside that.
    pub async fn validators(
        &self,
        state: StateId,
        keys: &[PublicKey],
    ) -> Result<Vec<ValidatorState>, BeaconError> {
        let answer = self.known_validators(state, keys).await?;
        if answer.strange.is_empty() {
            Ok(answer.known)
        } else {
            let strange = Contradiction::Strange(answer.strange);
            Err(self.contradiction(Call::Validators, strange))
        }
    }

    /// Which of `keys` are in the registry of a state, and whom the stake of each returns to.
    ///
    /// # Errors
    /// As [`BeaconClient::validators`], and if the node does not say it of one.
    pub async fn owners(
        &self,
        state: StateId,
        keys: &[PublicKey],
    ) -> Result<Vec<(PublicKey, Root)>, BeaconError> {
        let known = self.validators(state, keys).await?;
        let owner = |known: ValidatorState| match known.validator.withdrawal_credentials {
            Some(credentials) => Ok((known.validator.pubkey, credentials)),
            None => {
                let silent = Contradiction::NoCredentials(known.index);
                Err(self.contradiction(Call::Validators, silent))
            }
        };
        known.into_iter().map(owner).collect()
    }

    /// As [`BeaconClient::validators`], but what cannot be used of the answer costs nothing else.
    ///
    /// # Errors
    /// If the node cannot be asked or answers only about other validators.
    pub async fn known_validators(
        &self,
        state: StateId,
        keys: &[PublicKey],
    ) -> Result<Validators, BeaconError> {
        self.put((Call::Validators, 0), async {
            let path = format!("/eth/v1/beacon/states/{state}/validators");
            let answer = match keys.is_empty() {
                true => Vec::new(),
                false => match self.validators_by_post(&path, keys).await {
                    Ok(answer) => vec![answer],
                    Err(error) if error.refuses_the_form() => self
                        .validators_by_get(&path, keys)
                        .await
                        .map_err(|other| error.or(other))?,
                    Err(error) => return Err(error),
                },
            };
            let asked: BTreeSet<&PublicKey> = keys.iter().collect();
            let mut seen = BTreeSet::new();
            let mut validators = Validators {
                known: Vec::new(),
                strange: Strange::default(),
            };
            for items in answer {
                validators.strange.append(self.strange(&items.unread));
                for known in items.read {
                    let (key, index) = (known.validator.pubkey, known.index);
                    if !asked.contains(&key) {
                        let why = || format!("validator {index} was not asked for");
                        validators.strange.add(why);
                    } else if !seen.insert(key) {
                        let why = || format!("validator {index} is answered twice");
                        validators.strange.add(why);
                    } else {
                        validators.known.push(known);
                    }
                }
            }
            if validators.known.is_empty() && !validators.strange.is_empty() {
                let strange = Contradiction::Strange(validators.strange);
                Err(self.contradiction(Call::Validators, strange))
            } else {
                Ok(validators)
            }
        })
        .await
    }

    async fn validators_by_post(
        &self,
        path: &str,
        keys: &[PublicKey],
    ) -> Result<Items<ValidatorState>, BeaconError> {
        #[derive(Serialize)]
        struct Query<'a> {
            ids: &'a [PublicKey],
        }
        let body = Body::json(&Query { ids: keys });
        let answer = self.post(Call::Validators, path, body).await?;
        let answer: Envelope<Items<ValidatorState>> =
            self.read_json(Call::Validators, &answer.body)?;
        Ok(answer.data)
    }

    /// For nodes without the POST: as many keys at a time as the API allows in a URL.
    async fn validators_by_get(
        &self,
        path: &str,
        keys: &[PublicKey],
    ) -> Result<Vec<Items<ValidatorState>>, BeaconError> {
        const KEYS_PER_URL: usize = 30;
        let mut answers = Vec::new();
        for some in keys.chunks(KEYS_PER_URL) {
            let ids: Vec<String> = some.iter().map(PublicKey::to_string).collect();
            let path = format!("{path}?id={}", ids.join(","));
            let answer: Envelope<Items<_>> = self.json(Call::Validators, &path).await?;
            answers.push(answer.data);
        }
        Ok(answers)
    }
}
