//! Reading the two copies of a log: what both together prove, or why they prove nothing.
//!
//! | found | then |
//! |---|---|
//! | both alike | that is the record |
//! | a frame bad, cut off or missing in one copy, whole in the other | taken from the other |
//! | one copy missing, unreadable or a generation behind; the other whole to its end | the other |
//! | the last frame torn in both | it was never released: dropped |
//! | a whole frame behind a bad one | refused: something released was lost |
//! | both whole, but different | refused |
//! | neither readable, or the only readable one damaged | refused |
//! | another cluster, another peer, another version in either | refused |
//!
//! Never here: a write. Whoever reads then makes a new generation of both.

use std::fmt;

use super::JournalError;
use super::entry::decode_records;
use super::frame::{BLOCK, BadHeader, Chain, FrameKind, Header, Owner, VERSION};
use super::frame::{frame_at, frame_bytes, next_chain};
use super::history::History;
use super::volume::LogFile;

/// What was wrong with a copy and is made good by the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// The file is not there.
    Missing(LogFile),
    /// Its first block cannot be read.
    Unreadable(LogFile),
    /// It is of an earlier generation: the last rotation was cut short, or it was restored.
    Older(LogFile),
    /// The file is shorter than it was made.
    CutShort(LogFile),
    /// It lacks this many frames that the other has.
    Frames(LogFile, u32),
    /// The last frame is torn in both copies. It was never released.
    TornTail,
}

impl Repair {
    /// Whether a copy lacks what the other has. A torn tail is only the trace of a write that a
    /// crash cut short, and nothing of it was released.
    pub fn is_damage(self) -> bool {
        match self {
            Self::Missing(_)
            | Self::Unreadable(_)
            | Self::Older(_)
            | Self::CutShort(_)
            | Self::Frames(..) => true,
            Self::TornTail => false,
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(file) => write!(f, "{} is missing", file.name()),
            Self::Unreadable(file) => write!(f, "{} cannot be read", file.name()),
            Self::Older(file) => write!(f, "{} is older than the other copy", file.name()),
            Self::CutShort(file) => write!(f, "{} is cut short", file.name()),
            Self::Frames(file, count) => {
                write!(
                    f,
                    "{} lacks {count} writes that the other copy has",
                    file.name()
                )
            }
            Self::TornTail => f.write_str("the last write was cut short, and was never released"),
        }
    }
}

/// What two copies prove together.
#[derive(Debug)]
pub(super) struct Found {
    pub history: History,
    pub generation: u64,
    pub chain: Chain,
    pub repairs: Vec<Repair>,
}

/// One readable copy.
#[derive(Debug, Clone, Copy)]
struct Copy<'a> {
    file: LogFile,
    header: Header,
    bytes: &'a [u8],
}

/// Reads both copies of the record of `owner`.
pub(super) fn read_copies(
    owner: &Owner,
    a: Option<&[u8]>,
    b: Option<&[u8]>,
) -> Result<Found, JournalError> {
    if a.is_none() && b.is_none() {
        return Err(JournalError::Missing);
    }
    let mut repairs = Vec::new();
    let mut copies = Vec::new();
    for (file, bytes) in [(LogFile::A, a), (LogFile::B, b)] {
        match bytes {
            None => repairs.push(Repair::Missing(file)),
            Some(bytes) => match read_header(owner, bytes)? {
                None => repairs.push(Repair::Unreadable(file)),
                Some(header) => copies.push(Copy {
                    file,
                    header,
                    bytes,
                }),
            },
        }
    }
    let newest = copies
        .iter()
        .map(|copy| copy.header.generation)
        .max()
        .ok_or(JournalError::Unreadable)?;
    let (copies, older): (Vec<_>, Vec<_>) = copies
        .into_iter()
        .partition(|copy| copy.header.generation == newest);
    repairs.extend(older.iter().map(|copy| Repair::Older(copy.file)));
    if copies.iter().any(|copy| copy.header != copies[0].header) {
        return Err(JournalError::Differ { sequence: 0 });
    }
    walk(&copies, repairs)
}

fn read_header(owner: &Owner, bytes: &[u8]) -> Result<Option<Header>, JournalError> {
    match Header::decode(bytes) {
        Ok(header) if header.belongs_to(owner) => Ok(Some(header)),
        Ok(header) => Err(JournalError::Foreign {
            cluster: header.cluster.into(),
            identity: hex::encode(header.identity),
        }),
        Err(BadHeader::Version(found)) => Err(JournalError::Version {
            found,
            known: VERSION,
        }),
        Err(BadHeader::Unreadable) => Ok(None),
    }
}

/// Goes through the frames of one or two copies of one generation side by side.
fn walk(copies: &[Copy<'_>], mut repairs: Vec<Repair>) -> Result<Found, JournalError> {
    let header = copies[0].header;
    let mut chain = header.chain();
    let mut offset = BLOCK;
    let mut history: Option<History> = None;
    let mut lacking = vec![0; copies.len()];
    loop {
        let frames: Vec<_> = copies
            .iter()
            .map(|copy| {
                frame_at(copy.bytes, offset)
                    .filter(|frame| next_chain(&chain, frame.kind, frame.payload) == frame.chain)
            })
            .collect();
        let Some(frame) = frames.iter().flatten().next() else {
            break;
        };
        if frames.iter().flatten().any(|other| other != frame) {
            let sequence = history.map_or(0, |history| history.sequence());
            return Err(JournalError::Differ { sequence });
        }
        for (lacking, found) in lacking.iter_mut().zip(&frames) {
            *lacking += u32::from(found.is_none());
        }
        add_frame(&mut history, frame.kind, frame.payload)?;
        chain = frame.chain;
        offset += frame_bytes(frame.payload.len());
    }
    let history = history.ok_or(JournalError::Unreadable)?;
    for (copy, count) in copies.iter().zip(lacking) {
        if count > 0 {
            repairs.push(Repair::Frames(copy.file, count));
        }
    }
    repairs.extend(check_end(copies, offset, &history)?);
    Ok(Found {
        history,
        generation: header.generation,
        chain,
        repairs,
    })
}

fn add_frame(
    history: &mut Option<History>,
    kind: FrameKind,
    payload: &[u8],
) -> Result<(), JournalError> {
    match (kind, history.as_mut()) {
        (FrameKind::Snapshot, None) => {
            *history = Some(History::decode(payload).ok_or(JournalError::Undecodable)?);
        }
        (FrameKind::Records, Some(history)) => {
            for record in decode_records(payload).ok_or(JournalError::Undecodable)? {
                history.apply(&record)?;
            }
        }
        (FrameKind::Snapshot, Some(_)) | (FrameKind::Records, None) => {
            return Err(JournalError::Undecodable);
        }
    }
    Ok(())
}

/// Judges what stands behind the last whole frame, which ends at `end`.
fn check_end(
    copies: &[Copy<'_>],
    end: usize,
    history: &History,
) -> Result<Vec<Repair>, JournalError> {
    let sequence = history.sequence();
    let mut repairs = Vec::new();
    for copy in copies {
        let later = (end..copy.bytes.len()).step_by(BLOCK);
        if later
            .into_iter()
            .any(|at| frame_at(copy.bytes, at).is_some())
        {
            return Err(JournalError::Hole { sequence });
        }
        if (copy.bytes.len() as u64) < copy.header.capacity {
            repairs.push(Repair::CutShort(copy.file));
        }
    }
    let is_clean = |copy: &Copy<'_>| {
        let rest = copy.bytes.get(end..).unwrap_or_default();
        // In blocks, since a byte at a time takes milliseconds where nothing is optimised.
        rest.chunks(BLOCK)
            .all(|block| block == &[0; BLOCK][..block.len()])
    };
    let is_whole = |copy: &Copy<'_>| copy.bytes.len() as u64 >= copy.header.capacity;
    // A frame is released only when both copies hold it. So where both can still be seen and
    // neither holds a next frame, none was released. Where only one can be seen, its end must show
    // that nothing was ever written there.
    let both_seen = copies.len() == 2 && copies.iter().all(is_whole);
    let one_seen_clean = copies.iter().any(|copy| is_whole(copy) && is_clean(copy));
    if !both_seen && !one_seen_clean {
        return Err(JournalError::EndUnclear { sequence });
    }
    if !copies.iter().all(is_clean) {
        repairs.push(Repair::TornTail);
    }
    Ok(repairs)
}
