//! What is in order is no misuse, and each misuse is named.

use super::*;
use crate::deposit;
use crate::deposit::example::{secrets, sign, version};
use crate::pool::agreement::example::terms;
use crate::pool::consent::example::Case;
use crate::pool::megapool::Deployed;
use crate::pool::queue::Lane;
use crate::pool::view::View;
use dkg::bls::SecretShare;
use proto::definition::Withdrawal;
use proto::eth::DepositMessage;

fn megapool(view: &mut View) -> &mut Deployed {
    let megapool = view.node.as_mut().unwrap().megapool.as_mut();
    megapool.unwrap().deployed.as_mut().unwrap()
}

fn validator(id: u32, pubkey: PublicKey, stage: Stage) -> Validator {
    Validator {
        id,
        pubkey,
        stage,
        locked_since: None,
        is_express: false,
        requested: Wei::ZERO,
        bond: Wei::ZERO,
        deposited: Wei::ZERO,
    }
}

const PRESTAKED: Stage = Stage::Prestaked {
    assigned: 0,
    dissolvable: 9,
};

/// Two keys that can sign, and a node whose megapool holds these validators at both blocks.
fn seen(validators: &[Validator]) -> (Case, Vec<PublicKey>, [SecretShare; 2]) {
    let mut case = Case::of(deposit::example::lock(Withdrawal::Later), terms());
    case.both(|view| megapool(view).validators = validators.to_vec());
    let keys = case
        .lock
        .validators
        .iter()
        .map(|it| it.public_key)
        .collect();
    (case, keys, secrets())
}

fn key(of: usize) -> PublicKey {
    secrets()[of].public().to_bytes()
}

fn rules(case: &Case, keys: &[PublicKey], evidence: &Evidence) -> Vec<&'static str> {
    let found = find(&case.sight, keys, (evidence, version()));
    found.iter().map(Misuse::rule).collect()
}

#[test]
fn a_strangers_key_is_seen_at_either_block_even_if_it_was_taken_back() {
    for stage in [Stage::Staked, Stage::Dequeued] {
        let (case, keys, _) = seen(&[validator(3, [7; 48].into(), stage)]);
        assert_eq!(
            rules(&case, &keys, &Evidence::default()),
            ["foreign_validator"]
        );
        let (mut case, keys, _) = seen(&[]);
        let stranger = validator(0, [7; 48].into(), stage);
        megapool(&mut case.sight.head).validators = vec![stranger];
        assert_eq!(
            rules(&case, &keys, &Evidence::default()),
            ["foreign_validator"]
        );
    }
}

#[test]
fn a_deposit_that_the_beacon_chain_has_as_a_valid_one_is_no_misuse_and_another_is_junk() {
    let (mut case, keys, [secret, other]) = seen(&[validator(0, key(0), PRESTAKED)]);
    let asked = doubtful(&case.sight, &keys);
    assert_eq!((asked.prestaked, asked.exited), (vec![key(0)], vec![]));
    let message = DepositMessage {
        pubkey: key(0),
        withdrawal_credentials: case.demand.credentials,
        amount: 1_000_000_000,
    };
    let valid = sign(&secret, message);
    let mut evidence = Evidence {
        pending: vec![valid],
        ..Evidence::default()
    };
    assert_eq!(rules(&case, &keys, &evidence), [""; 0]);
    evidence.pending = vec![message.signed(sign(&other, message).signature)];
    assert_eq!(rules(&case, &keys, &evidence), ["junk_signature"]);
    evidence.pending.clear();
    assert_eq!(rules(&case, &keys, &evidence), ["junk_signature"]);
    let ours = case.demand.credentials;
    evidence.registered.insert((key(0), ours));
    assert_eq!(rules(&case, &keys, &evidence), [""; 0]);
    // Of what is not final yet the beacon chain may not know.
    let finalised = case.sight.finalised.as_mut().unwrap();
    megapool(finalised).validators.clear();
    assert_eq!(rules(&case, &keys, &Evidence::default()), [""; 0]);
}

/// Whoever was first with a deposit for himself has the validator, and ours only adds to it.
#[test]
fn a_key_that_is_deposited_for_others_is_told_from_one_that_is_for_the_megapool() {
    let queued = Stage::Queued {
        lane: Lane::Standard,
        ahead: 0,
        before: None,
    };
    let theirs = [9; 32].into();
    for stage in [queued, PRESTAKED] {
        let (case, keys, [secret, other]) = seen(&[validator(0, key(0), stage)]);
        let asked = doubtful(&case.sight, &keys);
        assert_eq!([asked.queued, asked.prestaked].concat(), [key(0)]);
        let ours = case.demand.credentials;
        let registered = |of| Evidence {
            registered: BTreeSet::from([(key(0), of)]),
            ..Evidence::default()
        };
        assert_eq!(rules(&case, &keys, &registered(ours)), [""; 0]);
        let found = find(&case.sight, &keys, (&registered(theirs), version()));
        let [misuse] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(misuse.rule(), "for_others");
        assert!(!misuse.is_of_node_account());
        let words = misuse.to_string();
        assert!(
            words.contains("is in the beacon chain's registry, for 0x0909"),
            "{words}"
        );
        // Also if it only waits, and is validly signed: junk is anybody's.
        let message = DepositMessage {
            pubkey: key(0),
            withdrawal_credentials: theirs,
            amount: 1_000_000_000,
        };
        let mut evidence = registered(ours);
        evidence.pending = vec![message.signed(sign(&other, message).signature)];
        assert_eq!(rules(&case, &keys, &evidence), [""; 0]);
        evidence.pending.push(sign(&secret, message));
        assert_eq!(rules(&case, &keys, &evidence), ["for_others"]);
    }
}

#[test]
fn a_final_balance_that_did_not_come_back_is_named_with_what_did() {
    let proved = Stage::Exited {
        balance: Wei::of_gwei(1_000_000_000),
    };
    let (case, keys, _) = seen(&[validator(0, key(0), proved)]);
    assert_eq!(doubtful(&case.sight, &keys).exited, [key(0)]);
    assert_eq!(rules(&case, &keys, &Evidence::default()), [""; 0]);
    let mut evidence = Evidence::default();
    evidence.paid.insert(key(0), 1_000_000_000);
    assert_eq!(rules(&case, &keys, &evidence), [""; 0]);
    evidence.paid.insert(key(0), 32_000_000_000);
    let found = find(&case.sight, &keys, (&evidence, version()));
    let words = found[0].to_string();
    assert!(
        words.starts_with("1 ETH were proved as final balance of validator 0"),
        "{words}"
    );
    assert!(words.contains("and 32 ETH came back"), "{words}");
}
