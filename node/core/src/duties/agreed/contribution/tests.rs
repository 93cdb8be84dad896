//! What must be true of a contribution that is proposed. How peers agree on one, the simulator's
//! scripts tell.

use proto::eth::{Checkpoint, CommitteeIndex, ValidatorIndex};
use proto::{DutyKind, Epoch};
use ssz_types::BitList;

use super::super::sums::tests::signature;
use super::super::value::tests::chain;
use super::*;

const OF: Subcommittee = Subcommittee::ALL[1];
const DUTY: DutyId = DutyId {
    slot: Slot(17),
    kind: DutyKind::Contribution(OF),
};

/// Two of ours have seats in it, the first three of them; it was chosen.
fn owners() -> Owners {
    let [first, second] = [0, 1].map(ValidatorPosition);
    Owners::Contributors {
        chosen: vec![Contributor {
            validator: first,
            index: ValidatorIndex(70),
            selection_proof: SignatureBytes::from([4; 96]),
        }],
        seats: vec![(first, 0), (first, 3), (first, 4), (second, 6)],
    }
}

/// What the cluster has voted for, with the messages of these.
fn voted(of: &[u32]) -> Voted {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::ZERO,
    };
    let signed = |of: &u32| (ValidatorPosition(*of), signature(10 + *of as u8).to_bytes());
    Voted {
        vote: HeadVote {
            slot: Slot(17),
            index: CommitteeIndex(0),
            beacon_block_root: [1; 32].into(),
            source: checkpoint(1),
            target: checkpoint(2),
        },
        signatures: of.iter().map(signed).collect(),
    }
}

/// A run's part in which the cluster has voted for this, or for nothing yet.
fn run(voted: Option<Voted>) -> ContributionDuty {
    ContributionDuty {
        voted,
        ..ContributionDuty::new(DUTY, OF, &owners())
    }
}

/// One that carries the messages of these places.
fn carrying(places: &[usize]) -> Contribution {
    let size = chain().preset().subcommittee_size();
    let mut bits = BitList::with_capacity(usize::try_from(size).unwrap()).unwrap();
    for place in places {
        bits.set(*place, true).unwrap();
    }
    Contribution {
        slot: Slot(17),
        beacon_block_root: [1; 32].into(),
        subcommittee_index: OF.index(),
        signature: signature(3).to_bytes(),
        aggregation_bits: bits,
    }
}

#[test]
fn a_proposed_contribution_must_be_of_the_duty_for_the_root_the_cluster_signed() {
    let checked = |change: &dyn Fn(&mut Contribution), voted: Option<Voted>| {
        let mut proposed = carrying(&[0, 3, 4, 6]);
        change(&mut proposed);
        let value = Value::Contribution(Arc::new(proposed));
        run(voted).check(&value, &owners(), &chain())
    };
    type Case<'a> = (&'a str, &'a dyn Fn(&mut Contribution), Result<(), Flaw>);
    let cases: [Case<'_>; 5] = [
        ("nothing", &|_| {}, Ok(())),
        ("slot", &|of| of.slot = Slot(18), Err(Flaw::OtherDuty)),
        (
            "subcommittee",
            &|of| of.subcommittee_index = 2,
            Err(Flaw::OtherDuty),
        ),
        (
            "size",
            &|of| of.aggregation_bits = BitList::with_capacity(9).unwrap(),
            Err(Flaw::OtherCommittee),
        ),
        (
            "no point",
            &|of| of.signature = SignatureBytes::from([3; 96]),
            Err(Flaw::NoSignature),
        ),
    ];
    for (what, change, expected) in cases {
        assert_eq!(checked(change, None), expected, "{what}, before the vote");
        assert_eq!(checked(change, Some(voted(&[0]))), expected, "{what}");
    }
    let other = |of: &mut Contribution| of.beacon_block_root = [9; 32].into();
    assert_eq!(checked(&other, None), Ok(()), "before the vote");
    assert_eq!(checked(&other, Some(voted(&[]))), Err(Flaw::OtherVote));
}

#[test]
fn a_proposed_contribution_without_a_message_of_ours_is_doubted() {
    let doubt = |places: &[usize], of: &[u32]| {
        let value = Value::Contribution(Arc::new(carrying(places)));
        run(Some(voted(of))).doubt(&value)
    };
    assert_eq!(doubt(&[0, 3, 4, 6], &[0, 1]), None);
    assert_eq!(doubt(&[0, 3, 4], &[0]), None, "the second has not signed");
    let missing = Some(Doubt::OwnVoteMissing);
    assert_eq!(doubt(&[0, 3, 4], &[0, 1]), missing);
    assert_eq!(doubt(&[0, 3, 6], &[0, 1]), missing, "one of several seats");
}

#[test]
fn what_the_own_node_gives_is_kept_with_our_messages_or_not_at_all() {
    let kept = |given: Contribution| match run(Some(voted(&[0, 1]))).keep(given) {
        Some(Value::Contribution(kept)) => Some(kept.as_ref().clone()),
        _ => None,
    };
    let all = [0, 3, 4, 6];
    assert_eq!(kept(carrying(&all)), Some(carrying(&all)), "as it is");
    // Once for each seat.
    let sum = [10, 10, 11]
        .into_iter()
        .fold(signature(3), |sum, of| sum.plus(&signature(of)).unwrap());
    let whole = Contribution {
        signature: sum.to_bytes(),
        ..carrying(&all)
    };
    assert_eq!(kept(carrying(&[3])), Some(whole), "with all of ours");
    let other = Contribution {
        beacon_block_root: [9; 32].into(),
        ..carrying(&all)
    };
    assert_eq!(kept(other), None, "of another root");
    let other = Contribution {
        subcommittee_index: 2,
        ..carrying(&all)
    };
    assert_eq!(kept(other), None, "of another subcommittee");
    let garbage = Contribution {
        signature: SignatureBytes::from([3; 96]),
        ..carrying(&[])
    };
    assert_eq!(kept(garbage), None, "a sum that is no point");
    assert_eq!(run(None).keep(carrying(&all)), None, "no vote");
}
