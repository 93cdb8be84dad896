//! The exit of a validator to post.

use proto::eth::ValidatorIndex;
use proto::eth::operations::SignedVoluntaryExit;
use serde::Deserialize;

use super::call::Call;
use super::client::{BeaconClient, Body};
use super::error::BeaconError;

const POOL: &str = "/eth/v1/beacon/pool/voluntary_exits";

#[derive(Deserialize)]
struct Pooled {
    data: Vec<SignedVoluntaryExit>,
}

impl BeaconClient {
    /// Posts an exit into the node's pool, from which blocks take it. It is there as well if an
    /// exit of this validator came on another way first, which nodes refuse, each in its own words:
    /// every peer posts the same exit, and the chain's network spreads it.
    ///
    /// # Errors
    /// If the node cannot be told, or refuses and shows no exit of this validator.
    pub async fn submit_exit(&self, exit: &SignedVoluntaryExit) -> Result<(), BeaconError> {
        let Err(refused) = self.post(Call::SubmitExit, POOL, Body::json(exit)).await else {
            return Ok(());
        };
        let is_there = self.has_exit(exit.message.validator_index).await;
        if is_there { Ok(()) } else { Err(refused) }
    }

    async fn has_exit(&self, validator: ValidatorIndex) -> bool {
        let pooled = self.json(Call::PooledExits, POOL).await;
        pooled.is_ok_and(|Pooled { data }| {
            let mut exits = data.iter();
            exits.any(|exit| exit.message.validator_index == validator)
        })
    }
}
