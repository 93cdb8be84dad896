//! Promises of deposits: the file is the launchpad's, and nothing in it can redirect money.

use super::example::{deposits, lock, secrets, settled, sign, version};
use super::*;
use dkg::bls::SecretShare;
use proto::SignatureBytes;
use proto::definition::Withdrawal;

fn file(deposits: &[DepositData]) -> String {
    to_json(deposits, &Chain::known("hoodi").unwrap())
}

fn refusal(deposits: &[DepositData]) -> String {
    from_json(&file(deposits), &settled())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_deposit_file_is_read_as_it_was_written() {
    assert_eq!(
        from_json(&file(&deposits()), &settled()).unwrap(),
        deposits()
    );
}

#[test]
fn a_file_with_no_deposit_or_only_some_is_called_so() {
    let words = refusal(&[]);
    assert!(words.contains("no deposit in this file"), "{words}");
    let words = from_json("", &settled()).unwrap_err().to_string();
    assert!(
        words.contains("take the one that the ceremony wrote"),
        "{words}"
    );
    assert!(check_all(&settled(), &deposits()).is_ok());
    let half = check_all(&settled(), &deposits()[..1]).unwrap_err();
    let key = secrets()[0].public().to_bytes();
    let expected =
        format!("3 of the 4 deposits of this cluster are not in this file, the first of {key}");
    assert!(half.to_string().starts_with(&expected), "{half}");
}

#[test]
fn credentials_are_of_type_1_and_hold_the_address() {
    let expected = format!("0x01{}{}", "00".repeat(11), "aa".repeat(20));
    assert_eq!(
        credentials(&Address::from([0xaa; 20])).to_string(),
        expected
    );
}

#[test]
fn a_deposit_that_returns_to_somebody_else_is_refused_even_if_the_group_signed_it() {
    let mut message = messages(&settled()).unwrap()[0];
    message.withdrawal_credentials = credentials(&Address::from([0xee; 20]));
    let error = refusal(&[sign(&secrets()[0], message)]);
    assert!(error.contains("the operators agreed on 0x01"), "{error}");
}

#[test]
fn a_key_an_amount_or_a_signature_that_is_not_ours_is_refused() {
    let message = messages(&settled()).unwrap()[0];
    let stranger = SecretShare::from_bytes(&[9; 32]).unwrap();
    let foreign = DepositMessage {
        pubkey: stranger.public().to_bytes(),
        ..message
    };
    assert!(refusal(&[sign(&stranger, foreign)]).contains("is no validator of this cluster"));
    let more = DepositMessage {
        amount: 32_000_000_000,
        ..message
    };
    assert!(refusal(&[sign(&secrets()[0], more)]).contains("32 ETH is none of the amounts"));
    assert!(refusal(&[sign(&stranger, message)]).contains("the signature is not that of"));
    let junk = message.signed(SignatureBytes::from([0xff; 96]));
    assert!(refusal(&[junk]).contains("the signature is not that of"));
    let one = sign(&secrets()[0], message);
    assert!(refusal(&[one, one]).contains("deposit 1: this key and amount are in the file twice"));
}

#[test]
fn roots_and_fork_version_must_be_those_of_the_deposit() {
    let good = file(&deposits()[..1]);
    let root = deposits()[0].root().to_string();
    let cases = [
        (
            root.trim_start_matches("0x"),
            "11".repeat(32),
            "deposit_data_root",
        ),
        (
            "10000910",
            "00000000".to_owned(),
            "is for fork version 0x00000000",
        ),
        (
            "\"amount\":1000000000",
            "\"amount\":31000000000".to_owned(),
            "deposit_message_root",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(good.contains(from), "{from} is in {good}");
        let error = from_json(&good.replace(from, &to), &settled()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn nothing_is_deposited_before_the_withdrawal_address_is_settled() {
    let open = lock(Withdrawal::Later);
    assert!(matches!(messages(&open), Err(DepositError::Unsettled)));
    assert!(matches!(
        from_json("[]", &open),
        Err(DepositError::Unsettled)
    ));
}

#[test]
fn only_what_the_chain_has_not_seen_is_missing() {
    let version = version();
    let ours = deposits();
    assert_eq!(missing(version, &ours, &[]).unwrap(), ours);
    assert_eq!(missing(version, &ours, &ours[..3]).unwrap(), ours[3..]);
    assert_eq!(missing(version, &ours, &ours).unwrap(), []);
}

#[test]
fn a_junk_deposit_for_our_key_neither_counts_nor_stops_us() {
    let version = version();
    let ours = deposits();
    let junk = DepositMessage {
        withdrawal_credentials: credentials(&Address::from([0xee; 20])),
        ..ours[0].message()
    };
    let junk = [junk.signed(ours[0].signature), junk.signed([0; 96].into())];
    assert_eq!(missing(version, &ours, &junk).unwrap(), ours);
}

#[test]
fn a_valid_deposit_of_our_key_for_somebody_else_stops_everything() {
    let version = version();
    let theirs = DepositMessage {
        withdrawal_credentials: credentials(&Address::from([0xee; 20])),
        ..deposits()[0].message()
    };
    let theirs = sign(&secrets()[0], theirs);
    let refused = missing(version, &deposits(), &[theirs]);
    assert!(matches!(refused, Err(DepositError::Credentials { .. })));
}
