//! How a peer gets the blobs of a signed block from others: whom it asks when, and what it takes.
//! Why and within which bounds stands in `blobs.rs`.

use std::collections::BTreeSet;

use consensus::leaders;
use proto::eth::{Blobs, Block, BlockContents};
use proto::frame::{BLOBS_PART, BlobsPart, BlobsWanted, Frame};
use proto::{DutyId, PeerIndex, PeerSet, Root, SignatureBytes, Timestamp};
use sha2::{Digest as _, Sha256};

use super::blobs::unasked;
use super::judge::Sight;
use crate::duties::facts::Step;
use crate::duties::fault::Breach;
use crate::duties::note::Note;
use crate::duties::{Origin, Request, Submission};

/// The questions that no answer has come to: whom for which block and part.
pub(crate) type Open = BTreeSet<(PeerIndex, Root, u32)>;

/// The way to the blobs of one block.
#[derive(Debug)]
pub(crate) struct Pull {
    duty: DutyId,
    block: Block,
    signature: SignatureBytes,
    stage: PullStage,
    /// Whoever has proposed the block, then all others as they lead the rounds of the duty.
    order: Vec<PeerIndex>,
    /// Also of an earlier block of the slot.
    open: Open,
    /// Whether anybody was asked.
    has_asked: bool,
    /// Whose bytes came, and who did not send them as asked: f + 1 at most.
    sources: PeerSet,
    /// Whose blobs the own beacon node has refused, and their hash.
    refused: Vec<(PeerIndex, [u8; 32])>,
    /// What the own beacon node is given once more, if it still does not know the block.
    again: Option<GivenBlobs>,
    /// Whether nobody is asked any more: there are no other blobs to come.
    is_given_up: bool,
    /// Who was asked since all were asked once.
    turn: PeerSet,
    /// Who is not asked again: it gave something else, too slowly, or what was refused.
    spent: PeerSet,
}

#[derive(Debug)]
enum PullStage {
    /// The own beacon node is asked then whether it knows the block.
    Waiting(Timestamp),
    /// It was asked.
    Looking,
    /// A peer was asked for the next part.
    Asking(Source),
    /// The own beacon node was given these.
    Given(GivenBlobs),
    /// The own beacon node has the block, or the slot is over.
    Over,
}

/// All the blobs of one peer.
#[derive(Debug, Clone)]
struct GivenBlobs {
    from: PeerIndex,
    contents: BlockContents,
    hash: [u8; 32],
    /// Whether the own beacon node is given them for the second time.
    is_again: bool,
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

impl PullStage {
    /// What has come of `peer`, if its parts come.
    fn source(&mut self, peer: PeerIndex) -> Option<&mut Source> {
        match self {
            Self::Asking(source) => Some(source).filter(|source| source.peer == peer),
            Self::Waiting(_) | Self::Looking | Self::Given(_) | Self::Over => None,
        }
    }
}

impl Source {
    fn due(&self) -> Timestamp {
        self.part_due.min(self.all_due)
    }
}

impl Pull {
    /// A block that has just been signed, and who proposed it, if that is known.
    pub(crate) fn new(
        duty: DutyId,
        (block, signature): (Block, SignatureBytes),
        proposer: Option<PeerIndex>,
        step: &Step<'_>,
    ) -> Self {
        let slot = step.facts.chain.slot_duration();
        let order = order(duty, proposer, step);
        let place = order.iter().position(|p| *p == step.facts.me);
        let before = place.unwrap_or(0).saturating_sub(1);
        let before = u32::try_from(before).expect("a cluster has 13 peers at most");
        Self {
            duty,
            block,
            signature,
            stage: PullStage::Waiting(step.now + slot / 12 + before * (slot / 24)),
            order,
            open: Open::new(),
            has_asked: false,
            sources: PeerSet::EMPTY,
            refused: Vec::new(),
            again: None,
            is_given_up: false,
            turn: PeerSet::EMPTY,
            spent: PeerSet::EMPTY,
        }
    }

    /// The block.
    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    /// With questions for an earlier block of the slot, whose answers may still come.
    pub(crate) fn with_open(self, open: Open) -> Self {
        Self { open, ..self }
    }

    /// The questions that no answer has come to.
    pub(crate) fn into_open(self) -> Open {
        self.open
    }

    /// Whether anybody was asked.
    pub(crate) fn has_asked(&self) -> bool {
        self.has_asked
    }

    /// Whether the own beacon node was asked for this block.
    pub(crate) fn looks_for(&self, root: Root) -> bool {
        matches!(self.stage, PullStage::Looking) && self.block.root() == root
    }

    /// When time matters next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match &self.stage {
            PullStage::Waiting(until) => Some(*until),
            PullStage::Asking(source) => Some(source.due()),
            PullStage::Looking | PullStage::Given(_) | PullStage::Over => None,
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, step: &mut Step<'_>) {
        match &self.stage {
            PullStage::Waiting(until) if *until <= step.now => self.look(step),
            PullStage::Asking(source) if source.due() <= step.now => {
                let slow = source.peer;
                self.leave(slow, step);
            }
            PullStage::Waiting(_)
            | PullStage::Asking(_)
            | PullStage::Looking
            | PullStage::Given(_)
            | PullStage::Over => {}
        }
    }

    /// What the own beacon node knows of the block.
    pub(crate) fn see(&mut self, seen: Sight, step: &mut Step<'_>) {
        match seen {
            Sight::Known(_) => self.stage = PullStage::Over,
            Sight::Unknown => match self.again.take() {
                Some(given) => self.give(given, step),
                None => self.ask_next(step),
            },
            // It would not take the block either.
            Sight::Unready => self.wait(step),
        }
    }

    /// A peer is away. When it is back it may be asked again.
    pub(crate) fn lose(&mut self, peer: PeerIndex, step: &mut Step<'_>) {
        if let PullStage::Asking(source) = &self.stage
            && source.peer == peer
        {
            self.ask_next(step);
        }
    }

    /// The own beacon node refused what it was given. It is given it once more if it does not say
    /// that it is for the blobs. Whether it was given others' blobs.
    pub(crate) fn refuse(&mut self, names_blobs: bool, step: &mut Step<'_>) -> bool {
        let PullStage::Given(given) = &self.stage else {
            return false;
        };
        if names_blobs || given.is_again {
            self.spent.insert(given.from);
            self.refused.push((given.from, given.hash));
        } else {
            self.again = Some(GivenBlobs {
                is_again: true,
                ..given.clone()
            });
        }
        // Somebody else may have brought the block meanwhile.
        self.look(step);
        true
    }

    /// A part from a peer; the block with its blobs once all are there.
    pub(crate) fn take(
        &mut self,
        from: PeerIndex,
        part: BlobsPart,
        step: &mut Step<'_>,
    ) -> Option<BlockContents> {
        let total = Blobs::total_bytes(&self.block);
        let (duty, root) = (self.duty, self.block.root());
        let was_asked = self.open.remove(&(from, part.of.block, part.of.part));
        let Some(source) = self.stage.source(from) else {
            // Or it is late, and another was asked.
            if !was_asked {
                step.note(unasked(duty, from));
            }
            return None;
        };
        let have = source.bytes.len();
        let due = BLOBS_PART.min(total - have);
        let is_next = part.of == question(duty, root, have);
        if was_asked && !is_next {
            return None; // It is late: of a block that the chain has turned from.
        }
        let got = part.bytes.as_ref().map_or(due, Vec::len);
        if !is_next || got != due {
            step.note(Note::Fault {
                peer: from,
                breach: Breach::BlobsPart,
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
        self.sources.insert(from);
        source.bytes.extend_from_slice(&bytes);
        if source.bytes.len() < total {
            self.ask_on(step);
            return None;
        }
        let pieces = std::mem::take(&mut source.bytes);
        self.complete(from, pieces, step)
    }

    /// All the bytes of `from` are there. Those that were refused once are not given again. If the
    /// proposer has sent the same as another, there are no other blobs of this block.
    fn complete(
        &mut self,
        from: PeerIndex,
        pieces: Vec<u8>,
        step: &mut Step<'_>,
    ) -> Option<BlockContents> {
        let hash = Sha256::digest(&pieces).into();
        if let Some((first, _)) = self.refused.iter().find(|(_, refused)| *refused == hash) {
            let proposer = self.order.first();
            self.is_given_up = [Some(first), Some(&from)].contains(&proposer);
            self.leave(from, step);
            return None;
        }
        let blobs = Blobs::joined(&self.block, pieces).expect("they are as many as it commits to");
        let block = self.block.clone();
        let contents = BlockContents { block, blobs };
        let given = GivenBlobs {
            from,
            contents: contents.clone(),
            hash,
            is_again: false,
        };
        self.give(given, step);
        Some(contents)
    }

    /// Gives the own beacon node what another peer has sent.
    fn give(&mut self, given: GivenBlobs, step: &mut Step<'_>) {
        let submission = Submission::Block {
            contents: Box::new(given.contents.clone()),
            signature: self.signature,
            origin: Origin::Peer,
        };
        self.stage = PullStage::Given(given);
        step.ask(Request::Submit {
            duty: self.duty,
            submission,
        });
    }

    /// Whether the slot lasts; with it everything ends.
    fn is_of_use(&mut self, step: &Step<'_>) -> bool {
        let lasts = step.slot() == self.duty.slot;
        if !lasts {
            self.stage = PullStage::Over;
        }
        lasts
    }

    fn wait(&mut self, step: &Step<'_>) {
        self.stage = PullStage::Waiting(step.now + step.facts.chain.slot_duration() / 12);
    }

    /// Asks the own beacon node whether it knows the block by now.
    fn look(&mut self, step: &mut Step<'_>) {
        if self.is_of_use(step) {
            self.stage = PullStage::Looking;
            step.ask(Request::Knows {
                duty: self.duty,
                root: self.block.root(),
            });
        }
    }

    /// Asks `peer` no more, but the next.
    fn leave(&mut self, peer: PeerIndex, step: &mut Step<'_>) {
        self.spent.insert(peer);
        self.sources.insert(peer);
        self.ask_next(step);
    }

    /// Asks the next peer, from the beginning. When all were asked, the own beacon node is asked
    /// again after a while, and then those that had nothing.
    fn ask_next(&mut self, step: &mut Step<'_>) {
        let since = Frame::BlobsWanted(question(self.duty, self.block.root(), 0)).since();
        let are_enough = self.sources.len() > step.facts.roster.size().faulty();
        let is_next = |peer: &PeerIndex| {
            let was_asked = self.turn.contains(*peer) || self.spent.contains(*peer);
            let may_be_source = !are_enough || self.sources.contains(*peer);
            let is_other = *peer != step.facts.me && step.peers.knows(*peer, since);
            !self.is_given_up && !was_asked && may_be_source && is_other
        };
        let Some(peer) = self.order.iter().copied().find(is_next) else {
            self.turn = PeerSet::EMPTY;
            return self.wait(step);
        };
        self.turn.insert(peer);
        self.has_asked = true;
        self.stage = PullStage::Asking(Source {
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
        if let PullStage::Asking(source) = &mut self.stage {
            source.part_due = step.now + step.facts.chain.slot_duration() / 12;
            let wanted = question(duty, root, source.bytes.len());
            self.open.insert((source.peer, root, wanted.part));
            let frame = Frame::BlobsWanted(wanted);
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

/// In which order peers are asked, and ask: the proposer of the block, then all others as they lead
/// the rounds of the duty.
fn order(duty: DutyId, proposer: Option<PeerIndex>, step: &Step<'_>) -> Vec<PeerIndex> {
    let mut order = leaders(step.facts.roster.size(), &step.facts.lock, duty);
    order.sort_by_key(|peer| Some(*peer) != proposer);
    order
}
