//! The Safe that is the node account is created first, and is owned by whom it was agreed before it
//! does anything else.

use std::collections::BTreeMap;

use proto::Address;
use proto::agreement::PoolTerms;
use proto::intent::Aims;

use crate::pool::agreement::example::{lock, terms};
use crate::pool::dispatch::{by_safe, due, is_of_safe};
use crate::pool::example::World;
use crate::pool::plan::{Facts, Kind, Made, Sender, Step, plan};
use crate::pool::safe::SafeState;
use crate::pool::sight::Sight;
use crate::safe::founding::{Contracts, Founding};

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn agreed() -> PoolTerms {
    let owners = (1..=4).map(address).collect();
    PoolTerms {
        node_safe: Some(Contracts::canonical().owned_by(owners)),
        ..terms()
    }
}

fn there() -> SafeState {
    SafeState {
        nonce: 7,
        owners: (1..=4).map(address).collect(),
        threshold: 3,
        singleton: Contracts::canonical().singleton,
        modules: Vec::new(),
        guard: None,
        handler: Some(Contracts::canonical().handler),
    }
}

/// A node whose megapool has something for it to claim.
fn sight(safe: Option<SafeState>) -> Sight {
    let mut sight = World::saturn().sight().unwrap();
    sight.head.safe = safe;
    sight
}

fn planned(sight: &Sight, terms: &PoolTerms) -> Vec<Step> {
    let lock = lock();
    let keys = lock.group_keys();
    let made = Made {
        deposits: &BTreeMap::new(),
        leaving: &BTreeMap::new(),
        pays_smoothing_pool: true,
    };
    let founding = Founding::agreed(terms.node_safe.as_ref().unwrap(), &lock);
    let aims = Aims::of(&terms.wishes);
    let facts = Facts::new(sight, (terms, &aims), &keys, made).unwrap();
    plan(&facts.of_safe(Some(&founding)))
}

#[test]
fn a_safe_that_is_not_there_is_created_by_anybody_before_all_else() {
    let mut sight = sight(None);
    (sight.head.node, sight.finalised) = (None, None);
    let steps = planned(&sight, &agreed());
    let kinds: Vec<&Kind> = steps.iter().map(|step| &step.kind).collect();
    assert_eq!(kinds, [&Kind::CreateSafe, &Kind::Register]);
    let create = steps[0].call().unwrap();
    assert_eq!(create.to.address, Contracts::canonical().factory);
    let safe = agreed().node_safe.unwrap();
    assert_eq!(create.data, Founding::agreed(&safe, &lock()).creation());
    assert_eq!(steps[0].sender, Sender::Anybody);
    // Nothing is asked of the Safe before it is there.
    let due = due(&steps);
    let (of_safe, direct) = by_safe(&due);
    assert_eq!((of_safe.len(), direct.len()), (0, 1));
    assert_eq!(direct[0].kind, Kind::CreateSafe);
    // Once it is, it registers itself.
    sight.head.safe = Some(there());
    let steps = planned(&sight, &agreed());
    let due = crate::pool::dispatch::due(&steps);
    let (of_safe, direct) = by_safe(&due);
    assert_eq!((of_safe[0].kind.name(), direct.len()), ("register", 0));
}

#[test]
fn while_an_owner_is_to_be_exchanged_the_safe_does_nothing_else() {
    let mut terms = agreed();
    let new = address(0x77);
    terms.node_safe.as_mut().unwrap().owners[1] = new;
    let steps = planned(&sight(Some(there())), &terms);
    let swap = &steps[0];
    assert_eq!(
        (&swap.kind, swap.sender),
        (&Kind::SwapOwner(new), Sender::Node)
    );
    assert_eq!(swap.call().unwrap().to.address, terms.fixed.node_account);
    // A claim would be due, too.
    let claim = Step {
        kind: Kind::Claim,
        sender: Sender::NodeOrWithdrawal,
        ..swap.clone()
    };
    let both = [&claim, swap];
    assert_eq!(by_safe(&both).0, [swap]);
    assert_eq!(by_safe(&both[..1]).0, [&claim]);
    // As it was agreed nothing is exchanged.
    let steps = planned(&sight(Some(there())), &agreed());
    let is_swap = |step: &Step| matches!(step.kind, Kind::SwapOwner(_));
    assert!(!steps.iter().any(is_swap));
}

#[test]
fn what_anybody_may_do_a_peer_does_by_itself_but_the_groups_debt() {
    let steps = planned(&sight(Some(there())), &agreed());
    let of = |kind: Kind, sender| {
        is_of_safe(&Step {
            kind,
            sender,
            ..steps[0].clone()
        })
    };
    assert!(of(Kind::Register, Sender::Node));
    assert!(of(Kind::Claim, Sender::NodeOrWithdrawal));
    assert!(of(Kind::FinalBalance(1), Sender::NodeOrWithdrawal));
    assert!(of(Kind::RepayDebt, Sender::Anybody));
    assert!(!of(Kind::Stake(1), Sender::Anybody));
    assert!(!of(Kind::Distribute, Sender::Anybody));
    assert!(!of(Kind::ConfirmWithdrawal, Sender::Itself(address(1))));
}
