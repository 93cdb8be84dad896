//! The blobs of a signed block, from peer to peer, so that the block does not fail with the beacon
//! node of its builder.
//!
//! Peers agree on a block without its blobs: they are up to some megabytes that only the builder's
//! beacon node has, and a block can be published only with them. Whoever lacks them asks its own
//! beacon node, a twelfth of a slot after the block was signed (a second on mainnet), whether it
//! knows the block. If it does not, this peer pulls them and submits the block itself.
//!
//! ```text
//! signed ─ slot/12 ─► own node knows it? ─ yes ─► done
//!                         ▲      └ no ─► BlobsWanted 0, 1, 2 … ─► all there ─► submission
//!                         │                 └ none, wrong or slow: the next peer   └ refused:
//!                         └── nobody left: again after slot/12 ◄────────────────── the next peer
//! ```
//!
//! - *After the COMMIT, and behind everything.* Nothing of this begins before the block is signed,
//!   and parts leave only when nothing else waits for the same peer ([`Output::SendLast`]).
//! - *By few.* Where the block spreads as it should nobody pulls. Else peers begin a twenty-fourth
//!   of a slot apart, in the order in which they lead the block's rounds: the first has usually
//!   published when the next one asks its node.
//! - *From whom.* In the same order: the builder is the leader of the first round, or of the first
//!   that did not fail. Whoever has pulled the blobs serves them too, also if its own beacon node
//!   refused them: that may be the node's fault.
//! - *Bounds.* One question at a time, for one part of [`BLOBS_PART`] bytes; a part must come in a
//!   twelfth of a slot, all of them in a quarter (3 s: 21 blobs of Fulu are 2.9 MB, so that is
//!   8 Mbit/s). Memory for one block of [`MAX_BLOBS`] at most. Each peer is sent every part
//!   twice at most. All ends with the slot.
//!
//! What comes is checked for the sizes that the signed block demands, not against its KZG
//! commitments: a second curve library with its trusted setup, read by every peer at every start,
//! would tell only what the own beacon node tells anyway before it takes the block. A liar costs
//! one refused submission: all parts come from one peer, and if the node refuses them that peer
//! is not asked again, but the next.
//!
//! Not covered: a builder whose program dies within that second takes the blobs along, unless its
//! beacon node has the block, which it is given some hundredths of a second after the COMMIT. To
//! push them to somebody at once would cost every block that upload, in the very moment in which
//! the builder's node spreads it.

use std::collections::BTreeMap;

use proto::eth::{Blobs, Block, BlockContents};
use proto::frame::{BLOBS_PART, BlobsPart, BlobsWanted, Frame};
use proto::{PeerIndex, Root, SignatureBytes, Timestamp};

use super::judge::Sight;
use super::pull::Pull;
use super::run::Run;
use super::value::Value;
use crate::duties::facts::Step;
use crate::duties::note::Note;
use crate::duties::{Output, Submission};

/// Of a block with more blobs they are not passed on: 18 MB with the proofs of Fulu. (The limit of
/// mainnet, by its `BLOB_SCHEDULE`, was 21 in 2026.)
const MAX_BLOBS: usize = 128;
/// How often a peer is sent every part at most: once, and once more if its session was cut.
const HELPINGS: usize = 2;

/// What a run holds to get blobs, and to bound what it gives.
#[derive(Debug, Default)]
pub(crate) struct Passing {
    pull: Option<Pull>,
    /// How many parts each peer was sent.
    served: BTreeMap<PeerIndex, usize>,
}

impl Passing {
    /// When time matters to it next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.pull.as_ref()?.deadline()
    }

    /// Forgets the blobs that it would get.
    pub(crate) fn abandon(&mut self) {
        self.pull = None;
    }

    /// Whether others were asked for blobs.
    pub(crate) fn has_asked(&self) -> bool {
        self.pull.as_ref().is_some_and(Pull::has_asked)
    }
}

impl Run {
    /// What of this block is to be submitted, if this peer has it: one without blobs always.
    pub(crate) fn contents_of(&self, block: &Block) -> Option<BlockContents> {
        let without_blobs = || BlockContents {
            block: block.clone(),
            blobs: Blobs::default(),
        };
        let held = self.contents.as_ref();
        let held = held.filter(|contents| contents.block.root() == block.root());
        held.cloned()
            .or_else(|| (block.blob_count() == 0).then(without_blobs))
    }

    /// A block is signed, and this peer lacks its blobs.
    pub(crate) fn lack_blobs(&mut self, block: &Block, signature: SignatureBytes, step: &Step<'_>) {
        if block.blob_count() <= MAX_BLOBS {
            let pull = Pull::new(self.duty, (block.clone(), signature), step);
            self.passing.pull = Some(pull);
        }
    }

    /// Time has passed.
    pub(crate) fn pull_on(&mut self, step: &mut Step<'_>) {
        if let Some(pull) = &mut self.passing.pull {
            pull.tick(step);
        }
    }

    /// The session with `peer` is over.
    pub(crate) fn pull_elsewhere(&mut self, peer: PeerIndex, step: &mut Step<'_>) {
        if let Some(pull) = &mut self.passing.pull {
            pull.lose(peer, step);
        }
    }

    /// What the own beacon node knows of a block; whether it was asked for the sake of its blobs.
    pub(crate) fn looked(&mut self, root: Root, seen: Sight, step: &mut Step<'_>) -> bool {
        let pull = self.passing.pull.as_mut();
        let Some(pull) = pull.filter(|pull| pull.looks_for(root)) else {
            return false;
        };
        pull.see(seen, step);
        if let Sight::Known(_) = seen {
            let proposer = pull.block().proposer_index();
            self.accepted(&[proposer], step);
        }
        true
    }

    /// The own beacon node refused what it was given.
    pub(crate) fn refused_blobs(&mut self, step: &mut Step<'_>) {
        if let Some(pull) = &mut self.passing.pull {
            pull.refuse(step);
        }
    }

    /// A part of blobs from a peer.
    pub(crate) fn take_blobs(&mut self, from: PeerIndex, part: BlobsPart, step: &mut Step<'_>) {
        let pull = self.passing.pull.as_mut();
        let Some(pull) = pull.filter(|pull| pull.asked().contains(from)) else {
            return step.note(Note::Fault {
                peer: from,
                rule: "blobs_unasked",
                detail: format!("{}: it was not asked for blobs", self.duty),
            });
        };
        let Some(contents) = pull.take(from, part, step) else {
            return;
        };
        let signature = pull.signature();
        self.contents = Some(contents.clone());
        step.note(Note::Pulled {
            duty: self.duty,
            from,
        });
        step.out.push(Output::Submit {
            duty: self.duty,
            submission: Submission::Block {
                contents,
                signature,
            },
        });
    }

    /// A peer wants a part of the blobs of the block that is signed.
    pub(crate) fn serve_blobs(&mut self, to: PeerIndex, wanted: BlobsWanted, step: &mut Step<'_>) {
        let bytes = self.part(to, wanted);
        let frame = Frame::BlobsPart(BlobsPart { of: wanted, bytes });
        step.send_last(to, frame.since(), frame.encode());
    }

    /// The part, if this peer has it and has not sent enough.
    fn part(&mut self, to: PeerIndex, wanted: BlobsWanted) -> Option<Vec<u8>> {
        let Some(Value::Block(signed)) = &self.signed else {
            return None;
        };
        let contents = self.contents.as_ref();
        let contents = contents.filter(|held| held.block.root() == signed.root())?;
        if wanted.block != signed.root() || signed.blob_count() > MAX_BLOBS {
            return None;
        }
        let parts = Blobs::total_bytes(signed).div_ceil(BLOBS_PART);
        let served = self.passing.served.entry(to).or_default();
        *served += 1;
        let begin = BLOBS_PART.saturating_mul(usize::try_from(wanted.part).ok()?);
        let piece = contents.blobs.piece(begin, BLOBS_PART);
        piece.filter(|_| *served <= HELPINGS * parts)
    }
}
