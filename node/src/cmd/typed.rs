//! Reads the command line. What is wrong in it is shown as it was typed, unless that may be secret:
//! an address with a password or a key in it, or a key itself in the place of something else.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, Error};
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
    for kind in typed {
        if let Some(hidden) = text(&error, kind).filter(|text| typed::may_be_secret(text)) {
            error.insert(kind, ContextValue::String(typed::hidden(&hidden)));
        }
    }
    error
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
    fn what_is_no_secret_is_shown() {
        let said = refusal("gantry deposit d.json --rpc http://node --timeout soon");
        assert!(said.contains("'soon' for '--timeout <SECONDS>'"), "{said}");
        let said = refusal("gantry dance");
        assert!(said.contains("'dance'"), "{said}");
    }
}
