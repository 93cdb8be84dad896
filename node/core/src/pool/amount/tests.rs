//! Amounts that add up, and those that do not.

use super::*;

#[test]
fn amounts_lose_no_digit_and_foreign_words_do_nothing_to_a_terminal() {
    let wei = Wei(U256::from(4_050_000_000_000_000_001_u64));
    assert_eq!(wei.to_string(), "4.050000000000000001");
    assert_eq!(Wei::of_milliether(31_000).to_string(), "31");
    assert_eq!(Wei::of_gwei(32_000_000_007).to_string(), "32.000000007");
    assert_eq!(Wei::ZERO.to_string(), "0");
    let largest = serde_json::to_string(&Wei(U256::MAX)).unwrap();
    assert_eq!(largest, format!("\"{}\"", U256::MAX));
    let share = Share(U256::from(50_000_000_000_000_000_u64));
    assert_eq!(share.to_string(), "5 %");
    assert!(Share(U256::MAX).to_string().ends_with(" %"));
    let text = ForeignText::of("Europe/\u{202e}nilreB\u{1b}[2J\n");
    assert_eq!(text.as_str(), "Europe/?nilreB?[2J?");
    assert_eq!(ForeignText::of(&"x".repeat(100_000)).as_str().len(), 67);
}

#[test]
fn an_amount_is_read_as_it_is_typed_and_nothing_else_is_taken_for_one() {
    let wei = |text: &str| text.parse::<Wei>();
    let ether = U256::from(1_000_000_000_000_000_000_u64);
    assert_eq!(wei("8"), Ok(Wei(ether * U256::from(8))));
    assert_eq!(wei("0.25"), Ok(Wei(ether / U256::from(4))));
    assert_eq!(wei("0.000000000000000001"), Ok(Wei(U256::ONE)));
    assert_eq!(
        wei("007.50"),
        Ok(Wei(ether * U256::from(15) / U256::from(2)))
    );
    assert_eq!(wei("9999999999").unwrap().to_string(), "9999999999");
    let unreadable = [
        "", ".", "1.", ".5", "1,5", "1e3", "-1", "+1", "1 ", "1.2.3", "0x1", "1_000", "eth",
        "\u{ff11}",
    ];
    for text in unreadable {
        assert_eq!(wei(text), Err(BadAmount::Unreadable), "{text}");
    }
    assert_eq!(wei("10000000000"), Err(BadAmount::TooMuch));
    assert_eq!(wei("0.0000000000000000001"), Err(BadAmount::TooFine));
    assert_eq!(wei("0.000"), Err(BadAmount::Nothing));
}
