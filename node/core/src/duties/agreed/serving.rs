//! What a peer gives of the blobs that it has, to whom and when: so that nobody can take the uplink
//! that the builder's beacon node needs to spread its block.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::eth::Blobs;
use proto::frame::{BLOBS_PART, BlobsPart, BlobsWanted, Frame};
use proto::{PeerIndex, Root, Timestamp};

use super::block::BlockDuty;
use crate::duties::facts::Step;

/// How often a peer is sent every part at most: once, and once more if its session was cut.
const HELPINGS: usize = 2;
/// How long after a part the same peer is sent the next one at the earliest: 52 Mbit/s each.
const PAUSE: Duration = Duration::from_millis(10);

/// What a run has given of its blobs.
#[derive(Debug, Default)]
pub(crate) struct Serving {
    /// The block that was signed here, and when.
    signed: Option<(Root, Timestamp)>,
    /// How many parts each peer was sent.
    served: BTreeMap<PeerIndex, usize>,
    /// When each may be sent the next one.
    rested: BTreeMap<PeerIndex, Timestamp>,
    /// The last question of each that came too early, and when it is answered.
    early: BTreeMap<PeerIndex, (Timestamp, BlobsWanted)>,
}

impl Serving {
    /// This block is signed.
    pub(crate) fn begin(&mut self, block: Root, now: Timestamp) {
        self.signed.get_or_insert((block, now));
    }

    /// It is not the duty's any more.
    pub(crate) fn end(&mut self) {
        self.signed = None;
        self.early.clear();
    }

    /// When time matters to it next.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.early.values().map(|(due, _)| *due).min()
    }

    /// When `peer` may be sent a part, if the block is signed.
    fn due(&self, peer: PeerIndex, patience: Duration) -> Option<Timestamp> {
        let (_, signed_at) = self.signed?;
        let first = signed_at + patience;
        let rested = self.rested.get(&peer).copied();
        Some(rested.map_or(first, |rested| rested.max(first)))
    }
}

impl BlockDuty {
    /// A peer wants a part of the blobs of the block that is signed. It is given none before the
    /// others ask: a twelfth of a slot after the own signature. Theirs may be older than that by
    /// little; whoever asks much earlier is told that there are none.
    pub(crate) fn serve_blobs(&mut self, to: PeerIndex, wanted: BlobsWanted, step: &mut Step<'_>) {
        let slot = step.facts.chain.slot_duration();
        let due = self.passing.serving.due(to, slot / 12);
        let due = due.filter(|due| self.has_part(wanted, step) && *due <= step.now + slot / 24);
        match due {
            Some(due) if due > step.now => {
                self.passing.serving.early.insert(to, (due, wanted));
            }
            Some(_) => {
                let bytes = self.part(to, wanted);
                self.passing.serving.rested.insert(to, step.now + PAUSE);
                give(to, BlobsPart { of: wanted, bytes }, step);
            }
            None => refuse(to, wanted, step),
        }
    }

    /// Time has passed.
    pub(crate) fn serve_on(&mut self, step: &mut Step<'_>) {
        let early = std::mem::take(&mut self.passing.serving.early);
        for (to, (due, wanted)) in early {
            if due <= step.now {
                self.serve_blobs(to, wanted, step);
            } else {
                self.passing.serving.early.insert(to, (due, wanted));
            }
        }
    }

    /// Whether this peer has the part.
    fn has_part(&self, wanted: BlobsWanted, step: &Step<'_>) -> bool {
        let signed = self.passing.serving.signed.map(|(block, _)| block);
        let held = self.held_contents(wanted.block);
        let held = held.filter(|contents| self.allows_blobs_of(&contents.block, step));
        signed == Some(wanted.block) && held.is_some()
    }

    /// The part, unless this peer has sent enough.
    fn part(&mut self, to: PeerIndex, wanted: BlobsWanted) -> Option<Vec<u8>> {
        let contents = self.held_contents(wanted.block)?;
        let parts = Blobs::total_bytes(&contents.block).div_ceil(BLOBS_PART);
        let begin = BLOBS_PART.saturating_mul(usize::try_from(wanted.part).ok()?);
        let piece = contents.blobs.piece(begin, BLOBS_PART);
        let served = self.passing.serving.served.entry(to).or_default();
        *served += 1;
        piece.filter(|_| *served <= HELPINGS * parts)
    }
}

/// Tells a peer that there is no such part here.
pub(crate) fn refuse(to: PeerIndex, wanted: BlobsWanted, step: &mut Step<'_>) {
    let none = BlobsPart {
        of: wanted,
        bytes: None,
    };
    give(to, none, step);
}

fn give(to: PeerIndex, part: BlobsPart, step: &mut Step<'_>) {
    let frame = Frame::BlobsPart(part);
    step.send_last(to, frame.since(), frame.encode());
}
