//! Promises of the definition: what is refused, what a signature covers, who is named.

use super::*;
use crate::{Address, example};
use proptest::prelude::*;

/// Four operators' secret keys and their unsigned definition.
fn four() -> (Vec<Identity>, Definition) {
    let secrets = example::identities(4);
    let mut draft = Draft {
        validators: 8,
        ..example::draft(&secrets)
    };
    for operator in &mut draft.operators {
        let hint = format!("{}.example.org:3610", operator.name);
        operator.addresses = vec![hint.parse().unwrap()];
    }
    (secrets, Definition::unsigned(Terms::new(draft).unwrap()))
}

fn all_signed() -> Definition {
    let (secrets, mut definition) = four();
    for secret in &secrets {
        definition.sign(secret).unwrap();
    }
    definition
}

/// What a changed draft is refused with, as text; empty if it is accepted.
fn refusal(change: impl FnOnce(&mut Draft)) -> String {
    let (_, definition) = four();
    let mut draft: Draft = (**definition.terms()).clone();
    change(&mut draft);
    Terms::new(draft).map_or_else(|error| error.to_string(), |_| String::new())
}

/// What a signed file with one piece of text replaced is refused with.
fn refusal_of_file(from: &str, to: &str) -> String {
    let text = all_signed().to_json();
    assert!(text.contains(from), "{from} is in {text}");
    Definition::from_json(&text.replacen(from, to, 1))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_definition_is_read_as_it_was_written() {
    let definition = all_signed();
    let read = Definition::from_json(&definition.to_json()).unwrap();
    assert_eq!(read, definition);
    assert!(read.into_signed().is_ok());
}

#[test]
fn the_hash_is_that_of_the_documented_encoding() {
    // Computed by a script from the table in the module's doc; a change here breaks every file.
    let hash = four().1.hash().to_string();
    assert_eq!(
        hash,
        "0x206b88c5a452fe7150f110d59abd86102688d1265b709c013531db655607d42c"
    );
}

#[test]
fn a_definition_of_version_2_has_a_hash_of_its_own_and_may_leave_both_addresses_open() {
    let (_, first) = four();
    let second = |change: fn(&mut Draft)| {
        let mut draft: Draft = (**first.terms()).clone();
        draft.version = Version::V2;
        change(&mut draft);
        Definition::unsigned(Terms::new(draft).unwrap())
    };
    let same = second(|_| {});
    // Computed by the same script.
    assert_eq!(
        same.hash().to_string(),
        "0xe59a9f2dbf8acb4e6da6926edd1ed2629303fa36f8119e02b2248521f2adf038"
    );
    let open = second(|draft| {
        draft.withdrawal = Withdrawal::Later;
        draft.fee_recipient = FeeRecipient::Later;
    });
    assert_eq!(
        open.hash().to_string(),
        "0x9a65c7c34798ff52d7295037be41efe0ac4ce0756939acec4bbc149c3f585065"
    );
    for definition in [same, open] {
        assert_eq!(definition.terms().fit_to_sign(), Ok(()));
        let read = Definition::from_json(&definition.to_json()).unwrap();
        assert_eq!(read, definition);
    }
}

#[test]
fn a_signature_of_one_version_is_none_of_another() {
    let error = refusal_of_file("\"version\": 1", "\"version\": 2");
    assert!(error.contains("does not fit this content"), "{error}");
}

#[test]
fn white_space_and_the_order_of_keys_do_not_matter() {
    let definition = all_signed();
    let value: serde_json::Value = serde_json::from_str(&definition.to_json()).unwrap();
    // A JSON value of serde_json sorts its keys, and this form has no white space.
    let read = Definition::from_json(&value.to_string()).unwrap();
    assert_eq!(read, definition);
}

#[test]
fn a_change_after_signing_is_noticed_and_names_whose_signature_broke() {
    for (from, to) in [
        ("Sunday club", "Monday club"),
        ("\"validators\": 8", "\"validators\": 9"),
        ("alice.example.org:3610", "mallory.example.org:3610"),
        (
            "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa",
            "\
          0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ),
    ] {
        let error = refusal_of_file(from, to);
        assert!(
            error.starts_with("the signature of \"alice\" does not fit"),
            "{error}"
        );
    }
}

#[test]
fn signatures_are_gathered_from_copies() {
    let (secrets, blank) = four();
    let mut gathered = blank.clone();
    for secret in &secrets[..3] {
        let mut copy = blank.clone();
        copy.sign(secret).unwrap();
        gathered.merge(&copy).unwrap();
    }
    assert_eq!(gathered.unsigned_by(), ["dave"]);
    let error = gathered.clone().into_signed().unwrap_err().to_string();
    assert!(error.starts_with("not yet signed by dave"), "{error}");
    gathered.sign(&secrets[3]).unwrap();
    assert!(gathered.into_signed().is_ok());
}

#[test]
fn copies_of_another_definition_are_not_merged() {
    let (_, mut ours) = four();
    let mut draft: Draft = (**ours.terms()).clone();
    draft.nonce = Root::from([8; 32]);
    let other = Definition::unsigned(Terms::new(draft).unwrap());
    assert!(matches!(
        ours.merge(&other),
        Err(BadDefinition::OtherContent(..))
    ));
}

#[test]
fn a_stranger_cannot_sign() {
    let (_, mut definition) = four();
    let stranger = Identity::from_seed(&[99; 32]);
    assert!(matches!(
        definition.sign(&stranger),
        Err(BadDefinition::NotAnOperator(key)) if *key == stranger.public()
    ));
    let error = refusal_of_file(
        "\"signatures\": {\n    \"alice\"",
        "\"signatures\": {\n    \"eve\"",
    );
    assert!(error.contains("\"eve\", who is no operator"), "{error}");
}

#[test]
fn another_threshold_is_refused_with_the_reason() {
    let error = refusal_of_file("\"threshold\": 3", "\"threshold\": 2");
    assert!(
        error.contains("threshold of 2, but 4 operators have 3 = ceil(2n/3)"),
        "{error}"
    );
    let without = all_signed().to_json().replace("\"threshold\": 3,", "");
    assert!(Definition::from_json(&without).is_ok());
}

#[test]
fn unknown_keys_and_other_versions_are_refused() {
    let error = refusal_of_file("\"validators\": 8", "\"validators\": 8, \"quorum\": 2");
    assert!(error.contains("unknown field `quorum`"), "{error}");
    let error = refusal_of_file("\"identity_key\"", "\"cold_key\": 1, \"identity_key\"");
    assert!(error.contains("unknown field `cold_key`"), "{error}");
    for later in ["\"version\": 3", "\"version\": 3, \"quorum\": 2"] {
        let error = refusal_of_file("\"version\": 1", later);
        assert!(error.contains("version 3"), "{error}");
        assert!(error.contains("update gantry"), "{error}");
    }
}

#[test]
fn operators_are_3_to_13_with_keys_and_names_of_their_own() {
    assert!(refusal(|d| d.operators.truncate(2)).contains("3 to 13 peers, not 2"));
    assert!(
        refusal(|d| d.operators[3].identity_key = d.operators[1].identity_key)
            .contains("\"bob\" and \"dave\" have the same identity key")
    );
    assert!(
        refusal(|d| d.operators[3].name = "Alice".to_owned())
            .contains("two operators are called \"Alice\"")
    );
    for name in ["", "a b", "a=b", "ä", "a\u{1b}[2J"] {
        assert!(
            refusal(|d| d.operators[0].name = name.to_owned()).contains("an operator's name"),
            "{name:?}"
        );
    }
    assert!(
        refusal(|d| d.operators[0].addresses = vec!["a:1".parse().unwrap(); 9])
            .contains("more than 8 addresses")
    );
}

#[test]
fn money_can_only_go_where_it_can_come_back_from() {
    let zero = Address::from([0; 20]);
    let some = Address::from([1; 20]);
    assert!(
        refusal(|d| d.withdrawal = Withdrawal::One(zero))
            .contains("the withdrawal address is the zero address")
    );
    assert!(
        refusal(|d| d.fee_recipient =
            FeeRecipient::Each(vec![some, zero, some, some, some, some, some, some]))
        .contains("the fee recipient is the zero address")
    );
    assert!(
        refusal(|d| d.withdrawal = Withdrawal::Each(vec![some; 7]))
            .contains("withdrawal addresses: 7 addresses for 8 validators")
    );
    assert_eq!(refusal(|d| d.withdrawal = Withdrawal::Later), "");
    assert!(
        refusal(|d| d.fee_recipient = FeeRecipient::Later)
            .contains("a definition of version 1 names whom blocks pay")
    );
    let mistyped = "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAA";
    let error = refusal_of_file("0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa", mistyped);
    assert!(error.contains("wrong checksum (EIP-55)"), "{error}");
}

#[test]
fn deposit_amounts_are_1_to_32_eth_and_add_up_to_at_most_32() {
    let with = |amounts: &[u64]| {
        refusal(|d| d.deposit_amounts = amounts.iter().map(|a| Gwei(*a)).collect())
    };
    assert_eq!(with(&[32_000_000_000]), "");
    assert_eq!(with(&[1_000_000_000, 31_000_000_000]), "");
    assert_eq!(with(&[1_000_000_000]), "");
    assert!(with(&[]).contains("no deposit amount"));
    assert!(with(&[999_999_999]).contains("must be 1 to 32 ETH"));
    assert!(with(&[32_000_000_001]).contains("must be 1 to 32 ETH"));
    assert!(with(&[16_000_000_000, 16_000_000_000]).contains("16 ETH is given twice"));
    assert!(with(&[2_500_000_000, 31_000_000_000]).contains("add up to 33.5 ETH"));
}

#[test]
fn validators_and_names_are_bounded() {
    assert!(refusal(|d| d.validators = 0).contains("1 to 1000 validators"));
    assert!(refusal(|d| d.validators = 1001).contains("1 to 1000 validators"));
    assert_eq!(
        refusal(|d| d.validators = crate::ceremony::MAX_VALIDATORS.into()),
        ""
    );
    assert!(refusal(|d| d.name = String::new()).contains("the cluster's name"));
    assert!(refusal(|d| d.name = "two\nlines".to_owned()).contains("the cluster's name"));
    assert_eq!(refusal(|d| d.name = "Žižkov's 3rd".to_owned()), "");
}

#[test]
fn a_known_chain_is_known_by_any_of_its_names() {
    let mallory = Address::from([0x66; 20]);
    let known = |name: &str| Chain::known(name).unwrap();
    for name in ["Mainnet", "MAINNET", "main-net", "Ethereum", "hoodi"] {
        let mainnet = Chain {
            name: name.to_owned(),
            ..known("mainnet")
        };
        let renamed = refusal(|d| d.chain.clone_from(&mainnet));
        let expected = format!("chain is \"mainnet\", whose name is mainnet, and not {name}");
        assert!(renamed.contains(&expected), "{renamed}");
        // A deposit would go there.
        let stolen = refusal(|d| {
            d.chain = Chain {
                deposit_contract: mallory,
                ..mainnet
            };
        });
        let expected = "chain is \"mainnet\", whose deposit contract is 0x0000";
        assert!(stolen.contains(expected), "{stolen}");
    }
    // Each of these alone says which chain is meant.
    let hoodi = known("hoodi");
    let private = Chain {
        name: "ours".to_owned(),
        execution_chain_id: 1337,
        genesis_fork_version: [0, 0, 0, 0].into(),
        genesis_validators_root: Root::from([1; 32]),
        deposit_contract: mallory,
    };
    type Change = fn(&mut Chain, &Chain);
    let changes: [(Change, &str); 4] = [
        (|c, k| c.name.clone_from(&k.name), "name"),
        (
            |c, k| c.execution_chain_id = k.execution_chain_id,
            "execution chain id",
        ),
        (
            |c, k| c.genesis_fork_version = k.genesis_fork_version,
            "genesis fork version",
        ),
        (
            |c, k| c.genesis_validators_root = k.genesis_validators_root,
            "genesis validators root",
        ),
    ];
    for (change, field) in changes {
        let mut chain = private.clone();
        change(&mut chain, &hoodi);
        let words = refusal(|d| d.chain = chain);
        let by = format!("by its {field} the chain is \"hoodi\"");
        assert!(words.contains(&by), "{field}: {words}");
    }
}

#[test]
fn a_known_chain_with_one_other_value_is_refused() {
    let mut refused: Vec<String> = Vec::new();
    refused.push(refusal(|d| d.chain.execution_chain_id = 2));
    refused.push(refusal(|d| d.chain.genesis_fork_version = [0; 4].into()));
    refused.push(refusal(|d| {
        d.chain.genesis_validators_root = Root::from([1; 32]);
    }));
    // Shares the digits that people compare.
    refused.push(refusal(|d| {
        let lookalike = "0x00000000219ab540356cbb839cbe05303d7705fb";
        d.chain.deposit_contract = lookalike.parse().unwrap();
    }));
    let fields = [
        "execution chain id is 560048, and not 2",
        "genesis fork version is 0x10000910, and not 0x00000000",
        "genesis validators root is 0x212f13fc",
        "deposit contract is 0x00000000219ab540356cBB839Cbe05303d7705Fa, and not 0x00000000219",
    ];
    for (words, field) in refused.iter().zip(fields) {
        assert!(words.contains(field), "{field}: {words}");
    }
}

#[test]
fn a_chain_of_ones_own_may_be_like_mainnet_where_such_chains_are() {
    for name in ["devnet", "sim", "our 2nd chain"] {
        let words = refusal(|d| {
            d.chain.name = name.to_owned();
            d.chain.execution_chain_id = 1337;
            d.chain.genesis_fork_version = [0; 4].into();
            d.chain.genesis_validators_root = Root::from([1; 32]);
        });
        assert_eq!(words, "", "{name}");
    }
    assert!(
        refusal(|d| {
            d.chain.name = "devnet".to_owned();
            d.chain.genesis_validators_root = Root::ZERO;
        })
        .contains("root is zero")
    );
}

#[test]
fn a_chain_name_has_no_letters_that_only_look_like_others() {
    for name in ["m\u{430}innet", "hood\u{456}", "Žižkov", "a\u{200d}b"] {
        let words = refusal(|d| {
            d.chain.name = name.to_owned();
            d.chain.execution_chain_id = 1337;
        });
        assert!(words.contains("the chain's name"), "{name:?}: {words}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(text in ".{0,200}", cut in 0usize..3000, put in "[ -~]{0,6}") {
        assert!(Definition::from_json(&text).is_err());
        let whole = all_signed().to_json();
        let cut = cut.min(whole.len());
        let changed = format!("{}{put}{}", &whole[..cut], &whole[cut..]);
        if let Ok(read) = Definition::from_json(&changed) {
            prop_assert_eq!(read.hash(), all_signed().hash());
        }
    }
}
