//! What is wrong with a record, and what its operator can do.
//!
//! Never here: advice that could lose a record. A new one begins only by an explicit command.

use std::io;

use proto::Root;
use thiserror::Error;

use super::BadRecord;

/// The record cannot be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// No copy is there.
    #[error(
        "there is no signing record. If this peer has never signed, finish the key ceremony. If \
         the disk is new or was emptied, look for the old record-a.log or record-b.log first; \
         only if both are lost for good, run `gantry slashing new-record`"
    )]
    Missing,
    /// A record is there already.
    #[error("there is a signing record already, and it is not replaced")]
    Exists,
    /// The record belongs to somebody else.
    #[error(
        "the signing record belongs to another cluster or peer (cluster lock {cluster}, identity \
         {identity}): put this peer's own data directory in place"
    )]
    Foreign {
        /// The cluster lock it names.
        cluster: Root,
        /// The identity key it names, in hex.
        identity: String,
    },
    /// Another version wrote it.
    #[error(
        "the signing record has format {found}, this gantry knows {known}: run the version of \
         gantry that wrote it, or a newer one"
    )]
    Version {
        /// The format found.
        found: u32,
        /// The format of this program.
        known: u32,
    },
    /// No copy has a readable beginning.
    #[error(
        "no copy of the signing record can be read: check the disk, restore neither copy from a \
         backup, and if they are lost for good run `gantry slashing new-record`"
    )]
    Unreadable,
    /// Whole frames stand behind a damaged one.
    #[error(
        "both copies of the signing record are damaged after record {sequence}, before others that \
         are whole: check the disk, then run `gantry slashing new-record`"
    )]
    Hole {
        /// The last record before the damage.
        sequence: u64,
    },
    /// Nothing shows that the last whole frame is the last one written.
    #[error(
        "the end of the signing record is damaged or cut off after record {sequence}, and the \
         other copy cannot help: check the disk, then run `gantry slashing new-record`"
    )]
    EndUnclear {
        /// The last record that is whole.
        sequence: u64,
    },
    /// Two whole copies do not agree.
    #[error(
        "the two copies of the signing record differ after record {sequence} although both are \
         whole: one of them is not this peer's own. Put the right one in place of both, or run \
         `gantry slashing new-record`"
    )]
    Differ {
        /// The last record they agree on.
        sequence: u64,
    },
    /// A whole frame says something this version cannot read.
    #[error(
        "the signing record says something this gantry cannot read: run the version of gantry that \
         wrote it, or a newer one"
    )]
    Undecodable,
    /// A record does not follow from those before it.
    #[error("the signing record contradicts itself: {0}: please report this")]
    BadRecord(#[from] BadRecord),
    /// The disk refused.
    #[error(
        "cannot {doing} the signing record: {source}: this peer signs no more; mend the disk \
         (space, cables, health), then restart gantry"
    )]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// An earlier operation failed.
    #[error(
        "the signing record failed earlier and stays closed: mend the disk, then restart gantry"
    )]
    Poisoned,
}
