//! Promises of the wire: what is written is read back, what a correct peer does not send is
//! refused, and no bytes at all can do harm. And how much a slot costs.

use proptest::prelude::*;
use prost::Message as _;

use super::wire::schema;
use super::*;
use crate::{ClusterSize, DutyKind, Identity, Roster, Slot};

fn scope() -> Scope {
    let (slot, kind) = (Slot(12_345_678), DutyKind::Head);
    Scope {
        lock: Root::from([9; 32]),
        duty: DutyId { slot, kind },
    }
}

fn size(n: usize) -> ClusterSize {
    ClusterSize::of(n).unwrap()
}

fn peer(position: usize) -> PeerIndex {
    size(13).peer(position).unwrap()
}

fn round(number: u64) -> Round {
    Round::new(number).unwrap()
}

fn signed<T: Statement>(position: usize, statement: T) -> Signed<T> {
    let identity = Identity::from_seed(&[position as u8 + 1; 32]);
    identity.sign(peer(position), statement).into_signed()
}

fn prepare(position: usize, number: u64) -> Signed<Prepare> {
    let statement = Prepare {
        scope: scope(),
        round: round(number),
        value: Root::from([7; 32]),
    };
    signed(position, statement)
}

fn certificate(number: u64, positions: std::ops::Range<usize>) -> Signatures {
    Signatures(
        positions
            .map(|position| (peer(position), prepare(position, number).signature))
            .collect(),
    )
}

fn change(position: usize, number: u64) -> Change {
    let value = Root::from([7; 32]);
    let statement = RoundChange {
        scope: scope(),
        round: round(number),
        votes: (0..number).map(|r| (round(r), value)).collect(),
        prepared: Some(Prepared {
            round: round(number - 1),
            value,
        }),
    };
    Change {
        signed: signed(position, statement),
        certificate: certificate(number - 1, 0..3),
    }
}

fn commit(validators: u32) -> Message {
    let partial = |validator| Partial {
        validator: ValidatorPosition(validator),
        signature: SignatureBytes::from([validator as u8; 96]),
    };
    let statement = Commit {
        scope: scope(),
        round: Round::ZERO,
        value: Root::from([7; 32]),
        sequence: 1 << 40,
        partials: (0..validators).map(|v| partial(v * 30)).collect(),
    };
    Message::Commit(Committal {
        signed: signed(1, statement),
        certificate: certificate(0, 0..3),
        proposal: None,
    })
}

/// A vote that shows no proposal, as older programs send it.
fn vote(number: u64) -> Message {
    Message::Prepare(Vote {
        signed: prepare(1, number),
        proposal: None,
    })
}

fn shown(number: u64) -> Message {
    Message::Prepare(Vote {
        signed: prepare(1, number),
        proposal: Some(IdentitySignature([8; 64])),
    })
}

fn shown_commit() -> Message {
    let Message::Commit(committal) = commit(1) else {
        panic!("a commitment");
    };
    Message::Commit(Committal {
        proposal: Some(Box::new(IdentitySignature([8; 64]))),
        ..committal
    })
}

fn proposal() -> Message {
    let statement = Propose {
        scope: scope(),
        round: Round::FIRST,
        value: Root::from([7; 32]),
    };
    Message::Propose(Proposal {
        signed: signed(1, statement),
        body: vec![5; 128].into(),
        justification: vec![Answer::Prepare(prepare(0, 0)), Answer::Change(change(2, 1))],
    })
}

fn every_kind() -> Vec<Message> {
    let (scope, value) = (scope(), Root::from([7; 32]));
    vec![
        proposal(),
        vote(16),
        shown(16),
        commit(0),
        commit(31),
        shown_commit(),
        Message::RoundChange {
            change: change(1, 16),
            bodies: vec![vec![5; 128].into()],
        },
        Message::Pull { scope, value },
        Message::Value {
            scope,
            body: vec![1, 2, 3].into(),
        },
    ]
}

fn decode(bytes: &[u8]) -> Decoded {
    Message::decode(scope().lock, size(4), peer(1), bytes)
}

#[test]
fn every_message_comes_back_as_it_was_sent() {
    for message in every_kind() {
        assert_eq!(decode(&message.encode()), Ok(message));
    }
}

#[test]
fn signatures_survive_the_wire_and_bind_the_cluster() {
    let keys = (1..=4u8).map(|i| Identity::from_seed(&[i; 32]).public());
    let roster = Roster::new(keys.collect()).unwrap();
    let bytes = vote(0).encode();
    let signed_in = |lock| match Message::decode(lock, size(4), peer(1), &bytes) {
        Ok(Message::Prepare(vote)) => vote.signed.verify(&roster).is_ok(),
        other => panic!("{other:?}"),
    };
    assert!(signed_in(scope().lock));
    assert!(!signed_in(Root::ZERO));
}

/// Besu GHSA-23rh-rrqg-wq82: a round number without bound made the receiver keep without bound.
#[test]
fn besu_ghsa_23rh_a_round_beyond_the_last_is_refused() {
    let bytes = vote(16).encode();
    let mut beyond = bytes.clone();
    // The round is the first field of the inner message: tag 0x08, value 16.
    let at = bytes
        .windows(2)
        .position(|pair| pair == [0x08, 16])
        .unwrap();
    beyond[at + 1] = 17;
    let (field, value) = ("round", 17);
    assert_eq!(decode(&beyond), Err(WireError::Range { field, value }));
}

/// anchor#599: a prepared round must be strictly below the round that is entered.
#[test]
fn anchor_599_a_prepared_round_equal_to_the_target_is_refused() {
    let mut high = change(1, 2);
    high.signed.statement.prepared = Some(Prepared {
        round: round(2),
        value: Root::ZERO,
    });
    let bodies = Vec::new();
    let bytes = Message::RoundChange {
        change: high,
        bodies,
    }
    .encode();
    let (field, value) = ("earlier round", 2);
    assert_eq!(decode(&bytes), Err(WireError::Range { field, value }));
}

#[test]
fn a_signer_that_the_cluster_does_not_have_is_refused() {
    let Message::Commit(mut committal) = commit(1) else {
        panic!("a commitment");
    };
    committal.certificate = certificate(0, 2..5);
    let error = decode(&Message::Commit(committal).encode()).unwrap_err();
    assert!(matches!(error, WireError::Range { .. }), "{error}");
}

#[test]
fn what_a_later_version_says_is_told_from_what_no_version_says() {
    let mut bytes = vote(0).encode();
    // The kind stands after the slot, unless it is a head vote: tag 0x10.
    let at = bytes.iter().position(|byte| *byte == 0x08).unwrap() + 5;
    bytes.splice(at..at, [0x10, 9]);
    assert_eq!(decode(&bytes), Err(WireError::Unknown("a duty kind")));
    let other_content = [0x08, 9, 0xa2, 0x06, 1, 7]; // Slot 9, and field 100, of one byte.
    assert_eq!(decode(&other_content), Err(WireError::Unknown("content")));
    assert_eq!(decode(&[0x08, 9]), Err(WireError::Missing("content")));
    let torn = decode(&other_content[..5]);
    assert!(matches!(torn, Err(WireError::Malformed(_))), "{torn:?}");
}

#[test]
fn a_value_beyond_the_bound_of_its_kind_is_refused() {
    for (kind, most) in [(DutyKind::Head, 256), (DutyKind::Block, MAX_BODY)] {
        let mut scope = scope();
        scope.duty.kind = kind;
        let bytes = |length| {
            let body = vec![0; length].into();
            Message::Value { scope, body }.encode()
        };
        assert!(decode(&bytes(most)).is_ok());
        let (field, length) = ("body", most + 1);
        let refused = Err(WireError::Length { field, length });
        assert_eq!(decode(&bytes(length)), refused);
    }
}

/// A PREPARE as programs of the first wire version know it.
#[derive(Clone, PartialEq, prost::Message)]
struct OlderPrepare {
    #[prost(uint32, tag = "1")]
    round: u32,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
}

#[test]
fn an_older_program_reads_the_same_vote_and_skips_what_it_shows() {
    let older = |message: Message| {
        let vote = schema::Vote::decode(message.encode().as_slice()).unwrap();
        let Some(schema::vote::Content::Prepare(inner)) = vote.content else {
            panic!("a vote");
        };
        OlderPrepare::decode(inner.as_slice()).unwrap()
    };
    assert_eq!(older(shown(16)), older(vote(16)));
    assert_eq!(older(shown(16)).round, 16);
}

#[test]
fn a_shown_signature_of_another_length_is_refused() {
    let mut vote = schema::Vote::decode(vote(16).encode().as_slice()).unwrap();
    let Some(schema::vote::Content::Prepare(inner)) = &mut vote.content else {
        panic!("a vote");
    };
    let mut prepare = schema::Prepare::decode(inner.as_slice()).unwrap();
    prepare.propose_signature = vec![8; 63];
    *inner = prepare.encode_to_vec();
    let (field, length) = ("signature", 63);
    let refused = Err(WireError::Length { field, length });
    assert_eq!(decode(&vote.encode_to_vec()), refused);
}

/// The figures of the plan for n = 4: a head vote is one PREPARE and one COMMIT to each of three
/// peers; 2.5 kB with one validator and 12 kB with 31 must hold them, pings and framing too.
#[test]
fn a_slot_of_4_peers_is_small_on_the_wire() {
    let vote = vote(0).encode().len();
    let slot = |validators| 3 * (vote + commit(validators).encode().len());
    assert!(slot(1) <= 1600, "{} bytes", slot(1));
    assert!(slot(31) <= 10_500, "{} bytes", slot(31));
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = decode(&bytes).is_ok();
    }

    #[test]
    fn no_damage_makes_decoding_panic(
        which in 0..9usize,
        at in any::<prop::sample::Index>(),
        (byte, cut) in any::<(u8, bool)>(),
    ) {
        let mut bytes = every_kind()[which].encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(message) = decode(&bytes) {
            prop_assert_eq!(decode(&message.encode()), Ok(message));
        }
    }
}
