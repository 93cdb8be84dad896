//! Nothing of an address that may be a secret is shown.

use super::*;

#[test]
fn what_a_node_repeats_of_its_address_is_not_shown() {
    let url = "https://me:pw@example.org/v3/0123456789abcdef?token=fedcba98765432";
    let hidden = Hidden::of(&Url::parse(url).unwrap());
    let said = format!("no project 0123456789abcdef at {url}, fedcba98765432\nof v3");
    assert_eq!(
        hidden.shown(&said),
        "no project … at https://me:…@example.org/v3/…?token=…, … of v3"
    );
    let plain = Hidden::of(&Url::parse("http://127.0.0.1:8545").unwrap());
    assert_eq!(plain.shown(" not found "), "not found");
}

#[test]
fn a_password_is_hidden_as_it_is_written_meant_and_sent() {
    let url = "https://us%3Aername:se%40cret@h/path%2Fkey?q=ab%2Bcd+ef";
    let hidden = Hidden::of(&Url::parse(url).unwrap());
    for (said, shown) in [
        ("se%40cret is wrong", "… is wrong"),
        ("se@cret is wrong", "… is wrong"),
        ("us%3Aername, us:ername", "…, …"),
        // RFC 7617, section 2: base64 of what stands around a colon.
        ("Basic dXM6ZXJuYW1lOnNlQGNyZXQ=", "Basic …="),
        ("no path%2Fkey, no path/key", "no …, no …"),
        ("ab%2Bcd+ef, ab+cd+ef, ab+cd ef", "…, …, …"),
    ] {
        assert_eq!(hidden.shown(said), shown);
    }
    for spelled in [
        "%73e%40cret",
        "se%40cr%65t",
        "Basic dXM6ZXJuYW1lOnNlQGNyZXQ%3D of se%40cre%74",
    ] {
        let shown = hidden.shown(spelled);
        assert_eq!(shown, "… (it repeats a part of the address)", "{spelled}");
    }
    assert_eq!(hidden.shown("100% of it, %zz"), "100% of it, %zz");
    let token = Hidden::of(&Url::parse("https://0123456789abcdef@h").unwrap());
    assert_eq!(token.shown("Basic MDEyMzQ1Njc4OWFiY2RlZjo="), "Basic …=");
    let short = Hidden::of(&Url::parse("https://u:p@h/%20%20").unwrap());
    assert_eq!(short.shown("a  path"), "a  …ath", "the password alone");
}
