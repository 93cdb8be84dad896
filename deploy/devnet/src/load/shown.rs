//! The one block of the stand-in of which there is more than a root: finalised for ever, with a
//! made-up state of any size, for proofs.
//!
//! The state is made while it is sent, and never held. Contracts take proofs of a block for an
//! hour, so the stand-in serves them for 50 minutes after its start.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use futures::Stream;
use futures::stream;
use node_core::proof::example::Generated;
use node_core::proof::{StateReader, StateTerms, Wanted};
use proto::eth::{Block, ChainSpec};
use proto::{Root, Slot};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use tokio::sync::mpsc::channel;

/// Its slot: the first that may have a payload.
pub const SLOT: Slot = Slot(1);
/// Pieces of the state that wait to be sent.
const PIECES: usize = 4;
/// What a signed block begins with: where the block stands, and a signature that nobody checks.
const BEFORE_BLOCK: [u8; 100] = {
    let mut bytes = [0; 100];
    bytes[0] = 100;
    bytes
};

/// The block and its state.
#[derive(Debug)]
pub struct Shown {
    block: Block,
    state: Generated,
}

impl Shown {
    /// One that follows the block `parent` of this chain, with so many validators. It takes as long
    /// as hashing them.
    ///
    /// # Panics
    /// Never: the chain is at Electra, of which states and blocks are known.
    pub fn new(spec: &ChainSpec, parent: Root, validators: u64) -> Self {
        let terms = StateTerms::at(spec, SLOT).expect("of Electra");
        let state = Generated::new(terms.clone(), validators);
        let mut reader = StateReader::new(terms, Wanted::default()).expect("nothing is wanted");
        state.each_piece(|piece| reader.push(piece).expect("a state"));
        let root = reader.finish().expect("whole").root();
        let json = to_raw_value(&block(parent, root)).expect("texts have a JSON form");
        let block = Block::from_json(spec, &json).expect("a block of Electra");
        Self { block, state }
    }

    /// The block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The same in SSZ, signed.
    pub fn signed_block(&self) -> Vec<u8> {
        [&BEFORE_BLOCK, self.block.ssz()].concat()
    }

    /// The bytes of the state after it.
    pub fn state(self: Arc<Self>) -> impl Stream<Item = Result<Bytes, Infallible>> {
        let (to_pieces, pieces) = channel(PIECES);
        tokio::task::spawn_blocking(move || {
            self.state.each_piece(|piece| {
                // Whoever has asked may have gone.
                to_pieces.blocking_send(Bytes::copy_from_slice(piece)).ok();
            });
        });
        stream::unfold(pieces, |mut pieces| async move {
            let piece = pieces.recv().await?;
            Some((Ok(piece), pieces))
        })
    }
}

/// A block in which nothing happens, but that has a payload.
fn block(parent: Root, state: Root) -> Value {
    let zeros = |bytes: usize| format!("0x{}", "00".repeat(bytes));
    json!({
        "slot": SLOT,
        "proposer_index": "0",
        "parent_root": parent,
        "state_root": state,
        "body": {
            "randao_reveal": zeros(96),
            "eth1_data": {
                "deposit_root": zeros(32),
                "deposit_count": "0",
                "block_hash": zeros(32),
            },
            "graffiti": zeros(32),
            "proposer_slashings": [],
            "attester_slashings": [],
            "attestations": [],
            "deposits": [],
            "voluntary_exits": [],
            "sync_aggregate": {
                "sync_committee_bits": zeros(64),
                "sync_committee_signature": zeros(96),
            },
            "execution_payload": {
                "parent_hash": zeros(32),
                "fee_recipient": zeros(20),
                "state_root": zeros(32),
                "receipts_root": zeros(32),
                "logs_bloom": zeros(256),
                "prev_randao": zeros(32),
                "block_number": "1",
                "gas_limit": "30000000",
                "gas_used": "0",
                "timestamp": "0",
                "extra_data": "0x",
                "base_fee_per_gas": "7",
                "block_hash": format!("0x{}", "01".repeat(32)),
                "transactions": [],
                "withdrawals": [],
                "blob_gas_used": "0",
                "excess_blob_gas": "0",
            },
            "bls_to_execution_changes": [],
            "blob_kzg_commitments": [],
            "execution_requests": { "deposits": [], "withdrawals": [], "consolidations": [] },
        },
    })
}
