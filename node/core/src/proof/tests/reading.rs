//! States as they come: whole, in pieces, of any number of validators.

use proptest::prelude::*;
use proto::eth::{ForkName, PresetBase, ValidatorIndex, hash_tree_root};
use proto::{Root, Slot};

use super::example::{self, SLOT};
use super::oracle::{OfMainnet, OfMinimal};
use super::{Sent, anchored, header, minimal, of, read, wanted};
use crate::proof::branch::{Branch, Path};
use crate::proof::{StateReader, Unanchored, Unprovable, Wanted};

const KINDS: [(PresetBase, ForkName); 4] = [
    (PresetBase::Mainnet, ForkName::Electra),
    (PresetBase::Mainnet, ForkName::Fulu),
    (PresetBase::Minimal, ForkName::Electra),
    (PresetBase::Minimal, ForkName::Fulu),
];

#[test]
fn a_state_of_either_preset_and_fork_has_the_root_of_its_containers() {
    for (preset, fork) in KINDS {
        let Sent { layout, ssz, root } = of(preset, fork, 37);
        let proofs = read(layout, wanted([0, 7, 36]), [&ssz[..]]).unwrap();
        assert_eq!(proofs.root(), root, "{layout:?}");
    }
}

#[test]
fn what_is_proven_is_what_stands_in_the_state_and_leads_to_the_block() {
    let state = example::fulu::<OfMainnet>(300);
    let Sent { layout, ssz, .. } = of(PresetBase::Mainnet, ForkName::Fulu, 300);
    let proofs = anchored(read(layout, wanted([0, 7, 299]), [&ssz[..]]).unwrap());
    assert_eq!(proofs.slot().slot(), SLOT);
    assert_eq!(proofs.slot().witnesses().len(), 9);
    for index in [0, 7, 299] {
        let proof = proofs.validator(ValidatorIndex(index)).unwrap();
        assert_eq!(*proof.validator(), state.validators[index as usize]);
        assert_eq!(proof.witnesses().len(), 50);
    }
    assert!(proofs.validator(ValidatorIndex(1)).is_none());
    let back = |slots: u64| {
        let slot = Slot(SLOT.0 - slots);
        (slot, proofs.block_roots[&slot].value)
    };
    for (slot, root) in [back(1), back(40)] {
        assert_eq!(root, state.block_roots[slot.0 as usize % 8192]);
    }
    for number in [0, 4] {
        let summary = &state.historical_summaries[number as usize];
        assert_eq!(proofs.summaries[&number].value, summary.block_summary_root);
    }
    let genesis = [
        hash_tree_root(&example::GENESIS_TIME),
        example::genesis_validators_root(),
    ];
    let (_, genesis) = Branch::among(&genesis, 0);
    assert_eq!(proofs.slot().witnesses()[1], genesis, "the genesis witness");
}

#[test]
fn a_state_gives_the_same_however_it_is_cut_into_pieces() {
    let Sent { layout, ssz, .. } = minimal(70);
    let whole = read(layout, wanted([3, 69]), [&ssz[..]]).unwrap();
    for size in [1, 2, 3, 7, 31, 32, 33, 64, 120, 121, 122, 584, 4096] {
        let pieces = read(layout, wanted([3, 69]), ssz.chunks(size)).unwrap();
        assert_eq!(pieces, whole, "in pieces of {size}");
    }
    let of_mainnet = of(PresetBase::Mainnet, ForkName::Electra, 5);
    for size in [1, 8191, 1 << 20] {
        let pieces = of_mainnet.ssz.chunks(size);
        let proofs = read(of_mainnet.layout, wanted([4]), pieces).unwrap();
        assert_eq!(proofs.root(), of_mainnet.root, "in pieces of {size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_validator_of_any_number_is_proven(
        (count, index) in (1..140usize).prop_flat_map(|count| (Just(count), 0..count)),
        more in proptest::collection::btree_set(0..140u64, 0..12),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let Sent { layout, ssz, root } = minimal(count);
        let all = more.into_iter().filter(|other| *other < count as u64).chain([index as u64]);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(ssz.len())).collect();
        cuts.extend([0, ssz.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &ssz[cut[0]..cut[1]]);
        let proofs = anchored(read(layout, wanted(all), pieces).unwrap());
        let proof = proofs.validator(ValidatorIndex(index as u64)).unwrap();
        let state = example::fulu::<OfMinimal>(count);
        prop_assert_eq!(*proof.validator(), state.validators[index]);
        let path = Path::state().then(Path::validator(proof.index()));
        let leaf = hash_tree_root(proof.validator());
        let branch = proof.witnesses().iter().map(|it| *it.as_bytes()).collect::<Vec<_>>();
        let leads_to = Branch::from(branch).root_from(leaf, path);
        prop_assert_eq!(leads_to, Some(hash_tree_root(&header(root))));
    }
}

#[test]
fn a_proof_leads_nowhere_if_anything_of_it_is_changed() {
    let Sent { layout, ssz, .. } = minimal(9);
    let proofs = anchored(read(layout, wanted([5]), [&ssz[..]]).unwrap());
    let proof = proofs.validator(ValidatorIndex(5)).unwrap();
    let nodes: Vec<_> = proof.witnesses().iter().map(|it| *it.as_bytes()).collect();
    let leads = |leaf: Root, index, nodes: &[[u8; 32]]| {
        let path = Path::state().then(Path::validator(ValidatorIndex(index)));
        Branch::from(nodes.to_vec()).root_from(leaf, path) == Some(proofs.block())
    };
    let leaf = hash_tree_root(proof.validator());
    assert!(leads(leaf, 5, &nodes));
    assert!(!leads(leaf, 4, &nodes));
    assert!(!leads(Root::ZERO, 5, &nodes));
    for at in 0..nodes.len() {
        let mut other = nodes.clone();
        other[at][31] ^= 1;
        assert!(!leads(leaf, 5, &other), "witness {at}");
        other.remove(at);
        assert!(!leads(leaf, 5, &other), "without witness {at}");
    }
}

#[test]
fn no_proof_is_given_for_another_block_or_another_state() {
    let Sent { layout, ssz, root } = minimal(4);
    let read = || read(layout, wanted([1]), [&ssz[..]]).unwrap();
    let block = header(root);
    let refused = read().anchored(&block, [9; 32].into()).unwrap_err();
    assert!(matches!(refused, Unanchored::OtherHeader { .. }));
    let mut other = block;
    other.state_root = [3; 32].into();
    let refused = read().anchored(&other, hash_tree_root(&other)).unwrap_err();
    assert!(matches!(refused, Unanchored::OtherState { .. }));
    let mut other = block;
    other.slot = Slot(SLOT.0 + 1);
    let refused = read().anchored(&other, hash_tree_root(&other)).unwrap_err();
    assert!(matches!(refused, Unanchored::OtherState { .. }));
}

#[test]
fn no_more_is_proven_in_one_pass_than_is_kept() {
    let Sent { layout, .. } = minimal(0);
    let new = |wanted| StateReader::new(super::terms(layout), wanted).map(|_| ());
    assert_eq!(new(wanted(0..16)), Ok(()));
    let what = "validators";
    let refused = Err(Unprovable::TooMuch { what, count: 17 });
    assert_eq!(new(wanted(0..17)), refused);
    let at = |slot| Wanted {
        block_roots: [Slot(slot)].into(),
        ..Wanted::default()
    };
    let of = SLOT;
    for (slot, is_kept) in [
        (of.0 - 64, true),
        (of.0 - 1, true),
        (of.0 - 65, false),
        (of.0, false),
        (of.0 + 1, false),
    ] {
        let slot = Slot(slot);
        let lost = Unprovable::NoBlockRoot { slot, of };
        assert_eq!(new(at(slot.0)), if is_kept { Ok(()) } else { Err(lost) });
    }
}

/// The roots were made with `@lodestar/types` 1.46.0 from the SSZ of the same states.
#[test]
fn the_states_have_the_roots_that_another_implementation_makes_of_them() {
    let roots = [
        "0xfdcd61a4d230837f680036e9d13c399795c327684e9be3a0470490a26f54271a",
        "0x61b7ef53b27adaa9077fa9522a79950c214deee38459e65364d8235830a325f0",
        "0x3d7e867ac354a7dde01003f89fa71d13e04a487b4e1b3189ca5dc19afbb11068",
        "0xa29b99040ab6926ecd3bf087fd30afecdb1dbb2e74eeb7cd6ec3c22d37eac71e",
    ];
    for ((preset, fork), root) in KINDS.into_iter().zip(roots) {
        let Sent { layout, ssz, .. } = of(preset, fork, 37);
        let proofs = read(layout, wanted([]), [&ssz[..]]).unwrap();
        assert_eq!(proofs.root().to_string(), root, "{layout:?}");
    }
}
