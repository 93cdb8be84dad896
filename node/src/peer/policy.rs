//! On which terms others may build blocks, as the file of the agreement has it now: a new version
//! may be taken in while the peer runs.
//!
//! Whoever runs a peer changes the file with `gantry pool agree`, which replaces it whole. It is
//! looked at once a slot, and read when it is another file than before. What cannot be read changes
//! nothing: the terms of before stay in force. Nor does an older version take a newer one back.
//!
//! Never here: what the terms are good for.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use node_core::pool::agreement::{Agreement, BuilderPolicy, Deposits};
use proto::lock::Lock;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::checks::agreement::{self, AgreementFileError};

/// The terms in force, and the number of the version in which they stand; 0 of none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct InForce {
    number: u64,
    pub(super) policy: Option<BuilderPolicy>,
}

impl InForce {
    /// What an agreement says.
    pub(super) fn of(agreement: &Agreement) -> Self {
        let version = agreement.in_force();
        Self {
            number: version.map_or(0, |version| version.content.number),
            policy: BuilderPolicy::of(agreement),
        }
    }

    /// Takes over what was found, unless it is older; the terms, if these are others then.
    fn follow(&mut self, found: Self) -> Option<Option<BuilderPolicy>> {
        if found.number <= self.number {
            return None;
        }
        let before = std::mem::replace(self, found);
        (before.policy != self.policy).then(|| self.policy.clone())
    }
}

/// The file of the agreement, and by what it is read.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) lock: Lock,
    pub(super) deposits: Deposits,
}

/// By what a file is known to be another one.
type Stamp = Option<(SystemTime, u64, u64)>;

/// Looks at the file once in a `pause`; what comes into force after `known` arrives in the channel.
pub(super) fn watch(
    place: Place,
    known: InForce,
    pause: Duration,
) -> Receiver<Option<BuilderPolicy>> {
    let (changed, changes) = channel(1);
    tokio::spawn(look(place, known, pause, changed));
    changes
}

async fn look(
    place: Place,
    mut known: InForce,
    pause: Duration,
    changed: Sender<Option<BuilderPolicy>>,
) {
    let mut turns = interval(pause);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // It may have changed since it was read at the start.
    let mut seen = None;
    while !changed.is_closed() {
        turns.tick().await;
        let now = stamp(&place.file);
        if now == seen {
            continue;
        }
        seen = now;
        let to_read = place.clone();
        let read = spawn_blocking(move || read(&to_read)).await;
        let Ok(Some(found)) = read else { continue };
        if let Some(policy) = known.follow(found) {
            // If the loop has ended, nobody wants it any more.
            changed.send(policy).await.ok();
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let there = std::fs::metadata(file).ok()?;
    Some((there.modified().ok()?, there.len(), there.ino()))
}

fn read(place: &Place) -> Option<InForce> {
    let read = read_and_keep(place);
    read.inspect_err(|error| warn!("builders build by what was agreed on before: {error}"))
        .ok()
        .map(|agreement| InForce::of(&agreement))
}

/// The agreement as it is now. What is in force by it is remembered before anything is done by it:
/// nothing older holds again after a new start.
///
/// # Errors
/// If it cannot be worked by, or not be remembered.
pub(super) fn read_and_keep(place: &Place) -> Result<Agreement, AgreementFileError> {
    let agreement = agreement::read(&place.file, &place.lock, place.deposits)?;
    if let Ok(version) = agreement.in_force() {
        agreement::keep_in_force(&place.file, version)?;
    }
    Ok(agreement)
}

#[cfg(test)]
mod tests;
