//! Every reason is told in words that say who, what and what to do next.

use proto::session::{BadMessage, Goodbye, Purpose};
use proto::{ClusterSize, Root, Versions};

use super::super::{Disconnect, NetError, Refusal, Unit};

fn bob() -> String {
    "bob".to_owned()
}

#[test]
fn why_a_session_ended_is_told_in_words() {
    let name = bob();
    let (length, bound) = (1002, 1001);
    let rule = BadMessage::TooLong { length, bound };
    let malformed = Disconnect::Malformed { name, rule }.to_string();
    assert!(malformed.contains("bob sent a message of 1002 bytes"));
    for (reason, words) in [
        (
            Goodbye::Malformed,
            "bob ended the session: it could not read",
        ),
        (Goodbye::Rate, "rate limit"),
    ] {
        let name = bob();
        let left = Disconnect::Left { name, reason }.to_string();
        assert!(left.contains(words), "{left}");
    }
    let cause = String::new();
    let lost = Disconnect::Lost { name: bob(), cause };
    assert!(lost.to_string().contains("broke"));
    for (limit, unit, words) in [
        (
            50,
            Unit::Frames,
            "bob sent more than 50 frames a second; cut",
        ),
        (
            50_000,
            Unit::Bytes,
            "bob sent more than 50000 bytes a second; cut",
        ),
    ] {
        let name = bob();
        let rate = Disconnect::Rate { name, limit, unit };
        assert_eq!(rate.to_string(), words);
    }
}

#[test]
fn what_does_not_fit_is_told_on_both_sides_with_what_to_do() {
    let words = |ours, theirs| {
        let (name, purpose) = (bob(), Purpose::Duties);
        Refusal::Context {
            name,
            purpose,
            ours,
            theirs,
        }
        .to_string()
    };
    let (one, other) = (Root::from([7; 32]), Root::from([0xcd; 32]));
    let context = words(one, other);
    for part in [
        "bob",
        "another cluster lock",
        "ours 0x0707",
        "theirs 0xcdcd",
        "cluster show",
    ] {
        assert!(context.contains(part), "{part:?} in {context:?}");
    }
    let context = words(other, one);
    assert!(context.contains("bob") && context.contains("theirs 0x0707"));
    let (duties, ceremony) = (Purpose::Duties, Purpose::Ceremony);
    for (ours, theirs, words) in [
        (duties, ceremony, "bob is here for the key ceremony"),
        (ceremony, duties, "bob is here for duties"),
    ] {
        let name = bob();
        let purpose = Refusal::Purpose { name, ours, theirs };
        assert!(purpose.to_string().contains(words), "{purpose}");
    }
    let ours = ClusterSize::of(3).unwrap().peer(1).unwrap();
    let (name, theirs) = (bob(), 0);
    let position = Refusal::Position { name, ours, theirs }.to_string();
    assert!(position.contains("bob takes itself for peer 0"));
}

#[test]
fn who_is_at_a_wrong_address_or_in_no_cluster_is_named_as_people_know_it() {
    let address = "127.0.0.1:9".to_owned();
    let found = "operator carol".to_owned();
    let wrong = Refusal::WrongIdentity {
        name: bob(),
        address: address.clone(),
        found,
    };
    assert_eq!(
        wrong.to_string(),
        "at 127.0.0.1:9 not bob answers but operator carol: correct bob's address"
    );
    let identity = "abcd".to_owned();
    let stranger = Refusal::Stranger { identity, address }.to_string();
    assert!(stranger.contains("with identity abcd is not in"));
    let why = "some reason".to_owned();
    let unreached = Refusal::Unreached { name: bob(), why };
    assert_eq!(unreached.to_string(), "bob is not reached: some reason");
    let left = Refusal::HungUp { name: bob() };
    assert!(left.to_string().contains("bob"));
}

#[test]
fn why_the_network_does_not_start_is_told_in_words() {
    let me = ClusterSize::of(3).unwrap().peer(0).unwrap();
    assert!(
        NetError::NotMyPlace { me }
            .to_string()
            .contains("identity key")
    );
    let few = NetError::Settings {
        what: "names",
        got: 2,
        peers: 3,
    };
    assert!(few.to_string().contains("names: 2"));
    let busy = NetError::Listen {
        address: "127.0.0.1:9".parse().unwrap(),
        cause: "it is taken".to_owned(),
    };
    let busy = busy.to_string();
    assert!(busy.contains("cannot listen on 127.0.0.1"), "{busy}");
    assert!(busy.contains("`listen`"), "{busy}");
}

#[test]
fn of_two_programs_without_a_common_version_the_older_one_is_to_be_upgraded() {
    let refusal = |lowest, highest| {
        let name = bob();
        let theirs = Versions::between(lowest, highest).unwrap();
        Refusal::WireVersion { name, theirs }.to_string()
    };
    let ours = Versions::OURS;
    assert_eq!(
        refusal(7, 9),
        format!("peer bob speaks wire version 7 to 9, we speak {ours}: upgrade gantry here")
    );
    assert_eq!(
        refusal(0, 0),
        format!("peer bob speaks wire version 0, we speak {ours}: bob must upgrade gantry")
    );
}
