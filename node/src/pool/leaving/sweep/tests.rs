//! A sweep over registries of every size, with missed slots and blocks that the beacon node lacks.

use std::convert::Infallible;
use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// A chain whose sweep pays so many validators in each block.
#[derive(Debug, Clone)]
struct Swept {
    validators: u64,
    /// Whom the sweep has paid last before the first slot.
    begin: u64,
    /// Of so many slots one is missed.
    missed: u64,
    /// The slots whose blocks the beacon node does not have.
    lacks: Range<u64>,
}

/// The root of the block of a slot.
fn root(slot: u64) -> Root {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&slot.to_le_bytes());
    bytes.into()
}

const EACH: u64 = 16;
const FIRST: u64 = 1_000;

impl Swept {
    fn is_missed(&self, slot: u64) -> bool {
        slot.is_multiple_of(self.missed)
    }

    /// How many blocks there are from the first slot up to this one.
    fn blocks(&self, slot: u64) -> u64 {
        slot + 1 - FIRST - (slot / self.missed - (FIRST - 1) / self.missed)
    }

    fn block(&self, slot: u64, index: u64) -> Option<Paid> {
        if self.is_missed(slot) {
            return None;
        }
        let last = self.begin + self.blocks(slot) * EACH;
        let is_it = (0..EACH).any(|back| (last - back) % self.validators == index);
        Some(Paid {
            is_it,
            position: Some(last % self.validators),
            root: root(slot),
            parent: root(self.parent(slot)),
        })
    }

    /// The slot of the block before the one of this slot.
    fn parent(&self, slot: u64) -> u64 {
        let has_block = |slot: &u64| !self.is_missed(*slot);
        (0..slot).rev().find(has_block).unwrap_or(0)
    }

    /// By reading all blocks.
    fn truth(&self, last: u64, index: u64) -> Option<u64> {
        let pays = |slot: &u64| self.block(*slot, index).is_some_and(|paid| paid.is_it);
        (FIRST..=last).find(pays)
    }
}

/// What is found, and how many blocks were read for it.
fn found(swept: &Swept, last: u64, index: u64) -> (Found, u32) {
    let mut read = 0;
    let search = Search {
        index,
        slots: [FIRST, last],
        block: async |slot| {
            read += 1;
            let block = swept.block(slot, index);
            Ok::<_, Infallible>(block.filter(|_| !swept.lacks.contains(&slot)))
        },
        slot_of: async |of| {
            let slot = (0..=last).rev().find(|slot| root(*slot) == of);
            Ok(slot.filter(|slot| !swept.lacks.contains(slot)))
        },
    };
    let Ok(found) = futures::executor::block_on(search.find());
    (found, read)
}

/// A registry of 2,000: the sweep comes to each every 125 blocks.
fn small(lacks: Range<u64>) -> Swept {
    Swept {
        validators: 2_000,
        begin: 0,
        missed: 10_000,
        lacks,
    }
}

#[test]
fn a_sweep_that_begins_anew_behind_the_end_has_passed_what_is_on_both_sides() {
    assert!(has_passed(10, 20, 15));
    assert!(has_passed(10, 20, 20));
    assert!(!has_passed(10, 20, 10));
    assert!(!has_passed(10, 20, 21));
    assert!(has_passed(90, 5, 95));
    assert!(has_passed(90, 5, 3));
    assert!(!has_passed(90, 5, 50));
    assert!(!has_passed(90, 5, 90));
    assert!(!has_passed(7, 7, 7));
}

#[test]
fn on_mainnet_it_is_found_in_few_blocks() {
    let swept = Swept {
        validators: 1_000_000,
        begin: 300_000,
        missed: 97,
        lacks: 0..0,
    };
    // Eight days later.
    let (slot, read) = found(&swept, FIRST + 70_000, 290_000);
    let truth = swept.truth(FIRST + 70_000, 290_000);
    assert_eq!(slot, Found::At(truth.unwrap()));
    assert!(read < 150, "{read}");
}

#[test]
fn a_withdrawal_behind_blocks_that_the_beacon_node_lacks_is_not_the_true_one() {
    let last = FIRST + 9_000;
    // The fourth block pays it, and so does the 129th, what it was topped up with.
    assert_eq!(found(&small(0..0), last, 60), (Found::At(FIRST + 3), 4));
    // One that was synchronised from a block behind the true one: no block is before the first.
    for begins in [FIRST, FIRST + 4, FIRST + 40, FIRST + 70, FIRST + 120] {
        let (lost, _) = found(&small(0..begins), last, 60);
        assert!(matches!(lost, Found::Lost(_)), "from {begins}: {lost:?}");
    }
    // The last block before the first slot is enough.
    assert_eq!(
        found(&small(0..FIRST - 1), last, 60).0,
        Found::At(FIRST + 3)
    );
    // One that lacks a part in the middle.
    for lacks in [
        FIRST + 3..FIRST + 4,
        FIRST + 2..FIRST + 90,
        FIRST..FIRST + 1,
    ] {
        let (lost, _) = found(&small(lacks.clone()), last, 60);
        assert!(
            matches!(lost, Found::Lost(_)),
            "without {lacks:?}: {lost:?}"
        );
    }
}

#[test]
fn blocks_with_room_in_them_are_read_one_by_one_and_no_further() {
    let search = Search {
        index: 3,
        slots: [FIRST, FIRST + 1_000_000],
        block: async |slot| {
            assert!(slot <= FIRST + ONE_BY_ONE);
            Ok::<_, Infallible>(Some(Paid {
                is_it: false,
                position: None,
                root: root(slot),
                parent: root(slot - 1),
            }))
        },
        slot_of: async |_| Ok(Some(FIRST - 1)),
    };
    let Ok(found) = futures::executor::block_on(search.find());
    assert_eq!(found, Found::Lost(FIRST + ONE_BY_ONE));
}

proptest! {
    /// The first one is found, and never the one after a whole turn of the sweep.
    #[test]
    fn it_is_the_first_block_that_pays_or_none(
        validators in 16_u64..60_000,
        begin in 0_u64..60_000,
        index in 0_u64..60_000,
        missed in 2_u64..40,
        length in 0_u64..9_000,
    ) {
        let begin = begin % validators;
        let swept = Swept { validators, begin, missed, lacks: 0..0 };
        let (index, last) = (index % validators, FIRST + length);
        let last = last - u64::from(swept.is_missed(last));
        let truth = swept.truth(last, index);
        let truth = truth.map_or(Found::NotYet, Found::At);
        prop_assert_eq!(found(&swept, last, index).0, truth);
    }

    /// Whatever blocks lack, no other one is taken for it.
    #[test]
    fn without_some_blocks_it_is_the_first_that_pays_or_not_known(
        validators in 16_u64..9_000,
        index in 0_u64..9_000,
        missed in 2_u64..40,
        (begins, length) in (FIRST - 10..FIRST + 80, 1_u64..300),
    ) {
        let swept = Swept { validators, begin: 0, missed, lacks: begins..begins + length };
        let (index, last) = (index % validators, FIRST + 2_999);
        let last = last - u64::from(swept.is_missed(last));
        if let Found::At(slot) = found(&swept, last, index).0 {
            prop_assert_eq!(Some(slot), swept.truth(last, index));
        }
    }
}
