//! Versions of what peers exchange, and how two programs that differ by one go on together.
//!
//! A cluster is upgraded one peer at a time and must not lose a duty meanwhile. So a program speaks
//! a range of versions ([`Versions::OURS`]): at least its own and the one before. Its hello names
//! both ends of the range, and two peers speak the highest version that both know; without one
//! they part, and say who must upgrade.
//!
//! Whoever changes what peers exchange keeps one version back:
//!
//! - A new field is optional, and a message without it means what it meant before. It needs no new
//!   version: an older program passes over it.
//! - A new frame, session message or kind of duty comes with a new version (`since`), and is sent
//!   only to peers whose session speaks that version. A kind of duty is performed once t peers know
//!   it, this one included. An older peer learns of none of it.
//! - What a program does not know all the same, it counts and passes over: that is no fault of the
//!   sender. Bytes that no version could have written are one.
//! - What a field, frame or kind means, and its number, is never changed. What nobody sends any
//!   more keeps its number reserved.
//! - A version is dropped from the range no sooner than one release after its successor came.
//!
//! What a program keeps (record, lock, config) is read by every newer one; an older one refuses
//! what a newer one has written, with words, and leaves it as it is.

use std::fmt;

/// One version of what peers exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireVersion(u32);

impl WireVersion {
    /// Greetings, votes on heads and blocks, RANDAO reveals; the whole ceremony.
    pub const V1: Self = Self(1);
    /// Hellos name a range and what is unknown is passed over. New frames: peers say when they are
    /// blind (`Sight`) and what their beacon nodes made of a signed duty (`Refused`, `Taken`), pass
    /// on the blobs of a signed block (`BlobsWanted`, `BlobsPart`), and say in a ceremony what they
    /// hold of each other's words (`Remembered`).
    ///
    /// What came meanwhile as optional fields needs no version and goes to every peer: the genesis
    /// time in a greeting, the leader's signature in PREPARE and COMMIT.
    pub const V2: Self = Self(2);
    /// Exits: what operators say about them (`ExitWords`), and partial signatures (`ExitShare`).
    pub const V3: Self = Self(3);
    /// Rocket Pool: which agreement a peer has in force (`Agreement`), demands for shares of
    /// deposits (`DepositDemand`), shares (`DepositShares`), and why there are none
    /// (`DepositRefusal`).
    pub const V4: Self = Self(4);
    /// Builders: shares of registrations (`RegistrationShares`).
    pub const V5: Self = Self(5);
    /// Aggregation: partial selection proofs (`SelectionShares`), and aggregates as a kind of duty
    /// that the peers agree on.
    pub const V6: Self = Self(6);
    /// The sync committee: its messages and contributions as kinds of duty that the peers agree
    /// on, and partial selection proofs of its members (`SelectionShares` of a subcommittee).
    pub const V7: Self = Self(7);
    /// Builders: blinded blocks among the values of block duties.
    pub const V8: Self = Self(8);
    /// The Safe that is the node account: what peers have signed for it (`SafeStep`).
    pub const V9: Self = Self(9);
    /// Intents at Rocket Pool: documents with signatures (`Intents`), and by what a peer acts
    /// (`StandsOn`).
    ///
    /// Exits that are signed in advance: sealed partial signatures (`SealedExits`), which are asked
    /// for (`SealedExitsWanted`) and opened (`ExitOpening`), and the words that let them be opened
    /// among `ExitWords`.
    pub const V10: Self = Self(10);

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for WireVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// All versions from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    lowest: WireVersion,
    highest: WireVersion,
}

impl Versions {
    /// What this program speaks.
    pub const OURS: Self = Self {
        lowest: WireVersion::V1,
        highest: WireVersion::V10,
    };

    /// From `lowest` to `highest`; none if that is no range.
    pub const fn between(lowest: u32, highest: u32) -> Option<Self> {
        if lowest > highest {
            return None;
        }
        Some(Self {
            lowest: WireVersion(lowest),
            highest: WireVersion(highest),
        })
    }

    /// The lowest of them.
    pub const fn lowest(self) -> WireVersion {
        self.lowest
    }

    /// The highest of them.
    pub const fn highest(self) -> WireVersion {
        self.highest
    }

    /// What two programs that speak these and `others` speak with each other.
    pub fn common(self, others: Self) -> Option<WireVersion> {
        let highest = self.highest.min(others.highest);
        (highest >= self.lowest.max(others.lowest)).then_some(highest)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lowest == self.highest {
            self.lowest.fmt(f)
        } else {
            write!(f, "{} to {}", self.lowest, self.highest)
        }
    }
}

#[cfg(test)]
mod tests;
