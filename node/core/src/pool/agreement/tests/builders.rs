//! Builders can be agreed on with Rocket Pool or without it, and only what all have signed counts.

use dkg::bls::SecretShare;
use proto::agreement::{BuilderTerms, Relay, Terms};

use super::*;
use crate::pool::example::key;

fn relay(id: u8) -> Relay {
    let mut secret = [0; 32];
    secret[31] = id;
    let secret = SecretShare::from_bytes(&secret).unwrap();
    Relay {
        url: format!("https://relay-{id}.example"),
        public_key: secret.public().to_bytes(),
    }
}

fn builder() -> BuilderTerms {
    BuilderTerms {
        relays: vec![relay(7)],
        gas_limit: 60_000_000,
        boost_factor: 100,
        timestamp: 5,
    }
}

fn alone(builder: BuilderTerms) -> Terms {
    Terms {
        pool: None,
        builder: Some(builder),
    }
}

/// A lock whose stake returns to an address: no cluster of it is at Rocket Pool.
fn settled() -> proto::lock::Lock {
    lock_with(Withdrawal::One([0xee; 20].into()))
}

#[test]
fn a_cluster_that_is_not_at_rocket_pool_agrees_on_builders() {
    let mut agreement = Agreement::first(settled(), alone(builder())).unwrap();
    assert_eq!(agreement.unsigned_by(), ["alice", "bob", "carol", "dave"]);
    for identity in &identities()[..3] {
        agreement.sign(identity).unwrap();
        assert_eq!(BuilderPolicy::of(&agreement), None);
    }
    agreement.sign(&identities()[3]).unwrap();
    let policy = BuilderPolicy::of(&agreement).unwrap();
    assert_eq!((policy.number(), policy.relays()), (1, &[relay(7)][..]));
    let words = agreement.on_pool().unwrap_err().to_string();
    assert!(words.contains("says nothing of Rocket Pool"), "{words}");
    // Nobody signs as a node that there is not.
    let (node, signature) = (account(&node_key()), signed_by(&node_key(), "text"));
    let words = agreement.sign_as_node(node, signature).unwrap_err();
    assert!(words.to_string().contains("leave out"), "{words}");
    let mut file = agreement.to_file();
    file.versions[0].node_signature = Some(signature);
    assert!(Agreement::of(file, settled(), Deposits::UNKNOWN).is_err());
    let read = Agreement::of(agreement.to_file(), settled(), Deposits::UNKNOWN);
    assert_eq!(read.unwrap(), agreement);
}

#[test]
fn builders_are_agreed_on_beside_what_stands_at_rocket_pool() {
    let before = agreed();
    let mut terms = before.last().content.terms.clone();
    terms.builder = Some(builder());
    let mut next = before.next(terms.clone(), Deposits::UNKNOWN).unwrap();
    assert_eq!(BuilderPolicy::of(&next), None);
    sign_all(&mut next);
    // The node account has signed before.
    assert_eq!(next.in_force().unwrap().content.number, 2);
    let policy = BuilderPolicy::of(&next).unwrap();
    let message = policy.registration(
        key(3),
        RegisteredPayee {
            address: [9; 20].into(),
            order: Order::First,
        },
    );
    assert_eq!((message.gas_limit, message.timestamp), (60_000_000, 5));
    assert_eq!(
        (message.pubkey, message.fee_recipient),
        (key(3), [9; 20].into())
    );
    // Off again, and what stands at Rocket Pool cannot go with it.
    terms.builder.as_mut().unwrap().relays.clear();
    let mut off = next.next(terms, Deposits::UNKNOWN).unwrap();
    sign_all(&mut off);
    assert_eq!(BuilderPolicy::of(&off), None);
    let gone = next.next(alone(builder()), Deposits::UNKNOWN).unwrap_err();
    let words = gone.to_string();
    assert!(
        words.contains("that the cluster is at Rocket Pool"),
        "{words}"
    );
    assert!(next.next(alone(builder()), Deposits::None).is_ok());
}

#[test]
fn a_cluster_that_has_agreed_on_builders_may_join_rocket_pool() {
    let mut first = Agreement::first(lock(), alone(builder())).unwrap();
    sign_all(&mut first);
    let both = Terms {
        pool: Some(good_terms()),
        builder: Some(builder()),
    };
    let mut next = first.next(both.clone(), Deposits::UNKNOWN).unwrap();
    sign_all(&mut next);
    assert_eq!(next.in_force().unwrap().content.number, 1);
    sign_as_node(&mut next);
    assert_eq!(next.on_pool().unwrap().number, 2);
    // That of a lock which cannot join cannot.
    let mut first = Agreement::first(settled(), alone(builder())).unwrap();
    sign_all(&mut first);
    assert!(first.next(both, Deposits::UNKNOWN).is_err());
}

#[test]
fn a_version_in_which_only_the_time_is_new_says_nothing_new() {
    let mut first = Agreement::first(settled(), alone(builder())).unwrap();
    sign_all(&mut first);
    let mut later = builder();
    later.timestamp += 1;
    let words = first.next(alone(later), Deposits::UNKNOWN).unwrap_err();
    assert!(words.to_string().contains("says what version 1 says"));
}

#[test]
fn terms_on_builders_that_cannot_be_are_refused_each_by_its_rule() {
    let refused = |change: &dyn Fn(&mut BuilderTerms)| {
        let mut terms = builder();
        change(&mut terms);
        let first = Agreement::first(settled(), alone(terms));
        first.map_or_else(|error| error.to_string(), |_| String::new())
    };
    assert_eq!(refused(&|_| {}), "");
    let many = (1..10).map(relay).collect::<Vec<_>>();
    assert!(refused(&|it| it.relays.clone_from(&many)).contains("at most 8"));
    assert!(refused(&|it| it.relays.push(relay(7))).contains("named twice"));
    let same_key = |it: &mut BuilderTerms| {
        let other = format!("{}/x", it.relays[0].url);
        it.relays.push(Relay {
            url: other,
            ..relay(7)
        });
    };
    assert!(refused(&same_key).contains("named twice"));
    let odd = |it: &mut BuilderTerms| it.relays[0].url = "https://a@b".to_owned();
    assert!(refused(&odd).contains("is no relay"));
    let no_point = |it: &mut BuilderTerms| it.relays[0].public_key = [0xff; 48].into();
    assert!(refused(&no_point).contains("is no relay"));
    assert!(refused(&|it| it.gas_limit = 30).contains("gas limit of 30"));
    let nothing = Agreement::first(settled(), Terms::default()).unwrap_err();
    assert!(nothing.to_string().contains("it says nothing"), "{nothing}");
}
