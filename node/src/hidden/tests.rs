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
