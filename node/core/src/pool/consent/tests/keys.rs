//! Which keys of a demand are signed for, by what is known of each.

use dkg::bls::Message;
use proto::eth::DepositMessage;

use super::*;
use crate::deposit::{
    self,
    example::{secrets, sign},
};

#[test]
fn the_own_valid_deposit_and_no_junk_of_others_keeps_from_another() {
    let [secret, _] = secrets();
    let mut case = Case::of(deposit::example::lock(Withdrawal::Later), terms());
    let message = DepositMessage {
        pubkey: secret.public().to_bytes(),
        withdrawal_credentials: [9; 32].into(),
        amount: 1_000_000_000,
    };
    let junk = message.signed([3; 96].into());
    let valid = sign(&secret, message);
    case.beacon.pending = vec![junk];
    case.logged = vec![junk];
    assert!(judge(&case.demand, &case.grounds()).is_ok());
    case.logged.push(valid);
    let refusal = judge(&case.demand, &case.grounds()).unwrap_err();
    assert_eq!(refusal.rule(), "for_others");
    let words = refusal.to_string();
    assert!(
        words.contains("at the deposit contract, for 0x0909"),
        "{words}"
    );
    case.beacon.pending.push(valid);
    let words = judge(&case.demand, &case.grounds())
        .unwrap_err()
        .to_string();
    assert!(
        words.contains("waits on the beacon chain, for 0x0909"),
        "{words}"
    );
    // A deposit for another chain makes no validator here.
    let elsewhere = Message::hash(message.signing_root([0; 4].into()));
    case.beacon.pending = vec![message.signed(secret.sign(&elsewhere).to_bytes())];
    case.logged.clear();
    assert!(judge(&case.demand, &case.grounds()).is_ok());
}

/// What an outsider can see to, he can see to for one key of many.
#[test]
fn a_key_that_is_known_already_keeps_no_other_from_being_signed_for() {
    let [secret, _] = secrets();
    let mut case = Case::of(deposit::example::lock(Withdrawal::Later), terms());
    let [first, second] = [0, 1].map(|at: usize| case.lock.validators[at].public_key);
    assert_eq!(first, secret.public().to_bytes());
    let deposit = |withdrawal_credentials| {
        let message = DepositMessage {
            pubkey: first,
            withdrawal_credentials,
            amount: 1_000_000_000,
        };
        sign(&secret, message)
    };
    let ours = case.demand.credentials;
    case.logged = vec![deposit(ours)];
    let consent = judge(&case.demand, &case.grounds()).unwrap();
    let of: Vec<PublicKey> = consent.messages().iter().map(|it| it.1.pubkey).collect();
    assert_eq!(of, [second]);
    assert_eq!(consent.messages()[0].0, ValidatorPosition(1));
    let rules: Vec<&str> = consent.refused().iter().map(Refusal::rule).collect();
    assert_eq!(rules, ["deposited"]);
    // Where nothing is left, nothing is consented to.
    case.beacon.registered = BTreeSet::from([(second, ours)]);
    let refusal = judge(&case.demand, &case.grounds()).unwrap_err();
    assert_eq!(refusal.rule(), "deposited");
    // Whose shares have signed for others are not given any for anything, whatever stands before.
    let theirs = [9; 32].into();
    let rule = |case: &Case| judge(&case.demand, &case.grounds()).unwrap_err().rule();
    case.beacon.registered.clear();
    case.logged = vec![deposit(ours), deposit(theirs)];
    assert_eq!(rule(&case), "for_others");
    case.logged.clear();
    case.beacon.registered = BTreeSet::from([(first, ours)]);
    case.beacon.pending = vec![deposit(theirs)];
    assert_eq!(rule(&case), "for_others");
    // Nor where they have a validator of it, by whichever of the two states.
    case.beacon.pending.clear();
    for registered in [vec![theirs], vec![ours, theirs]] {
        case.beacon.registered = registered.into_iter().map(|of| (first, of)).collect();
        assert_eq!(rule(&case), "for_others");
    }
}
