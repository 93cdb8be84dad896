//! Addresses are read in the one form that is written, and no other.

use super::*;

#[test]
fn the_checksums_of_eip_55_are_accepted_and_written() {
    for text in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        assert_eq!(checksummed(&parse_address(text).unwrap()), text);
    }
}

#[test]
fn a_mistyped_address_is_refused() {
    let wrong = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD";
    assert_eq!(
        parse_address(wrong),
        Err(BadAddress::Checksum(wrong.to_owned()))
    );
    for text in [
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd",
        "0x0x5Aeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
    ] {
        assert!(
            matches!(parse_address(text), Err(BadAddress::Digits(_))),
            "{text}"
        );
    }
}

#[test]
fn a_key_or_a_password_in_the_place_of_an_address_is_not_repeated() {
    let key = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    let words = parse_address(key).unwrap_err().to_string();
    assert!(words.starts_with("(66 characters, not shown)"), "{words}");
    let short = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe";
    let words = parse_address(short).unwrap_err().to_string();
    assert!(words.contains(short), "{words}");
    for text in ["http://user:pass4711@b:x", "user:pass4711@b", key] {
        let words = text.parse::<PeerAddress>().unwrap_err().to_string();
        assert!(
            words.contains("characters, not shown) is no peer"),
            "{words}"
        );
    }
}

#[test]
fn peers_are_reached_by_ip_or_name_and_port() {
    for text in [
        "203.0.113.7:3610",
        "[2001:db8::1]:3610",
        "alice.example.org:3610",
        "localhost:1",
    ] {
        assert_eq!(text.parse::<PeerAddress>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "alice",
        "alice:",
        ":3610",
        "alice:0",
        "alice:65536",
        "203.0.113.700:3610",
        "2001:db8::1:3610",
        "a b:1",
        "-a:1",
        "a..b:1",
    ] {
        assert!(text.parse::<PeerAddress>().is_err(), "{text}");
    }
}
