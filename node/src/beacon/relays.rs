//! A bid for a payload: asked of a relay, which speaks the Builder API as a beacon node its own.
//!
//! Source: `ethereum/builder-specs`, `getHeader`.
//!
//! Never here: whether the operators have named a relay, and whether its key has signed.

use proto::eth::SignedBuilderBid;
use proto::{PublicKey, Root, Slot};
use serde::Deserialize;

use super::call::Call;
use super::client::{BeaconClient, JSON};
use super::error::BeaconError;

impl BeaconClient {
    /// The bid that a relay shows at this moment for a payload of `slot` that builds on the
    /// execution block `parent_hash`; none if it has none.
    ///
    /// # Errors
    /// If the relay cannot be asked, or answers something else.
    pub async fn builder_bid(
        &self,
        slot: Slot,
        parent_hash: Root,
        proposer: PublicKey,
    ) -> Result<Option<SignedBuilderBid>, BeaconError> {
        #[derive(Deserialize)]
        struct Shown {
            data: SignedBuilderBid,
        }
        const CALL: Call = Call::BuilderHeader;
        let path = format!("/eth/v1/builder/header/{slot}/{parent_hash}/{proposer}");
        let answer = self.get(CALL, &path, JSON).await?;
        if answer.status == 204 {
            return Ok(None);
        }
        let shown: Shown = self.read_json(CALL, &answer.body)?;
        Ok(Some(shown.data))
    }
}
