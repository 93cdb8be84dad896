//! A block as the rest of Gantry sees it: its SSZ, its root and the fields that are judged.
//!
//! The presets end here: [`Block`] is read through the containers of [`super::body`] once, hashed
//! once, and from then on it is bytes with a header. It is cheap to clone.
//!
//! A blinded block has a header in the place of its payload, and the same root: who signs one has
//! signed the other.
//!
//! Never here: whether the block is one that we would sign.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use ssz::{Decode as _, DecodeError, Encode as _};
use thiserror::Error;

use super::payload::{ExecutionPayload, ExecutionPayloadHeader, Payload};
use super::{
    BeaconBlock, BeaconBlockHeader, ChainSpec, DomainType, ForkName, Mainnet, Minimal, Preset,
    PresetBase, UnknownFork, ValidatorIndex, hash_tree_root, signing_root,
};
use crate::{Address, Root, SignatureBytes, Slot};

/// The largest block there is: `MAX_PAYLOAD_SIZE`, beyond which no gossip carries it.
pub const MAX_BLOCK_BYTES: usize = 10 << 20;

/// Bytes are not a block of this chain.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BlockError {
    /// More bytes than any block may have.
    #[error("a block of {0} bytes is larger than the network carries ({MAX_BLOCK_BYTES})")]
    TooLarge(usize),
    /// Not the SSZ of a block.
    #[error("not the SSZ of a block: {0:?}")]
    Ssz(DecodeError),
    /// Not the JSON of a block.
    #[error("not the JSON of a block: {0}")]
    Json(String),
    /// The block's slot lies in a fork that Gantry has no containers for.
    #[error(transparent)]
    Fork(#[from] UnknownFork),
    /// The blobs beside the block do not belong to it.
    #[error("{got} bytes of {what} beside a block with {blobs} blob commitments")]
    Blobs {
        /// Blobs or their proofs.
        what: &'static str,
        /// How many bytes there are.
        got: usize,
        /// How many blobs the block commits to.
        blobs: usize,
    },
}

/// A block of Electra or Fulu of either preset, well-formed, with its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    ssz: Arc<[u8]>,
    root: Root,
    layout: Layout,
    form: Form,
    facts: Arc<Facts>,
}

/// Which containers a block is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The preset with its list limits.
    pub preset: PresetBase,
    /// The fork.
    pub fork: ForkName,
}

/// What stands in a block in the place of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The payload.
    Full,
    /// Its header: whoever has built the payload reveals it once the block is signed.
    Blinded,
}

/// The fields that are judged before a block is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    header: BeaconBlockHeader,
    randao_reveal: SignatureBytes,
    graffiti: Root,
    fee_recipient: Address,
    execution_parent_hash: Root,
    execution_block_hash: Root,
    blobs: usize,
}

impl Block {
    /// Reads the SSZ of a block with its payload. Its fork follows from its slot.
    ///
    /// # Errors
    /// If the bytes are too many, not a block, or of a fork without containers.
    pub fn from_ssz(spec: &ChainSpec, ssz: &[u8]) -> Result<Self, BlockError> {
        Self::from_ssz_of(spec, Form::Full, ssz)
    }

    /// Reads the SSZ of a block of this form.
    ///
    /// # Errors
    /// As [`Block::from_ssz`].
    pub fn from_ssz_of(spec: &ChainSpec, form: Form, ssz: &[u8]) -> Result<Self, BlockError> {
        if ssz.len() > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLarge(ssz.len()));
        }
        let fork = spec.fork_at(spec.epoch_of(slot_of(ssz)?))?;
        Self::of_layout(
            Layout {
                preset: spec.preset(),
                fork,
            },
            form,
            ssz,
        )
    }

    /// Reads the SSZ of a block of this layout and form. Whether it is the chain's is not checked.
    ///
    /// # Errors
    /// If the bytes are too many or not a block.
    pub fn of_layout(layout: Layout, form: Form, ssz: &[u8]) -> Result<Self, BlockError> {
        if ssz.len() > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLarge(ssz.len()));
        }
        let facts = match layout.preset {
            PresetBase::Mainnet => Facts::read::<Mainnet>(form, ssz)?,
            PresetBase::Minimal => Facts::read::<Minimal>(form, ssz)?,
        };
        let ssz = ssz.into();
        Ok(Self::new((layout, form), facts, ssz))
    }

    /// Reads the JSON of a block with its payload, for beacon nodes that give nothing better.
    ///
    /// # Errors
    /// As [`Block::from_ssz`].
    pub fn from_json(spec: &ChainSpec, json: &RawValue) -> Result<Self, BlockError> {
        Self::from_json_of(spec, Form::Full, json)
    }

    /// Reads the JSON of a block of this form.
    ///
    /// # Errors
    /// As [`Block::from_ssz`].
    pub fn from_json_of(spec: &ChainSpec, form: Form, json: &RawValue) -> Result<Self, BlockError> {
        let (facts, ssz) = match spec.preset() {
            PresetBase::Mainnet => read_json::<Mainnet>(form, json)?,
            PresetBase::Minimal => read_json::<Minimal>(form, json)?,
        };
        if ssz.len() > MAX_BLOCK_BYTES {
            return Err(BlockError::TooLarge(ssz.len()));
        }
        let fork = spec.fork_at(spec.epoch_of(facts.header.slot))?;
        let layout = Layout {
            preset: spec.preset(),
            fork,
        };
        Ok(Self::new((layout, form), facts, ssz.into()))
    }

    fn new((layout, form): (Layout, Form), facts: Facts, ssz: Arc<[u8]>) -> Self {
        let root = hash_tree_root(&facts.header);
        Self {
            ssz,
            root,
            layout,
            form,
            facts: Arc::new(facts),
        }
    }

    /// Its `hash_tree_root`.
    pub fn root(&self) -> Root {
        self.root
    }

    /// Its SSZ.
    pub fn ssz(&self) -> &[u8] {
        &self.ssz
    }

    /// The containers it is made of.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What stands in the place of its payload.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether it has a header in the place of its payload.
    pub fn is_blinded(&self) -> bool {
        self.form == Form::Blinded
    }

    /// The fork that its slot lies in.
    pub fn fork(&self) -> ForkName {
        self.layout.fork
    }

    /// Its header, which has the same root.
    pub fn header(&self) -> &BeaconBlockHeader {
        &self.facts.header
    }

    /// Its slot.
    pub fn slot(&self) -> Slot {
        self.facts.header.slot
    }

    /// Its proposer.
    pub fn proposer_index(&self) -> ValidatorIndex {
        self.facts.header.proposer_index
    }

    /// The block it builds on.
    pub fn parent_root(&self) -> Root {
        self.facts.header.parent_root
    }

    /// The proposer's signature of the epoch.
    pub fn randao_reveal(&self) -> SignatureBytes {
        self.facts.randao_reveal
    }

    /// 32 bytes of the proposer's choice.
    pub fn graffiti(&self) -> Root {
        self.facts.graffiti
    }

    /// Who gets the fees.
    pub fn fee_recipient(&self) -> Address {
        self.facts.fee_recipient
    }

    /// The execution block that its payload builds on.
    pub fn execution_parent_hash(&self) -> Root {
        self.facts.execution_parent_hash
    }

    /// The hash of its payload on the execution chain.
    pub fn execution_block_hash(&self) -> Root {
        self.facts.execution_block_hash
    }

    /// How many blobs travel beside it: as many as it commits to, and none beside a blinded block,
    /// whose builder has them.
    pub fn blob_count(&self) -> usize {
        self.facts.blobs
    }

    /// What the proposer's key signs.
    pub fn signing_root(&self, spec: &ChainSpec) -> Root {
        let epoch = spec.epoch_of(self.slot());
        signing_root(
            self.header(),
            spec.domain(DomainType::BeaconProposer, epoch),
        )
    }
}

/// A block with its proposer's signature, as it is read from the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBlock {
    /// The block.
    pub block: Block,
    /// The signature, not verified.
    pub signature: SignatureBytes,
}

/// Where the block starts in the SSZ of a signed block: after its offset and the signature.
const MESSAGE_AT: usize = 4 + 96;

impl SignedBlock {
    /// Reads the SSZ of a signed block.
    ///
    /// # Errors
    /// As [`Block::from_ssz`].
    pub fn from_ssz(spec: &ChainSpec, ssz: &[u8]) -> Result<Self, BlockError> {
        let (fixed, message) = ssz
            .split_at_checked(MESSAGE_AT)
            .ok_or_else(|| too_short(ssz.len(), MESSAGE_AT))?;
        let offset = u32::from_ssz_bytes(&fixed[..4]).map_err(BlockError::Ssz)? as usize;
        if offset != MESSAGE_AT {
            let error = DecodeError::OffsetIntoFixedPortion(offset);
            return Err(BlockError::Ssz(error));
        }
        Ok(Self {
            signature: SignatureBytes::from_ssz_bytes(&fixed[4..]).map_err(BlockError::Ssz)?,
            block: Block::from_ssz(spec, message)?,
        })
    }

    /// Reads the JSON of a signed block.
    ///
    /// # Errors
    /// As [`Block::from_ssz`].
    pub fn from_json(spec: &ChainSpec, json: &str) -> Result<Self, BlockError> {
        #[derive(Deserialize)]
        struct Signed<'a> {
            #[serde(borrow)]
            message: &'a RawValue,
            signature: SignatureBytes,
        }
        let signed: Signed<'_> =
            serde_json::from_str(json).map_err(|error| BlockError::Json(error.to_string()))?;
        Ok(Self {
            block: Block::from_json(spec, signed.message)?,
            signature: signed.signature,
        })
    }

    /// Appends the SSZ of the signed block.
    pub fn append_ssz(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&(MESSAGE_AT as u32).to_le_bytes());
        buffer.extend_from_slice(self.signature.as_bytes());
        buffer.extend_from_slice(self.block.ssz());
    }

    /// Bytes of its SSZ.
    pub fn ssz_len(&self) -> usize {
        MESSAGE_AT + self.block.ssz().len()
    }
}

impl Facts {
    fn read<P: Preset>(form: Form, ssz: &[u8]) -> Result<Self, BlockError> {
        Ok(match form {
            Form::Full => Self::of(form, &decoded::<P, ExecutionPayload<P>>(ssz)?),
            Form::Blinded => Self::of(form, &decoded::<P, ExecutionPayloadHeader>(ssz)?),
        })
    }

    fn of<P: Preset, E: Payload>(form: Form, block: &BeaconBlock<P, E>) -> Self {
        let body = &block.body;
        let blobs = match form {
            Form::Full => body.blob_kzg_commitments.len(),
            Form::Blinded => 0,
        };
        Self {
            header: block.header(),
            randao_reveal: body.randao_reveal,
            graffiti: body.graffiti,
            fee_recipient: body.execution_payload.fee_recipient(),
            execution_parent_hash: body.execution_payload.parent_hash(),
            execution_block_hash: body.execution_payload.block_hash(),
            blobs,
        }
    }
}

pub(super) fn decoded<P: Preset, E: Payload>(ssz: &[u8]) -> Result<BeaconBlock<P, E>, BlockError> {
    BeaconBlock::from_ssz_bytes(ssz).map_err(BlockError::Ssz)
}

fn read_json<P: Preset>(form: Form, json: &RawValue) -> Result<(Facts, Vec<u8>), BlockError> {
    match form {
        Form::Full => read_json_of::<P, ExecutionPayload<P>>(form, json),
        Form::Blinded => read_json_of::<P, ExecutionPayloadHeader>(form, json),
    }
}

fn read_json_of<P: Preset, E: Payload>(
    form: Form,
    json: &RawValue,
) -> Result<(Facts, Vec<u8>), BlockError> {
    let block: BeaconBlock<P, E> =
        serde_json::from_str(json.get()).map_err(|error| BlockError::Json(error.to_string()))?;
    Ok((Facts::of(form, &block), block.as_ssz_bytes()))
}

/// The slot stands first in a block of every fork.
fn slot_of(ssz: &[u8]) -> Result<Slot, BlockError> {
    let bytes = ssz.first_chunk().ok_or_else(|| too_short(ssz.len(), 8))?;
    Ok(Slot(u64::from_le_bytes(*bytes)))
}

pub(super) fn too_short(len: usize, expected: usize) -> BlockError {
    BlockError::Ssz(DecodeError::InvalidByteLength { len, expected })
}
