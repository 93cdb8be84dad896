//! What an operator reads of a proof on trial.

use proto::Slot;
use proto::eth::ValidatorIndex;

use super::*;

const MADE: Made = Made {
    slot: Slot(9),
    index: ValidatorIndex(41),
    state_bytes: 352_999_999,
    milliseconds: 4_250,
};

#[test]
fn an_operator_reads_how_long_it_took_and_that_nothing_was_sent() {
    assert_eq!(
        words(MADE),
        "proved validator 41 by the state of slot 9 in 4.2 s: 352 MB were read from the beacon \
         node, and nothing was sent"
    );
}

#[test]
fn a_script_reads_exact_numbers() {
    let read: serde_json::Value = serde_json::from_str(&json(MADE)).unwrap();
    assert_eq!(read["state_bytes"], 352_999_999);
    assert_eq!(read["milliseconds"], 4_250);
    assert_eq!((&read["slot"], &read["index"]), (&9.into(), &41.into()));
}
