//! Which block a proof is made for: one that a contract can still look up when the call comes.
//!
//! A contract has the roots of blocks from EIP-4788: for the time of a block, the root of its
//! PARENT, in a ring of 8,191 entries. So a block can be shown once another one stands on it, and
//! by the time of that other one, which is the first that was not missed. Rocket Pool takes no time
//! older than an hour.
//!
//! What is finalised cannot be undone, so it is taken whenever it can be shown. If the chain has
//! not finalised for long, that is too old: then a proof waits, unless its deadline is near. A
//! proof of a block that is later undone costs the fee of a call that reverts, and no more.
//!
//! Source: EIP-4788; `RocketMegapoolManager` of Rocket Pool 1.4 (`slotRecencyThreshold`).

use std::time::Duration;

use proto::eth::ChainSpec;
use proto::{Root, Slot, Timestamp};
use thiserror::Error;

use super::refusal::Unprovable;
use super::wanted::layout_at;

/// The oldest that the time of a block may be when the call is mined (`slotRecencyThreshold`).
pub const MOST_AGE: Duration = Duration::from_secs(3600);
/// The entries of the ring (EIP-4788, `HISTORY_BUFFER_LENGTH`), one a slot.
pub const RING_SLOTS: u64 = 8191;
/// How long a call may take from its proof until it is mined, in slots: the state is read, the call
/// simulated and sent, and the fee may have to rise.
pub const MARGIN_SLOTS: u64 = 50;
/// From so long before its deadline on, a proof is made of a block that is not final.
pub const HASTE: Duration = Duration::from_secs(3 * 3600);

/// How sure it is that a block stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It cannot be undone.
    Finalised,
    /// Two thirds have voted for it once.
    Justified,
    /// It is the newest.
    Head,
}

/// A block that a beacon node names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// How sure it is.
    pub standing: Standing,
    /// Its slot.
    pub slot: Slot,
    /// Its root.
    pub root: Root,
    /// Whether it has an execution payload.
    pub has_payload: bool,
    /// The first block after it on the same chain, if there is one yet.
    pub next: Option<Next>,
}

/// The block after a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Its slot.
    pub slot: Slot,
    /// The root of its parent.
    pub parent: Root,
}

/// What is asked of an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The first slot whose state shows what is to be proven.
    pub since: Slot,
    /// When the call comes too late, if ever.
    pub deadline: Option<Timestamp>,
}

/// The block that a proof is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// How sure it is that it stays.
    pub standing: Standing,
    /// Its slot.
    pub slot: Slot,
    /// Its root.
    pub root: Root,
    /// The time under which the contract finds it, in seconds since the Unix epoch.
    pub slot_timestamp: u64,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// A proof is made for this block.
    Prove(Anchor),
    /// None is made yet.
    Wait {
        /// When a block that is not final would do; none if there is no deadline, or it is near.
        until: Option<Timestamp>,
        /// Why each block that would do now is passed over, the surest first.
        passed: Vec<(Standing, Passed)>,
    },
}

/// Why a block is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Passed {
    /// Nothing can be proven of its state.
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
    /// Its state does not show yet what is to be proven.
    #[error("its slot {slot} is before slot {since}, which is the first to show it")]
    TooEarly {
        /// The block's slot.
        slot: Slot,
        /// The first that would do.
        since: Slot,
    },
    /// It carries no execution payload.
    #[error("the block of slot {0} has no execution payload")]
    NoPayload(Slot),
    /// No block stands on it, so no contract knows it.
    #[error("no block stands on that of slot {0} yet")]
    NoNext(Slot),
    /// The beacon node named a block after it that does not stand on it.
    #[error(
        "the beacon node says that the block of slot {next} is next, but that has another parent"
    )]
    OtherNext {
        /// The slot of the other block.
        next: Slot,
    },
    /// A call would be mined too late.
    #[error("its time is {age_s} s ago, and a call would be mined after more than {most_s} s")]
    TooOld {
        /// How long ago it is, in seconds.
        age_s: u64,
        /// What the contract takes, in seconds.
        most_s: u64,
    },
}

impl Need {
    /// The block to make a proof for at `now`, of those that a node names.
    pub fn choose(&self, spec: &ChainSpec, now: Timestamp, named: &[Candidate]) -> Choice {
        let until = self.deadline.map(|deadline| deadline - HASTE);
        let is_near = until.is_some_and(|until| now >= until);
        let mut may: Vec<&Candidate> = named
            .iter()
            .filter(|it| is_near || it.standing == Standing::Finalised)
            .collect();
        may.sort_by_key(|it| it.standing);
        let mut passed = Vec::new();
        for it in may {
            match self.judge(spec, now, it) {
                Ok(anchor) => return Choice::Prove(anchor),
                Err(why) => passed.push((it.standing, why)),
            }
        }
        Choice::Wait {
            until: until.filter(|_| !is_near),
            passed,
        }
    }

    fn judge(&self, spec: &ChainSpec, now: Timestamp, it: &Candidate) -> Result<Anchor, Passed> {
        let (slot, since) = (it.slot, self.since);
        layout_at(spec, slot)?;
        if slot < since {
            return Err(Passed::TooEarly { slot, since });
        }
        if !it.has_payload {
            return Err(Passed::NoPayload(slot));
        }
        let next = it.next.ok_or(Passed::NoNext(slot))?;
        if next.parent != it.root || next.slot <= slot {
            return Err(Passed::OtherNext { next: next.slot });
        }
        let duration = spec.slot_duration();
        let ring = duration * u32::try_from(RING_SLOTS).unwrap_or(u32::MAX);
        let margin = duration * u32::try_from(MARGIN_SLOTS).unwrap_or(u32::MAX);
        let shown_at = spec.start_of(next.slot);
        let (age, most) = (now.since(shown_at), MOST_AGE.min(ring));
        if age + margin > most {
            return Err(Passed::TooOld {
                age_s: age.as_secs(),
                most_s: most.as_secs(),
            });
        }
        Ok(Anchor {
            standing: it.standing,
            slot,
            root: it.root,
            slot_timestamp: shown_at.unix_seconds(),
        })
    }
}
