//! Evidence as text: one line of JSON for one piece, to be kept, passed on and checked by others.
//!
//! | key | is |
//! |---|---|
//! | `version` | 1 |
//! | `contradiction` | the name of a [`Contradiction`], such as `two-votes` |
//! | `identity_key` | of the peer that signed both statements |
//! | `duty`, `slot`, `round` | what both are about; of two rounds the lower one |
//! | `statements` | two, each with its `purpose`, the signed `bytes` and the `signature`, in hex |
//!
//! The ed25519 signature covers SHA-256 of the length of `purpose` (8 bytes, little-endian),
//! `purpose` and `bytes`; these begin with the lock hash. The other keys repeat what the statements
//! say, for people, and must fit them. A piece has one text only: a line with one letter changed is
//! refused.
//!
//! Decoding is total, and bounded by [`MAX_LINE`].

use proto::vote::{BadPreimage, Ballot, MAX_PREIMAGE};
use proto::{DutyKind, IdentityKey, IdentitySignature, PeerIndex, Root, Roster, Signed};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Contradiction, Conviction, Evidence, Unfounded};

/// The version this code reads and writes.
const VERSION: u64 = 1;

/// The longest line in bytes, without its end: two of the longest statements in hex, and 1 KiB for
/// key, signatures and the rest.
pub const MAX_LINE: usize = 2 * 2 * MAX_PREIMAGE + (1 << 10);

/// One piece of evidence as its line says it. Nothing says yet that it is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exhibit {
    version: u64,
    contradiction: Contradiction,
    identity_key: String,
    duty: DutyKind,
    slot: u64,
    round: u8,
    statements: [Shown; 2],
}

/// What an [`Exhibit`] says that it shows: who did what, and where. One of each is enough.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The identity key in hex.
    pub identity_key: String,
    duty: (DutyKind, u64),
    round: u8,
    contradiction: Contradiction,
}

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    purpose: String,
    bytes: String,
    signature: String,
}

/// A line that does not prove what it says.
#[derive(Debug, Error)]
pub enum BadExhibit {
    /// The line is longer than any evidence.
    #[error("it is longer than {MAX_LINE} bytes, and no evidence is")]
    TooLong,
    /// It is not JSON of the right shape.
    #[error("it is no evidence: {0}")]
    Json(#[from] serde_json::Error),
    /// It says the same, but not in the words in which it was written.
    #[error("it is not as gantry writes it: take the line as it stands in the peer's file")]
    Rewritten,
    /// It is of a later (or no) version.
    #[error("it has version {0}, and this gantry reads version {VERSION}: update gantry")]
    Version(u64),
    /// The identity key is no operator's.
    #[error("the identity key {0:?} is no operator's of this cluster: is it the right lock?")]
    Stranger(String),
    /// A statement for another purpose than this contradiction takes.
    #[error("a statement has the purpose {found:?}, where the contradiction takes {expected:?}")]
    Purpose {
        /// The purpose it has.
        found: String,
        /// The purpose it should have.
        expected: &'static str,
    },
    /// Something that is not hex of the right length.
    #[error("the {0} of a statement cannot be read: the line is damaged")]
    Hex(&'static str),
    /// The signed bytes are no such statement.
    #[error(transparent)]
    Preimage(#[from] BadPreimage),
    /// The statements convict nobody.
    #[error(transparent)]
    Unfounded(#[from] Unfounded),
    /// What stands beside the statements is not what they say.
    #[error("its statements show that the peer {0}, and the line itself says something else")]
    Misstated(Conviction),
}

impl Exhibit {
    /// Reads a line, without its end. Whether it is true is for [`verify`](Self::verify) to say.
    ///
    /// # Errors
    /// If it is longer than [`MAX_LINE`], no JSON of this shape, or of another version.
    pub fn from_line(line: &str) -> Result<Self, BadExhibit> {
        if line.len() > MAX_LINE {
            return Err(BadExhibit::TooLong);
        }
        let exhibit: Self = serde_json::from_str(line)?;
        if exhibit.version != VERSION {
            Err(BadExhibit::Version(exhibit.version))
        } else if exhibit.to_line() != line {
            Err(BadExhibit::Rewritten)
        } else {
            Ok(exhibit)
        }
    }

    /// The line, without its end: at most [`MAX_LINE`] bytes.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers fit into JSON")
    }

    /// What it says that it shows.
    pub fn subject(&self) -> Subject {
        Subject {
            identity_key: self.identity_key.clone(),
            duty: (self.duty, self.slot),
            round: self.round,
            contradiction: self.contradiction,
        }
    }

    /// Whom it convicts of what, before anybody who has the lock: `roster` and `lock` are the
    /// lock's identity keys and hash.
    ///
    /// # Errors
    /// If it does not prove every word it says.
    pub fn verify(&self, roster: &Roster, lock: Root) -> Result<Conviction, BadExhibit> {
        let evidence = self.read(roster)?;
        let verdict = evidence.verify(roster, lock)?;
        if evidence.exhibit(roster) == *self {
            Ok(verdict)
        } else {
            Err(BadExhibit::Misstated(verdict))
        }
    }

    fn read(&self, roster: &Roster) -> Result<Evidence, BadExhibit> {
        let key = self.identity_key.parse::<IdentityKey>().ok();
        let signer = key
            .and_then(|key| roster.find(&key))
            .ok_or_else(|| BadExhibit::Stranger(begin(&self.identity_key)))?;
        let [a, b] = &self.statements;
        Ok(match self.contradiction {
            Contradiction::TwoProposals => Evidence::Proposes(a.read(signer)?, b.read(signer)?),
            Contradiction::TwoVotes => Evidence::Prepares(a.read(signer)?, b.read(signer)?),
            Contradiction::DeniedVote => Evidence::Denial(a.read(signer)?, b.read(signer)?),
            Contradiction::TwoRoundChanges => {
                Evidence::RoundChanges(a.read(signer)?, b.read(signer)?)
            }
            Contradiction::TwoCommitments => Evidence::Commits(a.read(signer)?, b.read(signer)?),
        })
    }
}

impl Evidence {
    /// The text form. The signer of the first statement must be a peer of `roster`.
    pub fn exhibit(&self, roster: &Roster) -> Exhibit {
        let claim = self.claim();
        let statements = match self {
            Self::Proposes(a, b) => [Shown::of(a), Shown::of(b)],
            Self::Prepares(a, b) => [Shown::of(a), Shown::of(b)],
            Self::Denial(a, b) => [Shown::of(a), Shown::of(b)],
            Self::RoundChanges(a, b) => [Shown::of(a), Shown::of(b)],
            Self::Commits(a, b) => [Shown::of(a), Shown::of(b)],
        };
        Exhibit {
            version: VERSION,
            contradiction: claim.contradiction,
            identity_key: roster.key(claim.culprit).to_string(),
            duty: claim.duty.kind,
            slot: claim.duty.slot.0,
            round: claim.round.number(),
            statements,
        }
    }
}

impl Shown {
    fn of<T: Ballot>(signed: &Signed<T>) -> Self {
        Self {
            purpose: T::PURPOSE.to_owned(),
            bytes: hex::encode(signed.statement.preimage()),
            signature: hex::encode(signed.signature.0),
        }
    }

    fn read<T: Ballot>(&self, signer: PeerIndex) -> Result<Signed<T>, BadExhibit> {
        if self.purpose != T::PURPOSE {
            return Err(BadExhibit::Purpose {
                found: begin(&self.purpose),
                expected: T::PURPOSE,
            });
        }
        let bytes = hex::decode(&self.bytes).map_err(|_| BadExhibit::Hex("bytes"))?;
        let mut signature = [0; 64];
        hex::decode_to_slice(&self.signature, &mut signature)
            .map_err(|_| BadExhibit::Hex("signature"))?;
        Ok(Signed {
            statement: T::reread(&bytes)?,
            signer,
            signature: IdentitySignature(signature),
        })
    }
}

/// Enough of a foreign text to recognise it.
fn begin(text: &str) -> String {
    text.chars().take(64).collect()
}
