//! Days as they are typed and shown.

use super::*;

#[test]
fn a_day_is_the_midnight_before_it_in_utc_and_comes_back_as_typed() {
    assert_eq!(parse("1970-01-01"), Ok(Since::Time(0)));
    assert_eq!(parse("2024-02-29"), Ok(Since::Time(1_709_164_800)));
    assert_eq!(parse("23000000"), Ok(Since::Block(23_000_000)));
    for days in (0..60_000).step_by(7) {
        let text = date(days * DAY);
        assert_eq!(parse(&text[..10]), Ok(Since::Time(days * DAY)), "{text}");
    }
    assert_eq!(date(1_709_164_800 + 3_661), "2024-02-29T01:01:01Z");
    for odd in [
        "2023-02-29",
        "2026-13-01",
        "2026-1-1",
        "1969-12-31",
        "yesterday",
        "-5",
        "",
    ] {
        assert!(parse(odd).is_err(), "{odd}");
    }
}
