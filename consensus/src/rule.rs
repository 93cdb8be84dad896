//! The rules whose breach is a fault of the peer whose message breaks them.

use thiserror::Error;

/// A rule that a peer's message breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Rule {
    /// The message is about another cluster or duty.
    #[error("the message is about another duty")]
    OtherDuty,
    /// The message's statement is signed by another peer than the one that sent it.
    #[error("the sender passes on what another peer signed")]
    OtherSigner,
    /// An identity signature is wrong.
    #[error("an identity signature is wrong")]
    BadSignature,
    /// The round does not exist where an instance opens as this one does.
    #[error("the round does not exist for this kind of duty")]
    NoSuchRound,
    /// A PROPOSE by a peer that does not lead the round.
    #[error("the proposer does not lead this round")]
    NotLeader,
    /// The bytes sent are not a value, or not one with a hash that was signed.
    #[error("the bytes are not the value that was signed")]
    BadBody,
    /// A certificate is not a PREPARE quorum for the round and value it is to prove, or its round
    /// is not below the round it is to justify.
    #[error("the certificate does not prove its claim")]
    BadCertificate,
    /// A PROPOSE that the votes rule does not allow.
    #[error("the proposal is not justified by the votes of a quorum")]
    Unjustified,
    /// More PULLs than a correct peer needs.
    #[error("the value was pulled too often")]
    TooManyPulls,
    /// A third different statement of one kind in one round; it was not verified.
    #[error("more different statements were made than one that contradicts the first")]
    TooManyStatements,
}

impl Rule {
    /// A short stable name, for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherDuty => "other_duty",
            Self::OtherSigner => "other_signer",
            Self::BadSignature => "bad_signature",
            Self::NoSuchRound => "no_such_round",
            Self::NotLeader => "not_leader",
            Self::BadBody => "bad_body",
            Self::BadCertificate => "bad_certificate",
            Self::Unjustified => "unjustified",
            Self::TooManyPulls => "too_many_pulls",
            Self::TooManyStatements => "too_many_statements",
        }
    }
}
