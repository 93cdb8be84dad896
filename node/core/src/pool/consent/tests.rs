//! What is in order is consented to; each rule that is broken alone is refused by its name, with
//! who is at fault.

use std::collections::BTreeSet;

use alloy_primitives::U256;
use proto::agreement::Fixed;
use proto::definition::Withdrawal;
use proto::{PublicKey, Root, ValidatorPosition};

use super::example::{Case, version};
use super::owners::megapool_of;
use super::*;
use crate::pool::account::Account;
use crate::pool::agreement::example::{lock_with, terms};
use crate::pool::amount::Wei;
use crate::pool::megapool::{Deployed, Stage, Validator};
use crate::pool::view::View;
use crate::pool::withdrawal::Unfit;
use crate::pool::withdrawal::rehearsal::Rehearsal;

mod keys;
mod safe;

/// Somebody else.
const EVIL: [u8; 20] = [0xee; 20];

fn account(view: &mut View) -> &mut Account {
    &mut view.node.as_mut().unwrap().account
}

fn megapool(view: &mut View) -> &mut Deployed {
    let megapool = view.node.as_mut().unwrap().megapool.as_mut();
    megapool.unwrap().deployed.as_mut().unwrap()
}

fn validator(pubkey: PublicKey, stage: Stage) -> Validator {
    Validator {
        id: 0,
        pubkey,
        stage,
        locked_since: None,
        is_express: false,
        requested: Wei::ZERO,
        bond: Wei::ZERO,
        deposited: Wei::ZERO,
    }
}

fn ether(amount: u64) -> Wei {
    Wei(U256::from(amount) * U256::from(10_u64.pow(18)))
}

#[test]
fn what_is_in_order_is_consented_to_with_messages_that_are_built_here() {
    let case = Case::new();
    let consent = judge(&case.demand, &case.grounds()).unwrap();
    let keys = case.lock.validators.iter().map(|it| it.public_key);
    let message = |(at, pubkey)| {
        let message = DepositMessage {
            pubkey,
            withdrawal_credentials: case.demand.credentials,
            amount: 1_000_000_000,
        };
        (ValidatorPosition(at), message)
    };
    let expected: Vec<_> = (0..).zip(keys).map(message).collect();
    assert_eq!(consent.messages(), expected);
    let chain = &case.lock.definition.terms().chain;
    assert_eq!(consent.version(), chain.genesis_fork_version);
    let joined = consent.joined();
    assert_eq!((joined.number, joined.fixed), (1, terms().fixed));
    // The lock's amounts are others.
    let amounts = &case.lock.definition.terms().deposit_amounts;
    assert!(amounts.iter().all(|amount| amount.0 != GWEI));
}

type Break = fn(&mut Case);

/// What is broken, by the name of the rule, and who is at fault.
const BROKEN: &[(&str, Culprit, Break)] = &[
    ("settled", Culprit::Nobody, |it| {
        it.lock = lock_with(Withdrawal::One(EVIL.into()));
    }),
    ("not_agreed", Culprit::Nobody, |it| it.agreement = None),
    ("execution_chain", Culprit::Nobody, |it| {
        it.sight.chain_id = 1
    }),
    ("beacon_chain", Culprit::Nobody, |it| {
        it.beacon.genesis_validators_root = Root::ZERO;
    }),
    ("beacon_chain", Culprit::Nobody, |it| {
        it.beacon.genesis_fork_version = [7; 4].into();
    }),
    ("beacon_chain", Culprit::Nobody, |it| {
        it.beacon.deposit_chain_id = 1
    }),
    ("deposit_contract", Culprit::Nobody, |it| {
        it.beacon.deposit_contract = EVIL.into();
    }),
    ("no_storage", Culprit::Nobody, |it| {
        it.sight.finalised = None
    }),
    ("other_sight", Culprit::Nobody, |it| {
        it.sight.node = EVIL.into()
    }),
    ("other_sight", Culprit::Nobody, |it| {
        it.both(|view| view.contracts.storage.address = EVIL.into());
    }),
    ("withdrawal_safe", Culprit::Nobody, |it| {
        it.withdrawal[0].1 = Err(Unfit::NoContract);
    }),
    ("withdrawal_safe_untried", Culprit::Nobody, |it| {
        it.rehearsal = Rehearsal::Nothing;
    }),
    ("withdrawal_safe_untried", Culprit::Nobody, |it| {
        let (from, amount) = (EVIL.into(), Rehearsal::amount());
        it.rehearsal = Rehearsal::Received { from, amount };
    }),
    ("no_owners", Culprit::Nobody, |it| {
        it.agreement.as_mut().unwrap().terms.members[1].owner = None;
    }),
    ("other_sight", Culprit::Nobody, |it| {
        it.withdrawal.clear();
    }),
    ("other_agreement", Culprit::Nobody, |it| {
        it.demand.agreement = Root::ZERO
    }),
    ("other_fixed", Culprit::Nobody, |it| {
        it.record.fixed = Some(Fixed {
            node_account: EVIL.into(),
            ..terms().fixed
        });
    }),
    ("not_registered", Culprit::Nobody, |it| {
        it.sight.head.node = None
    }),
    ("withdrawal_address", Culprit::NodeAccount, |it| {
        account(&mut it.sight.head).withdrawal = EVIL.into();
    }),
    ("pending_withdrawal_address", Culprit::NodeAccount, |it| {
        account(&mut it.sight.head).pending_withdrawal = Some(EVIL.into());
    }),
    ("rpl_withdrawal_address", Culprit::NodeAccount, |it| {
        account(&mut it.sight.head).rpl_withdrawal = None;
    }),
    (
        "pending_rpl_withdrawal_address",
        Culprit::NodeAccount,
        |it| {
            account(&mut it.sight.head).pending_rpl_withdrawal = Some(EVIL.into());
        },
    ),
    ("no_megapool", Culprit::Nobody, |it| {
        let node = it.sight.head.node.as_mut().unwrap();
        node.megapool.as_mut().unwrap().deployed = None;
    }),
    ("megapool_address", Culprit::Nobody, |it| {
        it.both(|view| megapool(view).place.address = EVIL.into());
    }),
    ("megapool_address", Culprit::Nobody, |it| {
        it.extra[0].proxy = None
    }),
    ("megapool_address", Culprit::Nobody, |it| {
        it.extra[1].proxy = Some(EVIL.into())
    }),
    // Rows 1 and 2 of what an evil coordinator may try: credentials of his own.
    ("credentials", Culprit::Demander, |it| {
        it.demand.credentials = credentials(&EVIL.into());
    }),
    ("deposits_closed", Culprit::Nobody, |it| {
        it.sight.head.network.may_deposit = false
    }),
    ("debt", Culprit::Nobody, |it| {
        it.both(|view| megapool(view).debt = Wei(U256::ONE))
    }),
    ("bond", Culprit::Nobody, |it| {
        it.both(|view| megapool(view).next_bond = ether(33))
    }),
    ("bond", Culprit::Nobody, |it| {
        it.both(|view| megapool(view).next_bond = Wei::ZERO)
    }),
    ("funds", Culprit::Nobody, |it| {
        account(&mut it.sight.head).balance = Wei::ZERO;
        account(&mut it.sight.head).credit.usable = ether(3);
    }),
    ("count", Culprit::Demander, |it| {
        it.demand.validators.clear()
    }),
    ("count", Culprit::Demander, |it| {
        it.demand.validators = (0..26).map(ValidatorPosition).collect();
    }),
    ("order", Culprit::Demander, |it| {
        it.demand.validators.reverse()
    }),
    ("order", Culprit::Demander, |it| {
        it.demand.validators = [0, 0].map(ValidatorPosition).into();
    }),
    ("not_ours", Culprit::Demander, |it| {
        it.demand.validators = vec![ValidatorPosition(2)];
    }),
    ("leaves", Culprit::Nobody, |it| {
        let key = it.lock.validators[1].public_key;
        it.agreement.as_mut().unwrap().aims.exits = vec![key];
    }),
    ("not_wished", Culprit::Nobody, |it| {
        let mut terms = terms();
        terms.wishes.validators = 1;
        let version = version(&it.lock, terms);
        it.demand.agreement = version.hash;
        it.agreement = Some(version);
    }),
    ("registered", Culprit::Nobody, |it| {
        let key = it.lock.validators[1].public_key;
        it.beacon.registered = BTreeSet::from([(key, it.demand.credentials)]);
    }),
    ("for_others", Culprit::Nobody, |it| {
        let key = it.lock.validators[1].public_key;
        it.beacon.registered = BTreeSet::from([(key, credentials(&EVIL.into()))]);
    }),
    ("for_others", Culprit::Nobody, |it| {
        let key = it.lock.validators[0].public_key;
        let prestaked = Stage::Prestaked {
            assigned: 0,
            dissolvable: 9,
        };
        it.both(|view| megapool(view).validators = vec![validator(key, prestaked)]);
        it.evidence.registered = BTreeSet::from([(key, credentials(&EVIL.into()))]);
    }),
    ("minipool", Culprit::Nobody, |it| {
        let key = it.lock.validators[1].public_key;
        it.extra[0].minipools.insert(key, Some(EVIL.into()));
    }),
    ("not_looked", Culprit::Nobody, |it| {
        it.extra[1].minipools.clear()
    }),
    ("in_megapool", Culprit::Nobody, |it| {
        let key = it.lock.validators[0].public_key;
        megapool(&mut it.sight.head).validators = vec![validator(key, Stage::Staked)];
    }),
    ("in_megapool", Culprit::Nobody, |it| {
        let key = it.lock.validators[1].public_key;
        megapool(&mut it.sight.head).validators = vec![validator(key, Stage::Dequeued)];
    }),
    // The node account's holder uses our bond for keys of his own, or wastes it.
    ("foreign_validator", Culprit::NodeAccount, |it| {
        megapool(&mut it.sight.head).validators = vec![validator([7; 48].into(), Stage::Staked)];
    }),
    ("foreign_validator", Culprit::NodeAccount, |it| {
        megapool(&mut it.sight.head).validators = vec![validator([7; 48].into(), Stage::Dequeued)];
    }),
    ("junk_signature", Culprit::NodeAccount, |it| {
        let key = it.lock.validators[0].public_key;
        let prestaked = Stage::Prestaked {
            assigned: 0,
            dissolvable: 9,
        };
        it.both(|view| megapool(view).validators = vec![validator(key, prestaked)]);
    }),
    ("false_final_balance", Culprit::NodeAccount, |it| {
        let key = it.lock.validators[0].public_key;
        let exited = Stage::Exited { balance: ether(1) };
        it.both(|view| megapool(view).validators = vec![validator(key, exited)]);
        it.evidence.paid.insert(key, 32_000_000_000);
    }),
    ("other_credentials", Culprit::Demander, |it| {
        let key = it.lock.validators[1].public_key;
        it.record.credentials.insert(key, Root::ZERO);
    }),
];

/// Why no share is given of a key, or of any.
fn refused(case: &Case) -> Refusal {
    match judge(&case.demand, &case.grounds()) {
        Ok(consent) => consent.refused().first().unwrap().clone(),
        Err(refusal) => refusal,
    }
}

#[test]
fn each_rule_that_is_broken_alone_is_refused_by_its_name() {
    for (rule, culprit, break_it) in BROKEN {
        let mut case = Case::new();
        break_it(&mut case);
        let refusal = refused(&case);
        assert_eq!(
            (refusal.rule(), refusal.culprit()),
            (*rule, *culprit),
            "{refusal}"
        );
    }
}

/// What is right at the newest block only may still be taken back, and nobody is to blame for it.
#[test]
fn what_is_not_final_yet_is_refused_and_nobody_is_at_fault() {
    let broken: &[(&str, Break)] = &[
        ("withdrawal_address", |it| {
            let finalised = it.sight.finalised.as_mut().unwrap();
            account(finalised).withdrawal = EVIL.into();
        }),
        ("pending_withdrawal_address", |it| {
            let finalised = it.sight.finalised.as_mut().unwrap();
            account(finalised).pending_withdrawal = Some(EVIL.into());
        }),
        ("rpl_withdrawal_address", |it| {
            let finalised = it.sight.finalised.as_mut().unwrap();
            account(finalised).rpl_withdrawal = None;
        }),
        ("pending_rpl_withdrawal_address", |it| {
            let finalised = it.sight.finalised.as_mut().unwrap();
            account(finalised).pending_rpl_withdrawal = Some(EVIL.into());
        }),
        ("not_registered", |it| {
            it.sight.finalised.as_mut().unwrap().node = None
        }),
        ("deposits_closed", |it| {
            it.sight.finalised.as_mut().unwrap().network.may_deposit = false;
        }),
        ("no_megapool", |it| {
            let node = it.sight.finalised.as_mut().unwrap().node.as_mut();
            node.unwrap().megapool.as_mut().unwrap().deployed = None;
        }),
    ];
    for (rule, break_it) in broken {
        let mut case = Case::new();
        break_it(&mut case);
        let refusal = judge(&case.demand, &case.grounds()).unwrap_err();
        let found = (refusal.rule(), refusal.culprit());
        assert_eq!(found, (*rule, Culprit::Nobody), "{refusal}");
    }
}

/// The one who waits may be the owner himself: that is how a planted entry is repaired.
#[test]
fn a_pending_address_that_is_the_owner_already_changes_nothing() {
    let mut case = Case::new();
    case.both(|view| {
        let account = account(view);
        account.pending_withdrawal = Some(account.withdrawal);
        account.pending_rpl_withdrawal = account.rpl_withdrawal;
    });
    assert!(judge(&case.demand, &case.grounds()).is_ok());
}

/// Of a run of the real contracts of protocol 1.4.
#[test]
fn the_address_of_a_megapool_is_that_which_the_real_factory_makes() {
    let at = |text: &str| text.parse().unwrap();
    let megapool = megapool_of(
        &at("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        &at("f5c4a909455C00B99A90d93b48736F3196DB5621"),
        &at("1D8D70AD07C8E7E442AD78E4AC0A16f958Eba7F0"),
    );
    assert_eq!(megapool, at("7FD8a0832C7c8f438D23b6DAd1c5Da5524165012"));
}
