//! Reads the command line. What is wrong in it is shown as it was typed, unless that may be secret:
//! an address with a password or a key in it, or a key itself in the place of something else.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _};
use proto::typed;

use super::unheard::end_quietly;
use super::{Gantry, with_homes};

impl Gantry {
    /// Reads the process's command line, or ends the process with what is wrong with it. From then
    /// on the process also ends if nobody takes what it prints.
    pub fn from_command_line() -> Self {
        end_quietly();
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let matches = with_homes(Self::command()).try_get_matches_from(words);
        let read = matches.and_then(|matches| Self::from_arg_matches(&matches));
        read.map_err(without_secrets)
    }
}

fn without_secrets(mut error: Error) -> Error {
    let typed = [
        ContextKind::InvalidValue,
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
    ];
    // Of a wrong value the argument is said as the program describes it, not as it was typed.
    let of_value = [ErrorKind::InvalidValue, ErrorKind::ValueValidation];
    let is_described = of_value.contains(&error.kind());
    for kind in typed {
        if is_described && kind == ContextKind::InvalidArg {
            continue;
        }
        if let Some(text) = text(&error, kind).filter(|text| typed::may_be_secret(text)) {
            error.insert(kind, ContextValue::String(hidden(&text)));
        }
    }
    error
}

/// The text without what may be secret: of `NAME=VALUE` the name stays, so that of thirteen
/// operators the one with a wrong key can be found.
fn hidden(text: &str) -> String {
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric());
    match text.split_once('=') {
        Some((name, value)) if is_name(name) && !typed::may_be_secret(name) => {
            format!("{name}={}", typed::hidden(value))
        }
        _ => typed::hidden(text),
    }
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    let ContextValue::String(text) = error.get(kind)? else {
        return None;
    };
    Some(text.clone())
}

#[cfg(test)]
mod tests {
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
}
