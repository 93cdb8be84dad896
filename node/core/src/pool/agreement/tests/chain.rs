//! The chain of versions: forged, cut, put into another order, and of two minds.

use super::*;

#[test]
fn a_version_is_in_force_once_all_and_the_node_account_have_signed() {
    let mut agreement = first();
    let unsigned = |it: &Agreement| it.unsigned_by().len();
    assert_eq!(unsigned(&agreement), 5);
    sign_all(&mut agreement);
    let words = agreement.in_force().unwrap_err().to_string();
    assert!(words.contains("the node account 0x"), "{words}");
    sign_as_node(&mut agreement);
    assert_eq!(agreement.in_force().unwrap().content.number, 1);
    assert_eq!(unsigned(&agreement), 0);
    agreement.complete().unwrap();
    // It comes back from its file.
    assert_eq!(read(agreement.to_file()), Ok(agreement));
}

#[test]
fn the_version_before_stays_in_force_while_the_next_one_is_signed() {
    let agreement = agreed();
    let mut terms = agreement.last().content.terms.pool.clone().unwrap();
    terms.withdrawal = [0x99; 20].into();
    let mut next = agreement.next(terms, Deposits::UNKNOWN).unwrap();
    for identity in &identities()[..3] {
        next.sign(identity).unwrap();
        assert_eq!(next.in_force().unwrap().content.number, 1);
    }
    assert_eq!(next.unsigned_by(), ["dave"]);
    let words = next.complete().unwrap_err().to_string();
    assert!(words.contains("version 2 lacks the signature of dave"));
    next.sign(&identities()[3]).unwrap();
    // The node account has signed the version which named it.
    assert_eq!(next.in_force().unwrap().content.number, 2);
    assert_eq!(read(next.to_file()), Ok(next));
}

#[test]
fn everything_but_what_is_fixed_may_change() {
    let changes: [fn(&mut PoolTerms); 5] = [
        |it| it.withdrawal = [0x98; 20].into(),
        |it| it.rpl_withdrawal = [0x97; 20].into(),
        |it| {
            it.members[0].share -= 100;
            it.members[1].share += 100;
        },
        |it| it.members[0].funding = vec![[0x96; 20].into()],
        |it| it.members[0].owner = None,
    ];
    let mut agreement = agreed();
    for change in changes {
        agreement = followed(&agreement, change);
    }
    assert_eq!(agreement.in_force().unwrap().content.number, 6);
    assert_eq!(read(agreement.to_file()), Ok(agreement));
}

#[test]
fn what_is_fixed_stands_from_the_first_deposit_share_on() {
    let agreement = two_versions();
    type Change = fn(&mut PoolTerms);
    let changes: [(&str, Change); 2] = [
        ("the node account", |it| {
            it.fixed.node_account = [0x95; 20].into()
        }),
        ("RocketStorage", |it| {
            it.fixed.rocket_storage = [0x94; 20].into()
        }),
    ];
    for (what, change) in changes {
        let mut terms = agreement.last().content.terms.pool.clone().unwrap();
        change(&mut terms);
        for since in [Deposits::UNKNOWN, Deposits::Since(2)] {
            let error = agreement.next(terms.clone(), since).unwrap_err();
            let words = error.to_string();
            assert!(
                words.contains(&format!("version 3 changes {what}")),
                "{words}"
            );
        }
        assert!(agreement.next(terms, Deposits::None).is_ok());
    }
    // What changed before the share left may have changed.
    let other = SigningKey::from_slice(&[6; 32]).unwrap();
    let mut terms = good_terms();
    terms.fixed.node_account = account(&other);
    let mut moved = agreed().next(terms, Deposits::None).unwrap();
    sign_all(&mut moved);
    // Another account has to sign for itself.
    assert_eq!(moved.unsigned_by().len(), 1);
    let signature = signed_by(&other, &moved.node_text());
    moved.sign_as_node(account(&other), signature).unwrap();
    let of = |deposits| Agreement::of(moved.to_file(), lock(), deposits);
    assert!(of(Deposits::None).is_ok());
    assert!(of(Deposits::Since(2)).is_ok());
    assert!(of(Deposits::UNKNOWN).is_err());
}

#[test]
fn the_next_version_comes_when_the_last_is_agreed_and_says_something_new() {
    let mut open = first();
    open.sign(&identities()[0]).unwrap();
    let words = open.next(good_terms(), Deposits::UNKNOWN).unwrap_err();
    let words = words.to_string();
    assert!(words.contains("by bob, carol, dave, the node"), "{words}");
    let same = agreed().next(good_terms(), Deposits::UNKNOWN);
    let words = same.unwrap_err().to_string();
    assert!(words.contains("says what version 1 says"), "{words}");
}

/// What comes of a file with this change, whose hashes are right.
fn forged(change: impl FnOnce(&mut AgreementFile)) -> String {
    let mut file = two_versions().to_file();
    change(&mut file);
    for version in &mut file.versions {
        version.hash = version.content.hash();
    }
    read(file).unwrap_err()
}

#[test]
fn a_forged_version_is_refused_by_the_first_signature_that_does_not_fit() {
    let words = forged(|it| {
        it.versions[1]
            .content
            .terms
            .pool
            .as_mut()
            .unwrap()
            .withdrawal = [0x66; 20].into()
    });
    assert!(
        words.contains("\"alice\" does not fit version 2"),
        "{words}"
    );
    // The one who signs alone has not signed for the others.
    let words = forged(|it| {
        it.versions[1]
            .content
            .terms
            .pool
            .as_mut()
            .unwrap()
            .withdrawal = [0x66; 20].into();
        let hash = it.versions[1].content.hash();
        let hash = proto::agreement::AgreementHash(hash);
        let alice = identities()[0].sign_bare(&hash);
        it.versions[1].signatures.insert("alice".to_owned(), alice);
    });
    assert!(words.contains("\"bob\" does not fit version 2"), "{words}");
    // Another's signature under a name.
    let words = forged(|it| {
        let bob = it.versions[1].signatures["bob"];
        it.versions[1].signatures.insert("carol".to_owned(), bob);
    });
    assert!(
        words.contains("\"carol\" does not fit version 2"),
        "{words}"
    );
    let words = forged(|it| {
        let bob = it.versions[1].signatures["bob"];
        it.versions[1].signatures.insert("mallory".to_owned(), bob);
    });
    assert!(words.contains("\"mallory\", who is no operator"), "{words}");
    // A signature of version 1 is none of version 2.
    let words = forged(|it| it.versions[1].signatures = it.versions[0].signatures.clone());
    assert!(
        words.contains("\"alice\" does not fit version 2"),
        "{words}"
    );
}

#[test]
fn a_chain_with_a_version_missing_or_in_another_place_is_refused() {
    let words = forged(|it| drop(it.versions.remove(0)));
    assert!(
        words.contains("version 2 in the place of version 1"),
        "{words}"
    );
    let words = forged(|it| it.versions.swap(0, 1));
    assert!(
        words.contains("version 2 in the place of version 1"),
        "{words}"
    );
    let words = forged(|it| it.versions.push(it.versions[1].clone()));
    assert!(
        words.contains("version 2 in the place of version 3"),
        "{words}"
    );
    // Version 2 of another chain, with a number that fits.
    let mut terms = good_terms();
    terms.rpl_withdrawal = [0x93; 20].into();
    let mut other = Agreement::first(lock(), terms).unwrap();
    sign_all(&mut other);
    sign_as_node(&mut other);
    let other = followed(&other, |it| it.wishes.tickets = Tickets::Save);
    let words = forged(|it| it.versions[1] = other.versions()[1].clone());
    assert!(
        words.contains("version 2 of the agreement does not follow"),
        "{words}"
    );
    let words = forged(|it| it.versions[1].content.previous = None);
    assert!(
        words.contains("version 2 of the agreement does not follow"),
        "{words}"
    );
    let words = forged(|it| it.versions[0].content.previous = Some([1; 32].into()));
    assert!(
        words.contains("version 1 of the agreement does not follow"),
        "{words}"
    );
}

#[test]
fn the_agreement_of_another_cluster_is_refused() {
    let mut file = agreed().to_file();
    file.lock = [3; 32].into();
    file.versions[0].content.lock = file.lock;
    file.versions[0].hash = file.versions[0].content.hash();
    let words = read(file).unwrap_err();
    assert!(
        words.contains("the cluster with the lock 0x0303"),
        "{words}"
    );
}

#[test]
fn the_node_account_alone_signs_for_itself() {
    let mut agreement = first();
    let other = SigningKey::from_slice(&[6; 32]).unwrap();
    let signature = signed_by(&other, &agreement.node_text());
    let error = agreement.sign_as_node(account(&other), signature);
    let words = error.unwrap_err().to_string();
    assert!(words.contains("is the key of the account"), "{words}");
    let node = account(&node_key());
    let refused = |agreement: &mut Agreement, signature| {
        let error = agreement.sign_as_node(node, signature).unwrap_err();
        assert!(matches!(error, BadAgreement::NodeSignature(1)));
    };
    refused(&mut agreement, signature);
    // Something else that the account has signed.
    let else_ = signed_by(&node_key(), "hello");
    refused(&mut agreement, else_);
    // The second form of a good signature, which anybody can make of the first.
    let good = signed_by(&node_key(), &agreement.node_text());
    let mut odd = good;
    let order = alloy_primitives::uint!(
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256
    );
    let s = alloy_primitives::U256::from_be_slice(&good.0[32..64]);
    odd.0[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
    odd.0[64] = 55 - good.0[64];
    refused(&mut agreement, odd);
    let mut early = good;
    early.0[64] -= 27;
    refused(&mut agreement, early);
    let mut file = agreed().to_file();
    file.versions[0].node_signature = Some(odd);
    assert!(
        read(file)
            .unwrap_err()
            .contains("is not that of this account")
    );
}

#[test]
fn only_operators_sign() {
    let stranger = Identity::from_seed(&[77; 32]);
    let error = first().sign(&stranger).unwrap_err();
    assert!(matches!(error, BadAgreement::NotAnOperator(_)), "{error}");
}
