//! Validators that come, go and are slashed while the peers run: every duty from the first epoch to
//! the last, and nothing missed that was not due.

use node_core::duties::note::Note;
use proto::{Epoch, Slot, ValidatorPosition};

use crate::chain::{Life, SLOTS_PER_EPOCH};
use crate::world::{FIRST, World};

/// The epoch in which the world begins.
const BEGIN: u64 = FIRST / SLOTS_PER_EPOCH;
/// How many epochs it runs.
const EPOCHS: u64 = 9;

fn slots() -> std::ops::Range<u64> {
    FIRST + 2..(BEGIN + EPOCHS) * SLOTS_PER_EPOCH
}

impl World {
    /// Runs until everything has ended; nobody says that a duty was missed.
    fn live(&mut self) {
        self.run_to(slots().end + 3);
        let over = |slot: Slot| slots().contains(&slot.0);
        for (peer, duty, note) in &self.told {
            let is_missed = matches!(note, Note::Missed { .. });
            assert!(!is_missed || !over(duty.slot), "peer {peer} says {note:?}");
        }
        self.assert_safe();
    }

    /// In which epochs the duties lay that this peer has told the end of, of this validator.
    fn epochs_of(&self, peer: usize, validator: u32) -> Vec<u64> {
        let mut epochs = Vec::new();
        for (of, duty, note) in &self.told {
            if let (true, Note::Ended { ended, .. }) = (*of == peer, note) {
                let each = ended.fates.iter().flat_map(|fate| &fate.of);
                let is_its = |(at, _): &(ValidatorPosition, _)| at.0 == validator;
                if each.copied().any(|of| is_its(&of)) {
                    epochs.push(duty.slot.0 / SLOTS_PER_EPOCH);
                }
            }
        }
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }
}

fn life(known: u64, first: u64, end: u64) -> Life {
    Life {
        known: Epoch(known),
        active: [Epoch(first), Epoch(end)],
        ..Life::default()
    }
}

#[test]
fn a_validator_that_comes_and_goes_has_every_duty_from_its_first_epoch_to_its_last() {
    for seed in 0..4 {
        let mut world = World::new(4, 900 + seed);
        world
            .chain
            .lives
            .insert(1, life(BEGIN + 1, BEGIN + 2, BEGIN + 6));
        world.live();
        world.assert_all_done(slots());
        for peer in 0..4 {
            let all: Vec<u64> = (BEGIN + 2..BEGIN + 6).collect();
            assert_eq!(world.epochs_of(peer, 1), all, "peer {peer}");
        }
    }
}

#[test]
fn a_cluster_none_of_whose_validators_the_chain_knows_begins_when_it_does() {
    for seed in 0..4 {
        let mut world = World::new(4, 910 + seed);
        for validator in 0..3 {
            let first = BEGIN + 3 + u64::from(validator);
            let life = life(BEGIN + 2, first, u64::MAX);
            world.chain.lives.insert(validator, life);
        }
        world.live();
        world.assert_all_done(slots());
        for validator in 0..3 {
            let first = BEGIN + 3 + u64::from(validator);
            let epochs = world.epochs_of(0, validator);
            assert_eq!(epochs.first(), Some(&first), "validator {validator}");
        }
    }
}

#[test]
fn a_slashed_validator_signs_no_more_and_its_duties_are_nobodys_miss() {
    for seed in 0..4 {
        let mut world = World::new(4, 920 + seed);
        let slashed = BEGIN + 3;
        let its = Life {
            slashed: Epoch(slashed),
            ..Life::default()
        };
        world.chain.lives.insert(1, its);
        world.live();
        // The answer of the first slot of the epoch has come by its second.
        let since = slashed * SLOTS_PER_EPOCH + 1;
        let (mut ended, mut others) = (0, 0);
        for slot in slots().map(Slot) {
            for (duty, validator) in world.chain.duties(slot) {
                let accepted = world.chain.accepted(duty, validator);
                if validator == 1 && slot.0 >= since {
                    assert_eq!(accepted, None, "{duty}");
                    ended += 1;
                } else if slot.0 != since - 1 {
                    assert!(accepted.is_some(), "{duty} of {validator}");
                    others += 1;
                }
            }
        }
        assert!(ended > 3 && others > 10, "{ended} and {others}");
        for peer in 0..4 {
            let last = world.epochs_of(peer, 1).pop();
            assert!(last <= Some(slashed), "peer {peer}: {last:?}");
        }
    }
}
