//! What was typed is shown unless it may be a secret.

use super::*;

fn refusal(words: &str) -> String {
    let words = words.split_whitespace().map(OsString::from);
    Gantry::read(words).err().unwrap().to_string()
}

#[test]
fn what_may_be_a_secret_is_not_repeated() {
    let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    for words in [
        "gantry deposit d.json --rpc http://node --priority-fee https://node/pass4711",
        "gantry deposit d.json --rpc http://node https://node/pass4711",
        &format!("gantry deposit d.json --rpc http://node 0x{key}"),
        &format!("gantry deposit d.json --rpc http://node --timeout {key}"),
        &format!("gantry deposit d.json --rpc http://node --key={key}"),
        &format!("gantry {key}"),
        &format!("gantry deposit d.json --rpc http://node --key-file 0x{key}"),
        &format!("gantry deposit {key} --rpc http://node"),
        "gantry dkg --peer bob=http://user:pass4711@b",
        "gantry dkg --log node=http://user:pass4711@b",
    ] {
        let said = refusal(words);
        assert!(!said.contains("pass4711"), "{said}");
        assert!(!said.contains(&key[..20]), "{said}");
    }
}

#[test]
fn of_many_operators_the_one_with_a_wrong_key_is_named() {
    let key = "5".repeat(63);
    let said = refusal(&format!(
        "gantry cluster new --name club --operator bob={key}@bob.example:3610"
    ));
    assert!(said.contains("'bob=(80 characters, not shown)'"), "{said}");
    assert!(said.contains("for '--operator <NAME=KEY"), "{said}");
    assert!(!said.contains(&key[..20]), "{said}");
}

#[test]
fn what_is_no_secret_is_shown() {
    let said = refusal("gantry deposit d.json --rpc http://node --timeout soon");
    assert!(said.contains("'soon' for '--timeout <SECONDS>'"), "{said}");
    let said = refusal("gantry dance");
    assert!(said.contains("'dance'"), "{said}");
}
