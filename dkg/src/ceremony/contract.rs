//! What goes into a ceremony and what comes out: the contract with its driver.

use std::fmt;

use proto::ceremony::{MAX_ATTEMPT, MAX_VALIDATORS, Spoken};
use proto::{IdentitySignature, PeerIndex, PeerSet, PublicKey, Root};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Contradiction;
use crate::blame::{Evidence, Unfounded, Verdict};
use crate::bls::SecretShare;

/// A participant that cannot take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadParticipant {
    /// No validators, or more than one ceremony makes keys for.
    #[error("a ceremony makes keys for 1 to {MAX_VALIDATORS} validators, not {0}")]
    Validators(u16),
    /// The identity key is not that of the roster at this place.
    #[error("this identity key is not that of {0} in the definition: use that operator's key")]
    NotMe(PeerIndex),
    /// The persisted position is of no attempt that can be.
    #[error("the stored ceremony position names attempt {0}, and {MAX_ATTEMPT} is the last")]
    Attempt(u32),
}

/// What must survive a crash beside the seed. Starts as [`Position::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// The current attempt, counted from 0.
    pub attempt: u32,
    /// The latest attempt ever opened, which is later than the current one after a return. Of those
    /// before it this peer acknowledges none but what it has acknowledged.
    #[serde(default)]
    pub opened: u32,
    /// Every acknowledgement ever given, ascending by attempt.
    pub acked: Vec<Acked>,
    /// The current attempt, once this peer has seen it fail: it then may be left at the operator's
    /// word, also after a restart, which forgets everything else that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u32>,
    /// Who opened the current attempt, as its place in the definition; none if that is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opener: Option<usize>,
    /// If another peer did, the opening by which it did, signed and in hex: also after a restart
    /// this peer shows it to whoever comes late, who would take this peer for the opener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

/// One acknowledgement: the shares of this transcript are stored and will never be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    /// The attempt.
    pub attempt: u32,
    /// Its transcript.
    pub transcript: Root,
    /// The lock made of it.
    pub lock: Root,
}

/// What can happen to a ceremony.
#[derive(Debug)]
pub enum Input {
    /// A session with this peer began.
    Up(PeerIndex),
    /// The session with this peer ended.
    Down(PeerIndex),
    /// A frame of this peer's session.
    Frame(PeerIndex, Vec<u8>),
    /// The keys of this transcript are durably stored, and this is the hash of the lock.
    Stored {
        /// The transcript of [`Output::Store`].
        transcript: Root,
        /// The hash of the cluster lock made of it.
        lock: Root,
    },
    /// The operator wants a new attempt in place of one that has failed; see [`Refused`] for when
    /// it cannot be.
    Retry,
    /// The deadline has passed.
    Tick,
}

/// What a ceremony asks of its driver, in this order.
#[derive(Debug)]
pub enum Output {
    /// Make this durable before performing the next output.
    Persist(Position),
    /// Make these statements of others durable, in place of what was, before performing the next
    /// output: at most two of each peer. See [`Heard::read`](super::Heard::read).
    Remember(Vec<Spoken>),
    /// Send a frame to one peer, if it is up.
    Send(PeerIndex, Vec<u8>),
    /// Send a frame to every peer that is up.
    Broadcast(Vec<u8>),
    /// Write these keys durably, then answer [`Input::Stored`].
    Store(Box<Outcome>),
    /// The step or the peers waited for have changed.
    Progress(Progress),
    /// A peer sent something that was refused. Not proven to others.
    Fault(PeerIndex, Breach),
    /// A peer contradicts what was acknowledged. It convicts nobody, and must be seen.
    Contradicted(PeerIndex, Contradiction),
    /// This peer begins a later attempt than the one it was in.
    Opened(Opened),
    /// [`Input::Retry`] changes nothing.
    Refused(Refused),
    /// A peer is convicted. Keep the evidence. The attempt has failed, unless keys were made.
    Blame(Box<(Evidence, Verdict)>),
    /// Every peer has stored its shares: the keys are the cluster's. Stay up for those who lag
    /// until [`Output::Closed`] or as long as you like.
    Finished(Box<Finished>),
    /// Every peer is finished: nobody needs this machine any more.
    Closed,
}

/// A new attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Who opened it: this peer, or another that it follows.
    pub opener: PeerIndex,
    /// Which it is, counted from 0.
    pub attempt: u32,
    /// Whether it is not the next one but a later one. So it is for whoever missed some; but each
    /// ceremony has only so many.
    pub skips: bool,
}

/// Why there is no new attempt though the operator wants one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The current attempt goes on, as far as this peer has seen.
    #[error(
        "attempt {attempt} has not failed here, so no new one is opened: this peer goes on with \
         it. If it fails, that is said here, and --retry then opens the next", attempt = .0 + 1
    )]
    NotFailed(u32),
    /// This peer has acknowledged the current attempt: it may be finished elsewhere.
    #[error(
        "this peer has stored the keys of the current attempt, which may be finished elsewhere: \
         an operator whose peer has not done so can begin a new one"
    )]
    Acknowledged,
    /// The current attempt is number [`MAX_ATTEMPT`].
    #[error(
        "there is no attempt after this one: make and sign a new definition, without whoever \
         opened so many"
    )]
    LastAttempt,
}

/// How far this peer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Waits for peers to take part.
    Opening,
    /// Waits for bundles, or checks them.
    Dealing,
    /// Waits for proofs that shares work, or checks them.
    Proving,
    /// Waits for its own disk.
    Storing,
    /// Waits for peers to have stored their shares.
    Acknowledging,
    /// Finished; waits for peers to be so too.
    Finished,
    /// Somebody is convicted; a new attempt is needed, best without the culprit.
    Failed,
    /// What was dealt makes no keys, and no message proves by whose fault; a new attempt is needed.
    Unusable,
    /// Keys were acknowledged in this attempt, by this peer before a crash or by another, and what
    /// is dealt now makes others.
    Contradicted,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening => "waiting for peers to begin",
            Self::Dealing => "exchanging shares",
            Self::Proving => "proving that shares work",
            Self::Storing => "storing keys",
            Self::Acknowledging => "waiting for peers to store their keys",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Unusable => "what was dealt makes no keys",
            Self::Contradicted => "what is dealt now makes other keys than were acknowledged",
        })
    }
}

/// Step and whom it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The attempt, counted from 0.
    pub attempt: u32,
    /// The step.
    pub step: Step,
    /// The peers whose word (or whose check here) is missing.
    pub waiting: PeerSet,
}

/// Why a frame was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Breach {
    /// Longer than [`super::max_frame`].
    #[error("a frame of {0} bytes is longer than any in this ceremony")]
    TooLong(usize),
    /// Not a message.
    #[error(transparent)]
    Wire(#[from] proto::ceremony::WireError),
    /// A signature in it is forged.
    #[error(transparent)]
    Forged(#[from] proto::identity::BadSignature),
    /// About another definition or another list of operators.
    #[error("it is about another definition: compare `gantry cluster show` with each other")]
    Foreign,
    /// An attempt after the last.
    #[error("attempt {0} is beyond the last, {MAX_ATTEMPT}")]
    TooManyAttempts(u32),
    /// An acknowledgement of an attempt that neither this peer nor, as far as it knows, the signer
    /// has opened.
    #[error("acknowledged keys of attempt {}, which it has not opened", .0 + 1)]
    NotOpened(u32),
    /// An accusation that convicts nobody.
    #[error(transparent)]
    Unfounded(#[from] Unfounded),
    /// It was to show what this peer has said, and showed something else.
    #[error("it shows, as a statement of this peer, one that is not")]
    NotYours,
    /// A complaint without the bundle it is about.
    #[error("a complaint came without its evidence")]
    BareComplaint,
    /// The sums of what all dealt give this peer a share of zero, or one that occurs twice. It has
    /// arranged that, or another dealt it bad shares, which it will complain about.
    #[error(
        "what was dealt gives it a share that is zero or occurs twice, and no machine that follows \
         the protocol takes that: settle with its operator why, if nobody is convicted"
    )]
    UnsoundShares,
    /// An acknowledgement without a valid signature of the lock.
    #[error("its signature of the lock is not valid")]
    LockSignature,
    /// An acknowledgement of another lock than this peer's, made of the same transcript.
    #[error("it made another lock of the same keys: compare versions of gantry")]
    OtherLock,
}

/// What a ceremony makes, this peer's secrets included.
#[derive(Debug)]
pub struct Outcome {
    /// The attempt that made it.
    pub attempt: u32,
    /// The hash of everything that was said and dealt.
    pub transcript: Root,
    /// One for each validator.
    pub validators: Vec<ValidatorKey>,
    /// The cluster's seal key.
    pub seal: SealKey,
    /// Its seal key for pre-signed exits, which n - t + 1 peers open; none if the terms ask for
    /// none.
    pub exit_seal: Option<SealKey>,
}

/// One validator's keys.
#[derive(Debug)]
pub struct ValidatorKey {
    /// The group's public key.
    pub public_key: PublicKey,
    /// The public keys of the peers' shares, in the order of the definition.
    pub share_public_keys: Vec<PublicKey>,
    /// This peer's share.
    pub share: SecretShare,
}

/// A seal key of the cluster; [`crate::seal`] gives it in `threshold_crypto`'s types.
#[derive(Debug)]
pub struct SealKey {
    /// The coefficients of its public polynomial, as many as shares open it; the first is the key
    /// itself.
    pub commitment: Vec<PublicKey>,
    /// This peer's share.
    pub share: SecretShare,
}

/// Everybody has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What this peer had acknowledged.
    pub acked: Acked,
    /// Every peer's identity signature of the lock hash, in the order of the definition.
    pub lock_signatures: Vec<IdentitySignature>,
}
