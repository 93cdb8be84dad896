//! Who builds blocks: the own node, and how builders are told what they may build.

use proto::eth::{SignedValidatorRegistration, ValidatorIndex};
use proto::{Address, SignatureBytes, Slot, ValidatorPosition};
use tracing::debug;

use super::Question;
use crate::beacon::BlockRequest;
use node_core::duties::agreed::blinded::Blinded;
use node_core::duties::{Produced, Response};

impl Question {
    /// The block that the node builds, once it was told whom it is to pay.
    pub(super) async fn own_block(
        &mut self,
        (slot, boost_factor): (Slot, u64),
        randao_reveal: SignatureBytes,
        pays: Option<(ValidatorIndex, Address)>,
    ) -> Response {
        if let Some(pays) = pays
            && let Err(error) = self.client().prepare_proposers(&[pays]).await
        {
            debug!(%error, "the beacon node takes no note of whom a block is to pay");
        }
        let request = BlockRequest {
            slot,
            randao_reveal,
            graffiti: self.asking.graffiti,
            boost_factor,
        };
        let built = self.client().own_block(&self.asking.chain, &request).await;
        let produced = self.valued("a block", built).and_then(|built| {
            self.value_wei = built.value_wei;
            let contents = built.contents;
            match contents.block.is_blinded() {
                true => Blinded::new(contents.block, built.payload_wei).map(Produced::Blinded),
                false => Some(Produced::Full(contents)),
            }
        });
        Response::Block(slot, produced)
    }

    /// Whether the node passed registrations on.
    pub(super) async fn register(
        &mut self,
        all: Vec<(ValidatorPosition, SignedValidatorRegistration)>,
    ) -> Response {
        let (validators, signed): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let taken = self.client().register_validators(&signed).await;
        let taken = taken.inspect_err(|error| self.complain("registrations with builders", error));
        Response::Register(validators, taken.is_ok())
    }
}
