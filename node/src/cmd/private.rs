//! The memory of a process that holds keys is nobody else's: no core dump of it is written, and no
//! other process of the same user reads it.
//!
//! Whoever looks for a fault in gantry itself switches that off by a variable, and is told so.

use std::env;
use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Set to anything but nothing, it leaves core dumps and tracing as the system has them.
pub const VARIABLE: &str = "GANTRY_ALLOW_TRACING";

/// Keeps the memory of this process to itself, whenever it is called first; gives what the operator
/// is to be warned of if it is not. To be called before any secret is read.
pub(super) fn keep_memory_private() -> Option<String> {
    if env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()) {
        return Some(format!(
            "{VARIABLE} is set: core dumps and other processes of this user may hold this peer's \
             keys. Unset it unless you are looking for a fault in gantry"
        ));
    }
    let error = forbid().err()?;
    Some(format!(
        "the system does not let the memory be kept private, and a core dump holds keys: {error}"
    ))
}

fn forbid() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(test)]
mod tests;
