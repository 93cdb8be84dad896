//! States that are none: each is refused with its field and its rule, as soon as that shows.

use proto::Slot;
use proto::eth::{ForkName, Layout, PresetBase, ValidatorIndex};

use super::example::SLOT;
use super::{Sent, minimal, read, terms, wanted};
use crate::proof::outline::{Outline, Step};
use crate::proof::{BadState, Rule, StateReader, Wanted};

/// Where the fields of a state of Fulu stand that are lied about: those of variable length by their
/// offsets, in the minimal preset.
const LISTS: [&str; 12] = [
    "historical_roots",
    "eth1_data_votes",
    "validators",
    "balances",
    "previous_epoch_participation",
    "current_epoch_participation",
    "inactivity_scores",
    "latest_execution_payload_header",
    "historical_summaries",
    "pending_deposits",
    "pending_partial_withdrawals",
    "pending_consolidations",
];

/// The byte at which the offset of a field of variable length stands, by its name.
fn offset_at(layout: Layout, name: &str) -> usize {
    let outline = Outline::new(layout);
    let mut at = 0;
    for step in outline.steps() {
        let (Step::Offset(field) | Step::Value(field)) = step;
        if outline.field(field).name == name {
            return at;
        }
        at += outline
            .field(field)
            .fixed_size()
            .map_or(4, |size| size as usize);
    }
    unreachable!("{name} is a field");
}

fn number_at(ssz: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(ssz[at..at + 4].try_into().unwrap())
}

/// Where a field of variable length starts.
fn start_of(sent: &Sent, name: &str) -> usize {
    number_at(&sent.ssz, offset_at(sent.layout, name)) as usize
}

/// Reads only the first so many bytes, and does not end there.
fn begun(layout: Layout, ssz: &[u8]) -> Result<(), BadState> {
    let mut reader = StateReader::new(terms(layout), wanted([0])).unwrap();
    reader.push(ssz)
}

/// What the reader says when the offset of `name` has come, which is moved by so many bytes.
fn moved(name: &str, by: i64) -> BadState {
    let Sent {
        layout, mut ssz, ..
    } = minimal(5);
    let at = offset_at(layout, name);
    let start = i64::from(number_at(&ssz, at)) + by;
    ssz[at..at + 4].copy_from_slice(&u32::try_from(start).unwrap().to_le_bytes());
    assert_eq!(begun(layout, &ssz[..at + 3]), Ok(()), "{name}");
    begun(layout, &ssz[..at + 4]).expect_err(name)
}

#[test]
fn the_first_part_of_variable_length_starts_where_the_fixed_ones_end() {
    for by in [-1, 1, 32] {
        let bad = moved(LISTS[0], by);
        assert_eq!(bad.field, LISTS[0]);
        assert!(matches!(bad.rule, Rule::Start { .. }), "{bad}");
    }
}

#[test]
fn a_length_that_is_no_whole_number_of_elements_is_refused_before_the_list_comes() {
    for pair in LISTS.windows(2) {
        let [before, after] = pair else {
            unreachable!()
        };
        let is_even = ["previous", "current"]
            .iter()
            .any(|it| before.starts_with(it));
        let is_header = *before == "latest_execution_payload_header";
        if is_even || is_header {
            continue; // elements of one byte; and the header, which is no list
        }
        for by in [-1, 1] {
            let bad = moved(after, by);
            assert_eq!(bad.field, *before);
            assert!(matches!(bad.rule, Rule::Uneven { .. }), "{bad}");
        }
    }
}

#[test]
fn no_part_starts_before_the_one_in_front_of_it() {
    for pair in LISTS.windows(2) {
        let [before, after] = pair else {
            unreachable!()
        };
        let sent = minimal(5);
        let back = start_of(&sent, after) - start_of(&sent, before) + 1;
        let bad = moved(after, -(back as i64));
        assert_eq!(bad.field, *after);
        let Rule::Backwards { before: named, .. } = bad.rule else {
            panic!("{bad}")
        };
        assert_eq!(named, *before);
    }
}

#[test]
fn a_list_with_more_elements_than_its_limit_is_refused_before_it_comes() {
    // By the limit in the minimal preset and the size of an element.
    let limits = [
        ("historical_roots", "eth1_data_votes", 1 << 24, 32),
        ("eth1_data_votes", "validators", 32, 72),
        ("historical_summaries", "pending_deposits", 1 << 24, 64),
        (
            "pending_partial_withdrawals",
            "pending_consolidations",
            64,
            24,
        ),
    ];
    for (name, next, limit, size) in limits {
        let sent = minimal(5);
        let now = (start_of(&sent, next) - start_of(&sent, name)) as i64;
        let bad = moved(next, (limit + 1) * size - now);
        let count = limit as u64 + 1;
        let limit = limit as u64;
        assert_eq!(bad.field, name);
        assert_eq!(bad.rule, Rule::TooMany { count, limit });
    }
}

#[test]
fn the_last_list_is_refused_when_it_passes_its_limit() {
    let Sent { layout, ssz, .. } = minimal(5);
    let at = start_of(&minimal(5), "pending_consolidations");
    let of = |bytes: usize| [&ssz[..at], &vec![0; bytes]].concat();
    assert!(read(layout, wanted([0]), [&of(64 * 16)[..]]).is_ok());
    let bad = begun(layout, &of(64 * 16 + 1)).unwrap_err();
    assert_eq!(bad.field, "pending_consolidations");
    let limit = 64;
    assert_eq!(bad.rule, Rule::TooMany { count: 65, limit });
}

#[test]
fn a_payload_header_of_a_wrong_size_is_refused_before_it_comes() {
    // There are 7 bytes of extra data, and may be 32.
    for (by, fits) in [(-7, true), (-8, false), (25, true), (26, false)] {
        let Sent {
            layout, mut ssz, ..
        } = minimal(5);
        let at = offset_at(layout, "historical_summaries");
        let start = i64::from(number_at(&ssz, at)) + by;
        ssz[at..at + 4].copy_from_slice(&(start as u32).to_le_bytes());
        match begun(layout, &ssz[..at + 4]) {
            Ok(()) => assert!(fits, "{by}"),
            Err(bad) => {
                assert!(!fits, "{by}");
                assert_eq!(bad.field, "latest_execution_payload_header");
                assert!(matches!(bad.rule, Rule::Size { .. }), "{bad}");
            }
        }
    }
}

#[test]
fn the_extra_data_of_a_payload_header_starts_where_the_rest_ends() {
    let sent = minimal(5);
    let at = start_of(&sent, "latest_execution_payload_header") + 436;
    assert_eq!(number_at(&sent.ssz, at), 584);
    for got in [583u32, 585, 0] {
        let mut ssz = sent.ssz.clone();
        ssz[at..at + 4].copy_from_slice(&got.to_le_bytes());
        let bad = read(sent.layout, wanted([0]), [&ssz[..]]).unwrap_err();
        assert_eq!(bad.field, "latest_execution_payload_header");
        let rule = Rule::ExtraData {
            got: got.into(),
            expected: 584,
        };
        assert_eq!(bad.rule, rule);
    }
}

#[test]
fn a_state_that_is_cut_short_anywhere_is_refused() {
    let Sent { layout, ssz, root } = minimal(5);
    let last = start_of(&minimal(5), "pending_consolidations");
    for len in (0..ssz.len()).filter(|len| len % 13 == 0 || *len + 70 > ssz.len()) {
        match read(layout, wanted([0]), [&ssz[..len]]) {
            Err(bad) if len < last => assert_eq!(bad.rule, Rule::Ended { after: len as u64 }),
            Err(bad) => {
                let bytes = (len - last) as u64;
                assert_eq!(bad.field, "pending_consolidations");
                assert_eq!(bad.rule, Rule::Uneven { bytes, size: 16 });
            }
            // Whole consolidations are cut off: a state, but another one.
            Ok(proofs) => assert!((len - last).is_multiple_of(16) && proofs.root() != root),
        }
    }
}

#[test]
fn where_a_state_is_cut_short_is_said_by_the_name_of_the_field() {
    let sent = minimal(5);
    for pair in LISTS.windows(2) {
        let end = start_of(&sent, pair[1]);
        let bad = read(sent.layout, wanted([0]), [&sent.ssz[..end - 1]]).unwrap_err();
        assert_eq!(bad.field, pair[0]);
    }
    let bad = read(sent.layout, wanted([0]), []).unwrap_err();
    assert_eq!(bad.field, "genesis_time");
    let words = bad.to_string();
    assert!(words.contains("genesis_time ends after 0 bytes"), "{words}");
}

#[test]
fn a_state_of_another_slot_fork_or_chain_is_refused_at_once() {
    let cases = [
        (0, "genesis_time"),
        (8, "genesis_validators_root"),
        (40, "slot"),
        (52, "fork"),
    ];
    for (at, field) in cases {
        let Sent {
            layout, mut ssz, ..
        } = minimal(5);
        ssz[at] ^= 1;
        let bad = begun(layout, &ssz[..64]).unwrap_err();
        assert_eq!(bad.field, field);
        match field {
            "slot" => {
                let got = Slot(SLOT.0 ^ 1);
                let expected = SLOT;
                assert_eq!(bad.rule, Rule::OtherSlot { got, expected });
            }
            "fork" => assert!(bad.to_string().contains("upgrade gantry"), "{bad}"),
            _ => assert_eq!(bad.rule, Rule::OtherChain),
        }
    }
}

#[test]
fn what_is_not_in_the_state_is_not_proven() {
    let Sent { layout, ssz, .. } = minimal(5);
    assert!(read(layout, wanted([4]), [&ssz[..]]).is_ok());
    let bad = read(layout, wanted([2, 5]), [&ssz[..]]).unwrap_err();
    assert_eq!(bad.field, "validators");
    let wanted_at = 5;
    let rule = Rule::Absent {
        wanted: wanted_at,
        count: 5,
    };
    assert_eq!(bad.rule, rule);
    let summary = Wanted {
        summaries: [6].into(),
        ..Wanted::default()
    };
    let bad = read(layout, summary, [&ssz[..]]).unwrap_err();
    assert_eq!(bad.field, "historical_summaries");
}

#[test]
fn a_validator_whose_flag_is_neither_is_not_proven() {
    let sent = minimal(5);
    let mut ssz = sent.ssz.clone();
    ssz[start_of(&sent, "validators") + 3 * 121 + 88] = 2;
    let bad = read(sent.layout, wanted([3]), [&ssz[..]]).unwrap_err();
    assert_eq!(bad.rule, Rule::NoValidator(ValidatorIndex(3)));
    assert!(read(sent.layout, wanted([2]), [&ssz[..]]).is_ok());
}

#[test]
fn a_state_of_the_fork_before_is_not_read_as_one_of_the_slots_fork() {
    let electra = super::of(PresetBase::Minimal, ForkName::Electra, 5);
    let as_fulu = minimal(0).layout;
    let bad = read(as_fulu, wanted([0]), [&electra.ssz[..]]).unwrap_err();
    assert_eq!(bad.field, "historical_roots");
    assert!(matches!(bad.rule, Rule::Start { .. }), "{bad}");
}
