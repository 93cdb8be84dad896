//! Messages survive the socket, and what is none is refused.

use proptest::prelude::*;

use super::*;
use crate::agreement::Tickets;
use crate::intent::{Aims, Intent, MAX_EXITS, StandsOn};
use crate::{Epoch, Slot};

fn exit(stage: Stage) -> Exit {
    Exit {
        validator: ValidatorPosition(3),
        index: Some(ValidatorIndex(0)),
        epoch: Epoch(0),
        approvals: vec![Approval {
            operator: 0,
            epoch: Epoch(0),
            until: 9,
        }],
        too_old: vec![1, 0],
        stage,
        presigned: presigned(),
    }
}

fn presigned() -> Presigned {
    Presigned {
        validator: ValidatorPosition(3),
        epoch: Some(Epoch(0)),
        sealers: vec![0, 3],
        openers: vec![Opener {
            operator: 0,
            until: 9,
        }],
    }
}

fn stages() -> Vec<Stage> {
    vec![
        Stage::Waiting,
        Stage::Asking,
        Stage::Held("why".to_owned()),
        Stage::Signing(0),
        Stage::Opening(0),
        Stage::Signed,
        Stage::Accepted,
        Stage::Refused(String::new()),
        Stage::Leaving {
            exit_epoch: Epoch(7),
            withdrawable_epoch: Epoch(u64::MAX),
        },
    ]
}

fn intent(exits: u8) -> Intent {
    Intent {
        lock: [1; 32].into(),
        agreement: [2; 32].into(),
        number: 0,
        previous: [2; 32].into(),
        aims: Aims {
            validators: 0,
            tickets: Tickets::Save,
            smoothing_pool: false,
            claims: true,
            exits: (0..exits).map(|byte| [byte; 48].into()).collect(),
        },
    }
}

fn intents(exits: u8) -> Intents {
    let shown = Shown {
        intent: intent(exits),
        signers: vec![0, 12],
    };
    let id = shown.intent.id();
    let stands = StandsOn {
        agreement: [2; 32].into(),
        intent: Some(id),
    };
    Intents {
        version: 0,
        agreement: [2; 32].into(),
        agreed: intent(0).aims,
        in_force: Some((shown.clone(), Some(0))),
        open: vec![shown; crate::ClusterSize::MAX],
        signed: Some(id),
        stands: vec![
            (0, stands),
            (
                1,
                StandsOn {
                    intent: None,
                    ..stands
                },
            ),
        ],
        too_old: vec![3],
    }
}

#[test]
fn the_longest_proposal_fits_and_a_longer_one_is_refused() {
    let propose = |exits| {
        let on = [7; 32].into();
        let aims = intent(exits).aims;
        Request::Intent(IntentRequest::Propose { on, aims }).encode()
    };
    let most = u8::try_from(MAX_EXITS).unwrap();
    assert!(propose(most).len() <= MAX_REQUEST);
    assert!(Request::decode(&propose(most)).is_ok());
    let refused = BadMessage::TooMany(MAX_EXITS + 1);
    assert_eq!(Request::decode(&propose(most + 1)), Err(refused));
    let longest = Answer::Intents(Box::new(intents(most))).encode();
    assert!(longest.len() <= MAX_ANSWER);
    assert!(Answer::decode(&longest).is_ok());
}

#[test]
fn messages_survive_the_socket() {
    let hello = Hello::of([7; 32].into(), "gantry/1");
    assert_eq!(Hello::decode(&hello.encode()), Ok(hello));
    let which = Which::Position(ValidatorPosition(0));
    let by_index = Which::Index(ValidatorIndex(0));
    for request in [
        Request::Exit(ExitRequest::List),
        Request::Exit(ExitRequest::Look(which)),
        Request::Exit(ExitRequest::Withdraw(by_index)),
        Request::Exit(ExitRequest::Approve {
            validator: by_index,
            term: 0,
        }),
        Request::Exit(ExitRequest::Open {
            validator: which,
            term: 7,
        }),
        Request::Exit(ExitRequest::Presigned),
        Request::Prove(which),
        Request::Prove(by_index),
        Request::LookAtProof,
        Request::Intent(IntentRequest::Show),
        Request::Intent(IntentRequest::Approve([7; 32].into())),
        Request::Intent(IntentRequest::Propose {
            on: [7; 32].into(),
            aims: intent(0).aims,
        }),
    ] {
        assert_eq!(Request::decode(&request.encode()), Ok(request));
    }
    let exits: Vec<Exit> = stages().into_iter().map(exit).collect();
    let made = Made {
        slot: Slot(0),
        index: ValidatorIndex(7),
        state_bytes: u64::MAX,
        milliseconds: 0,
    };
    let proofs = [
        ProofStage::UnderWay,
        ProofStage::Made(made),
        ProofStage::Failed("why".to_owned()),
    ];
    for stage in proofs {
        let answer = Answer::Proof(Proof { number: 1, stage });
        assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
    }
    for answer in [
        Answer::Refused("why".to_owned()),
        Answer::Exits(exits),
        Answer::Exit(exit(Stage::Waiting)),
        Answer::Intents(Box::new(intents(0))),
        Answer::Intents(Box::new(Intents {
            in_force: None,
            signed: None,
            ..intents(1)
        })),
        Answer::Presigned(vec![
            presigned(),
            Presigned {
                epoch: None,
                sealers: Vec::new(),
                openers: Vec::new(),
                ..presigned()
            },
        ]),
    ] {
        assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
    }
}

#[test]
fn the_longest_list_of_exits_fits_and_a_longer_one_is_refused() {
    let words = "w".repeat(2 * MAX_TEXT);
    let mut open = exit(Stage::Held(words));
    open.approvals = vec![open.approvals[0]; crate::ClusterSize::MAX];
    let most = crate::definition::MAX_VALIDATORS;
    let bytes = Answer::Exits(vec![open.clone(); most]).encode();
    assert!(bytes.len() <= MAX_ANSWER, "{}", bytes.len());
    assert!(Answer::decode(&bytes).is_ok());
    let bytes = Answer::Exits(vec![open; most + 1]).encode();
    assert_eq!(Answer::decode(&bytes), Err(BadMessage::TooMany(most + 1)));
}

#[test]
fn a_hello_of_a_later_version_says_who_speaks() {
    let mut hello = Hello::of([7; 32].into(), "gantry/9");
    hello.version = 9;
    let more = [hello.encode(), vec![0x98, 0x06, 5]].concat();
    assert_eq!(Hello::decode(&more), Ok(hello));
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Hello::decode(&bytes).ok();
        Request::decode(&bytes).ok();
        Answer::decode(&bytes).ok();
    }
}
