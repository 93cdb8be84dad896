//! What goes into one peer's part in the ceremony and what comes out: the contract with its driver.

use std::collections::BTreeMap;

use dkg::blame::{Evidence, Verdict};
use dkg::bls::SecretShare;
use dkg::ceremony::{BadParticipant, Heard, Position};
use proto::ceremony::Spoken;
use proto::lock::{BadLock, Lock};
use proto::{PeerIndex, PeerSet, PublicKey, Root, SignatureBytes, WireVersion};
use zeroize::Zeroizing;

use super::note::Note;
use super::place::Made;
use crate::deposit::DepositError;
use crate::record::{History, Record, Recorded};
use crate::vault::{Refusal, VaultError};

/// How far an earlier run has come, as the disk says.
pub enum Start {
    /// There is no seed. Of an earlier run nothing is known but that it came to this attempt, or
    /// nothing at all: it may be lost, or there was none. Beside that, what was heard of others.
    Blank(Option<u32>, Heard),
    /// It has begun, and nothing is lost.
    Begun(Box<Begun>),
    /// The lock is there.
    Finished(Box<Finished>),
}

/// What an unfinished ceremony has kept.
pub struct Begun {
    /// The ceremony seed.
    pub seed: Zeroizing<[u8; 32]>,
    /// As last persisted.
    pub position: Position,
    /// What was heard of others, as last remembered.
    pub heard: Heard,
    /// What was made in the attempts whose keys this peer has acknowledged, by lock.
    pub made: BTreeMap<Root, Made>,
}

/// What a finished ceremony has left.
pub struct Finished {
    /// The lock.
    pub lock: Lock,
    /// The locks that this peer has acknowledged and then left.
    pub abandoned: Vec<Root>,
    /// The signatures of all deposits, if they are there.
    pub deposits: Option<Vec<SignatureBytes>>,
}

/// What can happen to a peer of the ceremony. It may hold the seed, so it has no `Debug`.
pub enum Input {
    /// Time has passed. Also the first input, unless that is [`Input::Retry`].
    Tick,
    /// As the first input: the operator wants a new attempt in place of one that has failed.
    Retry,
    /// A session with this peer began, in which both sides speak this version.
    Up(PeerIndex, WireVersion),
    /// The session with this peer ended.
    Down(PeerIndex),
    /// A frame of this peer's session.
    Frame(PeerIndex, Vec<u8>),
    /// Two programs run with the identity of this peer.
    SecondSession(PeerIndex),
    /// The last output is performed, a task of the disk.
    Performed(Performed),
    /// The operator stops this peer.
    Stop,
}

/// What a peer of the ceremony asks of its driver, to be performed in this order.
#[derive(Debug)]
pub enum Output {
    /// Send this frame to those of these peers that are there.
    Send(PeerSet, Vec<u8>),
    /// Do this on the disk, and hand in [`Input::Performed`] before anything else. Nothing that
    /// follows comes out before.
    Disk(Task),
    /// Keep this evidence, and say so to the operator.
    Blame(Box<(Evidence, Verdict)>),
    /// Tell the operator.
    Note(Note),
    /// It is over, and well. The last output.
    Over,
    /// It cannot go on. The last output.
    Halt(Halt),
}

/// Something to be done on the disk. What is written is durable before it is [`Performed`].
#[derive(Debug)]
pub enum Task {
    /// Write this position, and then a new seed: [`Performed::Begun`].
    Begin(Position),
    /// Write this position: [`Performed::Written`].
    Persist(Position),
    /// Write these statements of others, in place of those before: [`Performed::Written`].
    Remember(Vec<Spoken>),
    /// Write what goes into the lock of this hash: [`Performed::Written`].
    Keep(Root, Box<Made>),
    /// Write the keystores of these shares; what is there already stays: [`Performed::Written`].
    Store(Vec<NewShare>),
    /// Write the hashes of locks that were acknowledged and then left: [`Performed::Written`].
    Abandon(Vec<Root>),
    /// Begin the signing record of this lock, unless it is there: [`Performed::Written`].
    BeginRecord(Root, Box<History>),
    /// Write the lock: [`Performed::Written`].
    WriteLock(Box<Lock>),
    /// Remove the seed, and then everything of the unfinished ceremony: [`Performed::Written`].
    Forget,
    /// Open the keystores of these shares: [`Performed::Shares`].
    OpenShares(Vec<PublicKey>),
    /// Open the signing record of this lock, which is there: [`Performed::Record`].
    OpenRecord(Root),
    /// Append to the open record: [`Performed::Recorded`].
    Append(Vec<Record>),
    /// Write the signed deposits: [`Performed::Written`].
    WriteDeposits {
        /// The name of the file.
        name: String,
        /// What stands in it.
        text: String,
    },
}

/// A share on its way to the disk.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// The group key it is a share of: a validator's, or a seal key.
    pub group_key: PublicKey,
    /// The share.
    pub share: SecretShare,
}

/// The answer to a task. It may hold the seed, so it has no `Debug`.
pub enum Performed {
    /// It is durable.
    Written,
    /// To [`Task::Begin`]: position and seed are durable.
    Begun(Zeroizing<[u8; 32]>),
    /// To [`Task::OpenShares`]: the shares, in the order of their keys.
    Shares(Vec<SecretShare>),
    /// To [`Task::OpenRecord`]: what it says.
    Record(Box<History>),
    /// To [`Task::Append`]: proof that it is durable.
    Recorded(Recorded),
}

/// Why this peer cannot go on. The same start continues once the cause is gone.
#[derive(Debug)]
pub enum Halt {
    /// This peer cannot take part.
    Participant(BadParticipant),
    /// The keys do not make a lock.
    Lock(BadLock),
    /// This peer shows that keys were acknowledged here, and nothing here says which.
    Forgotten(PeerIndex),
    /// This peer shows words that the seed at hand does not say.
    OtherSeed(PeerIndex),
    /// The memory is gone, and no attempt is left.
    NoAttemptLeft,
    /// Two attempts of this ceremony are finished, each by some.
    TwoLocks {
        /// Who showed the other lock.
        peer: PeerIndex,
        /// The lock of this peer.
        here: Root,
        /// The other lock.
        there: Root,
    },
    /// The lock provides for no deposits that can be signed.
    Deposits(DepositError),
    /// The deposits that are there, in the file of this name, are not those of the lock.
    OtherDeposits(String),
    /// The record does not fit the shares.
    Vault(VaultError),
    /// The vault does not sign a deposit.
    Refused(Refusal),
    /// Another program runs with this peer's identity key.
    SecondSession,
    /// The operator stopped before the end.
    Stopped,
    /// The operator stopped after somebody was convicted.
    Failed,
}

/// Which answer a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Written,
    Stored,
    Begun,
    Shares,
    Record,
    Recorded,
}

impl Task {
    /// The answer that it waits for.
    pub(super) fn awaited(&self) -> Awaited {
        match self {
            Self::Persist(_)
            | Self::Remember(_)
            | Self::Keep(..)
            | Self::Abandon(_)
            | Self::BeginRecord(..)
            | Self::WriteLock(_)
            | Self::Forget
            | Self::WriteDeposits { .. } => Awaited::Written,
            Self::Store(_) => Awaited::Stored,
            Self::Begin(_) => Awaited::Begun,
            Self::OpenShares(_) => Awaited::Shares,
            Self::OpenRecord(_) => Awaited::Record,
            Self::Append(_) => Awaited::Recorded,
        }
    }
}
