//! A sweep over registries of every size, with missed slots.

use std::convert::Infallible;

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
        })
    }

    /// By reading all blocks.
    fn truth(&self, last: u64, index: u64) -> Option<u64> {
        let pays = |slot: &u64| self.block(*slot, index).is_some_and(|paid| paid.is_it);
        (FIRST..=last).find(pays)
    }
}

/// What is found, and how many blocks were read for it.
fn found(swept: &Swept, last: u64, index: u64) -> (Option<u64>, u32) {
    let mut read = 0;
    let search = Search {
        index,
        slots: [FIRST, last],
        block: async |slot| {
            read += 1;
            Ok::<_, Infallible>(swept.block(slot, index))
        },
    };
    let Ok(slot) = futures::executor::block_on(search.find());
    (slot, read)
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
    };
    // Eight days later.
    let (slot, read) = found(&swept, FIRST + 70_000, 290_000);
    assert_eq!(slot, swept.truth(FIRST + 70_000, 290_000));
    assert!(slot.is_some());
    assert!(read < 150, "{read}");
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
            }))
        },
    };
    let Ok(none) = futures::executor::block_on(search.find());
    assert_eq!(none, None);
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
        let swept = Swept { validators, begin: begin % validators, missed };
        let (index, last) = (index % validators, FIRST + length);
        prop_assert_eq!(found(&swept, last, index).0, swept.truth(last, index));
    }
}
