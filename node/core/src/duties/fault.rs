//! Which rules of the protocol a peer can break. No correct peer breaks one, whatever happens to
//! it: each names a liar or a bug.

use consensus::Rule;

/// A rule that a peer has broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breach {
    /// A rule of consensus.
    Consensus(Rule),
    /// Two signed statements contradict each other.
    Contradiction,
    /// A frame cannot be read.
    BadFrame,
    /// A message of consensus cannot be read.
    BadVote,
    /// A partial signature is not of what the duty signs.
    BadShare,
    /// A word about an exit is not its operator's, or holds longer than it may.
    ExitWord,
    /// What is sealed of an exit, or said to open it, is not that, or comes too often.
    SealedExit,
    /// A deposit is demanded that no honest peer demands, or too often.
    DepositDemand,
    /// An intent is none that there can be, or not signed by its operators; or two of one number
    /// are.
    Intent,
    /// What is signed for the node account is not signed by its account, or is said too often.
    SafeStep,
    /// Blobs came that nobody had asked for.
    BlobsUnasked,
    /// A part of blobs is not the one that was asked for.
    BlobsPart,
    /// A part of more blobs than a block may have.
    BlobsLimit,
}

impl Breach {
    /// The rule's name in logs and metrics. It is stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consensus(rule) => rule.name(),
            Self::Contradiction => "contradiction",
            Self::BadFrame => "bad_frame",
            Self::BadVote => "bad_vote",
            Self::BadShare => "bad_share",
            Self::ExitWord => "exit_word",
            Self::SealedExit => "sealed_exit",
            Self::DepositDemand => "deposit_demand",
            Self::Intent => "intent",
            Self::SafeStep => "safe_step",
            Self::BlobsUnasked => "blobs_unasked",
            Self::BlobsPart => "blobs_part",
            Self::BlobsLimit => "blobs_limit",
        }
    }
}
