//! PoolTerms that cannot be are refused, each by its rule.

use super::*;

fn refusal(change: impl FnOnce(&mut PoolTerms)) -> String {
    let mut terms = good_terms();
    change(&mut terms);
    match Agreement::first(lock(), terms) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn terms_that_keep_all_rules_are_taken() {
    assert_eq!(refusal(|_| {}), "");
    // Whoever pays nothing in may have a share, and whoever pays may have none.
    assert_eq!(
        refusal(|it| {
            it.members[0].share = 0;
            it.members[1].share = 5_000;
            it.members[0].funding.clear();
            it.members[0].owner = None;
        }),
        ""
    );
}

#[test]
fn a_lock_whose_stake_returns_to_an_address_is_refused_by_name() {
    let settled = lock_with(Withdrawal::One([0xee; 20].into()));
    let error = Agreement::first(settled, good_terms()).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("\"Sunday club\""), "{words}");
    let at = proto::definition::checksummed(&[0xee; 20].into());
    assert!(words.contains(&at), "{words}");
    assert!(words.contains("--withdrawal later"), "{words}");
}

#[test]
fn a_lock_for_whose_keys_a_deposit_was_signed_is_refused() {
    let key = lock().validators[1].public_key;
    assert_eq!(join(&lock(), &[[0; 48].into()]), Ok(()));
    assert_eq!(join(&lock(), &[key]), Err(BadTerms::OnRecord(key)));
}

#[test]
fn on_a_known_chain_rocket_storage_is_the_one_of_that_chain() {
    let mut terms = good_terms();
    let hoodi = {
        let identities = identities();
        let draft = proto::example::draft(&identities);
        let contents = proto::lock::Contents {
            definition: proto::example::agreed(
                Draft {
                    chain: Chain::known("hoodi").unwrap(),
                    validators: 2,
                    withdrawal: Withdrawal::Later,
                    ..draft
                },
                &identities,
            ),
            ..(*lock()).clone()
        };
        proto::example::witnessed(contents, &identities)
    };
    let error = Agreement::first(hoodi.clone(), terms.clone()).unwrap_err();
    let words = error.to_string();
    let known = "0x594Fb75D3dc2DFa0150Ad03F99F97817747dd4E1";
    assert!(words.contains("on chain 560048"), "{words}");
    assert!(words.contains(known), "{words}");
    terms.fixed.rocket_storage = crate::pool::storage_of(560_048).unwrap();
    assert!(Agreement::first(hoodi, terms).is_ok());
}

#[test]
fn addresses_that_lose_the_money_or_give_it_to_one_are_refused() {
    let nobody = Address::from([0; 20]);
    let node = account(&node_key());
    let contract = lock().definition.terms().chain.deposit_contract;
    let storage = good_terms().fixed.rocket_storage;
    type Place = fn(&mut PoolTerms) -> &mut Address;
    let places: [(&str, Place); 4] = [
        ("the withdrawal address", |it| &mut it.withdrawal),
        ("the RPL withdrawal address", |it| &mut it.rpl_withdrawal),
        ("account of alice to pay from", |it| {
            &mut it.members[0].funding[0]
        }),
        ("account of bob that decides", |it| {
            it.members[1].owner.as_mut().unwrap()
        }),
    ];
    let reasons = [
        (nobody, "the zero address"),
        (contract, "the deposit contract"),
        (storage, "that of RocketStorage"),
        (node, "the node account"),
    ];
    for (name, place) in places {
        for (address, why) in reasons {
            let words = refusal(|it| *place(it) = address);
            assert!(words.contains(name) && words.contains(why), "{words}");
        }
    }
    let words = refusal(|it| it.fixed.rocket_storage = nobody);
    assert!(words.contains("RocketStorage 0x0000"), "{words}");
    let words = refusal(|it| it.fixed.node_account = nobody);
    assert!(words.contains("node account 0x0000"), "{words}");
    let words = refusal(|it| it.fixed.node_account = storage);
    assert!(words.contains("that of RocketStorage"), "{words}");
}

#[test]
fn the_members_are_the_operators_in_their_order() {
    let expected = "alice, bob, carol, dave";
    for change in [
        |it: &mut PoolTerms| it.members.swap(0, 1),
        |it: &mut PoolTerms| it.members[3].name = "mallory".to_owned(),
        |it: &mut PoolTerms| drop(it.members.pop()),
        |it: &mut PoolTerms| it.members.push(it.members[0].clone()),
    ] {
        let words = refusal(change);
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn the_shares_are_all_of_it() {
    let words = refusal(|it| it.members[0].share = 2_501);
    assert!(words.contains("add up to 10001"), "{words}");
    let words = refusal(|it| it.members[0].share = u32::MAX);
    assert!(words.contains("basis points"), "{words}");
}

#[test]
fn no_account_is_of_two_operators() {
    let words = refusal(|it| it.members[1].funding = it.members[0].funding.clone());
    assert!(
        words.contains("alice and bob give the same account"),
        "{words}"
    );
    let words = refusal(|it| it.members[3].owner = it.members[2].owner);
    assert!(
        words.contains("carol and dave give the same account"),
        "{words}"
    );
    let words = refusal(|it| {
        let all = (0..=8).map(|byte| Address::from([0x60 + byte; 20]));
        it.members[2].funding = all.collect();
    });
    assert!(words.contains("carol gives more than 8"), "{words}");
}

#[test]
fn wishes_are_such_that_they_can_be_fulfilled() {
    let words = refusal(|it| it.wishes.validators = 3);
    assert!(words.contains("the lock has keys of 2"), "{words}");
    for zone in ["UTC", "", "Berlin, Germany", &"x".repeat(65), "Zürich/X"] {
        let words = refusal(|it| it.wishes.timezone = zone.to_owned());
        assert!(words.contains("such as Europe/Berlin"), "{words}");
    }
}

#[test]
fn what_may_be_meant_and_costs_dearly_is_told() {
    let told = |change: fn(&mut PoolTerms)| -> Vec<String> {
        let mut terms = good_terms();
        // Addresses that somebody may have the keys of.
        terms.withdrawal = account(&SigningKey::from_slice(&[6; 32]).unwrap());
        terms.rpl_withdrawal = terms.withdrawal;
        change(&mut terms);
        cautions(&terms.into())
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let among = |told: &[String], words: &str| told.iter().any(|it| it.contains(words));
    assert!(!among(&told(|_| {}), "withdrawal"));
    let one = told(|it| it.withdrawal = [0xbb; 20].into());
    assert!(among(&one, "the withdrawal address 0xbB"), "{one:?}");
    let one = told(|it| it.members[2].owner = Some(it.withdrawal));
    assert!(among(&one, "to an account of carol alone"), "{one:?}");
}
