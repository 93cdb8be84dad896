//! How a peer gets the blobs of a signed block from others: whom it asks when, and what it takes.
//! Why and within which bounds stands in `blobs.rs`.

use consensus::leaders;
use proto::eth::{Blobs, Block, BlockContents};
use proto::frame::{BLOBS_PART, BlobsPart, BlobsWanted, Frame};
use proto::{DutyId, PeerIndex, PeerSet, Root, SignatureBytes, Timestamp};

use super::judge::Sight;
use crate::duties::Query;
use crate::duties::facts::Step;
use crate::duties::note::Note;

/// The way to the blobs of one block.
#[derive(Debug)]
pub(crate) struct Pull {
    duty: DutyId,
    block: Block,
    signature: SignatureBytes,
    stage: Stage,
    /// Who was asked in this slot.
    asked: PeerSet,
    /// Who was asked since all were asked once.
    turn: PeerSet,
    /// Who is not asked again: it gave something else, too slowly, or what was refused.
    spent: PeerSet,
}

#[derive(Debug)]
enum Stage {
    /// The own beacon node is asked then whether it knows the block.
    Waiting(Timestamp),
    /// It was asked.
    Looking,
    /// A peer was asked for the next part.
    Asking(Source),
    /// The own beacon node was given what this peer has sent.
    Given(PeerIndex),
    /// The own beacon node has the block, or the slot is over.
    Over,
}

/// Whose parts come.
#[derive(Debug)]
struct Source {
    peer: PeerIndex,
    bytes: Vec<u8>,
    /// When the part that was asked for must be there.
    part_due: Timestamp,
    /// When all of them must be.
    all_due: Timestamp,
}

impl Source {
    fn due(&self) -> Timestamp {
        self.part_due.min(self.all_due)
    }
}

impl Pull {
    /// A block that has just been signed.
    pub(crate) fn new(
        duty: DutyId,
        (block, signature): (Block, SignatureBytes),
        step: &Step<'_>,
    ) -> Self {
        let slot = step.facts.chain.slot_duration();
        let place = order(duty, step).iter().position(|p| *p == step.facts.me);
        let before = place.unwrap_or(0).saturating_sub(1);
        let before = u32::try_from(before).expect("a cluster has 13 peers at most");
        Self {
            duty,
            block,
            signature,
            stage: Stage::Waiting(step.now + slot / 12 + before * (slot / 24)),
            asked: PeerSet::EMPTY,
            turn: PeerSet::EMPTY,
            spent: PeerSet::EMPTY,
        }
    }

    /// The block.
    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    /// Its proposer's signature.
    pub(crate) fn signature(&self) -> SignatureBytes {
        self.signature
    }

    /// Who was asked.
    pub(crate) fn asked(&self) -> PeerSet {
        self.asked
    }

    /// Whether anybody was.
    pub(crate) fn has_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Whether the own beacon node was asked for this block.
    pub(crate) fn looks_for(&self, root: Root) -> bool {
        matches!(self.stage, Stage::Looking) && self.block.root() == root
    }

    /// When time matters next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Waiting(until) => Some(*until),
            Stage::Asking(source) => Some(source.due()),
            Stage::Looking | Stage::Given(_) | Stage::Over => None,
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, step: &mut Step<'_>) {
        match &self.stage {
            Stage::Waiting(until) if *until <= step.now => self.look(step),
            Stage::Asking(source) if source.due() <= step.now => {
                let slow = source.peer;
                self.leave(slow, step);
            }
            Stage::Waiting(_)
            | Stage::Asking(_)
            | Stage::Looking
            | Stage::Given(_)
            | Stage::Over => {}
        }
    }

    /// What the own beacon node knows of the block.
    pub(crate) fn see(&mut self, seen: Sight, step: &mut Step<'_>) {
        match seen {
            Sight::Known(_) => self.stage = Stage::Over,
            Sight::Unknown => self.ask_next(step),
            // It would not take the block either.
            Sight::Unready => self.wait(step),
        }
    }

    /// A peer is away. When it is back it may be asked again.
    pub(crate) fn lose(&mut self, peer: PeerIndex, step: &mut Step<'_>) {
        if let Stage::Asking(source) = &self.stage
            && source.peer == peer
        {
            self.ask_next(step);
        }
    }

    /// The own beacon node refused what it was given.
    pub(crate) fn refuse(&mut self, step: &mut Step<'_>) {
        if let Stage::Given(source) = self.stage {
            self.spent.insert(source);
            // Somebody else may have brought the block meanwhile.
            self.look(step);
        }
    }

    /// A part from a peer that was asked; the block with its blobs once all are there.
    pub(crate) fn take(
        &mut self,
        from: PeerIndex,
        part: BlobsPart,
        step: &mut Step<'_>,
    ) -> Option<BlockContents> {
        let total = Blobs::total_bytes(&self.block);
        let (duty, root) = (self.duty, self.block.root());
        let Stage::Asking(source) = &mut self.stage else {
            return None;
        };
        if source.peer != from {
            return None; // It is late, and another was asked.
        }
        let have = source.bytes.len();
        let due = BLOBS_PART.min(total - have);
        let got = part.bytes.as_ref().map_or(due, Vec::len);
        if part.of != question(duty, root, have) || got != due {
            step.note(Note::Fault {
                peer: from,
                rule: "blobs_part",
                detail: format!("{duty}: {part:?} where {due} bytes were due after {have}"),
            });
            self.leave(from, step);
            return None;
        }
        let Some(bytes) = part.bytes else {
            // It may have them later: others pull them, too.
            self.ask_next(step);
            return None;
        };
        source.bytes.extend_from_slice(&bytes);
        if source.bytes.len() < total {
            self.ask_on(step);
            return None;
        }
        let pieces = std::mem::take(&mut source.bytes);
        self.stage = Stage::Given(from);
        let blobs = Blobs::joined(&self.block, pieces).expect("they are as many as it commits to");
        let block = self.block.clone();
        Some(BlockContents { block, blobs })
    }

    /// Whether the slot lasts; with it everything ends.
    fn is_of_use(&mut self, step: &Step<'_>) -> bool {
        let lasts = step.slot() == self.duty.slot;
        if !lasts {
            self.stage = Stage::Over;
        }
        lasts
    }

    fn wait(&mut self, step: &Step<'_>) {
        self.stage = Stage::Waiting(step.now + step.facts.chain.slot_duration() / 12);
    }

    /// Asks the own beacon node whether it knows the block by now.
    fn look(&mut self, step: &mut Step<'_>) {
        if self.is_of_use(step) {
            self.stage = Stage::Looking;
            step.ask(Query::Knows {
                duty: self.duty,
                root: self.block.root(),
            });
        }
    }

    /// Asks `peer` no more, but the next.
    fn leave(&mut self, peer: PeerIndex, step: &mut Step<'_>) {
        self.spent.insert(peer);
        self.ask_next(step);
    }

    /// Asks the next peer, from the beginning. When all were asked, the own beacon node is asked
    /// again after a while, and then those that had nothing.
    fn ask_next(&mut self, step: &mut Step<'_>) {
        let since = Frame::BlobsWanted(question(self.duty, self.block.root(), 0)).since();
        let is_next = |peer: &PeerIndex| {
            let was_asked = self.turn.contains(*peer) || self.spent.contains(*peer);
            !was_asked && *peer != step.facts.me && step.peers.knows(*peer, since)
        };
        let Some(peer) = order(self.duty, step).into_iter().find(is_next) else {
            self.turn = PeerSet::EMPTY;
            return self.wait(step);
        };
        self.turn.insert(peer);
        self.asked.insert(peer);
        self.stage = Stage::Asking(Source {
            peer,
            bytes: Vec::new(),
            part_due: step.now,
            all_due: step.now + step.facts.chain.slot_duration() / 4,
        });
        self.ask_on(step);
    }

    /// Asks for the part after those that are there.
    fn ask_on(&mut self, step: &mut Step<'_>) {
        if !self.is_of_use(step) {
            return;
        }
        let (duty, root) = (self.duty, self.block.root());
        if let Stage::Asking(source) = &mut self.stage {
            source.part_due = step.now + step.facts.chain.slot_duration() / 12;
            let frame = Frame::BlobsWanted(question(duty, root, source.bytes.len()));
            step.send(source.peer, frame.since(), frame.encode());
        }
    }
}

/// The question for the part after so many bytes.
fn question(duty: DutyId, block: Root, have: usize) -> BlobsWanted {
    BlobsWanted {
        slot: duty.slot,
        block,
        part: u32::try_from(have / BLOBS_PART).expect("blobs are bounded"),
    }
}

/// In which order peers are asked, and ask: as they lead the rounds of the duty.
fn order(duty: DutyId, step: &Step<'_>) -> Vec<PeerIndex> {
    leaders(step.facts.roster.size(), &step.facts.lock, duty)
}
