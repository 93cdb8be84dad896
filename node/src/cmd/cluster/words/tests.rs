//! Signers read what the cluster stands, and what no checksum shows.

use proto::definition::Version;

use super::*;

fn words(n: usize) -> String {
    budget(ClusterSize::of(n).unwrap()).join("\n")
}

#[test]
fn the_budget_of_four_is_one_offline_and_one_bad() {
    let text = words(4);
    assert!(text.contains("3 must sign"), "{text}");
    assert!(text.contains("- 1 may be offline"), "{text}");
    assert!(text.contains("- 1 may be malicious"), "{text}");
    assert!(!text.contains("NOTE"), "{text}");
}

#[test]
fn a_chain_that_is_not_known_is_called_so_and_can_be_checked() {
    let identities = proto::example::identities(4);
    let shown = |change: fn(&mut Chain)| {
        let mut draft = proto::example::draft(&identities);
        change(&mut draft.chain);
        describe(&Definition::unsigned(Terms::new(draft).unwrap()), &[])
    };
    assert!(!shown(|_| {}).contains("NOTE"));
    let own = shown(|chain| {
        chain.name = "Ethereum".to_owned();
        chain.execution_chain_id = 1337;
        chain.genesis_fork_version = [0; 4].into();
        chain.genesis_validators_root = [1; 32].into();
    });
    assert!(own.contains("gantry does not know this chain"), "{own}");
    assert!(own.contains("(it knows mainnet and hoodi)"), "{own}");
    assert!(
        own.contains("DEPOSIT_CONTRACT_ADDRESS at /eth/v1/config/spec"),
        "{own}"
    );
}

fn shown(change: impl FnOnce(&mut proto::definition::Draft)) -> String {
    let mut draft = proto::example::draft(&proto::example::identities(4));
    change(&mut draft);
    describe(&Definition::unsigned(Terms::new(draft).unwrap()), &[])
}

#[test]
fn signers_are_told_who_opens_exits_and_what_waits_for_addresses_that_are_left_open() {
    assert!(!shown(|_| {}).contains("signed in advance"));
    let text = shown(|draft| {
        draft.version = Version::V2;
        draft.withdrawal = Withdrawal::Later;
        draft.fee_recipient = FeeRecipient::Later;
    });
    for words in [
        "Any 2 together can halt the cluster, and open the exits",
        "nothing can be deposited until then",
        "no block is proposed until then",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert!(!text.contains("REFUSED"), "{text}");
    // The amounts of the definition are not what is deposited.
    assert!(text.contains("1 ETH, later, through Rocket Pool"), "{text}");
    assert!(!text.contains("of all   "), "{text}");
}

#[test]
fn signers_are_told_what_no_checksum_shows_them() {
    let text = shown(|_| {});
    let words = "they show no slip of whoever typed";
    assert!(text.contains(words), "{text}");
}

#[test]
fn fingerprints_of_the_definition_and_of_each_key_are_there_to_be_read_aloud() {
    let text = shown(|_| {});
    let rows = text
        .lines()
        .skip_while(|line| !line.contains("  fingerprint"));
    let digits: String = rows.take(3).map(|row| &row[18..]).collect();
    assert_eq!(
        digits.chars().filter(char::is_ascii_digit).count(),
        45,
        "{text}"
    );
    let keys = text
        .lines()
        .filter(|line| line.starts_with("    fingerprint"));
    let digits = |line: &str| line.chars().filter(char::is_ascii_digit).count();
    assert_eq!(keys.map(digits).collect::<Vec<_>>(), [25; 4], "{text}");
}

#[test]
fn the_sum_of_all_deposits_is_shown() {
    let text = shown(|draft| {
        draft.validators = 250;
        draft.deposit_amounts = vec![Gwei::ONE_ETH, Gwei(31_000_000_000)];
    });
    assert!(text.contains("8000 ETH (250 × 32 ETH)"), "{text}");
}

#[test]
fn what_speaks_against_signing_is_shown() {
    let text = shown(|draft| {
        draft.withdrawal = Withdrawal::One(draft.chain.deposit_contract);
        draft.operators[0].name = "..".to_owned();
    });
    assert!(text.contains("REFUSED: nobody can sign this"), "{text}");
    assert!(
        text.contains("WARNING: the withdrawal address 0x0000"),
        "{text}"
    );
}

#[test]
fn multiples_of_three_are_told_what_they_can_lose() {
    for n in 3..=13 {
        assert_eq!(words(n).contains("a multiple of 3"), n % 3 == 0, "n = {n}");
        assert_eq!(words(n).contains("enough to be slashed"), n == 3, "n = {n}");
        assert_eq!(words(n).contains("an\n  old copy"), n == 3, "n = {n}");
    }
}
