//! What a peer of the ceremony tells its operator. The words that name operators and files are the
//! shell's.

use dkg::ceremony::{Breach, Contradiction, Opened, Refused, Step};
use proto::ceremony_session::BadFrame;
use proto::lock::BadLock;
use proto::{PeerIndex, PeerSet};
use thiserror::Error;

use crate::deposit::session::BadSignatures;

/// One thing for the operator to know.
#[derive(Debug)]
pub enum Note {
    /// What is going on now; replaces what was.
    Doing(Doing, Waiting),
    /// The ceremony was finished in an earlier run.
    FinishedBefore,
    /// The memory of an earlier run is gone or in part; this one begins after the latest attempt.
    Recalled {
        /// The latest attempt of which this peer has said something.
        latest: u32,
        /// The attempt that it opens.
        attempt: u32,
    },
    /// This peer begins a later attempt.
    Opened(Opened),
    /// There is no new attempt though the operator wants one.
    Refused(Refused),
    /// A lock is there.
    KeysMade,
    /// The definition leaves the withdrawal address open: no deposits are signed.
    Unsettled,
    /// The file of deposits is there, under this name.
    DepositsSigned(String),
    /// A peer sent something that is not used.
    Fault(PeerIndex, Fault),
    /// Something of a peer that must be seen, whatever else it did.
    Alarm(PeerIndex, Alarm),
    /// A peer sent a frame of a later version: no fault, and nothing is done.
    Unknown(PeerIndex),
    /// How many frames of a later version each has sent, at the end.
    PassedOver(Vec<(PeerIndex, u64)>),
    /// This peer goes. These may lack something and are not there.
    Done(PeerSet),
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// A step of the ceremony.
    Step {
        /// The attempt, counted from 0.
        attempt: u32,
        /// Who opened it; none if it is the first.
        opener: Option<PeerIndex>,
        /// The step.
        step: Step,
    },
    /// Before its first word: waits for the others to come, and to tell what they remember of this
    /// peer.
    Recalling,
    /// Writes its keystores.
    Storing,
    /// Waits for every peer to hold the lock.
    Holding,
    /// Waits for signatures of the deposits.
    Signing,
    /// Has everything, and stays for those who lack something.
    Staying,
}

/// Who is waited for, this peer perhaps among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub peers: PeerSet,
    /// Who is there.
    pub up: PeerSet,
}

/// Why something of a peer is not used.
#[derive(Debug, Error)]
pub enum Fault {
    /// Against a rule of the ceremony.
    #[error(transparent)]
    Breach(#[from] Breach),
    /// No frame.
    #[error("sent {0}")]
    Frame(BadFrame),
    /// A lock with a signature that is not valid.
    #[error(transparent)]
    Lock(#[from] BadLock),
    /// Signatures of deposits.
    #[error(transparent)]
    Deposits(#[from] BadSignatures),
    /// Partial signatures that are not those of its shares.
    #[error("sent wrong partial signatures of the deposits: not used")]
    Partials,
    /// A lock of keys that were not made here.
    #[error("speaks of a lock whose keys this peer has not acknowledged")]
    NotAcknowledged,
    /// More frames than there can be before this peer has spoken.
    #[error("sent more than it can have to say: the rest is not kept")]
    TooMuch,
    /// A lock that no attempt of this ceremony made.
    #[error("shows another lock, which is none of this ceremony's")]
    ForeignLock,
    /// Deposits of another lock.
    #[error("speaks of another lock of the same definition")]
    OtherLock,
}

/// What must be seen, in words that no peer can vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Alarm {
    /// Its identity is used twice.
    #[error("two programs run with its identity key: ask its operator")]
    SecondSession,
    /// It has broken a promise.
    #[error(
        "promised in a later attempt never to sign this lock, and has signed it: there may be two \
         finished locks"
    )]
    Promise,
    /// There are two finished locks, and no harm is done.
    #[error(
        "shows a second finished lock, which nobody uses: some operator broke its word in the \
         ceremony; the keys of the lock here are good"
    )]
    SecondLock,
    /// It contradicts what was acknowledged.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// It is there and holds everybody up.
    #[error(
        "is connected and has not told what it remembers of this peer, and before that nothing is \
         said here: ask its operator to end `gantry dkg` there and to start it again; if that does \
         not help, to look at what it says, and whether it is the newest gantry"
    )]
    Untold,
}
