//! A node account that is a Safe is as it was agreed, or nothing is deposited for it; one that is a
//! single key is none on mainnet.

use proto::Address;
use proto::agreement::{NodeSafe, PoolTerms};
use proto::definition::{Chain, Draft};
use proto::lock::{Contents, Lock};

use super::*;
use crate::pool::agreement::example::{identities, lock};
use crate::pool::safe::SafeState;
use crate::safe::founding::Contracts;

/// One thing about a Safe that is made otherwise than agreed.
type Change = fn(&mut SafeState);

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn agreed() -> NodeSafe {
    Contracts::canonical().owned_by((1..=4).map(address).collect())
}

fn with_safe() -> PoolTerms {
    PoolTerms {
        node_safe: Some(agreed()),
        ..terms()
    }
}

fn there() -> SafeState {
    SafeState {
        nonce: 7,
        owners: agreed().owners,
        threshold: 3,
        singleton: agreed().singleton,
        modules: Vec::new(),
        guard: None,
        handler: Some(agreed().handler),
    }
}

fn case() -> Case {
    let mut case = Case::of(lock(), with_safe());
    case.both(|view| view.safe = Some(there()));
    case
}

#[test]
fn a_safe_that_is_as_agreed_at_both_blocks_is_deposited_for() {
    let case = case();
    assert!(judge(&case.demand, &case.grounds()).is_ok());
}

#[test]
fn nothing_is_deposited_for_a_safe_that_is_not_as_agreed_at_either_block() {
    let odd: [(&str, Change); 7] = [
        ("node_safe", |it| it.singleton = address(9)),
        ("node_safe", |it| it.modules.push(address(9))),
        ("node_safe", |it| it.guard = Some(address(9))),
        ("node_safe", |it| it.handler = None),
        ("node_safe", |it| it.threshold = 1),
        ("node_safe", |it| it.owners.push(address(9))),
        ("node_safe_owner", |it| it.owners[2] = address(9)),
    ];
    for (rule, change) in odd {
        let mut at_head = case();
        change(at_head.sight.head.safe.as_mut().unwrap());
        let mut finalised = case();
        let view = finalised.sight.finalised.as_mut().unwrap();
        change(view.safe.as_mut().unwrap());
        for case in [at_head, finalised] {
            let refusal = judge(&case.demand, &case.grounds()).unwrap_err();
            let found = (refusal.rule(), refusal.culprit());
            assert_eq!(found, (rule, Culprit::Nobody), "{refusal}");
        }
    }
    let mut absent = case();
    absent.sight.head.safe = None;
    assert_eq!(refused(&absent).rule(), "not_registered");
}

fn on_mainnet() -> Lock {
    let identities = identities();
    let lock = lock();
    let draft = Draft {
        chain: Chain::known("mainnet").unwrap(),
        validators: 2,
        withdrawal: Withdrawal::Later,
        ..proto::example::draft(&identities)
    };
    let contents = Contents {
        definition: proto::example::agreed(draft, &identities),
        ..(*lock).clone()
    };
    proto::example::witnessed(contents, &identities)
}

#[test]
fn on_mainnet_no_share_is_given_for_the_node_of_one_key() {
    let one_key = Case::of(on_mainnet(), terms());
    let refusal = refused(&one_key);
    let found = (refusal.rule(), refusal.culprit());
    assert_eq!(found, ("one_key", Culprit::Nobody));
    let mut of_all = Case::of(on_mainnet(), with_safe());
    of_all.both(|view| view.safe = Some(there()));
    assert!(judge(&of_all.demand, &of_all.grounds()).is_ok());
}
