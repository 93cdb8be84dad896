//! The addresses that money goes to, as a person compares them.
//!
//! A definition holds addresses as bytes, and gantry writes their checksum itself. So only whoever
//! types an address, or a file by hand, can be warned that it had none: a digit that the writer has
//! mistyped arrives at every signer with a checksum that fits, and the same fingerprint. No signer
//! can see that, and nothing but a look at the own wallet shows it: that is what they are told.

use std::collections::BTreeMap;

use proto::Address;
use proto::definition::{checksummed, parse_address};
use serde_json::Value;

/// What a signer has to do that no program can.
pub(super) const BY_GANTRY: [&str; 2] = [
    "  The checksums in these addresses are gantry's own: they show no slip of whoever typed",
    "  them. Before you sign, compare all digits of those that are yours with your wallet.",
];

/// The most runs of validators that one line names.
const RUNS: usize = 8;

/// The addresses of a list, each once, with how many validators have it. Whoever has less than
/// half of them is named with the validators, so that one odd address among a thousand is seen.
pub(super) fn listed(title: &str, addresses: &[Address], validators: usize) -> Vec<String> {
    let mut groups: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for (position, address) in addresses.iter().enumerate() {
        groups.entry(*address).or_default().push(position);
    }
    let mut groups: Vec<(Address, Vec<usize>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, positions)| (std::cmp::Reverse(positions.len()), positions[0]));
    let line = |(i, (address, positions)): (usize, &(Address, Vec<usize>))| {
        let title = if i == 0 { title } else { "" };
        // One address in the definition stands for all validators.
        let all = addresses.len() == 1;
        let count = if all { validators } else { positions.len() };
        let whose = match 2 * count > validators {
            true => String::new(),
            false => format!(" ({})", named(positions)),
        };
        format!("{title:<17} {count} × {}{whose}", checksummed(address))
    };
    groups.iter().enumerate().map(line).collect()
}

/// Positions in words: "validators 3, 5 to 9".
fn named(positions: &[usize]) -> String {
    let runs: Vec<&[usize]> = positions.chunk_by(|one, next| one + 1 == *next).collect();
    let words = runs.iter().take(RUNS).map(|run| match run {
        [first, .., last] => format!("{first} to {last}"),
        [one] => one.to_string(),
        [] => String::new(),
    });
    let words: Vec<String> = words.collect();
    let more = if runs.len() > RUNS { ", …" } else { "" };
    let validators = if positions.len() == 1 {
        "validator"
    } else {
        "validators"
    };
    format!("{validators} {}{more}", words.join(", "))
}

/// What is said of an address that stands there without its checksum.
pub(super) fn unchecked(address: &Address) -> String {
    format!(
        "WARNING: {} was written without its checksum, so nothing shows whether a digit is \
         mistyped: compare all of it with where you have it from",
        checksummed(address)
    )
}

/// Whether `text` is an address with its checksum, or one that needs none.
pub(super) fn is_checked(text: &str) -> bool {
    parse_address(text).is_ok_and(|address| checksummed(&address) == text)
}

/// The addresses of a definition file that stand there without a checksum, each once.
pub(super) fn without_checksum(text: &str) -> Vec<Address> {
    let file: Value = serde_json::from_str(text).unwrap_or_default();
    let mut found = Vec::new();
    let places = [&file["withdrawal"], &file["fee_recipient"]];
    for texts in places
        .into_iter()
        .chain([&file["chain"]["deposit_contract"]])
    {
        gather(texts, &mut found);
    }
    found
}

/// The addresses anywhere in a file that stand there without a checksum, each once.
pub(super) fn all_without_checksum(text: &str) -> Vec<Address> {
    let mut found = Vec::new();
    gather(&serde_json::from_str(text).unwrap_or_default(), &mut found);
    found
}

fn gather(value: &Value, found: &mut Vec<Address>) {
    match value {
        Value::String(text) => {
            if let Ok(address) = parse_address(text)
                && !is_checked(text)
                && !found.contains(&address)
            {
                found.push(address);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| gather(value, found)),
        Value::Object(keys) => keys.values().for_each(|value| gather(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
