//! The rules of a ceremony whose breach convicts: see [`crate::blame`] for what proves each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a peer did that it can be convicted of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Signed two different openings of one attempt.
    TwoOpenings,
    /// Signed two different bundles of one session.
    TwoBundles,
    /// Gave a one-time key of small order, so that anybody could decrypt.
    WeakKey,
    /// Dealt lists of the wrong length: another number of keys, or another threshold.
    WrongShape,
    /// Dealt bytes that are no point of the group.
    BadPoint,
    /// Did not prove knowledge of its constant term: a rogue key.
    NoKnowledge,
    /// Dealt shares that do not decrypt.
    Undecryptable,
    /// Dealt shares that do not lie on the committed polynomial.
    UnfitShare,
    /// Complained about shares that are good.
    FalseComplaint,
    /// Showed a partial signature that is not its share's.
    BadProof,
    /// Acknowledged an attempt and opened a later one as if it had not: two may be finished.
    BrokenPromise,
    /// Confirmed bundles that give it a share of zero, or one that occurs twice.
    UnsoundShares,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoOpenings => "signed two different openings of one attempt",
            Self::TwoBundles => "showed different bundles to different peers",
            Self::WeakKey => "gave a one-time key of small order",
            Self::WrongShape => "dealt for another threshold or another number of keys",
            Self::BadPoint => "dealt bytes that are no point of the group",
            Self::NoKnowledge => "did not prove knowledge of its constant term",
            Self::Undecryptable => "dealt shares that do not decrypt",
            Self::UnfitShare => "dealt shares that do not fit its commitments",
            Self::FalseComplaint => "complained about good shares",
            Self::BadProof => "showed a partial signature that is not its share's",
            Self::BrokenPromise => {
                "denied in a later attempt that it had acknowledged an earlier one"
            }
            Self::UnsoundShares => "confirmed a share of its own that is zero or occurs twice",
        })
    }
}
