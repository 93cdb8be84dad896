//! Withdrawals: remembered by the root of their block, or by their era.

use proto::eth::{
    Block, ChainSpec, ForkName, Genesis, Layout, PresetBase, ValidatorIndex, hash_tree_root,
};
use proto::{Root, Slot, example as chain};
use ssz_types::FixedVector;

use super::example::{self, SLOT};
use super::oracle::{Fulu, OfMinimal};
use super::{header, read, sent, wanted};
use crate::proof::withdrawal::{Era, Form, NoWithdrawal, payout_of, withdrawals_of};
use crate::proof::{BlockProofs, StateProofs, Unprovable, Wanted};

/// A block with something in every list: of withdrawals, two.
const BLOCK: &[u8] = include_bytes!("../../../../../proto/tests/vectors/full-minimal.ssz");
const MINIMAL: Layout = Layout {
    preset: PresetBase::Minimal,
    fork: ForkName::Fulu,
};

/// A chain of the minimal preset with eras of 64 slots, at Fulu from the start.
fn spec(changes: &[(&str, &str)]) -> ChainSpec {
    let genesis = Genesis {
        genesis_time: example::GENESIS_TIME,
        genesis_validators_root: example::genesis_validators_root(),
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    let fulu = [("FULU_FORK_EPOCH", "0")];
    chain::chain_since(genesis, &[&fulu[..], changes].concat())
}

/// The block, moved to a slot.
pub fn block_at(slot: Slot) -> Block {
    let mut ssz = BLOCK.to_vec();
    ssz[..8].copy_from_slice(&slot.0.to_le_bytes());
    Block::of_layout(MINIMAL, proto::eth::Form::Full, &ssz).unwrap()
}

fn of(state: &Fulu<OfMinimal>, wanted: Wanted) -> BlockProofs {
    let it = sent(MINIMAL, state);
    let proofs: StateProofs = read(MINIMAL, wanted, [&it.ssz[..]]).unwrap();
    let block = header(it.root);
    proofs.anchored(&block, hash_tree_root(&block)).unwrap()
}

/// A state that keeps the root of the block of `slot`, and its proofs.
pub fn recent(slot: Slot, root: Root) -> BlockProofs {
    let mut state = example::fulu::<OfMinimal>(7);
    state.block_roots[slot.0 as usize % 64] = root;
    let mut wanted = wanted([0]);
    Form::of(&spec(&[]), slot, SLOT).unwrap().want(&mut wanted);
    of(&state, wanted)
}

#[test]
fn every_withdrawal_of_a_recent_block_is_proven() {
    for back in [1, 63, 64] {
        let slot = Slot(SLOT.0 - back);
        let block = block_at(slot);
        let proofs = recent(slot, block.root());
        let form = Form::Recent { slot };
        let all = block.parts().withdrawals;
        for (number, withdrawal) in (0..).zip(&all) {
            let proof = proofs.withdrawal((&block, number), form, None).unwrap();
            assert_eq!(proof.withdrawal(), withdrawal);
            assert_eq!((proof.slot(), proof.number()), (slot, number));
            // 2 + 1 of the list, 5 + 4 + 3 of the block, 6 + 6 of the state, 3 of its block.
            assert_eq!(proof.witnesses().len(), 30);
        }
        let number = all.len() as u16;
        let refused = proofs.withdrawal((&block, number), form, None);
        assert!(matches!(refused, Err(NoWithdrawal::Absent { .. })));
    }
}

#[test]
fn a_withdrawal_of_a_past_era_is_proven_by_the_roots_of_the_era() {
    let slot = Slot(SLOT.0 - 64 - 5);
    let block = block_at(slot);
    let since = ["CAPELLA", "ELECTRA", "FULU"].map(|fork| format!("{fork}_FORK_EPOCH"));
    let since = since.each_ref().map(|key| (key.as_str(), "1962480"));
    let spec = spec(&since);
    let form = Form::of(&spec, slot, SLOT).unwrap();
    let summary = slot.0 / 64 - 1_962_480 * 8 / 64;
    assert_eq!(form, Form::Historical { slot, summary });
    let slots = Era::slots(PresetBase::Minimal, slot);
    let blocks = slots.clone().map(|it| match it {
        it if it == slot.0 => Some(block.root()),
        it if it % 5 == 0 => None,
        it => Some([it as u8; 32].into()),
    });
    let before = [0xee; 32].into();
    let era = Era::new(PresetBase::Minimal, before, blocks.clone()).unwrap();
    assert!(Era::new(PresetBase::Minimal, before, blocks.clone().skip(1)).is_none());
    assert!(Era::new(PresetBase::Minimal, before, blocks.clone().chain([None])).is_none());

    let mut last = before;
    let roots = blocks.map(|block| {
        last = block.unwrap_or(last);
        last
    });
    let roots: FixedVector<Root, typenum::U64> = roots.collect::<Vec<_>>().try_into().unwrap();
    let mut state = example::fulu::<OfMinimal>(7);
    state.historical_summaries[summary as usize].block_summary_root = hash_tree_root(&roots);
    let mut asked = wanted([0]);
    form.want(&mut asked);
    let proofs = of(&state, asked);
    let proof = proofs.withdrawal((&block, 1), form, Some(&era)).unwrap();
    assert_eq!(proof.withdrawal(), &block.parts().withdrawals[1]);
    // As above, but 6 of the era and 1 + 25 + 6 of the state.
    assert_eq!(proof.witnesses().len(), 2 + 1 + 12 + 6 + 1 + 25 + 6 + 3);

    let refused = proofs.withdrawal((&block, 1), form, None);
    assert_eq!(refused, Err(NoWithdrawal::NoEra(slot)));
    let other = Era::new(PresetBase::Minimal, before, vec![None; 64]).unwrap();
    let refused = proofs.withdrawal((&block, 1), form, Some(&other));
    assert!(matches!(refused, Err(NoWithdrawal::OtherEra { .. })));
    let recent = proofs.withdrawal((&block, 1), Form::Recent { slot }, Some(&era));
    assert_eq!(recent, Err(NoWithdrawal::NotWanted(slot)));
}

#[test]
fn the_form_follows_from_the_slots_and_is_the_recent_one_at_equality() {
    let spec = spec(&[
        ("CAPELLA_FORK_EPOCH", "80"),
        ("ELECTRA_FORK_EPOCH", "80"),
        ("FULU_FORK_EPOCH", "80"),
    ]);
    let form = |slot: u64, of: u64| Form::of(&spec, Slot(slot), Slot(of));
    let slot = Slot(1000);
    assert_eq!(form(1000, 1001), Ok(Form::Recent { slot }));
    assert_eq!(form(1000, 1064), Ok(Form::Recent { slot }));
    // Slot 1000 is of the sixteenth era; Capella begins with the eleventh.
    let summary = 5;
    assert_eq!(form(1000, 1065), Ok(Form::Historical { slot, summary }));
    for of in [1000, 999] {
        let early = NoWithdrawal::TooEarly { slot, of: Slot(of) };
        assert_eq!(form(1000, of), Err(early));
    }
}

#[test]
fn a_schedule_that_makes_no_sense_gives_a_form_that_fits_no_era() {
    let spec = spec(&[("CAPELLA_FORK_EPOCH", "4000000")]);
    let slot = Slot(1000);
    let form = Form::of(&spec, slot, Slot(1065));
    assert_eq!(form, Ok(Form::Historical { slot, summary: 0 }));
}

#[test]
fn another_block_than_the_chains_is_refused() {
    let slot = Slot(SLOT.0 - 9);
    let block = block_at(slot);
    let proofs = recent(slot, [5; 32].into());
    let refused = proofs.withdrawal((&block, 0), Form::Recent { slot }, None);
    assert!(matches!(refused, Err(NoWithdrawal::OtherBlock { .. })));
}

#[test]
fn withdrawals_of_a_validator_are_found_with_their_places() {
    let block = block_at(SLOT);
    let all = block.parts().withdrawals;
    let validator = all[1].validator_index;
    let found = withdrawals_of(&block, validator);
    assert!(found.contains(&(1, all[1].clone())));
    assert!(found.iter().all(|(at, it)| all[usize::from(*at)] == *it));
    assert_eq!(withdrawals_of(&block, ValidatorIndex(u64::MAX)), []);
}

/// The sweep stands behind the parts that owners asked for in the same block.
#[test]
fn of_two_withdrawals_of_a_validator_the_larger_paid_it_out() {
    let all = block_at(SLOT).parts().withdrawals;
    let at = |number: usize| {
        let index = all[number].index.to_le_bytes();
        let validator = all[number].validator_index.0.to_le_bytes();
        let bytes = [index, validator].concat();
        let place = BLOCK.windows(bytes.len()).position(|it| it == bytes);
        place.expect("it stands in the block")
    };
    for (sums, largest) in [([1_u64, 32], 1), ([32, 1], 0)] {
        let mut ssz = BLOCK.to_vec();
        for (number, sum) in sums.iter().enumerate() {
            let at = at(number);
            ssz[at + 8..at + 16].copy_from_slice(&9_u64.to_le_bytes());
            ssz[at + 36..at + 44].copy_from_slice(&sum.to_le_bytes());
        }
        let block = Block::of_layout(MINIMAL, proto::eth::Form::Full, &ssz).unwrap();
        let (number, paid) = payout_of(&block, ValidatorIndex(9)).unwrap();
        assert_eq!((number, paid.amount), (largest, 32));
    }
    assert_eq!(payout_of(&block_at(SLOT), ValidatorIndex(u64::MAX)), None);
}

#[test]
fn what_lies_in_a_fork_to_come_is_refused_with_its_name_and_epoch() {
    let spec = spec(&[
        ("GLOAS_FORK_EPOCH", "200"),
        ("GLOAS_FORK_VERSION", "0x07000001"),
    ]);
    let (slot, of) = (Slot(1590), Slot(1600));
    let refused = Form::of(&spec, slot, of).unwrap_err();
    assert!(matches!(
        refused,
        NoWithdrawal::Unprovable(Unprovable::Newer { .. })
    ));
    let words = refused.to_string();
    for word in ["slot 1600", "\"gloas\"", "epoch 200", "upgrade gantry"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    assert!(Form::of(&spec, slot, Slot(1599)).is_ok());
}

#[test]
fn what_lies_in_a_fork_before_electra_is_refused_without_a_call_to_upgrade() {
    let spec = spec(&[("ELECTRA_FORK_EPOCH", "9"), ("FULU_FORK_EPOCH", "10")]);
    let refused = Form::of(&spec, Slot(71), Slot(72)).unwrap_err();
    let words = refused.to_string();
    assert!(
        words.contains("\"phase0\"") && !words.contains("upgrade"),
        "{words}"
    );
    assert!(Form::of(&spec, Slot(72), Slot(73)).is_ok());
}
