//! Promises to whoever signs: what is refused, what is said, and what of old files stays readable.

use super::*;
use crate::definition::{BadDefinition, Definition, Draft, FeeRecipient, Version};
use crate::{Identity, example};

fn identities() -> Vec<Identity> {
    example::identities(4)
}

fn terms(change: impl FnOnce(&mut Draft)) -> Terms {
    let mut draft = example::draft(&identities());
    let some = |digits: &str| digits.parse().unwrap();
    draft.withdrawal = Withdrawal::One(some("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
    draft.fee_recipient = FeeRecipient::One(some("fb6916095ca1df60bb79ce92ce3ea74c37c5d359"));
    for operator in &mut draft.operators {
        let hint = format!("{}.example.org:3610", operator.name);
        operator.addresses = vec![hint.parse().unwrap()];
    }
    change(&mut draft);
    Terms::new(draft).unwrap()
}

/// Why nobody may sign, in words; empty if all may.
fn unfit(change: impl FnOnce(&mut Draft)) -> String {
    terms(change)
        .fit_to_sign()
        .map_or_else(|error| error.to_string(), |()| String::new())
}

fn cautions(change: impl FnOnce(&mut Draft)) -> String {
    let all = terms(change).cautions();
    let words: Vec<String> = all.iter().map(ToString::to_string).collect();
    words.join("\n")
}

fn hints(texts: &[&str]) -> Vec<PeerAddress> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn a_name_is_in_one_alphabet() {
    for name in ["Sunday club", "Žižkov's 3rd", "日曜クラブ", "Клуб 7"] {
        assert_eq!(unfit(|d| d.name = name.to_owned()), "", "{name}");
    }
    // A Cyrillic letter among Latin ones.
    let mixed = unfit(|d| d.name = "Sund\u{430}y club".to_owned());
    assert!(
        mixed.contains("mixes letters of several alphabets"),
        "{mixed}"
    );
}

#[test]
fn operators_names_neither_act_as_paths_or_flags_nor_look_alike() {
    for name in ["..", ".", "a..b", ".hidden", "-rf", "_a"] {
        let words = unfit(|d| d.operators[0].name = name.to_owned());
        assert!(words.contains("begins with a letter or a digit"), "{name}");
    }
    for (one, other) in [("paul", "pau1"), ("mick", "rnick"), ("Ian", "lan")] {
        let words = unfit(|d| {
            d.operators[0].name = one.to_owned();
            d.operators[2].name = other.to_owned();
        });
        assert!(words.contains("look alike"), "{one} {other}: {words}");
    }
    assert_eq!(unfit(|d| d.operators[0].name = "op.1_a-b".to_owned()), "");
}

#[test]
fn an_address_is_one_peers_and_somebody_can_be_reached_there() {
    for hint in [
        "0.0.0.0:3610",
        "[::]:3610",
        "[::ffff:0.0.0.0]:3610",
        "224.0.0.1:3610",
        "[ff02::1]:3610",
        "255.255.255.255:3610",
    ] {
        let words = unfit(|d| d.operators[1].addresses = hints(&["bob.example:1", hint]));
        assert!(
            words.contains("\"bob\" gives the address"),
            "{hint}: {words}"
        );
    }
    let same = unfit(|d| {
        d.operators[1].addresses = hints(&["198.51.100.7:3610"]);
        d.operators[3].addresses = hints(&["dave.example:1", "198.51.100.7:3610"]);
    });
    let expected = "\"bob\" and \"dave\" give the same address 198.51.100.7:3610";
    assert!(same.contains(expected), "{same}");
    let written = unfit(|d| {
        d.operators[1].addresses = hints(&["bob.example.org:3610"]);
        d.operators[2].addresses = hints(&["BOB.example.org:3610"]);
    });
    assert!(written.contains("give the same address"), "{written}");
    // Two peers behind one router.
    let ports = unfit(|d| {
        d.operators[1].addresses = hints(&["198.51.100.7:3610"]);
        d.operators[3].addresses = hints(&["198.51.100.7:3611"]);
    });
    assert_eq!(ports, "");
}

#[test]
fn who_cannot_be_reached_is_said() {
    let none = cautions(|d| d.operators[1].addresses.clear());
    assert!(none.contains("bob has no address"), "{none}");
    let local = cautions(|d| d.operators[1].addresses = hints(&["127.0.0.1:1"]));
    assert!(
        local.contains("127.0.0.1:1 of bob is reached from bob's own"),
        "{local}"
    );
    assert_eq!(cautions(|_| {}), "");
}

#[test]
fn money_that_goes_where_nobody_has_a_key_is_said() {
    let contract = cautions(|d| {
        d.withdrawal = Withdrawal::One(d.chain.deposit_contract);
        d.fee_recipient = FeeRecipient::One(d.chain.deposit_contract);
    });
    for what in ["withdrawal address", "fee recipient"] {
        let words = format!("the {what} 0x00000000219ab540356cBB839Cbe05303d7705Fa is the deposit");
        assert!(contract.contains(&words), "{contract}");
    }
    for digits in [
        "000000000000000000000000000000000000dead",
        "0000000000000000000000000000000000000001",
        "0000000000000000000000000000000000000100",
        "dead000000000000000042069420694206942069",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        "ffffffffffffffffffffffffffffffffffffffff",
        "00000961ef480eb55e80d19ad83579a64c007002",
    ] {
        let words = cautions(|d| d.withdrawal = Withdrawal::One(digits.parse().unwrap()));
        assert!(words.contains("lost for ever"), "{digits}: {words}");
        let fees = cautions(|d| d.fee_recipient = FeeRecipient::One(digits.parse().unwrap()));
        assert!(fees.contains("lost for ever"), "{digits}: {fees}");
    }
    // Many zeros at the start are found by search, and then there is a key.
    let vanity = "00000000000000adc04c56bf30ac9d3c0aaf14dc".parse().unwrap();
    assert_eq!(cautions(|d| d.withdrawal = Withdrawal::One(vanity)), "");
}

#[test]
fn an_address_of_many_validators_is_spoken_of_once() {
    let burnt: Address = "000000000000000000000000000000000000dead".parse().unwrap();
    let words = cautions(|d| {
        d.validators = 3;
        d.withdrawal = Withdrawal::Each(vec![burnt; 3]);
    });
    assert_eq!(words.lines().count(), 1, "{words}");
}

#[test]
fn nobody_signs_what_could_never_be_deposited() {
    let later = unfit(|d| d.withdrawal = Withdrawal::Later);
    assert!(later.contains("nothing that settles it after"), "{later}");
    let newer = |d: &mut Draft| d.version = Version::V2;
    let later = unfit(|d| {
        newer(d);
        d.withdrawal = Withdrawal::Later;
    });
    assert_eq!(later, "");
    let unpaid = unfit(|d| {
        newer(d);
        d.fee_recipient = FeeRecipient::Later;
    });
    assert!(
        unpaid.contains("no block would ever be proposed"),
        "{unpaid}"
    );
}

/// A cluster that was founded before these rules goes on.
#[test]
fn what_was_signed_before_is_read_as_ever() {
    let identities = identities();
    let mut draft = (*terms(|_| {})).clone();
    draft.operators[0].name = "..".to_owned();
    draft.operators[1].addresses = hints(&["0.0.0.0:3610"]);
    draft.withdrawal = Withdrawal::Later;
    let text = example::agreed(draft, &identities).to_json();
    let read: Result<Definition, BadDefinition> = Definition::from_json(&text);
    assert!(read.unwrap().into_signed().is_ok());
}
