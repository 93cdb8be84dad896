//! Several beacon nodes, of which one lies, stands still or is elsewhere.

mod heads;
mod healths;
mod polls;

use std::sync::Arc;
use std::time::Duration;

use proto::eth::{Checkpoint, CommitteeIndex, HeadVote};
use proto::{Epoch, Root, Slot, Timestamp};

use super::*;
use crate::duties::agreed::value::tests::chain;

/// Nodes that are all known to be on the chain.
fn nodes(count: usize) -> Beacons {
    let mut beacons = Beacons::new(Arc::new(chain()), count);
    for place in beacons.places() {
        beacons.identify(place, Identity::Ours);
    }
    beacons
}

/// So long after the begin of slot 100.
fn at(ms: u64) -> Timestamp {
    chain().start_of(Slot(100)) + Duration::from_millis(ms)
}

fn root(letter: char) -> Root {
    Root::from([letter as u8; 32])
}

fn vote(head: char) -> HeadVote {
    let checkpoint = |epoch, letter| Checkpoint {
        epoch: Epoch(epoch),
        root: root(letter),
    };
    HeadVote {
        slot: Slot(100),
        index: CommitteeIndex(0),
        beacon_block_root: root(head),
        source: checkpoint(11, 's'),
        target: checkpoint(12, 't'),
    }
}

/// A node that says it follows the chain well, with its head in this slot.
fn report(head: u64) -> Report {
    Report {
        head: Slot(head),
        distance: 0,
        is_syncing: false,
        is_optimistic: false,
        is_alone: false,
        peers: Some(50),
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Makes a node mute at `now`.
fn silence(beacons: &mut Beacons, place: usize, now: Timestamp) {
    beacons.asked(
        Place(place),
        Timestamp::from_micros(now.micros() - 5_000_000),
    );
}
