//! A block to sign, and the signed block to post.

use proto::eth::{BlockContents, ChainSpec};
use proto::{Root, SignatureBytes, Slot};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::call::Call;
use super::client::{Answer, BeaconClient, Body, VERSION_HEADER};
use super::contradiction::Contradiction;
use super::error::{BeaconError, is_already_known};

/// The headers that say what a block brings its proposer, in wei: from its payload, and from the
/// chain.
const VALUE_HEADERS: [&str; 2] = ["Eth-Execution-Payload-Value", "Eth-Consensus-Block-Value"];
/// The header that says whether a payload is only a header, for a builder to reveal.
const BLINDED_HEADER: &str = "Eth-Execution-Payload-Blinded";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRequest {
    pub slot: Slot,
    /// The proposer's signature of the epoch.
    pub randao_reveal: SignatureBytes,
    /// 32 bytes that stand in the block.
    pub graffiti: Root,
    /// How much a relay's bid counts beside the own payload, in percent; 0 of none.
    pub boost_factor: u64,
}

/// What a node checks of a block before it sends it on, at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// What gossip demands. For a block that it has built itself: this is the fastest, and some
    /// clients do not check blobs then.
    Gossip,
    /// All but the payload. For what others gave.
    Consensus,
}

impl Validation {
    /// Its name in the Beacon API.
    fn name(self) -> &'static str {
        match self {
            Self::Gossip => "gossip",
            Self::Consensus => "consensus",
        }
    }
}

/// What became of a posted block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The node imported it and sent it on.
    Imported,
    /// The node sent it on but could not import it: it may be invalid.
    OnlySentOn,
    /// The node had it already.
    AlreadyKnown,
}

/// A block that the node has built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    pub contents: BlockContents,
    /// What it brings its proposer by the node's own word, in wei; 0 where it does not say.
    pub value_wei: u128,
    /// What of that its payload brings.
    pub payload_wei: u128,
}

impl BeaconClient {
    /// A block to propose; none while the node is syncing or optimistic: its parent may be invalid.
    ///
    /// # Errors
    /// As [`BeaconClient::produce_block`], or if the node does not say how it is.
    pub async fn own_block(
        &self,
        spec: &ChainSpec,
        request: &BlockRequest,
    ) -> Result<Option<Built>, BeaconError> {
        let block = self.produce_block(spec, request);
        let (block, status) = tokio::try_join!(block, self.sync_status())?;
        Ok(status.may_vote().then_some(block))
    }

    /// A block with a payload of the node's own execution client, and its blobs; or where relays'
    /// bids count, a blinded block.
    ///
    /// # Errors
    /// If the node cannot be asked, or gives a blinded block where none was asked for, or one for
    /// another slot, fork or RANDAO reveal.
    pub async fn produce_block(
        &self,
        spec: &ChainSpec,
        request: &BlockRequest,
    ) -> Result<Built, BeaconError> {
        self.put((Call::ProduceBlock, request.slot.0), async {
            const CALL: Call = Call::ProduceBlock;
            let BlockRequest {
                slot,
                randao_reveal,
                graffiti,
                boost_factor,
            } = request;
            let path = format!(
                "/eth/v3/validator/blocks/{slot}?randao_reveal={randao_reveal}&graffiti={graffiti}\
             &builder_boost_factor={boost_factor}"
            );
            let answer = self.ssz_or_json(CALL, &path).await?;
            let built = self.built(spec, &answer, *boost_factor > 0)?;
            let block = &built.contents.block;
            if block.slot() != *slot {
                let other = Contradiction::OtherSlot {
                    asked: *slot,
                    came: block.slot(),
                };
                return Err(self.contradiction(CALL, other));
            }
            if block.randao_reveal() != *randao_reveal {
                return Err(self.contradiction(CALL, Contradiction::OtherReveal));
            }
            let spec = block.fork();
            match answer.header(VERSION_HEADER) {
                Some(said) if !said.eq_ignore_ascii_case(spec.as_str()) => {
                    let said = self.shown(said);
                    Err(self.contradiction(CALL, Contradiction::OtherFork { said, spec }))
                }
                Some(_) | None => Ok(built),
            }
        })
        .await
    }

    fn built(
        &self,
        spec: &ChainSpec,
        answer: &Answer,
        may_be_blinded: bool,
    ) -> Result<Built, BeaconError> {
        #[derive(Deserialize)]
        struct Produced<'a> {
            execution_payload_blinded: Option<bool>,
            execution_payload_value: Option<String>,
            consensus_block_value: Option<String>,
            #[serde(borrow)]
            data: &'a RawValue,
        }
        const CALL: Call = Call::ProduceBlock;
        let is_blinded = answer.header(BLINDED_HEADER) == Some("true");
        let allowed = |is_blinded: bool| match is_blinded && !may_be_blinded {
            true => Err(self.contradiction(CALL, Contradiction::Blinded)),
            false => Ok(is_blinded),
        };
        let mut values = VALUE_HEADERS.map(|name| answer.header(name).map(str::to_owned));
        let contents = if answer.is_ssz() {
            match allowed(is_blinded)? {
                true => BlockContents::blinded_from_ssz(spec, &answer.body),
                false => BlockContents::from_ssz(spec, &answer.body),
            }
        } else {
            let produced: Produced<'_> = self.read_json(CALL, &answer.body)?;
            let said = [
                produced.execution_payload_value,
                produced.consensus_block_value,
            ];
            for (value, said) in values.iter_mut().zip(said) {
                *value = value.take().or(said);
            }
            match allowed(is_blinded || produced.execution_payload_blinded == Some(true))? {
                true => BlockContents::blinded_from_json(spec, produced.data),
                false => BlockContents::from_json(spec, produced.data.get()),
            }
        };
        let contents = contents.map_err(|error| self.undecodable(CALL, &error.to_string()))?;
        let wei = |said: Option<String>| said.and_then(|said| said.parse::<u128>().ok());
        let [payload_wei, consensus_wei] = values.map(|said| wei(said).unwrap_or(0));
        Ok(Built {
            contents,
            value_wei: payload_wei.saturating_add(consensus_wei),
            payload_wei,
        })
    }

    /// Posts a signed block with its blobs; the node checks it before it sends it on. A blinded one
    /// it gives its relays, for the payload.
    ///
    /// # Errors
    /// If the node cannot be told or refuses the block, or no relay shows the payload.
    pub async fn publish_block(
        &self,
        contents: &BlockContents,
        signature: SignatureBytes,
        validation: Validation,
    ) -> Result<Published, BeaconError> {
        let level = validation.name();
        let place = match contents.block.is_blinded() {
            true => "blinded_blocks",
            false => "blocks",
        };
        let path = &format!("/eth/v2/beacon/{place}?broadcast_validation={level}");
        let body = Body::ssz(contents.signed_ssz(signature)).of(contents.block.fork());
        match self.post(Call::PublishBlock, path, body).await {
            // Lighthouse answers 202 with these words to a block that it has imported before.
            Ok(answer) if answer.status == 202 => {
                let said = String::from_utf8_lossy(&answer.body);
                match is_already_known(&said) {
                    true => Ok(Published::AlreadyKnown),
                    false => Ok(Published::OnlySentOn),
                }
            }
            Ok(_) => Ok(Published::Imported),
            Err(error) => match error.rejected() {
                Some(rejected) if is_already_known(&rejected.message) => {
                    Ok(Published::AlreadyKnown)
                }
                Some(_) | None => Err(error),
            },
        }
    }
}
