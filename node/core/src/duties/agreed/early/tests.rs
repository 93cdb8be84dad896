//! Messages that come early are kept within bounds.

use proto::vote::{Commit, Committal, Prepare, Proposal, Propose, Scope, Signatures, Vote};
use proto::{ClusterSize, DutyKind, Identity, Root, Round};

use super::*;

const SCOPE: Scope = Scope {
    lock: Root::ZERO,
    duty: DutyId {
        slot: Slot(9),
        kind: DutyKind::Block,
    },
};

fn peer() -> PeerIndex {
    ClusterSize::of(4).unwrap().peer(2).unwrap()
}

fn proposal(value: u8) -> Message {
    let statement = Propose {
        scope: SCOPE,
        round: Round::FIRST,
        value: [value; 32].into(),
    };
    Message::Propose(Proposal {
        signed: Identity::from_seed(&[1; 32])
            .sign(peer(), statement)
            .into_signed(),
        body: vec![value; 1000].into(),
        justification: Vec::new(),
    })
}

fn vote(value: u8) -> Message {
    let statement = Prepare {
        scope: SCOPE,
        round: Round::FIRST,
        value: [value; 32].into(),
    };
    let identity = Identity::from_seed(&[1; 32]);
    Message::Prepare(Vote {
        signed: identity.sign(peer(), statement).into_signed(),
        proposal: None,
    })
}

fn commit(sequence: u64) -> Message {
    let statement = Commit {
        scope: SCOPE,
        round: Round::FIRST,
        value: [1; 32].into(),
        sequence,
        partials: Vec::new(),
    };
    let identity = Identity::from_seed(&[1; 32]);
    Message::Commit(Committal {
        signed: identity.sign(peer(), statement).into_signed(),
        certificate: Signatures::default(),
        proposal: None,
    })
}

#[test]
fn a_peer_can_leave_one_commit_beside_its_proposal() {
    let mut early = Early::default();
    early.keep(peer(), proposal(1));
    let are_kept: Vec<bool> = (0..20)
        .map(|sequence| early.keep(peer(), commit(sequence)))
        .collect();
    assert!(are_kept[0] && !are_kept[1..].contains(&true));
    early.keep(peer(), vote(1));
    let kept = early.take(SCOPE.duty, peer());
    assert_eq!(kept, [proposal(1), commit(0), vote(1)]);
}

#[test]
fn a_peer_can_leave_one_proposal_and_few_votes_and_no_values() {
    let mut early = Early::default();
    for value in 0..20 {
        early.keep(peer(), proposal(value));
        early.keep(peer(), vote(value));
        let body = vec![value; 1000].into();
        early.keep(peer(), Message::Value { scope: SCOPE, body });
    }
    let kept = early.take(SCOPE.duty, peer());
    assert_eq!(kept.len(), MESSAGES);
    assert_eq!(kept[..2], [proposal(0), vote(0)]);
    assert!(kept[2..].iter().all(|m| matches!(m, Message::Prepare(_))));
}

#[test]
fn a_slot_that_is_over_is_forgotten() {
    let mut early = Early::default();
    early.keep(peer(), vote(1));
    early.forget_before(Slot(10));
    assert_eq!(early.take(SCOPE.duty, peer()), []);
}
