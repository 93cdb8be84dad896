//! The blocks that beacon nodes of the simulated world build, with their blobs, and what of these
//! goes from peer to peer.

use node_core::duties::Origin;
use proto::eth::{Blobs, Block, BlockContents, ChainSpec, ForkName, ValidatorIndex};
use proto::frame::{BLOBS_PART, BlobsPart, Frame};
use proto::{DutyId, Root, SignatureBytes, Slot};
use serde_json::json;
use serde_json::value::RawValue;

use crate::chain::Chain;
use crate::world::World;

/// Bytes of a blob (`FIELD_ELEMENTS_PER_BLOB` of 32 bytes).
pub const BYTES_OF_A_BLOB: usize = 4_096 * 32;
/// Cells of a blob, each with a proof since Fulu (`CELLS_PER_EXT_BLOB`).
const CELLS_OF_A_BLOB: usize = 128;

/// What a block is to be built from.
#[derive(Debug, Clone, Copy)]
pub struct BlockOrder {
    pub slot: Slot,
    pub randao_reveal: SignatureBytes,
    /// Who gets its fees.
    pub fee_recipient: [u8; 20],
}

impl BlockOrder {
    /// The block with this many blobs, whose bytes nobody but `builder` has.
    pub fn build(
        &self,
        spec: &ChainSpec,
        (parent, builder, proposer): (Root, u8, ValidatorIndex),
        blobs: usize,
    ) -> BlockContents {
        let block = block(spec, self, (parent, builder, proposer), blobs);
        let proofs = match block.fork() {
            ForkName::Electra => blobs,
            ForkName::Fulu => blobs * CELLS_OF_A_BLOB,
        };
        // No two parts of it are the same.
        let bytes = |count: usize| (0..count).map(|at| builder ^ (at / 999) as u8).collect();
        let blobs = Blobs::new(&block, bytes(proofs * 48), bytes(blobs * BYTES_OF_A_BLOB)).unwrap();
        BlockContents { block, blobs }
    }
}

/// The smallest block of the minimal preset; `builder` makes blocks of different nodes differ.
fn block(
    spec: &ChainSpec,
    order: &BlockOrder,
    (parent, builder, proposer): (Root, u8, ValidatorIndex),
    blobs: usize,
) -> Block {
    let zeros = |bytes: usize| format!("0x{}", "00".repeat(bytes));
    let none: [u8; 0] = [];
    let payload = json!({
        // The execution block of a beacon block has its root as hash.
        "parent_hash": parent, "fee_recipient": proto::Address::from(order.fee_recipient),
        "state_root": zeros(32), "receipts_root": zeros(32), "logs_bloom": zeros(256),
        "prev_randao": zeros(32), "block_number": "1", "gas_limit": "30000000", "gas_used": "0",
        "timestamp": spec.start_of(order.slot).unix_seconds().to_string(),
        "extra_data": "0x", "base_fee_per_gas": "7",
        "block_hash": Root::from([builder ^ (order.slot.0 as u8).rotate_left(4); 32]),
        "transactions": none, "withdrawals": none, "blob_gas_used": "0", "excess_blob_gas": "0",
    });
    let body = json!({
        "randao_reveal": order.randao_reveal, "graffiti": Root::from([builder; 32]),
        "eth1_data": {
            "deposit_root": zeros(32), "deposit_count": "0", "block_hash": zeros(32),
        },
        "proposer_slashings": none, "attester_slashings": none, "attestations": none,
        "deposits": none, "voluntary_exits": none, "bls_to_execution_changes": none,
        "sync_aggregate": {
            "sync_committee_bits": zeros(4), "sync_committee_signature": zeros(96),
        },
        "execution_payload": payload, "blob_kzg_commitments": vec![zeros(48); blobs],
        "execution_requests": { "deposits": none, "withdrawals": none, "consolidations": none },
    });
    let json = json!({
        "slot": order.slot, "proposer_index": proposer, "parent_root": parent,
        "state_root": zeros(32), "body": body,
    });
    let json = RawValue::from_string(json.to_string()).unwrap();
    Block::from_json(spec, &json).unwrap()
}

impl World {
    /// A block comes with its blobs, and its beacon node learns whether somebody else gave them.
    pub(crate) fn check_blobs(
        &mut self,
        (peer, duty): (usize, DutyId),
        contents: &BlockContents,
        origin: Origin,
    ) {
        let block = &contents.block;
        if contents.blobs.blobs().len() != block.blob_count() * BYTES_OF_A_BLOB {
            let detail = format!("peer {peer} submits {duty} without its blobs");
            self.checks.violated("blobs", detail);
        }
        let is_own = block.blob_count() == 0 || self.chain.builder(block) == Some(peer);
        if is_own != (origin == Origin::Own) {
            let detail = format!("peer {peer} submits {duty} as {origin:?}");
            self.checks.violated("blobs", detail);
        }
    }

    /// Counts the questions for blobs that a peer puts, and the parts that it gives.
    pub(crate) fn count_blobs(&mut self, peer: usize, frame: &Frame) {
        match frame {
            Frame::BlobsWanted(_) => *self.pulls.entry(peer).or_default() += 1,
            Frame::BlobsPart(part) if part.bytes.is_some() => {
                *self.parts.entry(peer).or_default() += 1;
            }
            Frame::BlobsPart(_) => *self.refusals.entry(peer).or_default() += 1,
            Frame::Greeting(_)
            | Frame::Vote(_)
            | Frame::Randao(_)
            | Frame::Sight { .. }
            | Frame::Refused(_)
            | Frame::Taken(_)
            | Frame::ExitWords(_)
            | Frame::ExitShare(_)
            | Frame::Agreement(_)
            | Frame::DepositDemand(_)
            | Frame::DepositShares(_)
            | Frame::DepositRefusal(_)
            | Frame::SafeStep(_)
            | Frame::Intents(_)
            | Frame::StandsOn(_)
            | Frame::RegistrationShares(_)
            | Frame::SealedExits(_)
            | Frame::SealedExitsWanted(_)
            | Frame::ExitOpening(_)
            | Frame::SelectionShares(_) => {}
        }
    }
}

/// How a villain serves blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Each part lacks a byte.
    Short,
    /// Each is another part than was asked for.
    Elsewhere,
    /// Each is of the right size, and of other bytes.
    Garbage,
    /// None comes.
    Silence,
}

impl Lie {
    /// What it sends instead of `part`.
    pub fn of(self, mut part: BlobsPart, chain: &Chain) -> Vec<Vec<u8>> {
        let mut blocks = chain.blocks();
        let block = blocks.find(|block| block.root() == part.of.block).unwrap();
        let begin = part.of.part as usize * BLOBS_PART;
        let due = BLOBS_PART.min(Blobs::total_bytes(block) - begin);
        part.bytes = Some(vec![0xbb; due]);
        match self {
            Self::Short => part.bytes = Some(vec![0xbb; due - 1]),
            Self::Elsewhere => part.of.part += 1,
            Self::Garbage => {}
            Self::Silence => return Vec::new(),
        }
        vec![Frame::BlobsPart(part).encode()]
    }
}

/// How a villain changes the bytes of a block that it proposes: two of layout, then its SSZ, which
/// begins with slot, proposer index, parent, state and the offset of the body, the reveal first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// Its proposer is not the slot's.
    Proposer,
    /// Its reveal signs the right epoch, by another key than the proposer's.
    Reveal,
    /// Its containers are those of the other fork.
    Layout,
    /// Its fees go to the second address instead of the first.
    Payee([u8; 20], [u8; 20]),
}

impl Oddity {
    /// The block that stands in `body`, changed.
    pub fn of(self, body: &[u8], reveal: SignatureBytes) -> Vec<u8> {
        let mut bytes = body.to_vec();
        match self {
            Self::Proposer => bytes[2 + 8] ^= 1,
            Self::Reveal => {
                let begin = 2 + 8 + 8 + 32 + 32 + 4;
                bytes[begin..begin + 96].copy_from_slice(reveal.as_bytes());
            }
            Self::Layout => bytes[1] ^= 1,
            Self::Payee(right, wrong) => {
                let all = bytes.windows(20);
                let at = all.into_iter().position(|it| it == right).unwrap();
                bytes[at..at + 20].copy_from_slice(&wrong);
            }
        }
        bytes
    }
}
