//! Why a ceremony cannot begin or go on, and what its operator can do.

use std::io;
use std::path::PathBuf;

use dkg::ceremony::{BadParticipant, NotHeard};
use proto::Root;
use proto::definition::BadDefinition;
use proto::lock::BadLock;
use thiserror::Error;

use crate::disk::LockError;
use crate::disk::files::FileError;
use crate::disk::keystore::{SecretFileError, StoreError};
use crate::net::NetError;
use node_core::deposit::DepositError;
use node_core::record::JournalError;
use node_core::vault::VaultError;

/// Why a ceremony cannot begin or go on. Whatever it is, nothing is lost: the same command
/// continues once the cause is gone.
#[derive(Debug, Error)]
pub enum CeremonyError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A secret is not there or not secret.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// Keystores cannot be written or opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else has the data directory.
    #[error(transparent)]
    Held(#[from] LockError),
    /// This peer cannot take part.
    #[error(transparent)]
    Participant(#[from] BadParticipant),
    /// This peer is no operator.
    #[error(transparent)]
    Definition(#[from] BadDefinition),
    /// The network cannot start.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The network ended by itself.
    #[error("the network stopped by itself: start this command again, and report what it said")]
    NetEnded,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The keys do not make a lock, or the lock in the data directory is refused.
    #[error("{}: {}", .0.display(), .1)]
    Lock(PathBuf, #[source] BadLock),
    /// There is a lock of another definition.
    #[error(
        "{} is the lock of another cluster ({there}): each cluster needs a data directory of its \
         own", .file.display()
    )]
    OtherLock {
        /// The lock file.
        file: PathBuf,
        /// The definition it was made for.
        there: Root,
    },
    /// Two attempts of this ceremony are finished, each by some.
    #[error(
        "{peer} shows a second finished lock of this ceremony ({there}), and here {here} is \
         finished: one operator broke its word. Pay nothing to keys of either lock before all \
         operators have compared the hashes in their cluster-lock.json. If these differ, make a \
         new definition, with new data directories and without whoever lied; if they are all the \
         same, {peer} lied, and this command continues"
    )]
    TwoLocks {
        /// Who showed the other lock.
        peer: String,
        /// The lock of this peer.
        here: Root,
        /// The other lock.
        there: Root,
    },
    /// There is an unfinished ceremony of another definition.
    #[error(
        "{} holds an unfinished ceremony for another definition ({there}): take another data \
         directory, or move the folder away if that ceremony is given up", .dir.display()
    )]
    OtherCeremony {
        /// The folder.
        dir: PathBuf,
        /// The definition it is for.
        there: Root,
    },
    /// The seed is gone, and by the position this peer has acknowledged keys.
    #[error(
        "{} is missing, and this peer has acknowledged keys of this ceremony. With another seed it \
         would look like a cheat: restore the file, or let all operators sign a new definition, \
         with new data directories", .0.display()
    )]
    SeedLost(PathBuf),
    /// The memory of this peer is gone or too old: the others know of an acknowledgement.
    #[error(
        "{peer} shows that this peer has acknowledged keys of this ceremony, and {} does not say \
         which: it is gone, was emptied, or is an older copy. Put the newest back if you have \
         it; this command then goes on. If it is gone for good, all operators need a new \
         definition, with new data directories, and must pay nothing to keys of this \
         one. Until then delete nothing", .dir.display()
    )]
    Forgotten {
        /// Who shows it.
        peer: String,
        /// The folder of the unfinished ceremony.
        dir: PathBuf,
    },
    /// The others know of words of this peer that its seed does not say.
    #[error(
        "{peer} shows that this peer has spoken in this ceremony with another seed than that in \
         {}, which is an older copy. Put the newest back if you have it; this command then goes \
         on. If it is gone for good, move this folder away: this command then asks the others how \
         far this peer has come. Delete nothing", .dir.display()
    )]
    OtherSeed {
        /// Who shows it.
        peer: String,
        /// The folder of the unfinished ceremony.
        dir: PathBuf,
    },
    /// The memory of this peer is gone, and no attempt is left.
    #[error(
        "this peer has lost {}, and has opened the last attempt that there can be: all operators \
         need a new definition", .0.display()
    )]
    NoAttemptLeft(PathBuf),
    /// Something of an earlier ceremony is in the way.
    #[error(transparent)]
    Earlier(#[from] Earlier),
    /// The end of the ceremony could not be written.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The seed does not decrypt.
    #[error(
        "{} does not open: give the passphrase or secret file that the ceremony was begun with",
        .0.display()
    )]
    SeedClosed(PathBuf),
    /// A file of ours is not what was written.
    #[error("{} is damaged ({}): check the disk and restore the file", .0.display(), .1)]
    Damaged(PathBuf, #[source] serde_json::Error),
    /// What is kept of others is not what they have signed.
    #[error("{} is damaged ({}): check the disk and restore the file", .0.display(), .1)]
    NotHeard(PathBuf, #[source] NotHeard),
    /// A file of another version.
    #[error("{} has version {}, and this gantry reads version 1: update gantry", .0.display(), .1)]
    Version(PathBuf, u64),
    /// The signing record.
    #[error(transparent)]
    Record(#[from] JournalError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The vault does not sign a deposit.
    #[error("deposits cannot be signed: {0}")]
    Refused(#[source] node_core::vault::Refusal),
    /// A deposit file that is not of this lock.
    #[error("{}: {}", .0.display(), .1)]
    Deposits(PathBuf, #[source] DepositError),
    /// A deposit file that lacks some deposits, or has them in another order.
    #[error(
        "{} is not as this command wrote it: it lacks deposits, or has them in another order. Move \
         it away, and this command writes it anew", .0.display()
    )]
    OtherDeposits(PathBuf),
    /// Another program runs with this peer's identity key.
    #[error(
        "another program runs with the identity key of this peer: stop one of them. If it is not \
         yours, the key is stolen: make a new one and a new definition"
    )]
    SecondSession,
    /// The operator stopped before the end.
    #[error("stopped before the ceremony was finished: the same command continues it")]
    Stopped,
    /// Somebody was convicted.
    #[error(
        "stopped after a failed attempt: settle among the operators who was at fault; then one of \
         you starts again with --retry, and whoever has stopped without it"
    )]
    Failed,
}

/// Something of an earlier ceremony is where this one would put its own, and there is no lock.
#[derive(Debug, Error)]
pub enum Earlier {
    /// A signing record.
    #[error(
        "{} is the signing record of a cluster whose lock has the hash {lock}, and no lock is at \
         {}. {}. Leave the record as it is: it is what keeps that cluster's validators from being \
         slashed", .record.display(), .lock_file.display(), ADVICE
    )]
    Record {
        /// Its directory.
        record: PathBuf,
        /// The lock that it names.
        lock: Root,
        /// Where a lock would be.
        lock_file: PathBuf,
    },
    /// Keystores of shares.
    #[error(
        "{} holds keystores of shares that an earlier ceremony made, such as {file}, and nothing \
         here says of which: no lock is at {}. {}. If that ceremony was not finished, put its \
         folder `ceremony` back; if it is lost, all of you make a new definition, with new data \
         directories. Delete no keystore: it may be a share of validators that have money",
        .dir.display(), .lock_file.display(), ADVICE
    )]
    Keystores {
        /// Where they are.
        dir: PathBuf,
        /// One of them.
        file: String,
        /// Where a lock would be.
        lock_file: PathBuf,
    },
    /// Signed deposits.
    #[error(
        "{} holds deposits that an earlier ceremony signed, and no lock is at {}. {}",
        .file.display(), .lock_file.display(), ADVICE
    )]
    Deposits {
        /// The file.
        file: PathBuf,
        /// Where a lock would be.
        lock_file: PathBuf,
    },
}

/// What is to be done about all of them.
const ADVICE: &str = "If this ceremony was finished here before, put cluster-lock.json back: every \
    operator has the same file, and this command then goes on. If this is another cluster's data \
    directory, take a new one for this cluster";

/// Why the ceremony could not be ended here.
#[derive(Debug, Error)]
pub enum NoRoom {
    /// Nothing can be written there.
    #[error(
        "{what} of this ceremony would be written to {}, and nothing can be written to {} \
         ({cause}): give this user the right to, or name another place, before the keys are made",
        .dir.display(), .there.display()
    )]
    Rights {
        /// What would be written.
        what: &'static str,
        /// Where.
        dir: PathBuf,
        /// The same, or the innermost directory around it that is there.
        there: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// There is too little space.
    #[error(
        "the disk of {} has {free} KiB left, and what this ceremony makes takes up to {needs} KiB: \
         make room before the keys are made", .dir.display()
    )]
    Space {
        /// A directory on the disk.
        dir: PathBuf,
        /// How much is left, in KiB.
        free: u64,
        /// How much is needed, in KiB.
        needs: u64,
    },
}
