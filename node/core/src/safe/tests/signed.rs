//! At each nonce one call is signed, and what was signed is known after a start.

use super::*;
use crate::safe::signed::{Contents, Proposal, Signed, SignedError};

fn contents(step: &str) -> Contents {
    Contents::Call(Proposal::of(&call(step, 9)))
}

#[test]
fn one_call_is_signed_at_a_nonce_and_none_after_nothing() {
    let mut signed = Signed::new(account());
    signed.add(4, &contents("register"), 10).unwrap();
    // The same again is no other.
    signed.add(4, &contents("register"), 99).unwrap();
    assert_eq!(signed.at(4).unwrap().call.as_ref().unwrap().1, 10);
    let other = signed.add(4, &contents("claim"), 11).unwrap_err();
    assert!(matches!(other, SignedError::OtherCall { nonce: 4, .. }));
    // Not even of the same step with other bytes.
    let mut odd = Proposal::of(&call("register", 9));
    odd.data.push(0);
    signed.add(4, &Contents::Call(odd), 11).unwrap_err();
    signed.add(4, &Contents::Nothing, 12).unwrap();
    signed.add(4, &contents("register"), 13).unwrap();
    signed.add(5, &Contents::Nothing, 14).unwrap();
    let late = signed.add(5, &contents("register"), 15).unwrap_err();
    assert_eq!(late, SignedError::Emptied(5));
}

#[test]
fn what_was_signed_comes_back_from_its_file_and_from_no_other_safes() {
    let mut signed = Signed::new(account());
    signed.add(4, &contents("register:0xaa"), 10).unwrap();
    signed.add(4, &Contents::Nothing, 12).unwrap();
    signed.add(5, &contents("claim"), 14).unwrap();
    let text = signed.to_json();
    assert_eq!(Signed::from_json(&text, account()).unwrap(), signed);
    let other = Account {
        chain_id: 1,
        ..account()
    };
    let refused = Signed::from_json(&text, other).unwrap_err();
    assert!(matches!(refused, SignedError::Other { .. }), "{refused}");
    let newer = text.replace("\"version\": 1", "\"version\": 2, \"more\": []");
    let refused = Signed::from_json(&newer, account()).unwrap_err();
    assert_eq!(refused, SignedError::Newer(2));
    for cut in [text.len() / 2, 0] {
        Signed::from_json(&text[..cut], account()).unwrap_err();
    }
    let twice = text.replace("\"nonce\": 5", "\"nonce\": 4");
    Signed::from_json(&twice, account()).unwrap_err();
}

#[test]
fn what_is_final_is_forgotten_and_no_more_nonces_are_open_than_there_may_be() {
    let mut signed = Signed::new(account());
    for nonce in 0..16 {
        signed.add(nonce, &contents("claim"), 1).unwrap();
    }
    let full = signed.add(16, &contents("claim"), 1).unwrap_err();
    assert_eq!(full, SignedError::Full);
    assert!(signed.settle(3));
    assert!(!signed.settle(3));
    assert_eq!((signed.at(2), signed.at(3).is_some()), (None, true));
    signed.add(16, &contents("claim"), 1).unwrap();
}
