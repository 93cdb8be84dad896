//! A node account that is a Safe: it is the one of these operators, and each shows that he has his
//! account.

use proto::agreement::NodeSafe;

use super::*;
use crate::safe::founding::{Contracts, Founding};

fn owner_keys() -> [SigningKey; 4] {
    [1, 2, 3, 4].map(|byte| SigningKey::from_slice(&[0xb0 + byte; 32]).unwrap())
}

fn safe() -> NodeSafe {
    Contracts::canonical().owned_by(owner_keys().iter().map(account).collect())
}

fn with_safe(safe: NodeSafe) -> PoolTerms {
    let mut terms = terms();
    terms.fixed.node_account = Founding::agreed(&safe, &lock()).address();
    terms.node_safe = Some(safe);
    terms
}

fn refusal(change: impl FnOnce(&mut PoolTerms)) -> String {
    let mut terms = with_safe(safe());
    change(&mut terms);
    match Agreement::first(lock(), terms) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// The same, with its node account where it would be.
fn refusal_of(change: impl FnOnce(&mut NodeSafe)) -> String {
    let mut changed = safe();
    change(&mut changed);
    let terms = with_safe(changed);
    match Agreement::first(lock(), terms) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

fn sign_as_owners(agreement: &mut Agreement, who: &[usize]) {
    let text = agreement.owner_text();
    for at in who {
        let key = &owner_keys()[*at];
        let name = proto::example::NAMES[*at];
        let signed = (account(key), signed_by(key, &text));
        agreement.sign_as_owner(name, signed).unwrap();
    }
}

#[test]
fn a_safe_is_in_force_once_every_operator_and_every_account_of_theirs_has_signed() {
    let mut agreement = Agreement::first(lock(), with_safe(safe())).unwrap();
    sign_all(&mut agreement);
    let missing = agreement.unsigned_by();
    assert_eq!(missing.len(), 4, "{missing:?}");
    assert!(missing[2].ends_with("of carol"), "{missing:?}");
    sign_as_owners(&mut agreement, &[0, 1, 3]);
    assert_eq!(agreement.unsigned_by().len(), 1);
    assert!(agreement.in_force().is_err());
    sign_as_owners(&mut agreement, &[2]);
    agreement.in_force().unwrap();
    // It comes back from its file, and from two copies made one.
    let read = Agreement::of(agreement.to_file(), lock(), Deposits::UNKNOWN).unwrap();
    assert_eq!(read, agreement);
    let mut half = Agreement::first(lock(), with_safe(safe())).unwrap();
    sign_all(&mut half);
    sign_as_owners(&mut half, &[0]);
    half.merge(&agreement, Deposits::UNKNOWN).unwrap();
    half.in_force().unwrap();
}

#[test]
fn an_account_signs_for_its_operator_only_and_again_when_it_is_another_one() {
    let mut agreement = Agreement::first(lock(), with_safe(safe())).unwrap();
    let text = agreement.owner_text();
    let keys = owner_keys();
    let signed = (account(&keys[1]), signed_by(&keys[1], &text));
    let refused = agreement.sign_as_owner("alice", signed).unwrap_err();
    assert!(
        refused.to_string().contains("alice is to own the Safe"),
        "{refused}"
    );
    // As node account, which is another text.
    let odd = (
        account(&keys[0]),
        signed_by(&keys[0], &agreement.node_text()),
    );
    let refused = agreement.sign_as_owner("alice", odd).unwrap_err();
    assert!(
        refused.to_string().contains("is not that of the account"),
        "{refused}"
    );
    sign_all(&mut agreement);
    sign_as_owners(&mut agreement, &[0, 1, 2, 3]);
    let mut file = agreement.to_file();
    let bobs = file.versions[0].owner_signatures["bob"];
    file.versions[0]
        .owner_signatures
        .insert("alice".to_owned(), bobs);
    let refused = Agreement::of(file, lock(), Deposits::None).unwrap_err();
    assert!(
        refused.to_string().contains("of \"alice\" in version 1"),
        "{refused}"
    );
    // Carol has a new account: hers alone has still to sign.
    let new = SigningKey::from_slice(&[0xcc; 32]).unwrap();
    let mut terms = with_safe(safe());
    terms.node_safe.as_mut().unwrap().owners[2] = account(&new);
    let mut next = agreement.next(terms, Deposits::UNKNOWN).unwrap();
    sign_all(&mut next);
    assert_eq!(next.unsigned_by().len(), 1);
    let signed = signed_by(&new, &next.owner_text());
    next.sign_as_owner("carol", (account(&new), signed))
        .unwrap();
    assert_eq!(next.in_force().unwrap().content.number, 2);
}

/// Whoever founds a Safe can leave in it what no list shows, and hand it over after that.
#[test]
fn a_safe_of_founders_who_have_never_signed_is_not_in_force_whoever_owns_it_later() {
    let mut founded = safe();
    founded.founders[2] = [0xee; 20].into();
    let mut agreement = Agreement::first(lock(), with_safe(founded.clone())).unwrap();
    sign_all(&mut agreement);
    sign_as_owners(&mut agreement, &[0, 1, 2, 3]);
    let missing = agreement.unsigned_by();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(missing[0].contains("founds the Safe"), "{missing:?}");
    assert!(agreement.in_force().is_err());
    // Nor does a version help in which nobody has signed for that account.
    founded.founders[2] = account(&SigningKey::from_slice(&[0xcc; 32]).unwrap());
    founded.owners[2] = founded.founders[2];
    let mut agreement = Agreement::first(lock(), with_safe(founded.clone())).unwrap();
    founded.owners[2] = safe().owners[2];
    agreement = agreement
        .instead(with_safe(founded), Deposits::UNKNOWN)
        .unwrap();
    sign_all(&mut agreement);
    sign_as_owners(&mut agreement, &[0, 1, 2, 3]);
    assert!(agreement.in_force().is_err());
}

#[test]
fn a_safe_that_is_not_that_of_the_operators_is_refused_by_its_rule() {
    assert_eq!(refusal(|_| {}), "");
    let words = refusal(|it| it.fixed.node_account = [0x77; 20].into());
    assert!(words.contains("the Safe of these founders"), "{words}");
    // Whatever it was founded with is in its address.
    for change in [
        |it: &mut NodeSafe| it.factory = [1; 20].into(),
        |it: &mut NodeSafe| it.handler = [1; 20].into(),
        |it: &mut NodeSafe| {
            (it.singleton, it.proxy_hash) = ([1; 20].into(), Root::ZERO);
        },
        |it: &mut NodeSafe| it.founders.swap(0, 1),
    ] {
        let words = refusal(|it| change(it.node_safe.as_mut().unwrap()));
        assert!(words.contains("the Safe of these founders"), "{words}");
    }
    // The code that all know is put there by its own hash, and no other code is.
    for change in [
        |it: &mut NodeSafe| it.singleton = [1; 20].into(),
        |it: &mut NodeSafe| it.proxy_hash = Root::ZERO,
    ] {
        let words = refusal_of(change);
        assert!(words.contains("the proxy hash"), "{words}");
    }
    let words = refusal_of(|it| it.owners.truncate(3));
    assert!(words.contains("its owners are 3"), "{words}");
    let words = refusal_of(|it| it.founders.push([9; 20].into()));
    assert!(words.contains("its founders are 5"), "{words}");
    let words = refusal_of(|it| it.owners[3] = it.owners[0]);
    assert!(
        words.contains("of dave") && words.contains("another operator's too"),
        "{words}"
    );
    let owner = terms().members[1].owner.unwrap();
    let words = refusal_of(|it| it.owners[1] = owner);
    assert!(
        words.contains("decides at the withdrawal address"),
        "{words}"
    );
    let words = refusal_of(|it| it.owners[1] = terms().withdrawal);
    assert!(words.contains("where ether or RPL goes"), "{words}");
    let mut one = [0; 20];
    one[19] = 1;
    let words = refusal_of(|it| it.owners[1] = one.into());
    assert!(words.contains("is no account"), "{words}");
}

#[test]
fn on_a_known_chain_a_safe_is_made_by_the_contracts_that_all_wallets_know() {
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
    let hoodi = proto::example::witnessed(contents, &identities);
    let agreed = |safe: NodeSafe| {
        let mut terms = with_safe(safe.clone());
        terms.fixed.rocket_storage = crate::pool::storage_of(560_048).unwrap();
        terms.fixed.node_account = Founding::agreed(&safe, &hoodi).address();
        Agreement::first(hoodi.clone(), terms)
    };
    agreed(safe()).unwrap();
    for change in [
        |it: &mut NodeSafe| it.singleton = [9; 20].into(),
        |it: &mut NodeSafe| it.factory = [9; 20].into(),
        |it: &mut NodeSafe| it.handler = [9; 20].into(),
        |it: &mut NodeSafe| it.proxy_hash = Root::ZERO,
    ] {
        let mut other = safe();
        change(&mut other);
        let words = agreed(other).unwrap_err().to_string();
        assert!(
            words.contains("on chain 560048 a Safe is made by"),
            "{words}"
        );
    }
}
