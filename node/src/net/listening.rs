//! Why an address cannot be listened on, and what to do about it.

use std::io;

/// The system's words and the next step.
pub(crate) fn with_advice(error: &io::Error) -> String {
    let cases = [
        (
            io::ErrorKind::AddrNotAvailable,
            "this machine has no such address. Write one of its own (`ip address` lists them): \
             0.0.0.0 stands for all of them, 127.0.0.1 for none that others reach",
        ),
        (
            io::ErrorKind::AddrInUse,
            "another program is there. Stop it, or choose another port",
        ),
        (
            io::ErrorKind::PermissionDenied,
            "ports below 1024 are the system's. Choose a higher one",
        ),
    ];
    match cases.into_iter().find(|(kind, _)| *kind == error.kind()) {
        Some((_, advice)) => format!("{error}: {advice}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
