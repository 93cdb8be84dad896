//! Frames survive the wire, and what is no frame is refused.

use proptest::prelude::*;

use super::*;
use crate::agreement::Tickets;
use crate::eth::ValidatorIndex;
use crate::exit::{Says, SealedText};
use crate::intent::{Aims, Intent, MAX_EXITS, SentSignature};
use crate::{ClusterSize, Epoch, IdentitySignature, Subcommittee};

const APPROVED: Says = Says::Approved {
    epoch: Epoch(0),
    until: 9,
};

fn word(says: Says) -> SentExitWord {
    SentExitWord {
        operator: 2,
        validator: ValidatorPosition(1),
        said_at: 8,
        says,
        signature: IdentitySignature([6; 64]),
    }
}

/// An intent with so many exits and signatures.
fn intent(exits: usize, signatures: usize) -> SentIntent {
    let key = |byte: usize| [u8::try_from(byte).unwrap(); 48].into();
    SentIntent {
        intent: Intent {
            lock: [1; 32].into(),
            agreement: [2; 32].into(),
            number: 3,
            previous: [2; 32].into(),
            aims: Aims {
                validators: 4,
                tickets: Tickets::Use,
                smoothing_pool: true,
                claims: true,
                exits: (0..exits).map(key).collect(),
            },
        },
        signatures: (0..signatures)
            .map(|operator| SentSignature {
                operator: u32::try_from(operator).unwrap(),
                signature: IdentitySignature([5; 64]),
            })
            .collect(),
    }
}

fn safe_step(step: usize, data: usize) -> SafeStep {
    SafeStep {
        nonce: 7,
        call: Some(SafeCall {
            step: "a".repeat(step),
            to: [5; 20].into(),
            value: [6; 32],
            data: vec![7; data],
        }),
        signature: crate::agreement::AccountSignature([8; 65]),
    }
}

fn electorate(subcommittee: Option<Subcommittee>) -> Electorate {
    Electorate {
        slot: Slot(33),
        subcommittee,
    }
}

fn demand(deposits: usize) -> DepositDemand {
    DepositDemand {
        agreement: [8; 32].into(),
        credentials: [9; 32].into(),
        validators: (0..).take(deposits).map(ValidatorPosition).collect(),
    }
}

fn parts(validators: usize) -> Parts {
    Parts {
        duty: DutyId {
            slot: Slot(7),
            kind: DutyKind::Block,
        },
        validators: (0..).take(validators).map(ValidatorPosition).collect(),
    }
}

#[test]
fn frames_survive_the_wire() {
    let partial = Partial {
        validator: ValidatorPosition(3),
        signature: [7; 96].into(),
    };
    let wanted = BlobsWanted {
        slot: Slot(5),
        block: [9; 32].into(),
        part: 3,
    };
    for frame in [
        Frame::Greeting(Greeting {
            mark: Some(Slot(0)),
            sequence_seen: 9,
            genesis_time: Some(7),
        }),
        Frame::Greeting(Greeting {
            mark: None,
            sequence_seen: 0,
            genesis_time: None,
        }),
        Frame::Vote(vec![1, 2, 3]),
        Frame::Randao(Randao {
            slot: Slot(12),
            partial,
        }),
        Frame::Sight { is_blind: true },
        Frame::Sight { is_blind: false },
        Frame::Refused(parts(3)),
        Frame::Taken(parts(MAX_VALIDATORS)),
        Frame::BlobsWanted(wanted),
        Frame::BlobsPart(BlobsPart {
            of: wanted,
            bytes: Some(vec![7; BLOBS_PART]),
        }),
        Frame::BlobsPart(BlobsPart {
            of: wanted,
            bytes: None,
        }),
        Frame::ExitWords(vec![word(Says::Withdrawn), word(APPROVED)]),
        Frame::ExitWords(vec![word(APPROVED); MAX_EXIT_WORDS]),
        Frame::ExitShare(ExitShare {
            epoch: Epoch(7),
            partial,
        }),
        Frame::SafeStep(safe_step(1, 0)),
        Frame::SafeStep(safe_step(MAX_STEP, MAX_CALL)),
        Frame::SafeStep(SafeStep {
            call: None,
            ..safe_step(1, 0)
        }),
        Frame::Agreement([9; 32].into()),
        Frame::DepositDemand(demand(0)),
        Frame::DepositDemand(demand(MAX_DEPOSITS)),
        Frame::DepositShares(DepositShares {
            credentials: [9; 32].into(),
            shares: vec![partial; MAX_DEPOSITS],
        }),
        Frame::DepositRefusal(DepositRefusal::new("credentials", "no".repeat(2_000))),
        Frame::SelectionShares(SelectionShares {
            of: electorate(None),
            partials: vec![partial; MAX_VALIDATORS],
        }),
        Frame::SelectionShares(SelectionShares {
            of: electorate(Subcommittee::new(3)),
            partials: Vec::new(),
        }),
    ] {
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn a_short_signature_is_refused() {
    let bytes = wire::Frame {
        body: Some(wire::frame::Body::Randao(wire::Randao {
            slot: 1,
            validator: 0,
            signature: vec![0; 95],
        })),
    }
    .encode_to_vec();
    assert_eq!(Frame::decode(&bytes), Err(BadFrame::SignatureLength(95)));
}

#[test]
fn the_hash_of_an_agreement_has_32_bytes() {
    for bytes in [0, 31, 33] {
        let body = Some(wire::frame::Body::Agreement(vec![1; bytes]));
        let bytes = wire::Frame { body }.encode_to_vec();
        assert_eq!(Frame::decode(&bytes), Err(BadFrame::AgreementLength));
    }
}

#[test]
fn intents_survive_the_wire() {
    for frame in [
        Frame::Intents(Vec::new()),
        Frame::Intents(vec![intent(MAX_EXITS, ClusterSize::MAX); MAX_INTENTS]),
        Frame::StandsOn(StandsOn {
            agreement: [9; 32].into(),
            intent: None,
        }),
        Frame::StandsOn(StandsOn {
            agreement: [9; 32].into(),
            intent: Some(intent(0, 0).intent.id()),
        }),
    ] {
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn more_intents_or_signatures_than_there_can_be_are_refused_and_bytes_that_are_none() {
    let frame = |intents| Frame::Intents(intents).encode();
    let many = frame(vec![intent(0, 0); MAX_INTENTS + 1]);
    let refused = BadFrame::TooManyIntents(MAX_INTENTS + 1);
    assert_eq!(Frame::decode(&many), Err(refused));
    let many = frame(vec![intent(0, ClusterSize::MAX + 1)]);
    let refused = BadFrame::TooManySignatures(ClusterSize::MAX + 1);
    assert_eq!(Frame::decode(&many), Err(refused));
    let of = |intents: Vec<wire::SentIntent>| {
        let body = Some(wire::frame::Body::Intents(wire::Intents { intents }));
        Frame::decode(&wire::Frame { body }.encode_to_vec())
    };
    let short = wire::SentIntent {
        intent: intent(0, 0).intent.encode()[..143].to_vec(),
        signatures: Vec::new(),
    };
    assert_eq!(
        of(vec![short]),
        Err(BadFrame::Intent(BadIntent::Length(143)))
    );
    let short = wire::SentIntent {
        intent: intent(0, 0).intent.encode(),
        signatures: vec![wire::IntentSignature {
            operator: 0,
            signature: vec![0; 63],
        }],
    };
    assert_eq!(of(vec![short]), Err(BadFrame::IdentitySignatureLength(63)));
    for bytes in [0, 31, 33] {
        let stands = wire::StandsOn {
            agreement: vec![1; bytes],
            intent: None,
        };
        let body = Some(wire::frame::Body::StandsOn(stands));
        let bytes_of = wire::Frame { body }.encode_to_vec();
        assert_eq!(Frame::decode(&bytes_of), Err(BadFrame::HashLength(bytes)));
    }
}

#[test]
fn selection_proofs_of_more_validators_or_of_other_lengths_are_refused() {
    let refused = |validators: usize, bytes: usize| {
        let shares = wire::SelectionShares {
            slot: 1,
            validators: vec![0; validators],
            partials: vec![0; bytes],
            subcommittee: None,
        };
        let body = Some(wire::frame::Body::SelectionShares(shares));
        Frame::decode(&wire::Frame { body }.encode_to_vec()).unwrap_err()
    };
    let many = MAX_VALIDATORS + 1;
    assert_eq!(refused(many, 96 * many), BadFrame::TooManyValidators(many));
    for (validators, bytes) in [(2, 191), (2, 193), (0, 96), (3, 192)] {
        let refusal = BadFrame::PartialsLength { validators, bytes };
        assert_eq!(refused(validators, bytes), refusal);
    }
}

#[test]
fn selection_proofs_of_a_subcommittee_that_is_none_are_refused() {
    let shares = wire::SelectionShares {
        subcommittee: Some(4),
        ..Default::default()
    };
    let body = Some(wire::frame::Body::SelectionShares(shares));
    let bytes = wire::Frame { body }.encode_to_vec();
    assert_eq!(Frame::decode(&bytes), Err(BadFrame::NoSubcommittee(4)));
}

#[test]
fn more_words_about_exits_than_a_frame_has_and_short_signatures_of_them_are_refused() {
    let many = Frame::ExitWords(vec![word(APPROVED); MAX_EXIT_WORDS + 1]).encode();
    let refusal = BadFrame::TooManyWords(MAX_EXIT_WORDS + 1);
    assert_eq!(Frame::decode(&many), Err(refusal));
    let short = wire::ExitWord {
        signature: vec![0; 63],
        ..Default::default()
    };
    let body = wire::frame::Body::ExitWords(wire::ExitWords { words: vec![short] });
    let bytes = wire::Frame { body: Some(body) }.encode_to_vec();
    let refusal = BadFrame::IdentitySignatureLength(63);
    assert_eq!(Frame::decode(&bytes), Err(refusal));
}

#[test]
fn more_deposits_than_a_frame_has_and_refusals_without_a_rule_are_refused() {
    let refused = |body| {
        let bytes = wire::Frame { body: Some(body) }.encode_to_vec();
        Frame::decode(&bytes).unwrap_err()
    };
    let many = demand(MAX_DEPOSITS + 1).to_wire();
    let refusal = BadFrame::TooManyDeposits(MAX_DEPOSITS + 1);
    assert_eq!(refused(wire::frame::Body::DepositDemand(many)), refusal);
    let shares = |count: usize, bytes: usize| {
        let share = wire::DepositShare {
            validator: 0,
            signature: vec![0; bytes],
        };
        wire::frame::Body::DepositShares(wire::DepositShares {
            credentials: vec![0; 32],
            shares: vec![share; count],
        })
    };
    assert_eq!(refused(shares(MAX_DEPOSITS + 1, 96)), refusal);
    assert_eq!(refused(shares(1, 97)), BadFrame::SignatureLength(97));
    let mut short = demand(1).to_wire();
    short.credentials.pop();
    let refusal = BadFrame::HashLength(31);
    assert_eq!(refused(wire::frame::Body::DepositDemand(short)), refusal);
    let why = |rule: &str, words: usize| {
        wire::frame::Body::DepositRefusal(wire::DepositRefusal {
            rule: rule.to_owned(),
            words: "w".repeat(words),
        })
    };
    let long = "r".repeat(MAX_RULE + 1);
    for rule in ["", "a rule", "new\nline", long.as_str()] {
        assert_eq!(refused(why(rule, 0)), BadFrame::RuleName);
    }
    let refusal = BadFrame::WordsLength(MAX_WORDS + 1);
    assert_eq!(refused(why("debt", MAX_WORDS + 1)), refusal);
}

#[test]
fn more_validators_than_a_lock_has_are_refused_and_a_later_kind_of_duty_is_unknown() {
    let many = Frame::Taken(parts(MAX_VALIDATORS + 1)).encode();
    let refusal = BadFrame::TooManyValidators(MAX_VALIDATORS + 1);
    assert_eq!(Frame::decode(&many), Err(refusal));
    let mut parts = parts(1).to_wire();
    parts.kind = 77;
    let body = Some(wire::frame::Body::Refused(parts));
    let bytes = wire::Frame { body }.encode_to_vec();
    assert_eq!(Frame::decode(&bytes), Err(BadFrame::Unknown));
}

#[test]
fn blobs_of_no_block_and_too_long_parts_are_refused() {
    let wanted = |bytes: usize| wire::BlobsWanted {
        slot: 1,
        block: vec![0; bytes],
        part: 0,
    };
    let body = wire::frame::Body::BlobsWanted(wanted(31));
    let short = wire::Frame { body: Some(body) }.encode_to_vec();
    assert_eq!(Frame::decode(&short), Err(BadFrame::RootLength(31)));
    let body = wire::frame::Body::BlobsPart(wire::BlobsPart {
        of: Some(wanted(32)),
        bytes: Some(vec![0; BLOBS_PART + 1]),
    });
    let long = wire::Frame { body: Some(body) }.encode_to_vec();
    let refused = Err(BadFrame::PartLength(BLOBS_PART + 1));
    assert_eq!(Frame::decode(&long), refused);
}

#[test]
fn a_frame_of_a_later_version_is_told_from_bytes_that_are_none() {
    let later = [0x9a, 0x06, 2, 7, 7]; // Field 99, of two bytes.
    assert_eq!(Frame::decode(&later), Err(BadFrame::Unknown));
    assert_eq!(Frame::decode(&[]), Err(BadFrame::Empty));
    let torn = Frame::decode(&later[..4]);
    assert!(matches!(torn, Err(BadFrame::Undecodable(_))), "{torn:?}");
    let wrong_type = Frame::decode(&[0x10, 1]);
    assert!(matches!(wrong_type, Err(BadFrame::Undecodable(_))));
}

/// A later version may add fields to a frame that this one knows.
#[test]
fn a_field_of_a_later_version_is_passed_over() {
    let greeting = Frame::Greeting(Greeting {
        mark: Some(Slot(4)),
        sequence_seen: 9,
        genesis_time: None,
    });
    let mut bytes = greeting.encode();
    bytes[1] += 3;
    bytes.extend([0x98, 0x06, 5]); // Field 99 of the greeting, a number.
    assert_eq!(Frame::decode(&bytes), Ok(greeting));
}

proptest! {
    #[test]
    fn any_bytes_are_a_frame_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        if let Ok(frame) = Frame::decode(&bytes) {
            prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
    }
}

fn sealed() -> SentSealedExit {
    SentSealedExit {
        sealer: 12,
        validator: ValidatorPosition(0),
        index: ValidatorIndex(0),
        epoch: Epoch(u64::MAX),
        text: SealedText([7; SealedText::LENGTH]),
        signature: IdentitySignature([5; 64]),
    }
}

const LACKED: LackedExit = LackedExit {
    validator: ValidatorPosition(0),
    sealers: 0x1fff,
};

fn opening(parts: usize) -> ExitOpening {
    let part = OpeningPart {
        sealer: 0,
        of: [7; 32].into(),
        share: [7; 48].into(),
    };
    ExitOpening {
        validator: ValidatorPosition(0),
        parts: vec![part; parts],
    }
}

#[test]
fn frames_of_what_is_signed_in_advance_survive_the_wire() {
    for frame in [
        Frame::ExitWords(vec![word(Says::Opens { until: 0 })]),
        Frame::SealedExits(vec![sealed(); MAX_SEALED_EXITS]),
        Frame::SealedExitsWanted(vec![LACKED; MAX_VALIDATORS]),
        Frame::ExitOpening(opening(ClusterSize::MAX)),
    ] {
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn what_is_signed_in_advance_is_bounded_and_goes_to_nobody_of_an_older_version() {
    let refused = |frame: Frame| Frame::decode(&frame.encode()).unwrap_err();
    let many = vec![sealed(); MAX_SEALED_EXITS + 1];
    assert_eq!(
        refused(Frame::SealedExits(many)),
        BadFrame::TooManySealed(33)
    );
    let many = vec![LACKED; MAX_VALIDATORS + 1];
    let count = many.len();
    let refusal = refused(Frame::SealedExitsWanted(many));
    assert_eq!(refusal, BadFrame::TooManyValidators(count));
    let refusal = refused(Frame::ExitOpening(opening(14)));
    assert_eq!(refusal, BadFrame::TooManyParts(14));
    let of = |change: fn(&mut wire::SealedExit)| {
        let mut sealed = presigning::to_wire(&[sealed()]);
        change(&mut sealed.exits[0]);
        presigning::of_wire(&sealed).unwrap_err()
    };
    assert_eq!(of(|it| it.text.truncate(239)), BadFrame::SealedLength(239));
    let short = of(|it| it.signature.truncate(63));
    assert_eq!(short, BadFrame::IdentitySignatureLength(63));
    let mut odd = opening(1).to_wire();
    odd.parts[0].share.push(0);
    assert_eq!(
        ExitOpening::of_wire(&odd),
        Err(BadFrame::PartOfKeyLength(49))
    );
    let mut odd = opening(1).to_wire();
    odd.parts[0].of.push(0);
    assert_eq!(ExitOpening::of_wire(&odd), Err(BadFrame::HashLength(33)));
    let opens = word(Says::Opens { until: 0 });
    for frame in [
        Frame::SealedExits(Vec::new()),
        Frame::SealedExitsWanted(Vec::new()),
        Frame::ExitOpening(opening(0)),
        Frame::ExitWords(vec![word(APPROVED), opens]),
    ] {
        assert_eq!(frame.since(), WireVersion::V10);
    }
    assert_eq!(
        Frame::ExitWords(vec![word(APPROVED)]).since(),
        WireVersion::V3
    );
}

#[test]
fn what_is_signed_for_the_safe_is_bounded_and_whole() {
    for odd in [
        safe_step(0, 1),
        safe_step(MAX_STEP + 1, 1),
        safe_step(1, MAX_CALL + 1),
    ] {
        let bytes = Frame::SafeStep(odd).encode();
        assert_eq!(Frame::decode(&bytes), Err(BadFrame::SafeCall));
    }
    let good = safe_step(1, 1).to_wire();
    let of = |change: fn(&mut wire::SafeStep)| {
        let mut step = good.clone();
        change(&mut step);
        SafeStep::of_wire(step)
    };
    let short = of(|it| it.signature.truncate(64));
    assert_eq!(short, Err(BadFrame::AccountSignature(64)));
    let odd = of(|it| it.call.as_mut().unwrap().to.push(0));
    assert_eq!(odd, Err(BadFrame::SafeCall));
    let odd = of(|it| it.call.as_mut().unwrap().value.clear());
    assert_eq!(odd, Err(BadFrame::SafeCall));
    let odd = of(|it| it.call.as_mut().unwrap().step = "ä".to_owned());
    assert_eq!(odd, Err(BadFrame::SafeCall));
}
