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
mod tests;
