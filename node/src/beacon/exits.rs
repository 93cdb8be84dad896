//! The exit of a validator to post.

use proto::eth::operations::SignedVoluntaryExit;

use super::call::Call;
use super::client::{BeaconClient, Body};
use super::error::BeaconError;

impl BeaconClient {
    /// Posts an exit into the node's pool, from which blocks take it.
    ///
    /// # Errors
    /// If the node cannot be told, or refuses: also when it has another exit of this validator.
    pub async fn submit_exit(&self, exit: &SignedVoluntaryExit) -> Result<(), BeaconError> {
        let path = "/eth/v1/beacon/pool/voluntary_exits";
        self.post(Call::SubmitExit, path, Body::json(exit)).await?;
        Ok(())
    }
}
