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
//!   and parts leave only when nothing else waits for the same peer
//!   ([`Output::SendLast`](crate::duties::Output::SendLast)), a twelfth of a slot after the
//!   signature at the earliest: by then the builder's node has spread what it can (`serving.rs`).
//! - *By few.* Where the block spreads as it should nobody pulls. Else peers begin a twenty-fourth
//!   of a slot apart, in the order in which they lead the block's rounds: the first has usually
//!   published when the next one asks its node.
//! - *From whom.* First from whoever was the first to propose the block, by its signature: that is
//!   its builder. Then in the same order: whoever has pulled the blobs serves them too, also if its
//!   own beacon node refused the block. That may be the node's fault.
//! - *Bounds.* One question at a time, for one part of [`BLOBS_PART`](proto::frame::BLOBS_PART)
//!   bytes; a part must come in a twelfth of a slot, all of them in a quarter (3 s: 21 blobs of
//!   Fulu are 2.9 MB, so that is 8 Mbit/s). From f + 1 peers at most, one of which is correct, and
//!   from nobody else once the builder and another have sent the same and the own node refused
//!   it. Of no more than a block of the epoch may have, as the own beacon node says it
//!   ([`BlobLimits`](proto::eth::BlobLimits)); memory for two such blocks at most. Each peer is
//!   sent every part twice at most. All ends with the slot.
//!
//! *What is not verified.* What comes is checked for the sizes that the signed block demands, not
//! against its KZG commitments: that takes a second curve library with its trusted setup, read by
//! every peer at every start. The own beacon node is asked to check all before it sends anything on
//! (`broadcast_validation=consensus`), and not all clients check blobs even then: one that does not
//! says that it took the block, and sends out blobs that nobody accepts. This peer believes it
//! and asks no other. So blobs come from the builder before anybody else can serve wrong ones, and
//! what remains possible is this: a builder that lies, or a liar that is asked because the builder
//! does not answer, loses this block at a peer with such a node. A builder can lose the block that
//! it builds anyway. Where the node does check, a liar costs one refused submission: all parts come
//! from one peer, which is not asked again, but the next.
//!
//! Not covered: a builder whose program dies within that second takes the blobs along, unless its
//! beacon node has the block, which it is given some hundredths of a second after the COMMIT. To
//! push them to somebody at once would cost every block that upload, in the very moment in which
//! the builder's node spreads it.

use proto::eth::{Blobs, Block, BlockContents};
use proto::frame::{BLOBS_PART, BlobsPart};
use proto::{DutyId, PeerIndex, Root, SignatureBytes, Timestamp};

use super::block::BlockDuty;
use super::judge::Sight;
use super::pull::{Open, Pull};
use super::run::Run;
use super::serving::Serving;
use crate::duties::facts::Step;
use crate::duties::fault::Breach;
use crate::duties::note::Note;

/// What a run holds to get blobs, and to bound what it gives.
#[derive(Debug, Default)]
pub(crate) struct Passing {
    pull: Option<Pull>,
    /// What was asked for a block that is not the duty's any more.
    late: Open,
    pub(crate) serving: Serving,
}

impl Passing {
    /// When time matters to it next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let pull = self.pull.as_ref().and_then(Pull::deadline);
        pull.into_iter().chain(self.serving.deadline()).min()
    }

    /// Forgets the blobs that it would get, and not whom it has asked: answers may be on their way.
    pub(crate) fn abandon(&mut self) {
        if let Some(pull) = self.pull.take() {
            self.late = pull.into_open();
        }
        self.serving.end();
    }
}

impl BlockDuty {
    /// What of this block is to be submitted, if this peer has it: one without blobs always.
    pub(crate) fn contents_of(&self, block: &Block) -> Option<BlockContents> {
        let without_blobs = || BlockContents {
            block: block.clone(),
            blobs: Blobs::default(),
        };
        let held = self.held_contents(block.root()).cloned();
        held.or_else(|| (block.blob_count() == 0).then(without_blobs))
    }

    /// The block with this root and its blobs, as the own beacon node built it or peers gave it.
    pub(crate) fn held_contents(&self, root: Root) -> Option<&BlockContents> {
        let mut held = self.contents.iter();
        held.find(|contents| contents.block.root() == root)
    }

    /// Whether others were asked in vain for the blobs of the block that is signed.
    pub(crate) fn lacks_blobs(&self) -> bool {
        let pull = self.passing.pull.as_ref().filter(|pull| pull.has_asked());
        pull.is_some_and(|pull| self.held_contents(pull.block().root()).is_none())
    }

    /// A block is signed, first proposed by this peer, and its blobs are not here.
    pub(crate) fn lack_blobs(
        &mut self,
        (block, signature): (&Block, SignatureBytes),
        proposer: Option<PeerIndex>,
        step: &Step<'_>,
    ) {
        if self.allows_blobs_of(block, step) {
            let pull = Pull::new(self.duty, (block.clone(), signature), proposer, step);
            let late = std::mem::take(&mut self.passing.late);
            self.passing.pull = Some(pull.with_open(late));
        }
    }

    /// Whether the chain lets a block of this slot have so many blobs: those of another one are
    /// not passed on. How the peers vote on it does not depend on that: the schedule may have
    /// grown since the own beacon node was asked.
    pub(crate) fn allows_blobs_of(&self, block: &Block, step: &Step<'_>) -> bool {
        block.blob_count() <= self.most_blobs(step)
    }

    fn most_blobs(&self, step: &Step<'_>) -> usize {
        step.blobs.at(step.facts.chain.epoch_of(self.duty.slot))
    }

    /// Whether there can be such a part of the blobs of any block of this slot.
    fn is_within(&self, part: u32, step: &Step<'_>) -> bool {
        let epoch = step.facts.chain.epoch_of(self.duty.slot);
        let fork = step.facts.chain.fork_at(epoch);
        let most = fork.map_or(0, |fork| Blobs::bytes_of(fork, self.most_blobs(step)));
        usize::try_from(part).is_ok_and(|part| part < most.div_ceil(BLOBS_PART))
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

    /// The own beacon node refused what it was given, and said why. What it finds to be the wrong
    /// blobs is not passed on.
    pub(crate) fn refused_blobs(&mut self, why: &str, step: &mut Step<'_>) {
        if let Some(pull) = &mut self.passing.pull {
            let (root, are_wrong) = (pull.block().root(), names_blobs(why));
            if pull.refuse(are_wrong, step) && are_wrong {
                self.contents.retain(|held| held.block.root() != root);
            }
        }
    }

    /// A part of blobs from a peer.
    pub(crate) fn take_blobs(&mut self, from: PeerIndex, part: BlobsPart, step: &mut Step<'_>) {
        if !self.is_within(part.of.part, step) {
            step.note(Note::Fault {
                peer: from,
                breach: Breach::BlobsLimit,
                detail: format!(
                    "{}: part {} is beyond the {} blobs that a block may have",
                    self.duty,
                    part.of.part,
                    self.most_blobs(step)
                ),
            });
            return;
        }
        let Some(pull) = &mut self.passing.pull else {
            let question = (from, part.of.block, part.of.part);
            if !self.passing.late.remove(&question) {
                step.note(unasked(self.duty, from));
            }
            return;
        };
        if let Some(contents) = pull.take(from, part, step) {
            // What came first was refused then, and not for its blobs: it is passed on.
            if self.held_contents(contents.block.root()).is_none() {
                self.contents.push(contents);
            }
            step.note(Note::Pulled {
                duty: self.duty,
                from,
            });
        }
    }
}

impl Run {
    /// What the own beacon node knows of a block; whether it was asked for the sake of its blobs.
    pub(crate) fn looked(&mut self, root: Root, seen: Sight, step: &mut Step<'_>) -> bool {
        let block = self.kind.block();
        let pull = block.and_then(|block| block.passing.pull.as_mut());
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
}

/// A part of blobs that its sender was not asked for.
pub(crate) fn unasked(duty: DutyId, peer: PeerIndex) -> Note {
    Note::Fault {
        peer,
        breach: Breach::BlobsUnasked,
        detail: format!("{duty}: it was not asked for these blobs"),
    }
}

/// Whether a beacon node says that it refuses a block for its blobs. Where it does not, it may have
/// refused it for what passes.
fn names_blobs(why: &str) -> bool {
    let why = why.to_lowercase();
    let words = ["blob", "kzg", "commitment", "sidecar", "column"];
    words.iter().any(|word| why.contains(word))
}
