//! Registrations with builders, which the node passes on to its relays.

use proto::eth::SignedValidatorRegistration;

use super::call::Call;
use super::client::{BeaconClient, Body};
use super::error::BeaconError;

impl BeaconClient {
    /// Has the node tell its relays how these validators want their blocks to be built.
    ///
    /// # Errors
    /// If the node cannot be told, has no builder, or a relay refuses one of them.
    pub async fn register_validators(
        &self,
        registrations: &[SignedValidatorRegistration],
    ) -> Result<(), BeaconError> {
        const CALL: Call = Call::RegisterValidators;
        let path = "/eth/v1/validator/register_validator";
        self.post(CALL, path, Body::json(registrations)).await?;
        Ok(())
    }
}
