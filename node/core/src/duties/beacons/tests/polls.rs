//! When a question is answered, and by whom.

use proto::eth::ValidatorIndex;
use proto::{DutyId, DutyKind};

use super::*;
use crate::duties::agreed::judge::{Sight, Sighting};
use crate::duties::schedule::{Asked, Drawn, Topic};
use crate::duties::sight::Condition;
use crate::duties::{Request, Response, Submission};

const SLOT: Slot = Slot(100);

/// An answer by a head's letter; none is `-`.
fn says(head: char) -> Response {
    Response::HeadVote(SLOT, (head != '-').then(|| vote(head)))
}

/// What comes of these answers, one after another, and after the grace, `;`: by whom, and what.
fn votes(beacons: &Beacons, course: &str) -> Option<(usize, Response)> {
    let mut poll = beacons.poll(&Request::HeadVote(SLOT), at(4000));
    for word in course.split_whitespace() {
        let chosen = match word.split_once(':') {
            Some((place, head)) => {
                let head = head.chars().next().unwrap();
                poll.answered(Place(place.parse().unwrap()), says(head), 0)
            }
            None if poll.begins_again() => None,
            None => poll.late(),
        };
        if let Some(Chosen { by, response }) = chosen {
            return Some((by.0, response));
        }
    }
    None
}

fn split(heads: &str) -> Response {
    Response::SplitVote(SLOT, heads.chars().map(vote).collect())
}

#[test]
fn a_majority_of_three_is_taken_at_once_whatever_the_preferred_node_says() {
    let beacons = nodes(3);
    assert_eq!(votes(&beacons, "0:x 1:n"), None, "nobody knows who lies");
    assert_eq!(votes(&beacons, "0:x 1:n 2:n"), Some((1, says('n'))));
    assert_eq!(
        votes(&beacons, "2:n 1:n"),
        Some((1, says('n'))),
        "the third is not waited for"
    );
    assert_eq!(votes(&beacons, "0:- 1:n 2:n"), Some((1, says('n'))));
}

#[test]
fn two_that_agree_are_taken_at_once_and_two_that_differ_are_asked_once_more() {
    let beacons = nodes(2);
    assert_eq!(votes(&beacons, "1:n 0:n"), Some((0, says('n'))));
    assert_eq!(
        votes(&beacons, "1:n 0:p"),
        None,
        "one may know the block a moment later"
    );
    assert_eq!(votes(&beacons, "1:n 0:p ; 0:n 1:n"), Some((0, says('n'))));
    let still = votes(&beacons, "1:n 0:p ; 0:p 1:n");
    assert_eq!(
        still,
        Some((0, split("pn"))),
        "by preference, beside the other"
    );
}

#[test]
fn one_that_does_not_answer_costs_a_grace_and_not_the_vote() {
    for count in [2, 3] {
        let beacons = nodes(count);
        assert_eq!(votes(&beacons, "1:n"), None);
        assert_eq!(votes(&beacons, "1:n ;"), Some((1, says('n'))), "of {count}");
    }
    // And not even that once it is known to be mute.
    let mut beacons = nodes(2);
    silence(&mut beacons, 0, at(4000));
    assert_eq!(votes(&beacons, "1:n"), Some((1, says('n'))));
}

#[test]
fn of_three_heads_the_newest_is_taken_that_a_majority_knows() {
    // The preferred node makes its head up; the third gets blocks late.
    let mut poll = nodes(3).poll(&Request::HeadVote(SLOT), at(4000));
    let put = |poll: &mut Poll| {
        let heads = [(0, 'x'), (1, 'n'), (2, 'p')];
        heads.map(|(place, head)| poll.answered(Place(place), says(head), 0))
    };
    assert_eq!(put(&mut poll), [None, None, None]);
    assert!(poll.begins_again());
    let knows = |root| Request::Knows { duty: DUTY, root };
    let doubts = [root('n'), root('p'), root('x')].map(knows);
    assert_eq!(poll.doubts(), doubts);
    assert_eq!(
        put(&mut poll),
        [None, None, None],
        "what they know is still to come"
    );
    let of = |slot| {
        Sight::Known(Sighting {
            slot: Slot(slot),
            head: SLOT,
            is_heads_parent: false,
        })
    };
    let mut said = vec![
        ('x', of(100)),
        ('x', Sight::Unknown),
        ('x', Sight::Unknown),
        ('n', Sight::Unknown),
        ('n', of(100)),
        ('n', Sight::Unknown),
        // It says anything to be believed itself.
        ('p', of(0)),
        ('p', of(99)),
        ('p', of(99)),
    ];
    let last = said.pop().unwrap();
    for (head, seen) in said {
        assert_eq!(poll.knows(root(head), seen), None);
    }
    let chosen = poll.knows(root(last.0), last.1).unwrap();
    let Response::SplitVote(_, views) = chosen.response else {
        panic!("{chosen:?}");
    };
    assert_eq!(views[0], vote('p'), "the one that lies is not believed");
    assert_eq!(chosen.by, Place(2));
    // Of two nobody can be outvoted, and nobody is asked.
    let mut poll = nodes(2).poll(&Request::HeadVote(SLOT), at(4000));
    poll.answered(Place(0), says('x'), 0);
    poll.answered(Place(1), says('n'), 0);
    assert!(poll.begins_again() && poll.doubts().is_empty());
}

#[test]
fn the_old_head_of_a_node_that_is_known_to_be_behind_costs_no_grace() {
    let mut beacons = nodes(2);
    beacons.reported(Place(0), ms(5), Some(report(97)));
    beacons.reported(Place(1), ms(5), Some(report(100)));
    assert_eq!(votes(&beacons, "0:p 1:n"), Some((1, says('n'))));
    assert_eq!(
        votes(&beacons, "0:p 1:-"),
        Some((0, says('p'))),
        "there is no other"
    );
}

#[test]
fn one_that_is_slow_is_waited_for_while_no_other_says_anything() {
    let beacons = nodes(2);
    assert_eq!(
        votes(&beacons, "0:- ;"),
        None,
        "the other may be slow, and right"
    );
    assert_eq!(votes(&beacons, "0:- ; 1:n"), Some((1, says('n'))));
    assert_eq!(votes(&beacons, "0:- 1:-"), Some((0, says('-'))));
    // A mute one is not: the core asks again, and the first may be back.
    let mut beacons = nodes(2);
    silence(&mut beacons, 1, at(4000));
    assert_eq!(votes(&beacons, "0:- ;"), Some((0, says('-'))));
}

#[test]
fn a_vote_with_checkpoints_that_nobody_shares_comes_last() {
    let beacons = nodes(3);
    let mut forged = vote('n');
    forged.target.root = root('f');
    let mut poll = beacons.poll(&Request::HeadVote(SLOT), at(4000));
    let lie = Response::HeadVote(SLOT, Some(forged));
    assert_eq!(poll.answered(Place(0), lie.clone(), 0), None);
    assert_eq!(poll.answered(Place(1), says('n'), 0), None);
    assert_eq!(poll.answered(Place(2), says('p'), 0), None);
    assert!(poll.begins_again());
    poll.answered(Place(0), lie, 0);
    poll.answered(Place(1), says('n'), 0);
    let chosen = poll.answered(Place(2), says('p'), 0).unwrap();
    let views = vec![vote('n'), vote('p'), forged];
    assert_eq!(chosen.response, Response::SplitVote(SLOT, views));
}

#[test]
fn a_node_of_another_chain_or_of_none_yet_is_not_asked() {
    let mut beacons = nodes(3);
    beacons.identify(Place(0), Identity::Other);
    beacons.identify(Place(1), Identity::Unsaid);
    let poll = beacons.poll(&Request::HeadVote(SLOT), at(4000));
    assert_eq!(poll.asked(), [Place(2)]);
}

#[test]
fn a_node_that_owes_many_answers_gets_no_more_questions_and_every_submission() {
    let mut beacons = nodes(2);
    (0..8).for_each(|_| beacons.asked(Place(0), at(0)));
    let poll = beacons.poll(&Request::HeadVote(SLOT), at(4000));
    assert_eq!(poll.asked(), [Place(1)]);
    let poll = beacons.poll(&submit(), at(4000));
    assert_eq!(poll.asked(), [Place(1), Place(0)]);
}

const DUTY: DutyId = DutyId {
    slot: SLOT,
    kind: DutyKind::Head,
};

fn submit() -> Request {
    Request::Submit {
        duty: DUTY,
        submission: Submission::Attestations(Vec::new()),
    }
}

fn submitted(accepted: &[u64], refused: &[(u64, &str)]) -> Response {
    let refused = refused.iter();
    Response::Submit {
        duty: DUTY,
        accepted: accepted.iter().copied().map(ValidatorIndex).collect(),
        refused: refused
            .map(|(of, why)| (ValidatorIndex(*of), (*why).to_owned()))
            .collect(),
    }
}

#[test]
fn what_one_node_takes_is_taken_and_what_is_refused_waits_for_the_others() {
    let beacons = nodes(3);
    let mut poll = beacons.poll(&submit(), at(4000));
    let first = poll.answered(Place(0), submitted(&[7], &[(8, "no")]), 0);
    assert_eq!(first, None);
    assert_eq!(poll.late(), None, "two more may take it");
    let chosen = poll.answered(Place(2), submitted(&[7, 8], &[]), 0);
    assert_eq!(chosen.unwrap().by, Place(2));

    let mut poll = beacons.poll(&submit(), at(4000));
    poll.answered(Place(2), submitted(&[], &[(7, "late"), (8, "late")]), 0);
    poll.answered(Place(1), submitted(&[7], &[(8, "odd")]), 0);
    let chosen = poll.answered(Place(0), submitted(&[], &[(7, "no"), (8, "no")]), 0);
    assert_eq!(
        chosen.unwrap().response,
        submitted(&[7], &[(8, "no")]),
        "together"
    );
}

#[test]
fn a_refusal_waits_for_a_mute_node_no_longer_than_the_grace() {
    let mut beacons = nodes(2);
    silence(&mut beacons, 1, at(4000));
    let mut poll = beacons.poll(&submit(), at(4000));
    assert_eq!(
        poll.answered(Place(0), submitted(&[], &[(7, "no")]), 0),
        None
    );
    let chosen = poll.late().unwrap();
    assert_eq!(chosen.response, submitted(&[], &[(7, "no")]));
}

#[test]
fn this_peer_has_sight_while_one_node_is_sound() {
    let beacons = nodes(3);
    let condition = Response::Condition;
    let mut poll = beacons.poll(&Request::Condition, at(4000));
    assert_eq!(poll.answered(Place(0), condition(Condition::Mute), 0), None);
    assert_eq!(
        poll.answered(Place(1), condition(Condition::Behind), 0),
        None
    );
    let chosen = poll
        .answered(Place(2), condition(Condition::Sound), 0)
        .unwrap();
    assert_eq!(chosen.response, condition(Condition::Sound));
    let mut poll = beacons.poll(&Request::Condition, at(4000));
    poll.answered(Place(0), condition(Condition::Mute), 0);
    poll.answered(Place(1), condition(Condition::Mute), 0);
    let chosen = poll
        .answered(Place(2), condition(Condition::Behind), 0)
        .unwrap();
    assert_eq!(chosen.response, condition(Condition::Behind));
}

/// Duties that depend on the block of this letter.
fn drawn(block: char) -> Response {
    let asked = Asked {
        epoch: Epoch(12),
        number: 1,
    };
    let drawn = Drawn {
        root: Some(root(block)),
        duties: Vec::new(),
    };
    Response::Proposers(asked, Some(drawn))
}

fn proposers() -> Request {
    Request::Proposers(Asked {
        epoch: Epoch(12),
        number: 1,
    })
}

#[test]
fn duties_are_taken_that_depend_on_the_block_that_head_events_name() {
    let mut beacons = nodes(2);
    let head = Head {
        slot: SLOT,
        block: root('h'),
        previous: root('q'),
        current: root('d'),
    };
    for place in [Place(0), Place(1)] {
        beacons.hears(place, true, at(0));
        beacons.heard(place, head, at(0));
    }
    // The preferred node has drawn them on another branch.
    let expected = beacons
        .heads
        .told()
        .unwrap()
        .settles(&chain(), Topic::Proposers(Epoch(12)));
    let named = if expected == Some(root('d')) {
        'd'
    } else {
        'q'
    };
    let mut poll = beacons.poll(&proposers(), at(4000));
    assert_eq!(poll.answered(Place(0), drawn('x'), 0), None);
    let chosen = poll.answered(Place(1), drawn(named), 0).unwrap();
    assert_eq!(
        chosen,
        Chosen {
            by: Place(1),
            response: drawn(named)
        }
    );
}

fn knows(seen: Sight) -> Response {
    let (duty, root) = (DUTY, root('n'));
    Response::Knows { duty, root, seen }
}

#[test]
fn a_block_that_one_of_two_knows_is_known_and_one_that_a_liar_of_three_knows_is_not() {
    let seen = Sight::Known(Sighting {
        slot: Slot(99),
        head: SLOT,
        is_heads_parent: true,
    });
    let (duty, root) = (DUTY, root('n'));
    let ask = Request::Knows { duty, root };
    let mut poll = nodes(2).poll(&ask, at(4000));
    assert_eq!(poll.answered(Place(0), knows(Sight::Unknown), 0), None);
    let chosen = poll.answered(Place(1), knows(seen), 0).unwrap();
    assert_eq!(chosen.response, knows(seen));
    let mut poll = nodes(3).poll(&ask, at(4000));
    assert_eq!(poll.answered(Place(0), knows(seen), 0), None);
    assert_eq!(poll.answered(Place(1), knows(Sight::Unknown), 0), None);
    let chosen = poll.answered(Place(2), knows(Sight::Unknown), 0).unwrap();
    assert_eq!(chosen.response, knows(Sight::Unknown));
}

/// The attestations of these validators in the epoch.
fn attesting(indices: &[u64]) -> Response {
    let asked = Asked {
        epoch: Epoch(12),
        number: 1,
    };
    let duty = |index: &u64| proto::eth::AttesterDuty {
        pubkey: [*index as u8; 48].into(),
        validator_index: ValidatorIndex(*index),
        slot: SLOT,
        committee_index: CommitteeIndex(0),
        committees_at_slot: 1,
        committee_length: None,
        validator_committee_index: None,
    };
    let drawn = Drawn {
        root: Some(root('d')),
        duties: indices.iter().map(duty).collect(),
    };
    Response::Attesters(asked, Some(drawn))
}

#[test]
fn of_two_lists_of_one_draw_the_one_that_leaves_nobody_out_is_taken() {
    // The preferred node has named the third validator in a way that could not be read.
    let asked = Asked {
        epoch: Epoch(12),
        number: 1,
    };
    let ask = Request::Attesters(asked, [1, 2, 3].map(ValidatorIndex).into());
    let mut poll = nodes(2).poll(&ask, at(4000));
    assert_eq!(poll.answered(Place(0), attesting(&[1, 2]), 0), None);
    let chosen = poll.answered(Place(1), attesting(&[1, 2, 3]), 0).unwrap();
    assert_eq!(chosen.response, attesting(&[1, 2, 3]));
}

#[test]
fn one_of_two_nodes_alone_does_not_have_a_validator_slashed() {
    use crate::duties::schedule::Registered;
    let asked = Asked {
        epoch: Epoch(12),
        number: 1,
    };
    let key = proto::PublicKey::from([1; 48]);
    let says = |slashed| {
        let of = Registered {
            index: ValidatorIndex(1),
            active: true,
            slashed,
        };
        Response::Validators(asked, Some(vec![(key, of)]))
    };
    let ask = Request::Validators(asked, vec![key]);
    let mut poll = nodes(2).poll(&ask, at(4000));
    assert_eq!(poll.answered(Place(0), says(true), 0), None);
    let chosen = poll.answered(Place(1), says(false), 0).unwrap();
    assert_eq!(chosen.response, says(false));
}
