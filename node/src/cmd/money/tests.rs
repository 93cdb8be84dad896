//! No address among many is overlooked.

use super::*;

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

#[test]
fn one_odd_address_among_a_thousand_is_seen() {
    let mut list = vec![address(0x11); 1000];
    list[417] = address(0x22);
    let lines = listed("Blocks pay", &list, 1000);
    assert_eq!(
        lines,
        [
            "Blocks pay        999 × 0x1111111111111111111111111111111111111111",
            "                  1 × 0x2222222222222222222222222222222222222222 (validator 417)",
        ]
    );
}

#[test]
fn one_address_for_all_counts_for_all() {
    let lines = listed("Blocks pay", &[address(0x11)], 7);
    let expected = "Blocks pay        7 × 0x1111111111111111111111111111111111111111";
    assert_eq!(lines, [expected]);
}

#[test]
fn runs_of_validators_are_named_by_their_ends() {
    assert_eq!(named(&[3, 5, 6, 7, 9]), "validators 3, 5 to 7, 9");
    let many: Vec<usize> = (0..20).map(|i| 2 * i).collect();
    assert_eq!(named(&many), "validators 0, 2, 4, 6, 8, 10, 12, 14, …");
}

#[test]
fn addresses_of_a_file_without_a_checksum_are_found_wherever_they_stand() {
    let good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let small = good.to_lowercase();
    let file = |withdrawal: &str, fees: &str, contract: &str| {
        format!(
            "{{\"chain\":{{\"deposit_contract\":\"{contract}\"}},\
                 \"withdrawal\":{{\"one\":\"{withdrawal}\"}},\
                 \"fee_recipient\":{{\"each\":[\"{good}\",\"{fees}\"]}}}}"
        )
    };
    assert_eq!(without_checksum(&file(good, good, good)), []);
    for text in [
        file(&small, good, good),
        file(good, &small, good),
        file(good, good, &small),
        file(&small, &small, &small),
    ] {
        assert_eq!(without_checksum(&text), [parse_address(good).unwrap()]);
    }
    // Digits alone carry no letters that could be a checksum.
    let digits = format!("0x{}", "1".repeat(40));
    assert_eq!(without_checksum(&file(&digits, good, good)), []);
}
