//! Of which vote the messages of a slot name the root.

use proto::eth::{Checkpoint, CommitteeIndex, ValidatorIndex};
use proto::{DutyKind, Epoch, Root};

use super::super::value::tests::chain;
use super::*;

const DUTY: DutyId = DutyId {
    slot: Slot(17),
    kind: DutyKind::SyncMessage,
};

fn owners(attests: bool) -> Owners {
    Owners::Members {
        members: vec![(ValidatorPosition(0), ValidatorIndex(70))],
        attests,
    }
}

fn vote(root: u8) -> HeadVote {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::ZERO,
    };
    HeadVote {
        slot: Slot(17),
        index: CommitteeIndex(0),
        beacon_block_root: [root; 32].into(),
        source: checkpoint(1),
        target: checkpoint(2),
    }
}

fn voted(root: u8) -> Voted {
    Voted {
        vote: vote(root),
        signatures: [].into(),
    }
}

#[test]
fn where_one_of_ours_attests_only_what_the_cluster_votes_for_is_taken() {
    let mut run = SyncDuty::new(DUTY, &owners(true));
    assert_eq!(run.keep(vote(1)), None, "the own view is not waited for");
    assert_eq!(run.settled(), None);
    let proposed = Value::Head(vote(1));
    assert_eq!(run.check_view(&proposed), Err(Doubt::NoView), "not yet");
    run.voted(&voted(2));
    assert_eq!(run.settled(), Some(Value::Head(vote(2))));
    let check = |of| run.check(&Value::Head(vote(of)), &owners(true), &chain());
    assert_eq!(check(1), Err(Flaw::OtherVote));
    assert_eq!(check(2), Ok(()));
    assert_eq!(run.check_view(&Value::Head(vote(2))), Ok(()));
}

#[test]
fn where_none_of_ours_attests_the_own_view_is_proposed_and_judges() {
    let mut run = SyncDuty::new(DUTY, &owners(false));
    assert_eq!(run.keep(vote(1)), Some(Value::Head(vote(1))));
    let other = HeadVote {
        slot: Slot(18),
        ..vote(1)
    };
    assert_eq!(run.keep(other), None, "a view of another slot");
    let check = |data| run.check(&Value::Head(data), &owners(false), &chain());
    assert_eq!(check(other), Err(Flaw::OtherDuty));
    assert_eq!(check(vote(3)), Ok(()), "heads differ from node to node");
    let judge = |data| run.check_view(&Value::Head(data));
    assert_eq!(judge(vote(3)), Ok(()));
    let mut justified = vote(1);
    justified.source.root = [9; 32].into();
    assert_eq!(judge(justified), Err(Doubt::OtherCheckpoints));
}
